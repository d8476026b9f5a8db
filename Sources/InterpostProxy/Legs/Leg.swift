import Foundation
import InterpostCore
import NIOCore
import NIOSSL

/// The connection to one side: what is written to it, and how it changes to TLS and DEFLATE. Its owner decides when.
final class Leg {
    var handler: LegHandler?
    /// Bytes may be written to it: connected, and encrypted if it has to be.
    var isReady = false
    /// What was to be written before the leg was ready.
    private(set) var backlog = ByteBuffer()
    private var needsFlush = false
    /// Gathered during a handshake; `nil` when none is going on.
    var facts: TLSFacts?
    private(set) var tlsBegan = WireTime(nanoseconds: 0)
    /// The peer's alert, if it gave up a handshake.
    private(set) var alert: String?
    /// Holds the ClientHello until it is known which certificate is shown.
    private var waitingTap: HelloTap?
    private var deflate: DeflateHandler?

    /// How many octets the peer sent for this many octets that were read: fewer, if they were compressed.
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

    /// The leg can carry bytes; those that have waited for it go first.
    func becomeReady() {
        isReady = true
        let waiting = backlog
        backlog = ByteBuffer()
        if waiting.readableBytes > 0 {
            send(waiting)
            flush()
        }
    }

    /// The connection is gone. The handler still refers to its owner, but the owner no longer to the handler.
    func release() { (handler, waitingTap, deflate) = (nil, nil, nil) }

    // MARK: - TLS

    func beginTLS(at time: WireTime, side: Side) {
        isReady = false
        facts = TLSFacts(side: side)
        tlsBegan = time
    }

    /// Drops what was to be said after a handshake that has failed.
    func abandonTLS() {
        facts = nil
        backlog = ByteBuffer()
        waitingTap = nil
    }

    /// The client is to begin TLS. The first thing that it sends is handed to `taken`; a hello waits for ``answerHello(with:)``.
    func awaitHello(_ taken: @escaping (HelloTap.ClientOutcome) -> Void) throws {
        guard let channel else { return }
        let tap = HelloTap(
            side: .client, onClientHello: taken, onServerHello: { [self] in facts?.cipherSuite = $0.cipherSuiteName },
            onAlert: { [self] in alert = $0 })
        waitingTap = tap
        try channel.pipeline.syncOperations.addHandler(tap, position: .first)
        channel.read()
    }

    /// Whether a hello waits for its answer.
    var hasHello: Bool { waitingTap != nil && facts?.ja4 != nil }

    /// Notes what the client asks for.
    func note(_ hello: ClientHello) {
        facts?.serverName = hello.serverName
        facts?.alpn = hello.applicationProtocols
        facts?.ja4 = hello.ja4
    }

    /// Continues the handshake of the hello that waits.
    func answerHello(with context: NIOSSLContext) throws {
        guard let tap = waitingTap, let channel else { return }
        waitingTap = nil
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context), position: .after(tap))
        tap.release()
    }

    /// Acknowledges what has come. When it is the peer's turn to speak after a handshake, nothing else does so. A peer that waits
    /// for an acknowledgement before it sends another small segment (Nagle, RFC 9293 §3.7.4) would wait for as long as
    /// acknowledgements are delayed, 40 ms.
    func acknowledgeNow() {
        #if os(Linux)
            let option = ChannelOptions.Types.SocketOption(level: .init(IPPROTO_TCP), name: .init(TCP_QUICKACK))
            channel?.setOption(option, value: 1).whenFailure { _ in }
        #endif
    }

    // MARK: - DEFLATE

    /// The leg is compressed from here on (RFC 4978).
    ///
    /// - Parameter unread: Octets after the switch that have already come.
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

/// Receive buffers: small at rest, larger in a download. They are passed on one at a time, so that TLS does not let its own buffers
/// grow and keep them for a session at rest.
///
/// A buffer's size is a power of two. The largest is not filled: what is read fits with what TLS adds to it (RFC 8446 §5.2, at most
/// 22 octets a record here) in a buffer of the same size on the other leg, which would be twice as large otherwise.
struct LegBuffers: RecvByteBufferAllocator {
    static let allocator = LegBuffers()

    private static let largest = 1 << 16
    private static let roomForTLS = 1 << 13

    private var sizes = AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 4096, maximum: Self.largest)

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = sizes.buffer(allocator: allocator)
        if buffer.capacity >= Self.largest {
            buffer.moveWriterIndex(to: buffer.capacity - Self.largest + Self.roomForTLS)
            buffer.moveReaderIndex(to: buffer.writerIndex)
        }
        return buffer
    }

    /// - Returns: Always that the next buffer is another one: it is handed on, not kept by the channel of a session at rest.
    mutating func record(actualReadBytes: Int) -> Bool {
        _ = sizes.record(actualReadBytes: actualReadBytes)
        return true
    }
}

extension ChannelHandlerContext {
    /// Closes once everything written has left, or after `patience`.
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
