// Several policies that hold together: that of a relay, of an account and of a client. What one of them does not let pass does
// not pass; the strictest one decides.
//
//     relay: no-delete, client: read-only      a STORE 1 +FLAGS (\Seen)      refused by client: preset read-only
//
// Everything that is asked of a policy is asked of all of them, so a gate does not know how many there are. It never looks at a
// preset, a rule or another single part of a policy.

extension Policy {
    /// This policy and others, which all hold. Those that keep nothing from anybody are left out.
    ///
    /// It is a dry run only if each of them is one: beside a policy that enforces, one that is only tried out enforces as well.
    /// A client is told that it may write (``presentsAsWritable``) if one of them says so.
    ///
    /// - Parameters:
    ///   - others: The other policies, and whose they are, in words for the log: `client`.
    ///   - title: Whose this policy is.
    package func narrowed(by others: [(title: String, policy: Policy)], titled title: String = "relay") -> Policy {
        guard !others.isEmpty else { return self }
        let all = parts(titled: title) + others.flatMap { $0.policy.parts(titled: $0.title) }
        let parts = all.filter { !$0.keepsNothing }
        guard var first = parts.first else { return self }
        first.narrowing = Array(parts.dropFirst())
        first.isDryRun = parts.allSatisfy(\.isDryRun)
        first.presentsAsWritable = parts.contains(where: \.presentsAsWritable)
        return first
    }

    /// The policies that hold together, each for itself.
    var parts: [Policy] { narrowing.isEmpty ? [self] : [alone] + narrowing }

    private func parts(titled title: String) -> [Policy] {
        parts.map { part in
            var part = part
            part.title = part.title ?? title
            return part
        }
    }

    private var alone: Policy {
        var policy = self
        policy.narrowing = []
        return policy
    }

    /// Whether it lets everything pass that can be read without doubt.
    private var keepsNothing: Bool {
        preset == .observe && rules.isEmpty && hidden.isEmpty && sight == .attachment && budget.allowances.isEmpty
    }

    private func all(_ holds: (Policy) -> Bool) -> Bool { holds(self) && narrowing.allSatisfy(holds) }
    private func any(_ holds: (Policy) -> Bool) -> Bool { holds(self) || narrowing.contains(where: holds) }

    // MARK: - What is asked of all

    /// Whether it needs a gate: whether it may ever keep anything from anybody.
    public var isEnforcing: Bool { !isDryRun && any { !$0.keepsNothing } }

    /// Whether a rule holds commands until a person has decided.
    package var mayHold: Bool { anyRule { if case .hold = $0.action { true } else { false } } }

    /// Whether a client may be told that it marks messages as read while the server hears nothing.
    var mayPretendSeen: Bool {
        any { $0.seen == .pretend } || anyRule { $0.action == .pretend && $0.match.mayName(Keyword("STORE"), .imap) }
    }

    /// Whether names of mailboxes are compared, for which one has to know what separates their levels.
    public var needsSeparator: Bool { hidesMailboxes || anyRule { !$0.match.mailboxes.isEmpty } }

    var hidesMailboxes: Bool { any { !$0.hidden.isEmpty } }

    /// Whether a mailbox is hidden from clients, by its own name or because it is below a hidden one.
    public func hides(_ mailbox: CanonicalMailbox, separator: UInt8?) -> Bool {
        any { $0.hidden.contains { $0.matchesAtOrAbove(mailbox, separator: separator) } }
    }

    /// How much of messages each of them lets be seen.
    var sightOfAll: Sight { narrowing.reduce(sight) { min($0, $1.sight) } }

    /// Whether this is so for each preset: all of them have to let something pass.
    func allPresets(_ holds: (Preset) -> Bool) -> Bool { all { holds($0.preset) } }

    /// Whether this is so for one of the rules.
    func anyRule(_ holds: (PolicyRule) -> Bool) -> Bool { any { $0.rules.contains(where: holds) } }

    // MARK: - Judging

    /// What becomes of one whole command, and which rule says so.
    package func judge(_ command: SubmittedCommand, in context: PolicyContext) -> PolicyDecision {
        narrowing.reduce(judgeAlone(command, in: context)) { $0.narrowed(by: $1.judgeAlone(command, in: context)) }
    }

    /// A refusal that is certain from the verb alone, before a client is asked for more.
    public func judgeEarly(_ name: Keyword, usesUIDs: Bool, in context: PolicyContext) -> PolicyDecision? {
        for part in parts { if let decision = part.judgeAloneEarly(name, usesUIDs: usesUIDs, in: context) { return decision } }
        return nil
    }

    /// What becomes of a command that was held, once a person has allowed it: what those say that did not hold it still counts.
    func judgeOnceAllowed(_ command: SubmittedCommand, in context: PolicyContext) -> Verdict {
        parts.map { part in
            let verdict = part.judgeAlone(command, in: context).verdict
            return if case .hold = verdict { part.verdictOnceAllowed(command, context) } else { verdict }
        }.reduce(.allow) { $0.narrowed(by: $1) }
    }
}

extension PolicyDecision {
    /// The stricter one of two decisions; this one where neither is stricter.
    fileprivate func narrowed(by other: PolicyDecision) -> PolicyDecision {
        let verdict = verdict.narrowed(by: other.verdict)
        return PolicyDecision(rule: verdict == self.verdict ? rule : other.rule, verdict: verdict)
    }
}

extension Verdict {
    /// The stricter one of two; both together where both rewrite. Of two that are alike, this one.
    func narrowed(by other: Verdict) -> Verdict {
        switch (self, other) {
        case (.rewrite(let own), .rewrite(let others)): .rewrite(own.union(others))
        default: other.strictness > strictness ? other : self
        }
    }

    private var strictness: Int {
        switch self {
        case .allow: 0
        case .rewrite: 1
        case .pretend: 2
        case .hold: 3
        case .refuse: 4
        case .drop: 5
        }
    }
}
