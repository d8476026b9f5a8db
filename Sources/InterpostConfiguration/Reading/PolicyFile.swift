import Foundation
public import InterpostCore
import Yams

/// Reads a policy as strictly as a configuration: `Config/read-only.yml` shows every key.
public enum PolicyFile {
    /// A preset's name, or the path of a file.
    public static func read(presetOrPath text: String) throws(ConfigurationError) -> Policy {
        try read(presetOrPath: text, noting: ReadTexts())
    }

    fileprivate static func read(presetOrPath text: String, noting read: ReadTexts) throws(ConfigurationError) -> Policy {
        if let policy = Policy(named: text) { return policy }
        let isPath = text.contains("/") || text.contains(".") || FileManager.default.fileExists(atPath: text)
        guard isPath else {
            let names = Policy.named.map(\.name)
            let message =
                "there is no policy with this name, and no such file; the presets are \(names.joined(separator: ", "))"
                + Suggestion.nearest(to: text, among: names)
            throw ConfigurationError(file: text, message: message)
        }
        let policy = try ConfigurationReader.text(of: text)
        read.texts.append(policy)
        return try Self.read(text: policy, file: text)
    }

    /// The policy in a text, or `nil` for a text that does not look like one: a configuration, say.
    ///
    /// - Throws: Where it is a policy with a mistake.
    package static func readIfPolicy(text: String, file: String) throws(ConfigurationError) -> Policy? {
        guard let keys = try? Yams.compose(yaml: text)?.mapping?.keys.compactMap(\.scalar?.string) else { return nil }
        return keys.contains("preset") || keys.contains("rules") ? try read(text: text, file: file) : nil
    }

    /// The policy in a text. Throws where it has a mistake; `file` is what the error calls the text.
    public static func read(text: String, file: String) throws(ConfigurationError) -> Policy {
        let node = try ConfigurationReader.compose(text, file: file, example: "Config/read-only.yml")
        return try ConfigurationReader(file: file).policyGroup(node)
    }
}

extension ConfigurationReader {
    /// A preset's name, the path of a file, or the keys of a policy.
    func policy(_ node: Node) throws(ConfigurationError) -> Policy {
        guard let text = node.scalar?.string else { return try policyGroup(node) }
        do {
            return try PolicyFile.read(presetOrPath: text, noting: read)
        } catch {
            // A mistake in the name belongs to this line; a mistake in the file, to that file's line.
            guard error.file == text, error.line == nil else { throw error }
            throw self.error(
                at: node, "'policy': '\(text)': \(error.message)")
        }
    }

    fileprivate func policyGroup(_ node: Node) throws(ConfigurationError) -> Policy {
        var policy = Policy(.observe)
        var name: PolicyName?
        try section(node, named: "a policy") { keys throws(ConfigurationError) in
            try keys.choice("preset", into: &name)
            try readSight(&keys, name, into: &policy)
            try keys.section("budget") { keys throws(ConfigurationError) in policy.budget = try budget(&keys) }
            try keys.choice("deletes", into: &policy.deletes)
            try keys.choice("seen", into: &policy.seen)
            try keys.flag("present-as-writable", into: &policy.presentsAsWritable)
            try keys.flag("dry-run", into: &policy.isDryRun)
            policy.hidden = try keys.texts("hidden").map { MailboxPattern($0) }
            try keys.list("rules") { node throws(ConfigurationError) in policy.rules.append(try rule(node)) }
        }
        guard let name else {
            let names = Policy.named.map(\.name).joined(separator: ", ")
            throw error(
                at: node, "a policy needs a 'preset', for what no rule decides: \(names)")
        }
        policy.preset = name.policy.preset
        return policy
    }

    private func readSight(_ keys: inout Keys, _ name: PolicyName?, into policy: inout Policy) throws(ConfigurationError) {
        var sight: Sight?
        try keys.choice("sight", into: &sight)
        let own = name?.policy.sight ?? .attachment
        if sight != nil, own != .attachment {
            throw keys.problem(
                at: "sight", "preset '\(name?.rawValue ?? "")' says itself what may be seen: 'sight' goes with the other presets")
        }
        policy.sight = sight ?? own
    }

    private func budget(_ keys: inout Keys) throws(ConfigurationError) -> Budget {
        var budget = Budget()
        for matter in Budget.Matter.allCases {
            var text: String?
            try keys.text(matter.rawValue, into: &text)
            guard let text else { continue }
            guard let allowance = Budget.Allowance(text) else {
                let spans = Budget.Span.allCases.map(\.rawValue).joined(separator: ", ")
                throw keys.problem(
                    at: matter.rawValue,
                    "'\(matter.rawValue)' is a number for a time, such as 200/h or 50M/day, not '\(text)'; the times are \(spans)"
                )
            }
            budget.allowances[matter] = allowance
        }
        return budget
    }

    private func rule(_ node: Node) throws(ConfigurationError) -> PolicyRule {
        var name: String?
        var match = PolicyMatch()
        var action: PolicyRule.Action?
        try section(node, named: "a rule") { keys throws(ConfigurationError) in
            try keys.text("name", into: &name)
            try readConditions(&keys, into: &match)
            action = try readAction(&keys, match)
        }
        guard let action else {
            throw error(
                at: node, "a rule needs an 'action': allow, refuse, pretend, rewrite, drop or hold")
        }
        return PolicyRule(name: name, match: match, action: action)
    }

