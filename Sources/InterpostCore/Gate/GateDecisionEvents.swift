public import NIOCore

extension SessionObserver {
    /// Calls `tell` with the decision.
    public mutating func observe(_ decision: GateDecision, tell: (LogEvent) -> Void) {
        let verdict = PolicyFacts.Verdict(decision.decision.verdict)
        if verdict == .pretend, !decision.isDryRun { pretendsDeletions = true }
        let command: CommandFacts
        var sent: CommandFacts?
        switch decision.arrived {
        case .imap(let text):
            command = facts(of: text)
            if !decision.isDryRun, verdict == .rewrite || verdict == .pretend, let tag = IMAPCommand(reading: text)?.tag {
                if verdict == .rewrite { rewritten.insert(tag) } else { pretended.insert(tag) }
            }
            if verdict == .rewrite, let line = decision.sent { sent = facts(of: IMAPText(line: line)) }
        case .pop3(let line):
            command = facts(ofPOP3: line)
            if verdict == .rewrite, let line = decision.sent { sent = facts(ofPOP3: line) }
        }
        var text: String?
        if case .refuse(let denial) = decision.decision.verdict { text = denial.text }
        tell(
            .policy(
                PolicyFacts(
                    verdict: verdict, rule: decision.decision.rule, command: command, sent: sent, text: text,
                    isDryRun: decision.isDryRun)))
    }

    /// Calls `tell` with an event that does not come from reading. A capability is what a server calls one.
    public mutating func observe(told event: LogEvent, tell: (LogEvent) -> Void) {
        switch event {
        case .edited(var change):
            change.removed = change.removed.map { redactor.clean($0) }
            change.added = change.added.map { redactor.clean($0) }
            tell(.edited(change))
        case .clientLogin(var facts):
            facts.login = facts.login.map { redactor.clean($0) }
            if facts.refusal == nil { letIn = (facts.client, facts.account) }
            tell(.clientLogin(facts))
        default: tell(event)
        }
    }

    /// Calls `tell` with the end of a session whose server was not understood any more.
    public func observe(alarm reason: String, last: ByteBuffer, tell: (LogEvent) -> Void) {
        tell(.alarm(reason: reason, last: Self.beginning(of: last.withoutLineEnd)))
    }

    /// The words that say what kind of line it is. The rest of a line that nobody expected may be anything.
    private static func beginning(of line: ByteBuffer) -> ByteBuffer {
        let words = line.readableBytesView.split(separator: .space, maxSplits: 2).map { ByteBuffer(bytes: $0) }
        var kept: [String] = []
        if let first = words.first, ["*", "+", "+OK", "-ERR"].contains(String(buffer: first)) {
            kept.append(String(buffer: first))
        }
        if words.count > 1, IMAPStatus.Result.allCases.contains(where: { $0.word == String(buffer: words[1]) }) {
            kept.append(String(buffer: words[1]))
        } else if kept == ["*"], case let response = IMAPResponse.beginning(line), response.kind != .unknown,
            let name = response.name
        {
            kept += [response.number.map { "\($0)" }, name.description].compactMap(\.self)
        }
        return ByteBuffer(string: (kept + ["[\(line.readableBytes) octets]"]).joined(separator: " "))
    }

    private func facts(of text: IMAPText) -> CommandFacts {
        guard let command = IMAPCommand(reading: text) else {
            return CommandFacts(tag: nil, name: CommandName(), arguments: LogRedactor.octets(text.bytes))
        }
        return redactor.facts(of: command)
    }

    private func facts(ofPOP3 line: ByteBuffer) -> CommandFacts {
        let (name, command, _) = POP3Command.read(line)
        return redactor.facts(of: command, name: name, line: line)
    }
}

extension PolicyFacts.Verdict {
    init(_ verdict: Verdict) {
        self =
            switch verdict {
            case .allow: .allow
            case .refuse: .refuse
            case .pretend: .pretend
            case .rewrite: .rewrite
            case .drop: .drop
            case .hold: .hold
            }
    }
}
