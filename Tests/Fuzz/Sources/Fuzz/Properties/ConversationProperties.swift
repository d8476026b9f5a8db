import NIOCore

@testable import InterpostCore

/// What holds for a conversation and what is told of it, whatever two sides say: events cover the octets, in order; they are
/// the same however the octets are cut, in each of several sessions; what is kept is within the limits; work grows with what
/// was said; once reading is given up, nothing is read any more; and no secret is told.
enum ConversationProperties {
    static func check(_ dialogue: Dialogue) throws(Violation) {
        let first = try ConversationRun(dialogue, .joined, details: LogEvent.Detail.allCases)
        let (told, rest) = (first.told, first.rest)
        for cutting in dialogue.otherCuttings {
            let again = try ConversationRun(dialogue, cutting, details: [.values])
            try compare(again.events.unreadLast, first.events.unreadLast, "events when \(cutting)")
            try compare(again.told, told, "log when \(cutting)")
            try compare(again.values, first.values, "values when \(cutting)")
            try compare(again.rest, rest, "what is left when \(cutting)")
        }
        try first.checkLog()
        try checkMemory(dialogue)
        try NormalFormProperties.check(dialogue)
        try TerminalProperties.check(dialogue)
    }

    /// What a session holds on to when everything that it said is over.
    private static func checkMemory(_ dialogue: Dialogue) throws(Violation) {
        let limits = dialogue.limits
        let before = Work.heap
        var conversation = Conversation(dialogue.settings.mailProtocol, limits: limits)
        var observer = SessionObserver(detail: .responses)
        var ahead = 0
        for case .say(let side, let bytes) in dialogue.steps {
            for piece in dialogue.pieces(of: bytes, .cut) {
                conversation.receive(piece, from: side, at: WireTime(nanoseconds: 0))
                while let event = conversation.next() { observer.observe(event) { _ in } }
                conversation.settle()
                ahead = max(ahead, conversation.unread(from: .client))
            }
        }
        let kept = Work.heap - before
        let bound = 40_000 + 40 * limits.lineLength + 2 * ahead + 12_000 * limits.pendingCommands
        try require(kept <= bound, "\(kept) octets of memory kept, more than \(bound)")
        withExtendedLifetime((conversation, observer)) {}
    }

    static func compare<Value: Equatable>(_ found: [Value], _ expected: [Value], _ what: String) throws(Violation) {
        if found == expected { return }
        let place = zip(found, expected).prefix { $0 == $1 }.count
        let (left, right) = (found.dropFirst(place).first, expected.dropFirst(place).first)
        throw Violation(
            description:
                "\(what): number \(place) is\n\(left.map { "\($0)" } ?? "missing")\nand not\n\(right.map { "\($0)" } ?? "missing")"
        )
    }
}

/// A conversation that a dialogue was played into, with what came out.
struct ConversationRun {
    private let dialogue: Dialogue
    private let cutting: Cutting
    private var conversation: Conversation
    private let details: [LogEvent.Detail]
    private var observers: [SessionObserver]
    /// What each observer told.
    private var logs: [[LogEvent]]
    private(set) var events: [TracedEvent] = []
    private var octets = (client: Octets(), server: Octets())
    private var count = 0
    private var work = 0
    private var isOpaque = false
    private var secrets: SecretKeeper

    /// What passed of one side.
    private struct Octets: Equatable {
        var said = 0
        var inEvents = 0
        var taken = 0
        var hasEnded = false
    }

    /// The greatest detail comes last.
    init(_ dialogue: Dialogue, _ cutting: Cutting, details: [LogEvent.Detail]) throws(Violation) {
        self.details = details
        observers = details.map { SessionObserver(detail: $0) }
        logs = details.map { _ in [] }
        self.dialogue = dialogue
        self.cutting = cutting
        conversation = Conversation(dialogue.settings.mailProtocol, limits: dialogue.limits)
        secrets = SecretKeeper(dialogue)
        var speaker = Side.server
        for step in dialogue.steps(cutting) {
            switch step {
            case .say(let side, let bytes):
                speaker = side
                try say(secrets.filledIn(bytes), side)
            case .direct(let directive): try obey(directive, speaker)
            }
        }
        let said = octets.client.said + octets.server.said
        try require(work <= 120 * said + 6000 * count + 20_000, "work of \(work) for \(said) octets in \(count) events")
    }

