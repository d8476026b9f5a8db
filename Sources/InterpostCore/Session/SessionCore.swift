public import NIOCore

/// One relayed session with its policy, as a value: bytes in, actions out.
///
/// With a policy that only looks, it is the tap, ``Tap``. With one that enforces, a gate follows the tap:
///
///     client ⇄ tap ⇄ gate ⇄ server
///
/// The tap does the client's STARTTLS, tells it the truth about its own leg, and shows in the log what the client said and
/// heard. Nothing of what it passes on reaches the server: the gate reads it for itself, strictly, and writes anew what may
/// pass. A second conversation reads what the gate wrote and what the server said to it; the gate decides what of that the
/// client hears.
///
/// Where Interpost logs in for its clients, a broker is in the gate's place up to the login, and the gate goes on from there.
public struct SessionCore: Sendable {
    /// Events of the server that are looked at before what they gave rise to is carried out.
    private static let maximumRun = 512

    private var front: Tap
    private var gate: (any Gate)?
    private var broker: Broker?
    /// The broker is there. To ask the broker itself would copy it, and each octet asks.
    private var isBrokered: Bool
    /// The broker, or the gate that goes on in its place, acts on each thing that the client says.
    private let hasGate: Bool
    private var back: Conversation
    private var dryRun: DryRun?
    private let recordsUpstream: Bool
    private var now = WireTime(nanoseconds: 0)
    private var ready: [SessionAction] = []
    /// Actions on their way out, the last one first.
    private var leaving: [SessionAction] = []
    /// The server's octets that go on as they came, and were not handed to the tap yet.
    private var run = ForwardRun()
    /// Nothing comes out any more.
    private var isClosed = false

    /// Why the tap hears something from the server.
    private enum Feed { case none, passed, rewritten }

    /// A session whose `context` is known when it begins. `recordsUpstream` says whether a capture wants to know what the gate
    /// says to the server.
    public init(_ settings: SessionSettings, policy: Policy, context: PolicyContext, recordsUpstream: Bool = false) {
        self.init(settings, policy: policy, context: context, recordsUpstream: recordsUpstream, broker: nil)
    }

    /// A session in which Interpost lets the client in itself; the policy comes with the client's account.
    package init(
        _ settings: SessionSettings, broker: BrokerSettings, context: PolicyContext, recordsUpstream: Bool = false
    ) {
        var settings = settings
        // The leg to the server begins later, and the broker does its STARTTLS.
        settings.upstream = .implicit
        self.init(settings, policy: Policy(.observe), context: context, recordsUpstream: recordsUpstream, broker: broker)
    }

    private init(
        _ settings: SessionSettings, policy: Policy, context: PolicyContext, recordsUpstream: Bool, broker: BrokerSettings?
    ) {
        var settings = settings
        isBrokered = broker != nil
        let isGate = policy.isEnforcing || isBrokered
        hasGate = isGate
        if isGate { settings.compression = .strip }
        front = Tap(settings, hasGate: isGate)
        back = Conversation(settings.mailProtocol, limits: settings.limits)
        self.recordsUpstream = recordsUpstream
        if let broker {
            self.broker = Broker(settings, broker, context: context)
        } else if isGate {
            switch settings.mailProtocol {
            case .imap: gate = IMAPGate(policy: policy, context: context)
            case .pop3: gate = POP3Gate(policy: policy, context: context)
            }
        } else if policy.isDryRun {
            dryRun = DryRun(policy, context)
        }
    }

    /// What the client said and heard.
    public var conversation: Conversation { front.conversation }

    // MARK: - In

