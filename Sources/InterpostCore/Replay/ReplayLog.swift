import NIOCore

/// The last lines of a live conversation, as people may see them: what a report shows of the way to a difference.
///
///     C: a3 LOGIN anna [redacted]
///     S: a3 OK welcome
///     C: a4 APPEND Sent (\Seen) {1840}
///
/// What may be shown is decided where the event log decides it. Literals and messages are told by their size. Lists of
/// capabilities are those of the recording, before the leg's own are made of them.
struct ReplayLog: Sendable {
    static let maximumLines = 20
    /// Characters of a line.
    static let maximumLength = 200

    private(set) var lines: [String] = []
    private let mailProtocol: MailProtocol
    private var observer: SessionObserver
    /// Lines that are forgotten.
    private var forgotten = 0
    /// The line of a command whose literal is still to come, counted with those that are forgotten.
    private var unfinished: Int?

    init(_ mailProtocol: MailProtocol) {
        self.mailProtocol = mailProtocol
        observer = SessionObserver(
            // The size of a listing in POP3 is enough.
            detail: mailProtocol == .imap ? .responses : .commands, following: FollowingSettings(maximumMessages: 0))
    }

    mutating func append(_ event: MailEvent) {
        var told: [LogEvent] = []
        observer.observe(event) { told.append($0) }
        switch event.meaning {
        case .continuation, .saslChallenge: append(.server, "+ …")
        case .saslResponse: append(.client, "[redacted]")
        case .idleDone: append(.client, "DONE")
        case .unknown: append(event.sender, "[\(event.bytes.withoutLineEnd.readableBytes) octets]")
        default: for event in told { append(event) }
        }
    }

    private mutating func append(_ event: LogEvent) {
        switch event {
        case .greeting(let result, let text, _):
            let word = mailProtocol == .imap ? "* \(result.uppercased())" : result == "ok" ? "+OK" : "-ERR"
            append(.server, "\(word) \(String(buffer: text))")
        case .literal(let facts) where facts.side == .client: begin(facts)
        case .command(let facts): finish([facts.tag.map { String(buffer: $0) }, facts.shown])
        case .response(let name, let number, let text):
            let line = String(buffer: text)
            let head = ["*", number.map { "\($0)" }, name].compactMap { $0 }.joined(separator: " ")
            append(.server, line.hasPrefix("*") ? line : "\(head) \(line)")
        case .completion(let facts):
            unfinished = nil
            append(.server, Self.line(of: facts))
        default: break
        }
    }

    private static func line(of facts: CompletionFacts) -> String {
        let words = [
            facts.command?.tag.map { String(buffer: $0) }, facts.result, facts.code.map { "[\(String(buffer: $0))]" },
            String(buffer: facts.text),
        ]
        let isPOP3 = facts.result.hasPrefix("+") || facts.result.hasPrefix("-")
        return words.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
            + (isPOP3 && facts.octets > 0 ? "  (and \(facts.octets) octets)" : "")
    }

    // MARK: - Lines

    private mutating func append(_ side: Side, _ text: String) {
        if lines.count == Self.maximumLines {
            lines.removeFirst()
            forgotten += 1
        }
        lines.append((side == .client ? "C: " : "S: ") + TerminalText.shown(text, atMost: Self.maximumLength))
    }

    private mutating func begin(_ literal: LiteralFacts) {
        guard unfinished == nil else { return }
        let words = [literal.tag.map { String(buffer: $0) }, literal.name, "… {\(literal.octets)}"]
        append(.client, words.compactMap { $0 }.joined(separator: " "))
        unfinished = forgotten + lines.count - 1
    }

    /// The whole command is shown where it began.
    private mutating func finish(_ words: [String?]) {
        let text = words.compactMap { $0 }.joined(separator: " ")
        defer { unfinished = nil }
        guard let unfinished, lines.indices.contains(unfinished - forgotten) else { return append(.client, text) }
        lines[unfinished - forgotten] = "C: " + TerminalText.shown(text, atMost: Self.maximumLength)
    }
}
