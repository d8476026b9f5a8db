import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOPosix
import NIOSSL

/// One relayed connection: the two legs and the core between them. It lives on one event loop, carries out what the core says, and
/// decides nothing about mail.
final class ProxySession: LegOwner {
    private static let congestionPause = TimeAmount.milliseconds(10)
    /// The longest that a session works before the others of its event loop have their turn, and after how many actions the clock
    /// is read.
    private static let turn = TimeAmount.milliseconds(2)
    private static let actionsBetweenLooks = 16

    let context: RelayContext
    let eventLoop: any EventLoop
    let clientAddress: String
    let peerHost: String
    let openedAt: WireTime
    private(set) var number = 0
    /// The server; `nil` until it is known which account the client is led to.
    private(set) var upstream: UpstreamURL?
    /// Whom Interpost has let in itself.
    var grant: ClientGrant?
    /// What a client was asked about in an exchange of SCRAM.
    var askedKeys: SCRAMKeys?
    /// What holds for new sessions of the relay.
    let current: () -> RelayContext?
    var core: SessionCore
    var observer: SessionObserver
    private var recorder: SessionRecorder?
    let client = Leg()
    let server = Leg()
    private var pendingEvents: [LogEvent] = []
    private var isPumping = false
    /// The session's turn ended before its work was done; another one is scheduled.
    private var awaitsTurn = false
    /// What is to be done after that work.
    private var afterwards: [() -> Void] = []
    private var logAllowance: Allowance
    private var hasToldAllowance = false
    var hasEnded = false
    var openChannels = 0
    var patience: Patience
    /// Set to what `patience` says, and only to that.
    var timer: Scheduled<Void>?
    var congestionTimer: Scheduled<Void>?
    /// How many commands have been held so far.
    var holds = 0
    /// The arguments of the last command that was held.
    var heldArguments = ""
    /// The names in the upstream's certificate; `nil` until they are known, or until it is certain that none will come.
    var upstreamNames: [String]?
    var verdict: UpstreamVerifier.Verdict?
    /// The server has answered a handshake with something else.
    var serverSpeaksClearText = false

    init(context: RelayContext, channel: any Channel, current: @escaping () -> RelayContext? = { nil }) {
        self.context = context
        self.current = current
        eventLoop = channel.eventLoop
        clientAddress = channel.remoteAddress.map(Self.text) ?? "unknown"
        peerHost = channel.remoteAddress?.ipAddress ?? "unknown"
        openedAt = context.clock.now
        upstream = context.upstream
        let known = PolicyContext(
            context.settings.mailProtocol, clientAddress: IPAddress(peerHost), listener: context.listener,
            clientIsEncrypted: context.settings.listener == .implicit)
        let recordsUpstream = context.recording != nil
        core =
            if let brokerage = context.brokerage {
                SessionCore(context.settings, broker: brokerage.settings(), context: known, recordsUpstream: recordsUpstream)
            } else {
                SessionCore(context.settings, policy: context.relay.policy, context: known, recordsUpstream: recordsUpstream)
            }
        observer = SessionObserver(detail: context.sink.detail, following: context.following)
        patience = Patience(context.timeouts.patience, at: openedAt)
        logAllowance = Allowance(perSecond: context.limits.loggedPerSecond, at: openedAt)
    }

    // MARK: - Opening

    /// Called once when the client's channel is active.
    func open() {
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        let loop = eventLoop
        let handle = SessionRegistry.Handle(
            drain: { seconds in loop.execute { session.value.drain(seconds: seconds) } },
            end: { loop.execute { session.value.endNow() } },
            resolveHold: { number, verdict in loop.execute { session.value.resolveHold(number, verdict) } },
            logFailed: { loop.execute { session.value.pump() } })
        let (number, refusal) = context.registry.admit(address: peerHost, handle: handle)
        self.number = number
        recorder = context.recording?.recorder(session: number)
        tell(
            .sessionOpened(
                SessionFacts(
                    mailProtocol: context.settings.mailProtocol, listener: context.listener, client: clientAddress,
                    upstream: context.relay.destination)))
        if let refusal { return refuse(refusal) }
        if let reason = context.reasonToStop {
            client.isReady = context.settings.listener != .implicit
            core.turnAway(by: .interpost, reason: reason)
            return pump()
        }
        if context.skipsVerification { tell(.warning("upstream certificates are NOT verified")) }
        if context.relay.policy.isDryRun { tell(.warning("the policy is a dry run: NOTHING is refused")) }
        if let upstream { connect(to: upstream) } else { beginWithoutServer() }
        if context.settings.listener == .implicit { beginClientTLS() } else { becomeReady(.client) }
        pump()
    }

    private func refuse(_ refusal: SessionRegistry.Refusal) {
        // Something can be said at once only on a leg in clear text.
        if context.settings.listener != .implicit { client.isReady = true }
        switch refusal {
        case .ending: core.turnAway(by: .operator, reason: "Interpost is ending")
        case .tooMany(let limit, let value):
            tell(.limit(name: limit, value: value, side: nil))
            core.turnAway(by: .limit, reason: "too many sessions")
        }
        pump()
    }

