package import InterpostCore

extension Configuration {
    /// What the configuration means: a line for each relay, account and client, and one more where a policy protects nobody.
    ///
    ///     imaps://127.0.0.1:1993 → imaps://imap.example.org:993, compression: terminate, policy: read-only
    ///     account anna → imaps://imap.example.org:993 as anna@example.org, auth: auto, secret: file:/etc/interpost/anna.secret
    ///     client backup → account anna, policy: read-only, until 2026-12-31, from 10.0.0.0/8, only imap, sessions: 4
    package var summary: [String] { relays.flatMap(\.summary) + accounts.flatMap(\.summary) + clients.flatMap(\.summary) }
}

extension RelayConfiguration {
    /// Where it leads: `imaps://imap.example.org:993`, `accounts anna, bob`, or `12 accounts`.
    package var destination: String {
        if let upstream { return upstream.description }
        let names = accounts ?? []
        return names.count > 3
            ? "\(names.count) accounts" : "account\(names.count == 1 ? "" : "s") \(names.joined(separator: ", "))"
    }

    fileprivate var summary: [String] {
        let mirror = mirror ? ", mirrored" : ""
        let compression = upstream == nil ? "" : ", compression: \(compress.rawValue)"
        return ["\(listen.description) → \(destination)\(mirror)\(compression), policy: \(policy.named)"]
            + (policy.isDryRun ? ["  the policy is a DRY RUN: it refuses nothing and protects nobody"] : [])
            + policy.rulesWithoutEffect.map { "  \($0)" }
    }
}

extension AccountConfiguration {
    fileprivate var summary: [String] {
        let said =
            [
                "account \(name) → \(upstreams.map(\.description).joined(separator: ", ")) as \(user)",
                mailbox.map { "mailbox: \($0)" }, "auth: \(mechanism?.rawValue ?? "auto")", secret.map { "secret: \($0)" },
                oauth.map { "oauth: \($0.provider.name ?? "no preset"), flow \($0.flow.rawValue)" },
                policy.map { "policy: \($0.named)" },
            ] as [String?]
        return [said.compactMap(\.self).joined(separator: ", ")] + (policy?.rulesWithoutEffect ?? []).map { "  \($0)" }
    }
}

extension ClientRecord {
    fileprivate var summary: [String] {
        let said =
            [
                "client \(name) → " + (account == "*" ? "the account of the same name" : "account \(account)"),
                policy.map { "policy: \($0.named)" }, expires.map { "until \(ExpiryDate.text($0))" },
                addresses.isEmpty ? nil : "from \(addresses.map(\.description).joined(separator: ", "))",
                protocols.map { "only \($0.map(\.rawValue).sorted().joined(separator: ", "))" },
                sessions.map { "sessions: \($0)" },
            ] as [String?]
        return [said.compactMap(\.self).joined(separator: ", ")] + (policy?.rulesWithoutEffect ?? []).map { "  \($0)" }
    }
}

extension Policy {
    /// `read-only with 2 rules before it`.
    fileprivate var named: String {
        basis + (rules.isEmpty ? "" : " with \(rules.count) rule\(rules.count == 1 ? "" : "s") before it")
    }

    /// `read-only, 2 rules`.
    package var summary: String {
        let rules = rules.isEmpty ? "" : ", \(rules.count) rule\(rules.count == 1 ? "" : "s")"
        return basis + rules + (isDryRun ? ", a DRY RUN: it refuses nothing" : "")
    }
}
