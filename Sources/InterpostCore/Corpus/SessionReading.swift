import NIOCore

/// Reads a session that is already over, without a network.
///
/// Where only one side's bytes are left, what the other one must have said is supplied as far as it can be told
/// (`MissingSide`), and what its silence makes look wrong is not told.
public struct SessionReading: Sendable {
    private var conversation: Conversation
    private var observer: SessionObserver
    private var missing: MissingSide?
    private var trails = (client: OriginTrail(), server: OriginTrail())
    private let files: (client: String, server: String)
    private let unreadLimit: Int
    /// The protocol that the session is read as.
    public let mailProtocol: MailProtocol
    /// How often each event was told, by its name.
    public private(set) var events: [String: Int] = [:]
    /// What was found so far that is worth looking into.
    public private(set) var findings = CorpusFindings()
    /// Octets at the end that are no whole line, or that wait for an answer that never came.
    public private(set) var unreadOctets = 0
    /// Why the rest of the session was not read, and where that begins.
    public private(set) var whereReadingEnds: (place: CorpusPlace, reason: String)?
    /// The bytes are those of the wire: after COMPRESS they are DEFLATE.
    private let isRaw: Bool
    /// What was said first comes first. The two halves of a rawlog are in order only as far as their times are.
    private let isOrdered: Bool
    /// The offset of the last literal that was reported because its octets came too early.
    private var literalNotAwaited: Int?
    /// A server wrote the bytes down, and may have begun at the login.
    private var mayBeginBehindLogin: Bool

    /// The names of the files are used in places.
    /// With `isOfServer` nothing in the transcript was said by a client.
    public init(
        _ mailProtocol: MailProtocol, detail: LogEvent.Detail, kind: SessionForm.Kind = .transcript, isOfServer: Bool = false,
        files: (client: String, server: String) = ("", ""), limits: WireLimits = .standard
    ) {
        self.mailProtocol = mailProtocol
        self.files = files
        conversation = Conversation(mailProtocol, limits: limits)
        observer = SessionObserver(detail: detail)
        unreadLimit = max(limits.unreadOctets, limits.lineLength)
        isOrdered = kind == .transcript
        switch kind {
        case .transcript:
            (isRaw, mayBeginBehindLogin) = (false, false)
            if isOfServer { missing = MissingSide(mailProtocol, speaker: .server) }
        case .rawlog: (isRaw, mayBeginBehindLogin) = (true, mailProtocol == .imap)
        case .oneSide(let side, _):
            (isRaw, mayBeginBehindLogin) = (true, false)
            missing = MissingSide(mailProtocol, speaker: side)
        }
    }

    /// Octets, commands and responses that were read so far, per sender.
    public var traffic: Traffic { observer.traffic }

    /// Takes one turn, and calls `tell` with each event that it gives rise to.
    public mutating func receive(_ turn: SessionTurn, tell: (LogEvent) -> Void) {
        if turn.side == .client { trails.client.append(turn) } else { trails.server.append(turn) }
        if isOrdered, turn.side == .client, !conversation.hasGreeted { conversation.beginBehindGreeting() }
        if mayBeginBehindLogin, turn.side == .server {
            mayBeginBehindLogin = false
            if !turn.bytes.isGreeting {
                conversation.beginBehindLogin()
            }
        }
        conversation.receive(turn.bytes, from: turn.side, at: turn.time)
        read(tell: tell)
        if isOrdered { noteLiteralNotAwaited(tell: tell) }
        if conversation.clientWait != .none, conversation.unread(from: .client) > unreadLimit {
            // As in a relayed session: what waits for an answer is not gathered for ever.
            let anomaly = Anomaly(.tooMuchUnread, side: .client, offset: conversation.offset(of: .client))
            findings.add(.anomaly(anomaly.kind, .client), at: place(of: anomaly.offset, from: .client))
            count(.anomaly(anomaly), tell: tell)
            conversation.becomeOpaque()
            read(tell: tell)
        }
        conversation.settle()
    }