    /// Interpost speaks to the client itself.
    private func beginWithoutServer() {
        let now = context.clock.now
        patience.becameReady(.server, at: now)
        patience.greeted(at: now)
        learn(upstreamNames: [])
    }

    func connect(to upstream: UpstreamURL) {
        self.upstream = upstream
        let started = context.clock.now
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: LegBuffers.allocator)
            // Several addresses may be tried at once; only the one that answers first becomes the leg.
            .channelOption(.autoRead, value: false)
            .connectTimeout(.seconds(Int64(context.timeouts.handshake)))
            .resolver(ConnectionResolver(lookup: context.names, eventLoop: eventLoop))
        let connection =
            if let address = try? SocketAddress(ipAddress: upstream.host, port: upstream.port) {
                bootstrap.connect(to: address)
            } else {
                bootstrap.connect(host: upstream.host, port: upstream.port)
            }
        connection.whenComplete { result in session.value.connected(to: upstream, result, since: started) }
    }

    private func connected(to upstream: UpstreamURL, _ result: Result<any Channel, any Error>, since started: WireTime) {
        switch result {
        case .success(let channel):
            guard !hasEnded else { return channel.close(promise: nil) }
            do {
                try channel.pipeline.syncOperations.addHandler(LegHandler(owner: self, side: .server))
                if upstream.security == .implicit { try addServerTLS(to: channel) }
            } catch {
                return failed(on: .server, error)
            }
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            let duration = context.clock.now.microseconds(since: started)
            tell(.upstreamConnected(address: channel.remoteAddress.map(Self.text) ?? "unknown", microseconds: duration))
            if upstream.security != .implicit { becomeReady(.server) }
            if upstream.security == .off { learn(upstreamNames: [upstream.host]) }
        case .failure(let error):
            guard !hasEnded else { return }
            learn(upstreamNames: [upstream.host])
            core.upstreamFailed(reason: FailureText.connecting(to: upstream, error))
        }
        pump()
    }

    /// The leg can carry bytes of the session: it is connected, and encrypted if it has to be.
    func becomeReady(_ side: Side) {
        self[side].becomeReady()
        patience.becameReady(side, at: context.clock.now)
        finishClosing()
        heedPatience()
    }

    // MARK: - Bytes

    func attach(_ handler: LegHandler, as side: Side) {
        self[side].handler = handler
        openChannels += 1
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        handler.channel?.closeFuture.whenComplete { _ in session.value.channelClosed() }
    }

    func receive(_ bytes: ByteBuffer, from side: Side) {
        guard !hasEnded else { return }
        let now = context.clock.now
        patience.received(at: now)
        logAllowance.earn(self[side].octetsSent(for: bytes.readableBytes))
        core.receive(bytes, from: side, at: now)
        pump()
    }

    /// Whether bytes of `side` can be used now. During a handshake they always can.
    func mayRead(from side: Side) -> Bool {
        guard self[side].isReady, !hasEnded else { return true }
        let peer = self[side.peer]
        guard side == .client ? core.wants.client : core.wants.server else { return false }
        if awaitsTurn { return false }
        if context.isCongested || logAllowance.isSpent {
            pauseForLog()
            return false
        }
        // Before the server is there, nothing that a client says can go anywhere, unless Interpost speaks to it itself.
        guard peer.isReady else {
            if side == .client, core.isReceiving { return true }
            return side == .server && peer.backlog.readableBytes < 1 << 16
        }
        return peer.handler?.isWritable ?? false
    }

    func resumeReads() {
        client.handler?.resumeRead()
        server.handler?.resumeRead()
    }

    private func pauseForLog() {
        guard congestionTimer == nil else { return }
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        congestionTimer = eventLoop.scheduleTask(in: Self.congestionPause) {
            let session = session.value
            session.congestionTimer = nil
            _ = session.logAllowance.nanosecondsToWait(at: session.context.clock.now)
            session.resumeReads()
        }
    }

    /// Carries out what the core says, until it has nothing more to say or the session's turn is over.
    func pump() {
        guard !isPumping, !awaitsTurn else { return }
        isPumping = true
        work()
        isPumping = false
        commitLog()
        server.flush()
        client.flush()
        if let reason = context.reasonToStop, !hasEnded {
            core.turnAway(by: .interpost, reason: reason)
            return awaitsTurn ? scheduleTurn() : pump()
        }
        if core.conversation.hasGreeted { patience.greeted(at: context.clock.now) }
        if awaitsTurn {
            scheduleTurn()
        } else {
            let due = afterwards
            afterwards = []
            for body in due { body() }
        }
        heedPatience()
        resumeReads()
    }

    private func work() {
        var (count, end) = (0, NIODeadline.distantFuture)
        while let action = core.next() {
            carryOut(action)
            count += 1
            guard count % Self.actionsBetweenLooks == 0 else { continue }
            let now = NIODeadline.now()
            if count == Self.actionsBetweenLooks { end = now + Self.turn }
            guard now >= end else { continue }
            awaitsTurn = true
            return
        }
    }

    private func scheduleTurn() {
        let pause = logAllowance.nanosecondsToWait(at: context.clock.now)
        TurnQueue.of(eventLoop).add(after: pause) { [self] in
            awaitsTurn = false
            pump()
        }
    }

    /// The session is about to end: what it has not worked on yet is dropped.
    func interruptTurns() { awaitsTurn = false }

    /// Runs `body` after the work that is left: at once, if none is.
    func afterWork(_ body: @escaping () -> Void) {
        if awaitsTurn { afterwards.append(body) } else { body() }
    }

    private func carryOut(_ action: SessionAction) {
        switch action {
        case .record(let event):
            recorder?.record(event)
            observer.observe(event) { pendingEvents.append($0) }
        case .recordUpstream(let event): recorder?.record(upstream: event)
        case .tell(let event): observer.observe(told: event) { tell($0) }
        case .conceal(let secret):
            observer.conceal(secret)
            recorder?.conceal(secret)
        case .judged(let decision):
            observer.observe(decision) { event in
                if case .policy(let facts) = event, facts.verdict == .hold {
                    heldArguments = String(buffer: facts.command.arguments)
                }
                tell(event)
            }
        case .alarm(let reason, let last): observer.observe(alarm: reason, last: last) { tell($0) }
        case .send(let bytes, let side): self[side].send(bytes)
        case .say(let bytes, let side):
            recorder?.say(bytes, to: side, at: context.clock.now)
            self[side].send(bytes)
        case .startTLS(let side): startTLS(side)
        case .startDeflate(let side, let unread):
            do { try self[side].startDeflate(unread: unread, swelling(of: side)) } catch { failed(on: side, error) }
        case .hold(let held, let seconds): hold(held, for: seconds)
        case .spend(let request):
            let now = context.clock.now
            core.resolveBudget(context.registry.budgets.spend(request, of: budgetOwner, at: now), at: now)
        case .settle(let settlement): context.registry.budgets.settle(settlement, of: budgetOwner, at: context.clock.now)
        case .ask(let question): carryOut(question.request)
        case .close(let closer, let reason): end(by: closer, reason: reason)
        }
    }

    /// Whose budget it is: that of a client that Interpost has let in, or of a user that the server has.
    private var budgetOwner: String {
        grant?.client ?? core.conversation.standing.user.map { "user \(String(buffer: $0))" } ?? "address \(peerHost)"
    }

    func tell(_ event: LogEvent) {
        recorder?.tell(event, at: context.clock.now)
        pendingEvents.append(event)
        if !isPumping { commitLog() }
    }

    func commitLog() {
        if let records = recorder?.take(), let writer = context.recording?.writer {
            writer.append(records, of: number, context.settings.mailProtocol, isLast: hasEnded)
        }
        guard !pendingEvents.isEmpty else { return }
        let now = context.clock.now
        logAllowance.spend(context.sink.append(pendingEvents, session: number, at: now), at: now)
        pendingEvents.removeAll(keepingCapacity: pendingEvents.count < 64)
        guard logAllowance.isSpent, !hasToldAllowance else { return }
        hasToldAllowance = true
        tell(.limit(name: "limits.logged-per-second", value: context.limits.loggedPerSecond, side: nil))
    }

    /// How much the compressed input of this side may swell.
    private func swelling(of side: Side) -> DeflateHandler.Swelling {
        let limit = context.limits.inflatedPerSecond
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        return DeflateHandler.Swelling(
            allowance: Allowance(perSecond: limit, at: context.clock.now), clock: context.clock,
            onSpent: { session.value.tell(.limit(name: "limits.inflated-per-second", value: limit, side: side)) })
    }

    // MARK: - Time

    /// Carries out what `patience` says.
    func heedPatience() {
        while let decision = patience.next(holdsBack: core.hasMoreForServer) {
            switch decision {
            case .wake(let time): wake(at: time)
            case .timedOut(let limit, let seconds):
                // Nothing can be said to a client that has not finished its handshake by now.
                if limit == .handshake, !client.isReady, client.facts?.ja4 == nil { client.abandonTLS() }
                interruptTurns()
                core.timedOut(limit: limit.rawValue, seconds: seconds)
                pump()
            // A client that ends before it has a server has nothing more to hear.
            case .endOutput(.server) where server.handler == nil: lost(.client)
            case .endOutput(let side): self[side].handler?.closeOutput()
            case .closingTimedOut(let side, let seconds):
                tell(.limit(name: Patience.Limit.closing.rawValue, value: seconds, side: side))
            case .closed(let side): lost(side)
            case .refuseHold: resolveHold(holds, .unanswered)
            case .end: endNow()
            case .closeNow(let side): self[side].handler?.closeNow()
            }
        }
    }

    private func wake(at time: WireTime) {
        timer?.cancel()
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: context.clock.moment(of: time)) {
            let session = session.value
            session.patience.tick(at: session.context.clock.now, in: session.core.conversation.phase)
            session.heedPatience()
        }
    }

    var closePatience: TimeAmount { .seconds(Int64(context.timeouts.closing)) }

    private static func text(_ address: SocketAddress) -> String {
        let host = address.ipAddress ?? "?"
        return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
    }

    subscript(side: Side) -> Leg { side == .client ? client : server }
}