    private mutating func say(_ bytes: ByteBuffer, _ side: Side) throws(Violation) {
        for piece in dialogue.pieces(of: bytes, cutting) {
            if side == .client { octets.client.said += piece.readableBytes } else { octets.server.said += piece.readableBytes }
            let start = Work.done
            conversation.receive(piece, from: side, at: WireTime(nanoseconds: 0))
            work += Work.done - start
            try drain()
        }
    }

    private mutating func drain() throws(Violation) {
        let start = Work.done
        var new: [MailEvent] = []
        while let event = conversation.next() {
            new.append(event)
            try require(new.count <= octets.client.said + octets.server.said + 2, "more events than octets")
        }
        conversation.settle()
        work += Work.done - start
        for event in new { try take(event) }
        try checkBounds()
    }

    private mutating func take(_ event: MailEvent) throws(Violation) {
        count += 1
        try requireEqual(event.number, count, "the number of an event")
        let before = event.sender == .client ? octets.client.inEvents : octets.server.inEvents
        try requireEqual(event.offset, before, "the offset of an event")
        if !event.isOurs {
            try require(event.bytes.readableBytes > 0, "an event of no octets")
            if event.sender == .client {
                octets.client.inEvents += event.bytes.readableBytes
            } else {
                octets.server.inEvents += event.bytes.readableBytes
            }
            if isOpaque {
                guard case .opaque = event.meaning else {
                    throw Violation(description: "read when reading was given up: \(event.meaning)")
                }
            }
        }
        secrets.note(event)
        isOpaque = isOpaque || event.anomalies.contains { $0.endsReading(in: dialogue.settings.mailProtocol) }
        events.append(event)
        for index in observers.indices { observers[index].observe(event) { logs[index].append($0) } }
    }

    private func checkBounds() throws(Violation) {
        let limits = dialogue.limits
        for (side, octets) in [(Side.client, octets.client), (.server, octets.server)] {
            let unread = conversation.unread(from: side)
            try requireEqual(octets.inEvents + unread + octets.taken, octets.said, "octets of the \(side) in events and unread")
            if isOpaque || octets.hasEnded, side == .server || conversation.clientWait == .none {
                try requireEqual(unread, 0, "octets unread when reading was given up")
            }
            guard side == .server || conversation.clientWait == .none else { continue }
            try require(unread <= max(64, limits.lineLength), "\(unread) octets of the \(side) unread")
        }
        try require(conversation.pendingCommands <= max(1, limits.pendingCommands), "\(conversation.pendingCommands) commands")
    }

    private mutating func obey(_ directive: Dialogue.Directive, _ speaker: Side) throws(Violation) {
        switch directive {
        case .becomeOpaque:
            conversation.becomeOpaque()
            isOpaque = true
        case .takeUnread:
            let bytes = conversation.takeUnread(from: speaker)
            if speaker == .client {
                octets.client.taken += bytes.readableBytes
            } else {
                octets.server.taken += bytes.readableBytes
            }
        case .answer(let line):
            guard conversation.isBetweenResponses, let event = conversation.answer(line) else { return }
            try take(event)
        case .login:
            guard let turns = secrets.login(in: conversation) else { return }
            for turn in turns { try say(ByteBuffer(string: turn.text), turn.side) }
            secrets.hasLoggedIn()
            return
        case .tlsIsUp(.client): conversation.clientTLSIsUp()
        case .inputEnded(let side):
            conversation.inputEnded(of: side)
            if side == .client { octets.client.hasEnded = true } else { octets.server.hasEnded = true }
        default: return
        }
        try drain()
    }

    // MARK: - What came of it

    /// The log of the greatest detail, in words.
    var told: [String] { logs.last?.map(\.summary) ?? [] }

    /// Where it all ended.
    var rest: [String] {
        [
            "\(conversation.clientWait) \(conversation.phase) \(conversation.isResting) \(conversation.pendingCommands)",
            "\(conversation.imap?.state, default: "none") \(conversation.pop3?.state, default: "none")",
            "\(Side.allCases.map { String(buffer: conversation.unreadBytes(from: $0)) })",
            observers.last.map { "\($0.traffic)" } ?? "",
            observers.last?.quirks.sorted.map { "\($0.quirk.rawValue) \($0.side.rawValue) \($0.count)" }.joined(separator: " ")
                ?? "",
        ]
    }

    /// What the log of the greatest detail has for programs.
    var values: [String] {
        (logs.last ?? []).compactMap { event in
            if case .valued(_, let values) = event { String(buffer: values.json) } else { nil }
        }
    }

