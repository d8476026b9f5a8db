public import NIOCore

/// One relayed session as a value: bytes in, actions out. It is a *tap*: what arrives goes on exactly as it came,
/// and reading happens beside it.
///
/// Four things are not passed on as they are, because the two legs differ: STARTTLS and STLS, which each leg does for
/// itself; capability lists (`CapabilityEditor`); what a client says before a STARTTLS that the listener requires;
/// and COMPRESS where it is not terminated. With `isMirror` only the switch to TLS itself is acted upon.
///
/// An incomplete line is held back, and so is what follows STARTTLS or COMPRESS, until its answer. Where only the
/// *reading* needs the server's answer (is this a literal or a command?), the bytes go on at once.
public struct Tap: Sendable {
    /// The stage that the session has reached.
    ///
    /// | state | what the client sends | what the server sends |
    /// | --- | --- | --- |
    /// | `opening`: only with `imap:` or `pop3:` upstream | waits | greeting and OK to STARTTLS → `switching` the server's leg; a refusal, or anything else → `closed` |
    /// | `switching` | nothing is read; once the shell says that TLS is up on each of the legs → `running` | the same |
    /// | `running` | STARTTLS that Interpost answers with OK → `switching` the client's leg | as a mirror: OK to STARTTLS → `switching` both legs |
    /// | `closed` | nothing is read | nothing is read |
    ///
    /// From each of them a failure, a time-out or the end of a connection leads to `closed`.
    enum Stage {
        case opening(UpstreamOpening)
        /// TLS is being negotiated on these legs; then `greeting`, if any, goes to the client.
        case switching(Set<Side>, greeting: ByteBuffer?)
        case running
        case closed
    }

    /// The queue capacity that an idle session keeps, in actions.
    private static let restingCapacity = 64

    let settings: SessionSettings
    /// A gate follows, which acts on each thing that the client says before the next one is read.
    private let hasGate: Bool
    var stage: Stage
    /// What both sides have said, as far as it is read.
    public internal(set) var conversation: Conversation
    var ready: [TapAction] = []
    /// Actions on their way out, the last one first.
    private var leaving: [TapAction] = []
    var clientIsEncrypted: Bool
    var isCompressed = false
    private var isDraining = false
    /// Something came in since the conversation was last read to its end.
    private var hasNews = false
    /// The server said something since what it said was last read to its end.
    private var hasNewsOfServer = false
    private var now = WireTime(nanoseconds: 0)
    private var hasHeardClient = false
    /// Octets of each side that were read and may go on, but were not sent yet.
    var runs = ForwardRuns()
    /// Octets of the client that went on before they were read.
    var ahead = 0
    /// The offset of the last literal that was reported because its octets came too early.
    private var hasteToldAt: Int?
    /// What the client has said on a leg that is not encrypted.
    var said = SaidInClear()
    /// A login in clear text has been reported already, or no leg carries clear text.
    var hasToldOfClearText = false
    /// What Interpost will say in the server's place, once that is in order.
    var pendingAnswers: [PendingAnswer] = []
    /// Lines of an answer to AUTH as they came; they go on, edited, when the list is whole.
    var withheld = ByteBuffer()

    /// A session that begins: nothing has arrived from either side.
    public init(_ settings: SessionSettings) { self.init(settings, hasGate: false) }

    init(_ settings: SessionSettings, hasGate: Bool) {
        self.settings = settings
        self.hasGate = hasGate
        conversation = Conversation(settings.mailProtocol, limits: settings.limits)
        clientIsEncrypted = settings.listener == .implicit
        let opens = settings.upstream == .required && !settings.isMirror
        stage = opens ? .opening(UpstreamOpening(settings.mailProtocol)) : .running
    }

    // MARK: - In

