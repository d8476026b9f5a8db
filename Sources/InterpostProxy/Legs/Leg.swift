import Foundation
import InterpostCore
import NIOCore
import NIOSSL

/// One side's connection: what is written to it, and how it becomes TLS and DEFLATE. Its owner says when.
final class Leg {
    var handler: LegHandler?
    /// Bytes may be written to it: connected, and encrypted if it has to be.
    var isReady = false
    /// What was to be written before that.
    private(set) var backlog = ByteBuffer()
    private var needsFlush = false
    /// Gathered during a handshake; `nil` when none is going on.
    var facts: TLSFacts?
    private(set) var tlsBegan = WireTime(nanoseconds: 0)
    /// What the peer said when it gave up a handshake.
    private(set) var alert: String?
    /// Holds the ClientHello until it is known which certificate answers it.
    private var waitingTap: HelloTap?
    private var deflate: DeflateHandler?

    /// Octets that the peer sent so that this many could be read.
    func octetsSent(for octets: Int) -> Int { deflate?.takeReceived() ?? octets }

    var channel: (any Channel)? { handler?.channel }

    // MARK: - Writing

    /// Writes at the next flush, or as soon as the leg is ready.
    func send(_ bytes: ByteBuffer) {
        guard isReady else {
            backlog.writeImmutableBuffer(bytes)
            return
        }
        handler?.write(bytes)
        needsFlush = true
    }

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        handler?.flush()
    }

    /// The leg can carry bytes; those that waited for it go first.
    func becomeReady() {
        isReady = true
        let waiting = backlog
        backlog = ByteBuffer()
        if waiting.readableBytes > 0 {
            send(waiting)
            flush()
        }
    }

    /// The connection is gone. The handler knows its owner, but the owner no longer knows the handler.
    func release() { (handler, waitingTap, deflate) = (nil, nil, nil) }

    // MARK: - TLS

    func beginTLS(at time: WireTime, side: Side) {
        isReady = false
        facts = TLSFacts(side: side)
        tlsBegan = time
    }

    /// What was to be said after a handshake that failed is said to nobody.
    func abandonTLS() {
        facts = nil
        backlog = ByteBuffer()
        waitingTap = nil
    }

    /// The client is to begin TLS. What comes first is handed to `taken`; a hello waits for ``answerHello(with:)``.
    func awaitHello(_ taken: @escaping (HelloTap.ClientOutcome) -> Void) throws {
        guard let channel else { return }
        let tap = HelloTap(
            side: .client, onClientHello: taken, onServerHello: { [self] in facts?.cipherSuite = $0.cipherSuiteName },
            onAlert: { [self] in alert = $0 })
        waitingTap = tap
        try channel.pipeline.syncOperations.addHandler(tap, position: .first)
        channel.read()
    }

    /// A hello waits for its answer.
    var hasHello: Bool { waitingTap != nil && facts?.ja4 != nil }

    /// Notes what the client asks for.
    func note(_ hello: ClientHello) {
        facts?.serverName = hello.serverName
        facts?.alpn = hello.applicationProtocols
        facts?.ja4 = hello.ja4
    }

    /// Goes on with the handshake of the hello that waits.
    func answerHello(with context: NIOSSLContext) throws {
        guard let tap = waitingTap, let channel else { return }
        waitingTap = nil
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context), position: .after(tap))
        tap.release()
    }

    /// Acknowledges what has come. After a handshake nothing else does, when it is the peer's turn to speak: one that waits for that
    /// before it sends another small segment (Nagle, RFC 9293 §3.7.4) would wait for as long as acknowledgements are delayed, 40 ms.
    func acknowledgeNow() {
        #if os(Linux)
            let option = ChannelOptions.Types.SocketOption(level: .init(IPPROTO_TCP), name: .init(TCP_QUICKACK))
            channel?.setOption(option, value: 1).whenFailure { _ in }
        #endif
    }

    // MARK: - DEFLATE

    /// The leg is compressed from here on (RFC 4978).
    ///
    /// - Parameter unread: What has already come after the switch.
    func startDeflate(unread: ByteBuffer, _ swelling: DeflateHandler.Swelling? = nil) throws {
        guard let handler, let channel else { return }
        flush()
        let deflate = try DeflateHandler(swelling)
        self.deflate = deflate
        try channel.pipeline.syncOperations.addHandler(deflate, position: .before(handler))
        if unread.readableBytes > 0 {
            let context = try channel.pipeline.syncOperations.context(handler: deflate)
            deflate.channelRead(context: context, data: NIOAny(unread))
        }
    }
}

extension Side {
    var closer: Closer { self == .client ? .client : .server }
}

/// Receive buffers: small at rest, larger in a download. They are passed on one at a time, so that the buffers of TLS do not grow
/// either, and stay with a session that rests.
enum LegBuffers {
    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 4096, maximum: 1 << 16)
}

extension ChannelHandlerContext {
    /// Closes when everything written has left, or after `patience`.
    func closeAfterWrites(patience: TimeAmount) {
        let channel = channel
        let deadline = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in
            deadline.cancel()
            channel.close(promise: nil)
        }
        writeAndFlush(NIOAny(ByteBuffer()), promise: written)
    }
}