    /// The client's octets follow the announcement of a literal, and the server's `+` has not come.
    private mutating func noteLiteralNotAwaited(tell: (LogEvent) -> Void) {
        let offset = conversation.offset(of: .client)
        guard conversation.awaitsLiteral, conversation.unread(from: .client) > 0, offset != literalNotAwaited else { return }
        literalNotAwaited = offset
        let anomaly = Anomaly(.literalNotAwaited, side: .client, offset: offset)
        findings.add(.anomaly(anomaly.kind, .client), at: place(of: offset, from: .client))
        count(.anomaly(anomaly), tell: tell)
    }

    /// Takes the end of the session.
    public mutating func finish(tell: (LogEvent) -> Void) {
        missing?.hasEnded = true
        read(tell: tell)
        unreadOctets = conversation.unread(from: .client) + conversation.unread(from: .server)
        for (quirk, side, count) in observer.quirks.sorted {
            // The places were noted when they were told; all of them are counted here.
            findings.add(.quirk(quirk, side), at: nil, count: count)
        }
    }

    private mutating func read(tell: (LogEvent) -> Void) {
        while true {
            if missing?.speak(to: &conversation) == .waits { return }
            guard var event = conversation.next() else { return }
            if let missing {
                guard event.sender == missing.speaker else { continue }
                event.anomalies.removeAll { missing.causes($0.kind) }
            }
            note(event)
            observe(event, tell: tell)
            if isRaw, event.beginsCompression, whereReadingEnds == nil {
                let end = event.offset + event.bytes.readableBytes
                whereReadingEnds = (place(of: end, from: event.sender), "what follows is compressed")
                conversation.becomeOpaque()
            }
            missing?.answer(event, in: &conversation)
        }
    }

    private mutating func note(_ event: MailEvent) {
        for anomaly in event.anomalies {
            findings.add(.anomaly(anomaly.kind, anomaly.side), at: place(of: anomaly.offset, from: anomaly.side))
        }
        if case .opaque = event.meaning, whereReadingEnds == nil {
            let cause = event.anomalies.first.map { ": \($0.kind.rawValue)" } ?? ""
            whereReadingEnds = (place(of: event.offset, from: event.sender), "what follows cannot be read\(cause)")
        }
        if case .unknown = event.meaning {
            findings.add(.line(event.sender), at: place(of: event.offset, from: event.sender))
        }
    }

    private mutating func observe(_ event: MailEvent, tell: (LogEvent) -> Void) {
        var told: [LogEvent] = []
        observer.observe(event) { told.append($0) }
        for var logEvent in told {
            switch logEvent {
            // Names come from here: these are free of secrets.
            case .command(let facts) where event.isUnreadCommand:
                let name = facts.name.keyword == nil ? nil : facts.name
                findings.add(.command(name), at: place(of: event.offset, from: .client))
            case .response(let name, _, _) where event.isUnreadResponse:
                findings.add(.response(name), at: place(of: event.offset, from: .server))
            case .quirk(let quirk, let side, let offset):
                findings.add(.quirk(quirk, side), at: place(of: offset, from: side), count: 0)
            case .completion(var facts) where missing != nil:
                // What it completes is not known, nor which secrets its text may repeat.
                facts.command = nil
                facts.text = LogRedactor.octets(facts.text)
                logEvent = .completion(facts)
            case .act where missing != nil: continue
            default: break
            }
            count(logEvent, tell: tell)
        }
    }

    private mutating func count(_ event: LogEvent, tell: (LogEvent) -> Void) {
        events["\(event.name)", default: 0] += 1
        tell(event)
    }

    private mutating func place(of offset: Int, from side: Side) -> CorpusPlace {
        side == .client
            ? CorpusPlace(file: files.client, origin: trails.client.origin(of: offset))
            : CorpusPlace(file: files.server, origin: trails.server.origin(of: offset))
    }
}

extension MailEvent {
    fileprivate var isUnreadCommand: Bool {
        switch meaning {
        case .command(let command): if case .unknown = command.body { true } else { false }
        case .pop3Command(_, .unknown): true
        default: false
        }
    }

    fileprivate var isUnreadResponse: Bool {
        if case .response(let response) = meaning { response.kind == .unknown } else { false }
    }
}