    private func readConditions(_ keys: inout Keys, into match: inout PolicyMatch) throws(ConfigurationError) {
        var mailProtocol: MailProtocol?
        try keys.choice("protocol", into: &mailProtocol)
        match.mailProtocol = mailProtocol
        for word in try keys.texts("command") {
            guard let command = PolicyMatch.Command(word) else {
                let names = PolicyMatch.Command.names
                throw keys.problem(
                    at: "command",
                    "'\(word)' is no command that is known, and no class of commands"
                        + Suggestion.nearest(
                            to: word, among: word == word.lowercased() ? CommandClass.allCases.map(\.rawValue) : names))
            }
            match.commands.append(command)
        }
        match.mailboxes = try keys.texts("mailbox").map { MailboxPattern($0) }
        let flags = try keys.texts("flags")
        for flag in flags { if let problem = Self.problem(with: flag) { throw keys.problem(at: "flags", problem) } }
        let operations = try keys.choices("operation", StoreRequest.Operation.self)
        if !flags.isEmpty { match.flags = PolicyMatch.Flags(flags, operations: Set(operations)) }
        if flags.isEmpty, !operations.isEmpty {
            throw keys.problem(at: "operation", "'operation' says what is done to 'flags': give both")
        }
        match.reads = Set(try keys.choices("reads", Sight.self))
        match.users = try keys.texts("user").map { TextPattern($0) }
        match.clients = try keys.addresses("client")
        match.listeners = try keys.texts("listener").map { TextPattern($0) }
        var tls: String?
        try keys.text("tls", into: &tls)
        switch tls {
        case nil: break
        case "none": match.tls = PolicyMatch.TLS.none
        case "any": match.tls = .any
        case "1.2": match.tls = .atLeast(.tls1_2)
        case "1.3": match.tls = .atLeast(.tls1_3)
        default: throw keys.problem(at: "tls", "'tls' is none, any, 1.2 or 1.3 (at least), not '\(tls ?? "")'")
        }
        var larger: Int?
        try keys.number("larger", in: 0...Int.max, into: &larger)
        match.larger = larger.map { UInt64($0) }
        match.states = try keys.choices("state", PolicyContext.State.self)
        try keys.number("failed-logins", in: 1...1000, into: &match.failedLogins)
    }

    /// The flags that clients may store (RFC 9051 §2.3.2).
    private static let systemFlags = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"]

    /// A rule about a flag that nobody ever names would never apply.
    private static func problem(with flag: String) -> String? {
        func equals(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
        if let system = systemFlags.first(where: { equals($0, "\\\(flag)") }) {
            return "'\(flag)' is a keyword of somebody's own: did you mean '\(system)'?"
        }
        guard flag.hasPrefix("\\"), !systemFlags.contains(where: { equals($0, flag) }) else { return nil }
        return "'\(flag)' is no flag that clients can store" + Suggestion.nearest(to: flag, among: systemFlags)
    }

    /// A name that `preset` may have.
    private struct PolicyName: RawRepresentable, CaseIterable {
        let rawValue: String
        let policy: Policy

        init?(rawValue: String) {
            guard let policy = Policy(named: rawValue) else { return nil }
            (self.rawValue, self.policy) = (rawValue, policy)
        }

        static let allCases = Policy.named.compactMap { PolicyName(rawValue: $0.name) }
    }

    private enum ActionName: String, CaseIterable { case allow, refuse, pretend, rewrite, drop, hold }

    private func readAction(_ keys: inout Keys, _ match: PolicyMatch) throws(ConfigurationError) -> PolicyRule.Action? {
        var name: ActionName?
        try keys.choice("action", into: &name)
        var code: String?
        var text: String?
        var seconds: Int?
        try keys.text("code", into: &code)
        try keys.text("text", into: &text)
        try keys.number("seconds", in: 1...3600, into: &seconds)
        if seconds != nil, name != .hold { throw keys.problem(at: "seconds", "'seconds' is how long 'action: hold' waits") }
        for (key, value) in [("code", code), ("text", text)] {
            guard let value else { continue }
            guard name == .refuse else { throw keys.problem(at: key, "'\(key)' is what 'action: refuse' says") }
            let isGood = value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && value.utf8.count <= 200
            guard isGood, key == "text" || !value.contains(where: { " []".contains($0) }) else {
                throw keys.problem(
                    at: key,
                    "'\(key)' goes to the client in one line: printable ASCII, 200 letters at most\(key == "code" ? ", one word without brackets" : "")"
                )
            }
        }
        if name == .pretend, !match.mayBePretended {
            throw keys.problem(
                at: "action",
                "only DELE, SUBSCRIBE, UNSUBSCRIBE, and STORE with 'flags: [\\Seen]' can be pretended: after others a client would rely on what is not so"
            )
        }
        switch name {
        case nil: return nil
        case .allow: return .allow
        case .refuse:
            guard code != nil || text != nil else { return .refuse(nil) }
            return .refuse(Denial(code: code, text: text ?? "This is not allowed here"))
        case .pretend: return .pretend
        case .rewrite: return .rewrite
        case .drop: return .drop
        case .hold: return .hold(seconds: seconds ?? 60)
        }
    }
}
