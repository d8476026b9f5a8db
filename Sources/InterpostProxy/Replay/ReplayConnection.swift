import InterpostCore
import NIOCore
import NIOSSL
import NIOTLS

/// One live client that a recording answers. Lives on one event loop; carries out what the ``ReplayServer`` says.
final class ReplayConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let closePatience = TimeAmount.seconds(5)

    private var server: ReplayServer
    private let mailProtocol: MailProtocol
    private let beginsWithTLS: Bool
    private let contexts: ServerContexts
    private let clock: SessionClock
    private let onEnd: (ReplayReport) -> Void
    private var context: ChannelHandlerContext?
    private var isNegotiating = false
    private var hasOpened = false
    private var hasEnded = false
    private var readIsPending = false
    private var timer: Scheduled<Void>?

    /// - Parameter onEnd: Called once, when the connection is over.
    init(
        _ session: RecordedSession, options: ReplayOptions, contexts: ServerContexts, clock: SessionClock,
        onEnd: @escaping (ReplayReport) -> Void
    ) {
        server = ReplayServer(session, options: options)
        mailProtocol = session.mailProtocol
        beginsWithTLS = options.listener == .implicit
        self.contexts = contexts
        self.clock = clock
        self.onEnd = onEnd
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        if beginsWithTLS { beginTLS() } else { open() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        server.receive(unwrapInboundIn(data), at: clock.now)
        pump()
    }

    func read(context: ChannelHandlerContext) {
        if isNegotiating || hasEnded || server.wantsInput { context.read() } else { readIsPending = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            isNegotiating = false
            if hasOpened { server.tlsIsUp() } else { return open() }
        case ChannelEvent.inputClosed: server.inputEnded()
        default: return
        }
        pump()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is DeflateError {
            server.deflateBroke()
            pump()
        } else {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.closed()
        pump()
        end()
        onEnd(server.report)
    }

    private func open() {
        hasOpened = true
        server.opened(at: clock.now)
        pump()
    }

    private func pump() {
        while !hasEnded, let action = server.next() {
            switch action {
            case .send(let bytes): context?.write(wrapOutboundOut(bytes), promise: nil)
            case .startTLS: beginTLS()
            case .startDeflate(let unread): startDeflate(unread)
            case .wait(let time): wait(until: time)
            case .tell, .record: break
            case .close: close()
            }
        }
        context?.flush()
        guard readIsPending, hasEnded || server.wantsInput else { return }
        readIsPending = false
        context?.read()
    }

    private func wait(until time: WireTime) {
        guard let eventLoop = context?.eventLoop else { return }
        timer?.cancel()
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(in: .nanoseconds(max(0, time.nanoseconds - clock.now.nanoseconds))) {
            connection.value.server.tick(at: connection.value.clock.now)
            connection.value.pump()
        }
    }

    private func beginTLS() {
        guard let context else { return }
        context.flush()
        isNegotiating = true
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let tap = NIOLoopBoundBox<HelloTap?>(nil, eventLoop: context.eventLoop)
        tap.value = HelloTap(
            side: .client,
            onClientHello: { outcome in
                guard let hello = tap.value else { return }
                tap.value = nil
                connection.value.helloArrived(outcome, hello)
            }, onServerHello: { _ in })
        guard let hello = tap.value else { return }
        do {
            try context.pipeline.syncOperations.addHandler(hello, position: .first)
            context.channel.read()
        } catch {
            close()
        }
    }

    private func helloArrived(_ outcome: HelloTap.ClientOutcome, _ tap: HelloTap) {
        guard case .hello(let hello) = outcome, let channel = context?.channel else {
            if hasOpened {
                server.clearTextArrived()
                pump()
            }
            return close()
        }
        let key = ServerContexts.Key(
            serverName: hello.serverName?.lowercased() ?? "", localAddress: channel.localAddress?.ipAddress ?? "",
            upstream: "replay", mailProtocol: mailProtocol)
        do {
            let tls = try contexts.context(for: key, upstreamNames: [], isComplete: true)
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .after(tap))
            tap.release()
        } catch {
            close()
        }
    }

    private func startDeflate(_ unread: ByteBuffer) {
        guard let context else { return }
        context.flush()
        do {
            let deflate = try DeflateHandler()
            try context.pipeline.syncOperations.addHandler(deflate, position: .before(self))
            if unread.readableBytes > 0 {
                deflate.channelRead(
                    context: try context.pipeline.syncOperations.context(handler: deflate), data: NIOAny(unread))
            }
        } catch {
            close()
        }
    }

    /// When everything that was said has left.
    private func close() {
        guard !hasEnded, let context else { return }
        end()
        let channel = context.channel
        let deadline = channel.eventLoop.scheduleTask(in: Self.closePatience) { channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            deadline.cancel()
            channel.close(promise: nil)
        }
    }

    private func end() {
        hasEnded = true
        timer?.cancel()
    }
}
