import Crypto
import InterpostCore
import NIOCore

/// Sits between the socket and the TLS handler while the hellos pass, and then leaves the pipeline.
///
/// On the client's leg it holds the ClientHello back until `onClientHello` has put the right TLS handler after it, because the name
/// in the hello decides which certificate is shown. On the server's leg it only watches.
final class HelloTap: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum ClientOutcome {
        case hello(ClientHello)
        /// What came is not a TLS handshake.
        case isNotTLS
    }

    private static let longestHello = 1 << 15

    private let side: Side
    private let onClientHello: (ClientOutcome) -> Void
    private let onServerHello: (ServerHello) -> Void
    private let onAlert: (String) -> Void
    private let onClearText: () -> Void
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var holdsInbound: Bool
    private var hasClientHello = false
    private var readIsPending = false
    private var hasServerHello = false
    private var context: ChannelHandlerContext?

    /// - Parameter side: Whose leg this is. On the client's leg inbound bytes are held back until ``release()``.
    init(
        side: Side, onClientHello: @escaping (ClientOutcome) -> Void = { _ in },
        onServerHello: @escaping (ServerHello) -> Void, onAlert: @escaping (String) -> Void = { _ in },
        onClearText: @escaping () -> Void = {}
    ) {
        self.side = side
        self.onClientHello = onClientHello
        self.onServerHello = onServerHello
        self.onAlert = onAlert
        self.onClearText = onClearText
        holdsInbound = side == .client
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch side {
        case .client:
            guard holdsInbound else {
                // The first octets that the client sends after the hellos: anything in clear text there can only be its alert.
                if let alert = TLSAlert.find(in: unwrapInboundIn(data)) { onAlert(alert) }
                context.fireChannelRead(data)
                return leave()
            }
            inbound.writeImmutableBuffer(unwrapInboundIn(data))
            if !hasClientHello { readClientHello(context: context) }
        case .server:
            // A handler that has left its pipeline passes nothing on, so it leaves only after this.
            let isDone = readServerHello(unwrapInboundIn(data), keeping: &inbound)
            context.fireChannelRead(data)
            if isDone { leave() }
        }
    }

    /// While the hello waits for its certificate, nothing more is read from the client.
    func read(context: ChannelHandlerContext) {
        if hasClientHello, holdsInbound { readIsPending = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if side == .client, !hasServerHello {
            hasServerHello = readServerHello(unwrapOutboundIn(data), keeping: &outbound)
        }
        context.write(data, promise: promise)
    }

    private func readClientHello(context: ChannelHandlerContext) {
        switch TLSHello.readClient(inbound) {
        case .needsMore:
            if inbound.readableBytes > Self.longestHello { onClientHello(.isNotTLS) } else { context.read() }
        case .isNotTLS:
            onClientHello(.isNotTLS)
        case .hello(let hello):
            hasClientHello = true
            onClientHello(.hello(hello))
        }
    }

    /// The TLS handler is in place, and gets what was held back.
    func release() {
        guard let context, holdsInbound else { return }
        holdsInbound = false
        let held = inbound
        inbound = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(held))
        context.fireChannelReadComplete()
        if readIsPending { context.read() }
    }

    /// Whether there is nothing more to look at.
    private func readServerHello(_ bytes: ByteBuffer, keeping seen: inout ByteBuffer) -> Bool {
        seen.writeImmutableBuffer(bytes)
        switch TLSHello.readServer(seen) {
        case .needsMore: return seen.readableBytes > Self.longestHello
        case .isNotTLS:
            if side == .server, !TLSHello.isRecord(seen) { onClearText() }
            return true
        case .hello(let hello):
            onServerHello(hello)
            return true
        }
    }

    private func leave() {
        guard let context else { return }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

extension ClientHello {
    var ja4: String { ja4 { Array(SHA256.hash(data: $0)) } }
}
