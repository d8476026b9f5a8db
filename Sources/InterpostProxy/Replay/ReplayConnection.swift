import InterpostCore
import NIOCore
import NIOSSL

/// One live client that is answered from a recording. It lives on one event loop and carries out what the ``ReplayServer`` says.
final class ReplayConnection: LegOwner {
    private static let closePatience = TimeAmount.seconds(5)

    private var server: ReplayServer
    private let mailProtocol: MailProtocol
    private let beginsWithTLS: Bool
    private let contexts: ServerContexts
    private let clock: SessionClock
    private let onEnd: (ReplayReport) -> Void
    private let leg = Leg()
    private var hasOpened = false
    private var hasEnded = false
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

    // MARK: - The leg

    func attach(_ handler: LegHandler, as side: Side) { leg.handler = handler }

    func open() {
        if beginsWithTLS { beginTLS() } else { greet() }
    }

    func receive(_ bytes: ByteBuffer, from side: Side) {
        server.receive(bytes, at: clock.now)
        pump()
    }

    /// No more commands are read from a client that does not take its answers.
    func mayRead(from side: Side) -> Bool {
        !leg.isReady || hasEnded || (server.wantsInput && leg.handler?.isWritable == true)
    }

    func resumeReads() { leg.handler?.resumeRead() }

    func handshakeCompleted(on side: Side) {
        guard hasOpened else { return greet() }
        leg.becomeReady()
        server.tlsIsUp()
        pump()
    }

    func inputClosed(by side: Side) {
        server.inputEnded()
        pump()
    }

    func failed(on side: Side, _ error: any Error) {
        guard error is DeflateError else {
            leg.handler?.closeNow()
            return
        }
        server.deflateBroke()
        pump()
    }

    func inactive(_ side: Side) {
        server.closed()
        pump()
        end()
        leg.release()
        onEnd(server.report)
    }

    // MARK: - The recording

    private func greet() {
        leg.becomeReady()
        hasOpened = true
        server.opened(at: clock.now)
        pump()
    }

    private func pump() {
        while !hasEnded, let action = server.next() {
            switch action {
            case .send(let bytes): leg.send(bytes)
            case .startTLS: beginTLS()
            case .startDeflate(let unread): attempt { try leg.startDeflate(unread: unread) }
            case .wait(let time): wait(until: time)
            case .tell, .record: break
            case .close: close()
            }
        }
        leg.flush()
        resumeReads()
    }

    private func wait(until time: WireTime) {
        guard let eventLoop = leg.channel?.eventLoop else { return }
        timer?.cancel()
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: clock.moment(of: time)) {
            connection.value.server.tick(at: connection.value.clock.now)
            connection.value.pump()
        }
    }

    private func beginTLS() {
        leg.flush()
        leg.beginTLS(at: clock.now, side: .client)
        attempt { try leg.awaitHello { [self] in helloArrived($0) } }
    }

    private func helloArrived(_ outcome: HelloTap.ClientOutcome) {
        guard case .hello(let hello) = outcome, let channel = leg.channel else {
            if hasOpened {
                server.clearTextArrived()
                pump()
            }
            return close()
        }
        let key = ServerContexts.Key(
            serverName: hello.serverName?.lowercased() ?? "", localAddress: channel.localAddress?.ipAddress ?? "",
            upstream: "replay", mailProtocol: mailProtocol)
        attempt { try leg.answerHello(with: contexts.context(for: key, upstreamNames: [], isComplete: true)) }
    }

    private func attempt(_ body: () throws -> Void) {
        do { try body() } catch { close() }
    }

    /// Closes the leg once everything that was said has left.
    private func close() {
        guard !hasEnded else { return }
        end()
        leg.handler?.closeAfterWrites(patience: Self.closePatience)
    }

    private func end() {
        hasEnded = true
        timer?.cancel()
    }
}
