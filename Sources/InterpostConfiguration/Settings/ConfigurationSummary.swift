package import InterpostCore

extension Configuration {
    /// What the configuration means: a line for each relay, and one more where a policy protects nobody.
    ///
    ///     imaps://127.0.0.1:1993 → imaps://imap.example.org:993, compression: terminate, policy: read-only
    package var summary: [String] {
        relays.flatMap { relay in
            let mirror = relay.mirror ? ", mirrored" : ""
            let count = relay.policy.rules.count
            let rules = count == 0 ? "" : " with \(count) \(count == 1 ? "rule" : "rules") before it"
            let line =
                "\(relay.listen.description) → \(relay.upstream.description)\(mirror), compression: \(relay.compress.rawValue), "
                + "policy: \(relay.policy.preset.rawValue)\(rules)"
            return [line] + (relay.policy.isDryRun ? ["  the policy is a DRY RUN: it refuses nothing and protects nobody"] : [])
                + relay.policy.rulesWithoutEffect.map { "  \($0)" }
        }
    }
}

extension Policy {
    /// `read-only, 2 rules`.
    package var summary: String {
        let rules = rules.isEmpty ? "" : ", \(rules.count) rule\(rules.count == 1 ? "" : "s")"
        return preset.rawValue + rules + (isDryRun ? ", a DRY RUN: it refuses nothing" : "")
    }
}
