import Foundation
import InterpostCore
import TestSupport
import Testing

@testable import InterpostConfiguration

@Suite struct `A policy file` {
    private static func read(_ text: String) throws -> Policy { try PolicyFile.read(text: text, file: "policy.yml") }

    private static let repository = EventSchema.repository

    @Test(arguments: Policy.Preset.allCases) func `may be the name of a preset`(preset: Policy.Preset) throws {
        #expect(try PolicyFile.read(presetOrPath: preset.rawValue) == Policy(preset))
        #expect(try Self.read("preset: \(preset.rawValue)") == Policy(preset))
    }

    @Test(arguments: ["count", "headers"]) func `may have a name that says what may be seen`(name: String) throws {
        let policy = Policy(.readOnly, sight: name == "count" ? .count : .header)
        #expect(try PolicyFile.read(presetOrPath: name) == policy)
        #expect(try Self.read("preset: \(name)") == policy)
        #expect(policy.basis == name && policy.isEnforcing)
        let other = try Self.read("preset: no-delete\nsight: text")
        #expect(other == Policy(.noDelete, sight: .text) && other.basis == "no-delete, sight text")
        #expect(try Self.read("preset: read-only\nsight: header").basis == "headers")
    }

    @Test func `may say how much may be done`() throws {
        let policy = try Self.read(
            "preset: observe\nbudget: {messages-read: 200/h, octets: 50M/day, moves: 30/min, flags: 100/session}")
        #expect(
            policy.budget.allowances == [
                .messagesRead: Budget.Allowance(200, .hour), .octets: Budget.Allowance(50_000_000, .day),
                .moves: Budget.Allowance(30, .minute), .flags: Budget.Allowance(100, .session),
            ])
        #expect(policy.isEnforcing)
        #expect(try Self.read("preset: observe\nbudget: {}") == Policy(.observe))
    }

    @Test func `is shown with all its keys in Config`() throws {
        let path = Self.repository.appending(path: "Config/read-only.yml").path
        let policy = try PolicyFile.read(presetOrPath: path)
        #expect(policy.preset == .readOnly && policy.isEnforcing)
        #expect(policy.rules.map(\.name) == ["subscriptions", "guessing"])
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let keys = [
            "preset", "sight", "reads", "budget", "messages-read", "octets", "moves", "flags", "deletes", "seen",
            "present-as-writable", "dry-run", "hidden", "rules", "name",
            "protocol", "command",
            "mailbox",
            "flags", "operation", "user", "client", "listener", "tls", "larger", "state", "failed-logins", "action", "code",
            "text",
            "seconds",
        ]
        for key in keys {
            let places = ["\(key):", "#   \(key) ", "#   \(key),", ", \(key) "]
            #expect(places.contains { text.contains($0) }, "\(key)")
        }
    }

    @Test func `says everything that a policy can`() throws {
        let policy = try Self.read(
            #"""
            preset: no-delete
            deletes: pretend
            present-as-writable: true
            dry-run: true
            hidden: [Private, "Clients/*"]
            rules:
              - name: everything
                protocol: imap
                command: [STORE, UID STORE, move]
                mailbox: Archive/%
                flags: [\Seen, $Junk]
                operation: [add, remove]
                user: "*@example.org"
                client: [192.0.2.0/24, "2001:db8::/32"]
                listener: imaps://*
                tls: 1.2
                larger: 1000
                reads: [text, attachment]
                state: selected
                failed-logins: 2
                action: refuse
                code: LIMIT
                text: Not today
              - {command: SUBSCRIBE, action: pretend}
              - {command: login, tls: none, action: drop}
              - {command: append, action: hold}
              - {command: append, action: hold, seconds: 5}
              - {action: rewrite}
              - {tls: any, action: allow}
              - {action: refuse}
            """#)
        #expect(policy.preset == .noDelete && policy.deletes == .pretend && policy.presentsAsWritable && policy.isDryRun)
        #expect(policy.hidden == [MailboxPattern("Private"), MailboxPattern("Clients/*")])
        var match = PolicyMatch()
        match.mailProtocol = .imap
        match.commands = ["STORE", "UID STORE", "move"].compactMap { PolicyMatch.Command($0) }
        match.mailboxes = [MailboxPattern("Archive/%")]
        match.flags = PolicyMatch.Flags(["\\Seen", "$Junk"], operations: [.add, .remove])
        match.users = [TextPattern("*@example.org")]
        match.clients = ["192.0.2.0/24", "2001:db8::/32"].compactMap { AddressRange($0) }
        match.listeners = [TextPattern("imaps://*")]
        (match.tls, match.larger, match.states, match.failedLogins) = (.atLeast(.tls1_2), 1000, [.selected], 2)
        match.reads = [.text, .attachment]
        let denial = Denial(code: "LIMIT", text: "Not today")
        #expect(policy.rules.first == PolicyRule(name: "everything", match: match, action: .refuse(denial)))
        #expect(
            policy.rules.dropFirst().map(\.action)
                == [.pretend, .drop, .hold(seconds: 60), .hold(seconds: 5), .rewrite, .allow, .refuse(nil)])
    }

    @Test(arguments: [
        ("", "policy.yml: is empty"), ("preset: [", "is not YAML"), ("- a", "policy.yml:1: a policy is a group of keys"),
        ("preset: readonly", "policy.yml:1: 'preset' is one of"), ("preset: readonly", "did you mean 'read-only'?"),
        ("prest: read-only", "did you mean 'preset'?"), ("dry-run: maybe", "'dry-run' is true or false"),
        ("preset: organise\nbudget: {moves: 30/hour}", "policy.yml:2: 'moves' is a number for a time, such as 200/h"),
        ("preset: organise\nbudget: {move: 30/h}", "did you mean 'moves'?"), ("budget: 5", "'budget' is a group of keys"),
        ("preset: header", "did you mean 'headers'?"), ("preset: read-only\nsight: headers", "did you mean 'header'?"),
        ("preset: count\nsight: header", "policy.yml:2: preset 'count' says itself what may be seen"),
        ("rules:\n  - action: drop\n    reads: body", "policy.yml:3: 'reads' is one of count, flags, envelope"),
        ("deletes: pretent", "did you mean 'pretend'?"), ("rules: {action: allow}", "'rules' is a list"),
        ("rules:\n  - command: STORE", "policy.yml:2: a rule needs an 'action'"),
        ("rules:\n  - action: allow\n    comand: STORE", "did you mean 'command'?"),
        ("rules:\n  - command: STOER\n    action: allow", "policy.yml:2: 'STOER' is no command"),
        ("rules:\n  - command: STOER\n    action: allow", "did you mean 'STORE'?"),
        ("rules:\n  - command: folder\n    action: allow", "did you mean 'folders'?"),
        ("rules:\n  - command: UID NOOP\n    action: drop", "'UID NOOP' is no command"),
        ("rules:\n  - action: alow", "did you mean 'allow'?"),
        ("rules:\n  - action: drop\n    client: 192.0.2.0/33", "policy.yml:3: '192.0.2.0/33' is no address"),
        ("rules:\n  - action: drop\n    tls: 1.1", "'tls' is none, any, 1.2 or 1.3"),
        ("rules:\n  - action: drop\n    state: select", "did you mean 'selected'?"),
        ("rules:\n  - action: drop\n    failed-logins: 0", "'failed-logins' is a whole number from 1"),
        ("rules:\n  - action: drop\n    larger: 20M", "'larger' is a whole number"),
        ("rules:\n  - action: drop\n    seconds: 5", "'seconds' is how long 'action: hold' waits"),
        ("rules:\n  - action: drop\n    text: no", "'text' is what 'action: refuse' says"),
        ("rules:\n  - action: refuse\n    code: '[NO]'", "one word without brackets"),
        ("rules:\n  - action: refuse\n    text: \"a\\r\\nb\"", "goes to the client in one line"),
        ("rules:\n  - action: refuse\n    text: \(String(repeating: "x", count: 201))", "200 letters at most"),
        ("rules:\n  - action: drop\n    operation: add", "'operation' says what is done to 'flags'"),
        ("rules:\n  - action: drop\n    flags: Deleted", "did you mean '\\Deleted'?"),
        ("rules:\n  - action: drop\n    flags: [$Junk, \\Deletd]", "policy.yml:3: '\\Deletd' is no flag"),
        ("rules:\n  - action: drop\n    flags: \\Recent", "is no flag that clients can store"),
        (
            "rules:\n  - command: COPY\n    action: pretend",
            "policy.yml:3: only DELE, SUBSCRIBE, UNSUBSCRIBE, and STORE with 'flags"
        ),
        ("rules:\n  - action: pretend", "can be pretended"), ("rules: []", "policy.yml:1: a policy needs a 'preset'"),
    ])
    func `says what is wrong with it, and where`(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { _ = try Self.read(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
    }

    @Test func `may say 200 letters and no more`() throws {
        let text = String(repeating: "x", count: 200)
        #expect(try Self.read("preset: observe\nrules:\n  - action: refuse\n    text: \(text)").rules.count == 1)
    }

    @Test func `is missed by its name or its path`() {
        let name = #expect(throws: ConfigurationError.self) { _ = try PolicyFile.read(presetOrPath: "readonly") }
        #expect(name?.description.contains("did you mean 'read-only'?") == true)
        let path = #expect(throws: ConfigurationError.self) { _ = try PolicyFile.read(presetOrPath: "/no/such.yml") }
        #expect(path?.description.contains("/no/such.yml: cannot be read: there is no such file") == true)
    }

    // MARK: - In a configuration

    private static func relay(_ lines: String) -> String {
        "relays:\n  - listen: imap://127.0.0.1:1143\n    upstream: imap://imap.example.org\n" + lines
    }

    private static func configuration(_ lines: String) throws -> Policy? {
        try ConfigurationFile.read(text: relay(lines), file: "test.yml").relays.first?.policy
    }

    @Test func `is named by a relay, or stands there`() throws {
        let folder = try TemporaryFolder()
        try "preset: organise\n".write(toFile: folder.file("own.yml"), atomically: true, encoding: .utf8)
        #expect(try Self.configuration("") == Policy(.observe))
        #expect(try Self.configuration("    policy: read-only\n") == Policy(.readOnly))
        #expect(try Self.configuration("    policy: \(folder.file("own.yml"))\n") == Policy(.organise))
        #expect(try Self.configuration("    policy: {preset: no-delete, dry-run: true}\n")?.isDryRun == true)
    }

    /// The digest of a configuration is of what is in force.
    @Test func `is read once, so that it may be a pipe`() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("preset: organise\n".utf8))
        try pipe.fileHandleForWriting.close()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let configuration = try ConfigurationFile.read(text: Self.relay("    policy: \(path)\n"), file: "test.yml")
        #expect(configuration.relays.map(\.policy) == [Policy(.organise)])
        #expect(configuration.sources.texts.last == "preset: organise\n")
    }

    @Test func `is complained of where it stands`() throws {
        let folder = try TemporaryFolder()
        try "preset: organize\n".write(toFile: folder.file("own.yml"), atomically: true, encoding: .utf8)
        for (lines, words) in [
            ("    policy: readonly\n", "test.yml:4: 'policy': 'readonly'"), ("    policy: {prest: x}\n", "test.yml:4:"),
            ("    policy:\n      preset: no-delte\n", "test.yml:5:"),
            ("    policy: \(folder.file("own.yml"))\n", "own.yml:1: 'preset'"),
            ("    mirror: true\n    policy: read-only\n", "leave out mirror, or the policy"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { _ = try Self.configuration(lines) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
        }
        #expect(try Self.configuration("    mirror: true\n    policy: {preset: read-only, dry-run: true}\n")?.isDryRun == true)
    }

    @Test(arguments: [
        ("read-only", "STORE", "refuse", "changes nothing: the preset refuses STORE anyway"),
        ("read-only", "COMPRESS", "allow", "lets nothing pass: no gate lets through COMPRESS"),
        ("no-delete", "STATUS", "allow", "changes nothing: the preset lets STATUS pass anyway"),
        ("no-delete", "STATUS", "refuse", nil), ("read-only", "STORE", "allow", nil), ("read-only", "FETCH", "allow", nil),
    ]) func `a rule without effect is named`(preset: String, verb: String, action: String, problem: String?) throws {
        let policy = try Self.read("preset: \(preset)\nrules: [{command: \(verb), action: \(action)}]\n")
        #expect(policy.rulesWithoutEffect == (problem.map { ["rule 1 \($0)"] } ?? []))
    }

    @Test func `rules are looked at with those before and after them`() throws {
        let policy = try Self.read(
            """
            preset: read-only
            rules:
              - {command: flag, action: allow}
              - {command: STORE, user: anna, action: refuse}
              - {command: FETCH, flags: [\\Seen], action: allow}
              - {command: APPEND, mailbox: Private, action: refuse}
              - {command: APPEND, action: allow}
              - {name: opens, command: SELECT, action: rewrite}
            """)
        #expect(
            policy.rulesWithoutEffect == [
                "rule 1 may do nothing: rule 6 has mailboxes opened for reading only, where servers change nothing",
                "rule 2 is never asked: rule 1 decides before it",
                "rule 3 never holds: no command that it names has what its conditions ask for",
            ])
        let reading = try Self.read("preset: observe\nrules: [{command: COPY, reads: text, action: refuse}]\n")
        #expect(reading.rulesWithoutEffect == ["rule 1 never holds: no command that it names has what its conditions ask for"])
    }
}
