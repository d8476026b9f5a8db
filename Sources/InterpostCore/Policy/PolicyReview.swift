/// Which parts of a policy have no effect, as far as that shows without a session.
///
///     preset: read-only
///     rules: [{command: STORE, action: refuse}]      rule 1 changes nothing: the preset refuses STORE anyway
extension Policy {
    /// One sentence for each rule that never decides anything, or decides what would have been decided without it.
    public var rulesWithoutEffect: [String] { parts.flatMap(\.ownRulesWithoutEffect) }

    private var ownRulesWithoutEffect: [String] {
        rules.indices.compactMap { index in problem(with: index).map { titled("\(rules[index].title(at: index)) \($0)") } }
    }

    private func problem(with index: Int) -> String? {
        let rule = rules[index]
        let verbs = Verb.all.filter { rule.match.mayName($0.name, $0.mailProtocol) }
        let possible = verbs.filter { rule.match.mayHold(for: $0) }
        if possible.isEmpty { return "never holds: no command that it names has what its conditions ask for" }
        if let earlier = rules[..<index].firstIndex(where: { $0.decides(all: possible, of: rule) }) {
            return "is never asked: rule \(earlier + 1) decides before it"
        }
        if rule.action.mayLetPass, !possible.contains(where: \.mayPass) {
            return "lets nothing pass: no gate lets through \(Verb.list(possible))"
        }
        let changing = possible.filter { $0.mailProtocol == .imap && Self.changing.contains($0.name) }
        if rule.action.mayLetPass, changing.count == possible.count, !changing.isEmpty,
            let opening = rules.firstIndex(where: { $0.action == .rewrite && $0.match.mayName(Keyword("SELECT"), .imap) })
        {
            return "may do nothing: rule \(opening + 1) has mailboxes opened for reading only, where servers change nothing"
        }
        // Another rule that follows may say otherwise, and then this one is an exception to it.
        let isLast = !rules[(index + 1)...].contains { later in
            possible.contains { later.match.mayName($0.name, $0.mailProtocol) }
        }
        guard isLast else { return nil }
        switch rule.action {
        case .refuse(nil) where !possible.contains(where: { preset.mayPass($0.name, $0.mailProtocol) }):
            return "changes nothing: the preset refuses \(Verb.list(possible)) anyway"
        case .allow where possible.allSatisfy({ $0.changesNothing && preset.mayPass($0.name, $0.mailProtocol) }):
            return "changes nothing: the preset lets \(Verb.list(possible)) pass anyway"
        default: return nil
        }
    }
}

/// A verb of either protocol, as far as rules look at it.
private struct Verb {
    let name: Keyword
    let mailProtocol: MailProtocol
    let kind: CommandClass
    /// Whether any rule can let it pass.
    let mayPass: Bool
    /// Whether it changes nothing, whatever its arguments and the verb that takes its place.
    let changesNothing: Bool
    /// Whether it touches mailboxes, by name or as the selected one.
    let touchesMailboxes: Bool

    static let all =
        IMAPVerb.all.map { verb in
            Verb(
                name: verb.name, mailProtocol: .imap, kind: verb.kind,
                mayPass: StrictVerb.of(verb) != nil && verb.effect != .connection && verb.name != Keyword("REPLACE"),
                changesNothing: verb.effect == .nothing, touchesMailboxes: !verb.reach.isEmpty)
        }
        + POP3Verb.all.map { verb in
            Verb(
                name: verb.name, mailProtocol: .pop3, kind: verb.kind,
                mayPass: StrictPOP3.reads(verb.name) && verb.effect != .connection, changesNothing: verb.effect == .nothing,
                touchesMailboxes: false)
        }

    /// Whether one may learn something about a message by it. What is not known is taken to show everything.
    var mayShowMessages: Bool {
        switch kind {
        case .read, .flag, .other: true
        case .session, .login, .delete, .expunge, .append, .copy, .move, .folders, .subscribe, .rights, .quota, .metadata:
            name == Keyword("NOTIFY")
        }
    }

    /// The names of the first three, for a sentence.
    static func list(_ verbs: [Verb]) -> String {
        var names: [String] = []
        for name in verbs.map({ "\($0.name)" }) where !names.contains(name) { names.append(name) }
        return names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and others" : "")
    }
}

extension PolicyMatch {
    private static let flagVerbs: Set = [Keyword("STORE"), Keyword("APPEND")]
    private static let sizedVerbs: [MailProtocol: Set<Keyword>] = [
        .imap: [Keyword("APPEND")], .pop3: [Keyword("RETR"), Keyword("TOP"), Keyword("DELE")],
    ]

    /// Whether a command with this verb can have what the conditions ask for.
    fileprivate func mayHold(for verb: Verb) -> Bool {
        (flags == nil || verb.mailProtocol == .imap && Self.flagVerbs.contains(verb.name))
            && (larger == nil || Self.sizedVerbs[verb.mailProtocol]?.contains(verb.name) == true)
            && (mailboxes.isEmpty || verb.touchesMailboxes) && (reads.isEmpty || verb.mayShowMessages)
            && (states != [.notAuthenticated] || verb.kind == .session || verb.kind == .login || verb.kind == .other)
            && (!states.allSatisfy { $0 == .selected } || states.isEmpty || verb.mailProtocol == .imap)
    }

    /// Whether it holds wherever the other one does, for commands that both name.
    fileprivate func holdsWherever(_ other: PolicyMatch) -> Bool {
        (mailboxes.isEmpty || mailboxes == other.mailboxes) && (flags == nil || flags == other.flags)
            && (users.isEmpty || users == other.users) && (clients.isEmpty || clients == other.clients)
            && (listeners.isEmpty || listeners == other.listeners) && (tls == nil || tls == other.tls)
            && (larger == nil || larger == other.larger) && (reads.isEmpty || reads == other.reads)
            && (states.isEmpty || states == other.states)
            && (failedLogins ?? 0) <= (other.failedLogins ?? 0)
    }
}

extension PolicyRule {
    /// Whether this rule decides all commands with these verbs, so that none is left for `other`, which follows it.
    fileprivate func decides(all verbs: [Verb], of other: PolicyRule) -> Bool {
        // The same condition may hold for a rule that refuses and not for one that opens. A command without a rewrite goes on
        // to the next rule.
        action != .rewrite && (action.opens == other.action.opens || match.hasOnlyCommands) && match.holdsWherever(other.match)
            && verbs.allSatisfy { verb in
                match.mayName(verb.name, verb.mailProtocol) && (!match.namesUIDForms || match.commands == other.match.commands)
            }
    }
}

extension PolicyMatch {
    fileprivate var hasOnlyCommands: Bool {
        var bare = PolicyMatch()
        (bare.commands, bare.mailProtocol) = (commands, mailProtocol)
        return bare == self
    }

    /// Whether it names only the form of a verb that has UID before it.
    fileprivate var namesUIDForms: Bool { commands.contains { if case .verb(_, usesUIDs: true) = $0 { true } else { false } } }
}

extension ProgramFacts.Relay {
    /// The facts of a relay with this policy.
    public init(listener: String, upstream: String, policy: Policy) {
        self.init(
            listener: listener, upstream: upstream, preset: policy.preset.rawValue, rules: policy.rules.count,
            isDryRun: policy.isDryRun, rulesWithoutEffect: policy.rulesWithoutEffect)
    }
}