    func checkLog() throws(Violation) {
        // A log of less detail is what is left of the one of most; but for quirks of what it does not read.
        let all = logs.last ?? []
        let summaries = told
        for (detail, log) in zip(details, logs).dropLast() {
            let least = log.filter { !$0.isQuirk }.map(\.summary)
            let most = zip(all, summaries).filter { $0.0.detail <= detail && !$0.0.isQuirk }.map(\.1)
            try ConversationProperties.compare(least, most, "log with \(detail)")
        }
        try OutputProperties.check(all, without: secrets.forbidden)
    }
}

/// An event as far as it does not depend on where the network cut; chunks of one literal or message are one.
struct TracedEvent: Equatable {
    var sender: Side
    var offset: Int
    var meaning: String
    var bytes: ByteBuffer
    var anomalies: [Anomaly]
    var quirks: Quirks
    var isOurs: Bool
    fileprivate var isChunk = false
    fileprivate var isLast = false

    fileprivate func isGoingOn(in next: TracedEvent) -> Bool {
        isChunk && !isLast && meaning == next.meaning && sender == next.sender
    }
}

extension [TracedEvent] {
    /// What nobody reads any more comes when it comes, whatever the other side does meanwhile.
    fileprivate var unreadLast: [TracedEvent] {
        let unread = filter { $0.meaning == "opaque" }
        return filter { $0.meaning != "opaque" } + unread.filter { $0.sender == .client } + unread.filter { $0.sender == .server }
    }

    fileprivate mutating func append(_ event: MailEvent) {
        var traced = TracedEvent(
            sender: event.sender, offset: event.offset, meaning: "", bytes: event.bytes, anomalies: event.anomalies,
            quirks: event.quirks, isOurs: event.isOurs)
        switch event.meaning {
        case .literal(let remaining): (traced.meaning, traced.isChunk, traced.isLast) = ("literal", true, remaining == 0)
        case .opaque: (traced.meaning, traced.isChunk) = ("opaque", true)
        case .pop3Body: (traced.meaning, traced.isChunk) = ("body", true)
        case .part(let start): traced.meaning = "part \(start.announcement) \(start.tag.map { String(buffer: $0) } ?? "")"
        case .unknown: traced.meaning = "unknown"
        case .greeting, .pop3Greeting: traced.meaning = "greeting"
        case .command(let command): traced.meaning = "command \(command.name) \(command.text.literals.count)"
        case .response(let response): traced.meaning = "response \(response.kind) \(response.number, default: "")"
        case .longResponse(let name, let isLast):
            (traced.meaning, traced.isChunk, traced.isLast) = ("long response \(name, default: "")", true, isLast)
        case .status: traced.meaning = "status"
        case .completion(let status, let record):
            traced.meaning = "completion \(status.result) \(record?.name, default: "")"
        case .continuation(let purpose): traced.meaning = "continuation \(purpose)"
        case .idleDone: traced.meaning = "idle done"
        case .pop3Command(let name, _): traced.meaning = "command \(name, default: "")"
        case .pop3Begin: traced.meaning = "begin"
        case .pop3Listing: traced.meaning = "listing"
        case .pop3Completion(let reply, let record):
            traced.meaning = "completion \(reply.result) \(record?.lines, default: "") \(record?.octets, default: "")"
        case .saslResponse: traced.meaning = "SASL response"
        case .saslChallenge: traced.meaning = "SASL challenge"
        }
        if !traced.isChunk {
            let standing = event.standing
            traced.meaning +=
                " \(standing.isLoggedIn) \(standing.selection?.mailbox.description ?? "") \(standing.failedLogins)"
                + (event.exchange == nil ? "" : " of a command")
        }
        let before = traced.meaning == "opaque" ? lastIndex { $0.sender == traced.sender } : indices.last
        if let before, traced.isChunk, traced.anomalies.isEmpty, self[before].isGoingOn(in: traced) {
            self[before].bytes.writeImmutableBuffer(traced.bytes)
            self[before].isLast = traced.isLast
        } else {
            append(traced)
        }
    }
}

extension Anomaly {
    fileprivate func endsReading(in mailProtocol: MailProtocol) -> Bool {
        kind == .lineTooLong || kind == .literalTooLarge || (mailProtocol == .pop3 && kind == .tooManyPendingCommands)
    }
}

extension LogEvent {
    fileprivate var isQuirk: Bool { if case .quirk = self { true } else { false } }
}