    /// Bytes that `side` sent, decrypted and inflated.
    public mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        now = time
        guard side == .server, hasGate, !front.isOpeningUpstream else { return front.receive(bytes, from: side, at: time) }
        if isBrokered, broker?.receivePrelude(bytes) == true { return }
        back.receive(bytes, from: .server, at: time)
    }

    /// The shell has found out what the broker asked for.
    package mutating func receive(_ answer: BrokerAnswer, at time: WireTime) {
        now = time
        broker?.receive(answer)
    }

    /// The leg to `side` is encrypted now.
    public mutating func tlsIsUp(_ side: Side) {
        front.tlsIsUp(side)
        if side == .server, let greeting = broker?.upstreamTLSIsUp() { back.receive(greeting, from: .server, at: now) }
        if side == .client {
            broker?.clientTLSIsUp()
            gate?.clientTLSIsUp()
            dryRun?.context.clientIsEncrypted = true
        }
    }

    /// Which version of TLS the client's leg speaks.
    public mutating func note(clientTLSVersion version: TLSProtocolVersion?) {
        gate?.context.clientTLSVersion = version
        broker?.context.clientTLSVersion = version
        dryRun?.context.clientTLSVersion = version
    }

    /// A person, or the lack of one, decided about the command that is held.
    public mutating func resolveHold(_ verdict: HoldVerdict, at time: WireTime) {
        now = time
        gate?.resolveHold(verdict)
    }

    /// The budget of the client was asked, in answer to ``SessionAction/spend(_:)``.
    public mutating func resolveBudget(_ verdict: BudgetVerdict, at time: WireTime) {
        now = time
        gate?.resolveBudget(verdict)
    }

    /// The server cannot be reached, or not as it has to be; `reason` goes to the log and to the client.
    public mutating func upstreamFailed(reason: String) {
        if broker?.upstreamFailed(UpstreamFailure(.unavailable, reason)) != true { front.upstreamFailed(reason: reason) }
    }

    /// `side` will say nothing more: a line that it left incomplete goes on as it is.
    public mutating func inputEnded(of side: Side) { if side == .client || !brokerLost(side) { front.inputEnded(of: side) } }
    /// `side` closed its connection.
    public mutating func closed(by side: Side) { if !brokerLost(side) { front.closed(by: side) } }

    /// The session takes longer than the configuration allows: `limit` names the limit, of this many seconds.
    public mutating func timedOut(limit: String, seconds: Int) {
        guard broker?.upstreamFailed(UpstreamFailure(.unavailable, "\(limit) of \(seconds) s passed")) == true else {
            return front.timedOut(limit: limit, seconds: seconds)
        }
        ready.append(.tell(.limit(name: limit, value: seconds, side: nil)))
    }

    /// Whether the broker has lost the server that its client waits for.
    private mutating func brokerLost(_ side: Side) -> Bool {
        guard side == .server else { return false }
        return broker?.upstreamFailed(UpstreamFailure(.unavailable, "the server closed its connection")) ?? false
    }

    /// The operator wants the program to end: the session ends as soon as nothing is in progress.
    public mutating func drain() { front.drain() }
    /// The client is not let in; `reason` goes to the log and to the client.
    public mutating func turnAway(by closer: Closer, reason: String) { front.turnAway(by: closer, reason: reason) }
    /// The operator's patience is over: the session ends now.
    public mutating func end(reason: String) { front.end(reason: reason) }
    /// The compressed stream of `side` is not DEFLATE.
    public mutating func deflateBroke(on side: Side) { front.deflateBroke(on: side) }
    /// What followed STARTTLS on the leg to `side` is not a TLS handshake.
    public mutating func clearTextArrived(from side: Side) { front.clearTextArrived(from: side) }

    /// Whether more bytes of the client, and of the server, are of use now. As of the last ``next()``.
    public var wants: (client: Bool, server: Bool) {
        let isWanted = broker?.wantsClient ?? gate?.wantsClient ?? true
        return (front.wants.client && isWanted, front.wants.server)
    }

    /// The client is spoken to although no server is there.
    package var isReceiving: Bool { isBrokered }

    /// Whether something that the client has said has not gone to the server yet.
    public var hasMoreForServer: Bool { !(broker?.isAtRest ?? gate?.isAtRest ?? true) }

    /// Whether a side that ends its input now has nothing more to say or hear: a server that has not even greeted.
    public func leavesTooEarly(_ side: Side) -> Bool { front.leavesTooEarly(side) }

    // MARK: - Out

    /// The next thing to do, or `nil` until something comes in.
    public mutating func next() -> SessionAction? {
        guard hasGate else { return nextOfTap() }
        while !isClosed {
            // An action that is taken from the end is moved and not copied.
            if !leaving.isEmpty {
                let action = leaving.removeLast()
                if case .close = action { close() }
                return action
            }
            if !ready.isEmpty {
                swap(&ready, &leaving)
                leaving.reverse()
                continue
            }
            // The gate first: it acts on what the client has said before the tap reads what the client says next.
            if isBrokered, let step = broker?.next() {
                carryOut(step)
            } else if let step = gate?.next() {
                carryOut(step)
            } else if let action = front.next() {
                carry(action)
            } else if !readServer() {
                back.settle()
                return nil
            }
        }
        return nil
    }

    /// Drops whatever else was to be done: the tap may end a session while the gate is at work.
    private mutating func close() {
        isClosed = true
        (ready, leaving) = ([], [])
    }

    private mutating func nextOfTap() -> SessionAction? {
        if !leaving.isEmpty { return leaving.removeLast() }
        guard let action = front.next() else { return nil }
        if case .record(let event) = action, let decision = dryRun?.judge(event) {
            leaving.append(.judged(decision))
        }
        return SessionAction(action)
    }

    /// What the tap wants done. What it would send to the server is what the client said.
    private mutating func carry(_ action: TapAction, _ feed: Feed = .none) {
        switch action {
        case .record(var event):
            switch (event.sender, feed) {
            case (.client, _): event.isWithheld = true
            case (.server, .rewritten): event.isRewritten = true
            case (.server, .passed): break
            // The greeting that came when TLS was up upstream.
            case (.server, .none) where !event.isOurs && !back.hasGreeted:
                back.receive(event.bytes, from: .server, at: now)
                if let greeting = back.next() { _ = gate?.passage(of: greeting) }
            case (.server, .none): break
            }
            ready.append(.record(event))
        case .send(let bytes, to: .server): if isBrokered { broker?.receive(bytes) } else { gate?.receive(bytes) }
        default: ready.append(SessionAction(action))
        }
    }

    private mutating func carryOut(_ step: BrokerStep) {
        switch step {
        case .answer(let bytes): tell(bytes, .rewritten)
        case .write(let bytes): write(bytes)
        case .prelude(let bytes): ready.append(.say(bytes, to: .server))
        case .secure: ready.append(.startTLS(.server))
        case .ask(let request): ready.append(.ask(BrokerQuestion(request: request)))
        case .tell(let event): ready.append(.tell(event))
        case .conceal(let secret): ready.append(.conceal(secret))
        case .relay(let gate, let answer):
            self.gate = gate
            (broker, isBrokered) = (nil, false)
            tell(answer, .rewritten)
        case .close(let closer, let reason): front.close(by: closer, reason: reason, farewell: nil)
        }
    }

    private mutating func carryOut(_ step: GateStep) {
        switch step {
        case .write(let bytes): write(bytes)
        case .answer(let bytes): tell(bytes, .rewritten)
        case .decided(let decision): ready.append(.judged(decision))
        case .edited(let change): ready.append(.tell(.edited(change)))
        case .warn(let text): ready.append(.tell(.warning(text)))
        case .hold(let held, let seconds): ready.append(.hold(held, seconds: seconds))
        case .spend(let request): ready.append(.spend(request))
        case .settle(let settlement): ready.append(.settle(settlement))
        case .close(let closer, let reason): front.close(by: closer, reason: reason, farewell: nil)
        case .alarm(let reason, let last):
            ready.append(.alarm(reason: reason, last: last))
            front.close(
                by: .policy, reason: reason, farewell: "Interpost ends this session: the server's answer was not expected")
        }
    }

    /// Sends what the gate wrote, and reads it as what the client of the server's leg said.
    private mutating func write(_ bytes: ByteBuffer) {
        back.receive(bytes, from: .client, at: now)
        while back.unread(from: .client) > 0, back.clientWait == .none, let event = back.next() {
            if recordsUpstream { ready.append(.recordUpstream(event)) }
        }
        ready.append(.send(bytes, to: .server))
    }

    /// Makes the tap hear something in the server's place.
    private mutating func tell(_ bytes: ByteBuffer, _ feed: Feed) {
        front.receive(bytes, from: .server, at: now)
        while let action = front.nextOfServer() { carry(action, feed) }
    }

    /// Reads what has come from the server, up to where the gate wants something done.
    private mutating func readServer() -> Bool {
        guard front.isRunning, back.unread(from: .server) > 0 else { return false }
        run.begin(back.unreadBytes(from: .server))
        defer { run = ForwardRun() }
        var count = 0
        while count < Self.maximumRun, let event = back.next() {
            count += 1
            handle(event)
            while isBrokered, let step = broker?.next() {
                flushRun()
                carryOut(step)
            }
            while let step = gate?.next() {
                flushRun()
                carryOut(step)
            }
        }
        flushRun()
        return count > 0
    }

    private mutating func handle(_ event: MailEvent) {
        if isBrokered { broker?.receive(event) }
        let passage = gate?.passage(of: event) ?? .withhold
        var isWithheld = true
        if case .pass = passage {
            isWithheld = false
            run.advance(event.bytes.readableBytes, isContent: event.meaning.isContent)
        } else {
            flushRun()
            run.skip(event.bytes.readableBytes)
        }
        if recordsUpstream {
            var event = event
            event.isWithheld = isWithheld
            ready.append(.recordUpstream(event))
        }
        if case .replace(let bytes) = passage { tell(bytes, .rewritten) }
    }

    private mutating func flushRun() {
        while let bytes = run.flush() { tell(bytes, .passed) }
    }
}
