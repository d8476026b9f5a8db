public import NIOCore

/// What a policy would make of one command, found by asking a gate: nothing is sent anywhere.
///
///     a STORE 1 +FLAGS (\Deleted)
///     refused by preset read-only; the server hears nothing; the client hears a NO [NOPERM] …
public struct PolicyExplanation: Sendable {
    /// What would be done about the command.
    public let verdict: PolicyFacts.Verdict
    /// The rule that decides it: `rule 2 (no newsletters)`, `preset read-only`.
    public let rule: String
    /// The lines that the server would be sent; empty where it would hear nothing.
    public private(set) var sent: [ByteBuffer] = []
    /// What the client would be told at once; empty where it hears what the server answers.
    public private(set) var answers: [ByteBuffer] = []
    /// How long it would wait for a person.
    public private(set) var seconds: Int?
    /// Whether both connections would end.
    public private(set) var closes = false
    /// What each policy says for itself, where several hold together; empty for one.
    public private(set) var parts: [Part] = []

    /// What one of several policies says.
    public struct Part: Sendable {
        /// What it would do about the command.
        public let verdict: PolicyFacts.Verdict
        /// Which of its rules says so: `client: rule 2`.
        public let rule: String
    }

    /// Explains `command` as the client sends it, in the state of the session that `context` is. A missing line end is added.
    /// `nil` for a command that is not whole.
    public init?(of command: ByteBuffer, _ policy: Policy, in context: PolicyContext) {
        var gate = Self.gate(policy, context, command)
        var bytes = command
        if !bytes.readableBytesView.suffix(2).elementsEqual([.carriageReturn, .lineFeed]) { bytes.writeStaticString("\r\n") }
        var found: PolicyDecision?
        for piece in Self.pieces(of: bytes, context.mailProtocol) {
            gate.receive(piece.bytes)
            while let step = gate.next() {
                switch step {
                case .write(let line): sent.append(line)
                case .answer(let line): answers.append(line)
                case .decided(let decision): found = found ?? decision.decision
                case .hold(_, let wait): seconds = wait
                case .close, .alarm: closes = true
                // As if nothing had been done before.
                case .spend: gate.resolveBudget(.granted(at: WireTime(nanoseconds: 0)))
                case .edited, .warn, .settle: break
                }
            }
            // A client sends no more where it waits for a + and hears something else.
            if piece.awaitsAnswer, let answer = answers.last, answer.byte(at: answer.readerIndex) != UInt8(ascii: "+") { break }
        }
        guard let decision = found else { return nil }
        verdict = PolicyFacts.Verdict(decision.verdict)
        rule = decision.rule
        guard !policy.narrowing.isEmpty else { return }
        parts = policy.parts.compactMap { part in
            PolicyExplanation(of: command, part, in: context).map { Part(verdict: $0.verdict, rule: $0.rule) }
        }
    }

    /// A command in the pieces in which a client sends it, and whether it waits after each.
    private static func pieces(of command: ByteBuffer, _ mailProtocol: MailProtocol) -> [(bytes: ByteBuffer, awaitsAnswer: Bool)]
    {
        guard mailProtocol == .imap else { return [(command, false)] }
        var rest = command
        var pieces: [(bytes: ByteBuffer, awaitsAnswer: Bool)] = []
        while let feed = rest.firstIndex(of: .lineFeed, from: rest.readerIndex),
            let line = rest.readSlice(length: feed - rest.readerIndex + 1)
        {
            let place: LiteralAnnouncement.Place = pieces.isEmpty ? .command : .restOfCommand
            guard case .announced(let literal) = LiteralAnnouncement.read(endOf: line, in: place, limit: .max) else {
                pieces.append((line, false))
                continue
            }
            pieces.append((line, !literal.isNonSynchronising))
            if let octets = rest.readSlice(length: min(literal.length, rest.readableBytes)) { pieces.append((octets, false)) }
        }
        return rest.readableBytes > 0 ? pieces + [(rest, false)] : pieces
    }

    /// A gate in the middle of a session, before a server that can do all that gates make use of.
    private static func gate(_ policy: Policy, _ context: PolicyContext, _ command: ByteBuffer) -> any Gate {
        var conversation = Conversation(context.mailProtocol)
        let offers = "[CAPABILITY IMAP4rev1 LITERAL+ SASL-IR UNSELECT]"
        let word = context.state == .notAuthenticated ? "OK" : "PREAUTH"
        let greeting = context.mailProtocol == .imap ? "* \(word) \(offers) ready\r\n" : "+OK ready\r\n"
        conversation.receive(ByteBuffer(string: greeting), from: .server, at: WireTime(nanoseconds: 0))
        switch context.mailProtocol {
        case .imap:
            var gate = IMAPGate(policy: policy, context: context)
            if let event = conversation.next() { _ = gate.passage(of: event) }
            gate.errands = []
            gate.steps = []
            gate.context = context
            return gate
        case .pop3:
            var gate = POP3Gate(policy: policy, context: context)
            if let event = conversation.next() { _ = gate.passage(of: event) }
            gate.hasUser = context.user != nil
            gate.context = context
            // Every message is there.
            gate.view.beginListing()
            if let number = MaildropView.number(of: ByteBuffer(bytes: command.readableBytesView.drop { !$0.isDigit })) {
                gate.view.learn(ByteBuffer(string: "\(number) \(context.messageSize ?? 0)"))
            }
            gate.view.endListing()
            return gate
        }
    }
}

extension PolicyExplanation {
    /// A command as somebody types it: without `mailProtocol` its words tell the protocol, and an IMAP command gets the tag that it
    /// lacks.
    ///
    ///     DELE 1                      POP3
    ///     STORE 1 +FLAGS (\Seen)      IMAP: a STORE 1 +FLAGS (\Seen)
    ///     x STORE 1 +FLAGS (\Seen)    IMAP, as it is
    public static func command(asTyped typed: ByteBuffer, _ mailProtocol: MailProtocol?) -> (ByteBuffer, MailProtocol) {
        let words = typed.readableBytesView.split(maxSplits: 2) { $0 <= UInt8.space }.map(Keyword.init)
        let (first, second) = (words.first ?? nil, words.dropFirst().first ?? nil)
        let lacksTag = first == "UID" || first.flatMap(IMAPVerb.named) != nil && second.flatMap(IMAPVerb.named) == nil
        let found = mailProtocol ?? (first.flatMap(POP3Verb.named) != nil ? .pop3 : .imap)
        guard found == .imap, lacksTag else { return (typed, found) }
        var tagged = ByteBuffer(string: "a ")
        tagged.writeImmutableBuffer(typed)
        return (tagged, .imap)
    }
}