    /// Bytes that `side` sent, decrypted and inflated.
    public mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        now = time
        hasNews = true
        if side == .server { hasNewsOfServer = true } else if !hasHeardClient { hearFirst(bytes) }
        if case .opening(var opening) = stage, side == .server {
            opening.receive(bytes)
            stage = .opening(opening)
        } else {
            conversation.receive(bytes, from: side, at: time)
        }
    }

    /// The client's first octets: a client that is set up for TLS would wait for an answer that no mail server gives.
    private mutating func hearFirst(_ bytes: ByteBuffer) {
        hasHeardClient = true
        guard !clientIsEncrypted, TLSHello.isVersionedRecord(bytes) else { return }
        let scheme = settings.mailProtocol.rawValue
        ready.append(.tell(.warning("the client begins with TLS where clear text is expected: \(scheme)s:// listens for TLS")))
        close(
            by: .interpost, reason: "the client speaks TLS, and this listener expects clear text",
            farewell: "Interpost expects clear text here, and not TLS")
    }

    /// The leg to `side` is encrypted now.
    public mutating func tlsIsUp(_ side: Side) {
        guard case .switching(var legs, let greeting) = stage else { return }
        legs.remove(side)
        if side == .client {
            clientIsEncrypted = true
            conversation.clientTLSIsUp()
        }
        guard legs.isEmpty else { return stage = .switching(legs, greeting: greeting) }
        stage = .running
        hasNews = true
        if let greeting { conversation.receive(greeting, from: .server, at: now) }
    }

    /// The server cannot be reached, or not as it has to be.
    public mutating func upstreamFailed(reason: String) {
        close(by: .interpost, reason: reason, farewell: "Interpost cannot reach the server: \(reason)")
    }

    /// `side` will say nothing more: a line that it left incomplete goes on as it is.
    public mutating func inputEnded(of side: Side) {
        guard case .running = stage else { return }
        hasNews = true
        if side == .server { releaseWithheld() }
        conversation.inputEnded(of: side)
    }

    /// `side` closed its connection. A client that was not even greeted is told why it is left.
    public mutating func closed(by side: Side) {
        let reason = "the \(side.rawValue) closed its connection\(side == .client ? silenceOfServer : "")"
        close(
            by: side == .client ? .client : .server, reason: reason,
            farewell: leavesTooEarly(side) ? "Interpost cannot reach the server: it closed the connection" : nil)
    }

    /// What may be the matter with a server that has not greeted.
    private var silenceOfServer: String {
        guard !conversation.hasGreeted, isOpeningUpstream || isRunning else { return "" }
        let hint =
            settings.upstream == .implicit
            ? "" : "; one that expects TLS at once is named with \(settings.mailProtocol.rawValue)s://"
        return ", and the server has said nothing\(hint)"
    }

    /// Whether a side that ends its input now has nothing more to say or hear: a server that has not even greeted.
    func leavesTooEarly(_ side: Side) -> Bool { side == .server && !conversation.hasGreeted }

    /// The session takes longer than the configuration allows.
    public mutating func timedOut(limit: String, seconds: Int) {
        guard !isClosed else { return }
        ready.append(.tell(.limit(name: limit, value: seconds, side: nil)))
        let farewell =
            conversation.hasGreeted
            ? "Interpost closes an inactive session"
            : "Interpost cannot reach the server: it has said nothing in \(seconds) seconds"
        close(by: .limit, reason: "\(limit) of \(seconds) s passed\(silenceOfServer)", farewell: farewell)
    }

    /// The operator wants the program to end: at once if nothing is in progress, else as soon as nothing is.
    public mutating func drain() {
        hasNews = true
        if case .running = stage { isDraining = true } else { end(reason: "Interpost is ending") }
    }

    /// The client is not let in.
    public mutating func turnAway(by closer: Closer, reason: String) {
        close(by: closer, reason: reason, farewell: "Interpost lets nobody in: \(reason)")
    }

    /// The operator's patience is over.
    public mutating func end(reason: String) { close(by: .operator, reason: reason, farewell: "Interpost is ending") }

    /// A compressed leg carried something that is not DEFLATE.
    public mutating func deflateBroke(on side: Side) {
        guard !isClosed else { return }
        ready.append(.tell(.anomaly(Anomaly(.brokenDeflate, side: side, offset: 0))))
        close(by: .interpost, reason: "the compressed stream of the \(side.rawValue) is broken", farewell: nil)
    }

    /// What followed STARTTLS on the leg to `side` is not a TLS handshake.
    public mutating func clearTextArrived(from side: Side) { refuseClearText(from: side) }

    /// Whether more bytes of the client, and of the server, are of use now. They are not while the other leg turns to
    /// TLS, nor while what follows STARTTLS or COMPRESS waits for its answer. As of the last ``next()``.
    public private(set) var wants = (client: true, server: true)

    private mutating func noteWants() {
        switch stage {
        case .opening: wants = (client: false, server: true)
        case .switching(let legs, _): wants = (client: legs.contains(.client), server: legs.contains(.server))
        case .running:
            let isHeld = conversation.clientWait == .passing && conversation.unread(from: .client) > 0
            wants = (client: !isHeld, server: true)
        case .closed: wants = (client: false, server: false)
        }
    }

    private var isClosed: Bool { if case .closed = stage { true } else { false } }

    /// Both legs carry the session.
    var isRunning: Bool { if case .running = stage { true } else { false } }

    /// The leg to the server is still being opened, which the client does not see.
    var isOpeningUpstream: Bool {
        switch stage {
        case .opening: true
        case .switching(let legs, _): legs.contains(.server)
        case .running, .closed: false
        }
    }

    // MARK: - Out

    /// The next thing to do, or `nil` until something comes in.
    public mutating func next() -> TapAction? { next(readsClient: true) }

    /// The next thing to do about what the server has said; what the client says waits to be read.
    mutating func nextOfServer() -> TapAction? { next(readsClient: false) }

    private mutating func next(readsClient: Bool) -> TapAction? {
        let action = nextAction(readsClient: readsClient)
        if action == nil {
            noteWants()
            if leaving.capacity > Self.restingCapacity { (ready, leaving) = ([], []) }
        }
        return action
    }

    private mutating func nextAction(readsClient: Bool) -> TapAction? {
        while true {
            // An action that is taken from the end is moved and not copied.
            if !leaving.isEmpty { return leaving.removeLast() }
            if !ready.isEmpty {
                swap(&ready, &leaving)
                leaving.reverse()
                continue
            }
            switch stage {
            case .closed, .switching: return nil
            case .opening(var opening):
                let step = opening.next()
                stage = .opening(opening)
                guard let step else { return nil }
                carryOut(step)
            case .running:
                guard readsClient ? hasNews : hasNewsOfServer else { return nil }
                run(readsClient: readsClient)
            }
        }
    }

    /// At most this many actions are made ready at once; otherwise a piece full of short lines would take many times its size.
    private static let maximumReady = 512

    private mutating func run(readsClient: Bool) {
        // What the server says may be what the client's next octets waited for.
        hasNews = !readsClient
        hasNewsOfServer = false
        runs[.client].begin(conversation.unreadBytes(from: .client))
        runs[.server].begin(conversation.unreadBytes(from: .server))
        var isGatesTurn = false
        while case .running = stage, ready.count < Self.maximumReady, !isGatesTurn {
            guard let event = readsClient ? conversation.next() : conversation.nextOfServer() else {
                return finishRun(readsClient: readsClient)
            }
            if !hasToldOfClearText, event.sender == .client { tellOfClearText(event) }
            if settings.isMirror {
                forwardMirrored(event)
            } else if event.sender == .client {
                handleClient(event)
                isGatesTurn = hasGate
            } else {
                handleServer(event)
            }
            if !pendingAnswers.isEmpty { answerPending(after: event) }
        }
        flush()
        guard case .running = stage else { return conversation.settle() }
        tellOfHaste()
        (hasNews, hasNewsOfServer) = (true, true)
    }

    /// All that has come is read.
    private mutating func finishRun(readsClient: Bool) {
        flush()
        if case .running = stage, readsClient {
            forwardAhead()
            if isDraining, conversation.isResting {
                close(by: .operator, reason: "Interpost is ending", farewell: "Interpost is ending")
            }
        }
        conversation.settle()
    }

    mutating func forward(_ event: MailEvent) {
        if !clientIsEncrypted, event.sender == .client { said.note(event) }
        ready.append(.record(event))
        let early = event.sender == .client ? min(ahead, event.bytes.readableBytes) : 0
        if early > 0 {
            ahead -= early
            runs[.client].skip(early)
        }
        runs[event.sender].advance(event.bytes.readableBytes - early, isContent: event.meaning.isContent)
    }

    /// Takes an event out of the stream: its bytes do not go on.
    mutating func swallow(_ event: MailEvent) {
        var event = event
        event.isWithheld = true
        ready.append(.record(event))
        flushRun(of: event.sender)
        runs[event.sender].skip(event.bytes.readableBytes)
    }

    mutating func flushRun(of side: Side) {
        while let piece = runs[side].flush() { ready.append(.send(piece, to: side.peer)) }
    }

    /// Answers go before the commands that follow them.
    mutating func flush() {
        flushRun(of: .server)
        flushRun(of: .client)
        runs = ForwardRuns()
    }

    /// The client's bytes that cannot be read yet are passed on all the same.
    private mutating func forwardAhead() {
        guard conversation.clientWait == .reading, !isClosedToCommands else { return }
        var unread = conversation.unreadBytes(from: .client)
        guard unread.readableBytes > ahead else { return }
        unread.moveReaderIndex(forwardBy: ahead)
        tellOfHaste()
        ahead += unread.readableBytes
        ready.append(.send(unread.ownCopy, to: .server))
        if ahead > settings.limits.unreadOctets {
            let offset = conversation.offset(of: .client)
            ready.append(.tell(.anomaly(Anomaly(.tooMuchUnread, side: .client, offset: offset))))
            conversation.becomeOpaque()
            hasNews = true
        }
    }

    /// The client sends the octets of a literal before it is asked for them.
    private mutating func tellOfHaste() {
        let offset = conversation.offset(of: .client)
        guard conversation.awaitsLiteral, conversation.unread(from: .client) > 0, hasteToldAt != offset, !isClosedToCommands
        else { return }
        hasteToldAt = offset
        ready.append(.tell(.anomaly(Anomaly(.literalNotAwaited, side: .client, offset: offset))))
    }

    // MARK: - Closing

    mutating func close(by closer: Closer, reason: String, farewell: String?) {
        guard !isClosed else { return }
        releaseWithheld()
        flush()
        stage = .closed
        if let farewell, conversation.mayInterject {
            let word = settings.mailProtocol == .imap ? "* BYE" : "-ERR [SYS/TEMP]"
            ready.append(.say(ByteBuffer(string: "\(word) \(TerminalText.ascii(farewell, atMost: 300))\r\n"), to: .client))
        }
        ready.append(.close(by: closer, reason: reason))
    }

    mutating func refuseClearText(from side: Side) {
        guard !isClosed else { return }
        let anomaly = Anomaly(.clearTextBehindSTARTTLS, side: side, offset: conversation.offset(of: side))
        ready.append(.tell(.anomaly(anomaly)))
        close(by: .interpost, reason: "clear text of the \(side.rawValue) behind STARTTLS", farewell: nil)
    }
}
