// Strategy: what `interpost policy explain` and `check-config` tell of policies, as somebody at a terminal would ask.

import Foundation
import Testing

@Suite struct `Asking about a policy` {
    private static func explain(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(all: ["policy", "explain"] + arguments)
    }

    @Test(arguments: [
        (
            ["read-only", "a STORE 1 +FLAGS (\\Deleted)", "--mailbox", "INBOX"],
            [
                "verdict  refuse", "rule     preset read-only", "server   hears nothing",
                "client   a NO [NOPERM] This mailbox is read-only",
            ]
        ),
        (
            ["read-only", "b select inbox"],
            ["verdict  rewrite", "server   b EXAMINE INBOX", "client   hears what the server answers"]
        ),
        (["read-only", "RETR 1"], ["verdict  rewrite", "server   TOP 1 2147483647"]),
        (["read-only", "DELE 1"], ["verdict  refuse", "client   -ERR [SYS/PERM] This mailbox is read-only here"]),
        (["no-delete", "a COPY 1 Archive", "--mailbox", "INBOX"], ["verdict  allow", "server   a COPY 1 Archive"]),
        (["read-only", "a  NOOP"], ["rule     strict reading", "client   a BAD"]),
        (
            ["read-only", "a LOGIN {4+}\\r\\nanna {6+}\\r\\nsesame", "--before-login"],
            ["verdict  allow", "server   a LOGIN anna sesame"]
        ),
        (["observe", "a NOOP"], ["verdict  allow", "tap      the policy refuses nothing"]),
        (
            ["organise", "--and", "no-delete", "--and", "observe", "a MOVE 1 Archive", "--mailbox", "INBOX"],
            [
                "verdict  refuse\nrule     no-delete: preset no-delete\n", "policy   allow by organise: preset organise\n",
                "policy   refuse by no-delete: preset no-delete\n", "client   a NO [NOPERM] This is not allowed here",
            ]
        ),
    ])
    func `says what would happen, and by which rule`(arguments: [String], lines: [String]) async throws {
        let outcome = try await Program.run(all: ["policy", "explain"] + arguments)
        #expect(outcome.code == 0, "\(outcome.errors)")
        for line in lines { #expect(outcome.text.contains(line), "\(outcome.text)") }
    }

    @Test func `looks at who asks, and from where`() async throws {
        let room = try Room("policy")
        let file = try room.write(
            """
            preset: read-only
            dry-run: true
            hidden: Private
            rules:
              - {name: anna may, user: anna, client: 192.0.2.0/24, tls: 1.3, listener: "imaps://*", action: allow}
              - {command: EXPUNGE, action: hold, seconds: 7}

            """, to: "policy.yml")
        let delete = "a DELETE x"
        let allowed = try await Self.explain(file, delete, "--user", "anna", "--client", "192.0.2.9")
        #expect(allowed.text.contains("rule     rule 1 (anna may)") && allowed.text.contains("NOTHING is refused"))
        for other in [
            ["--user", "bob", "--client", "192.0.2.9"], ["--user", "anna", "--client", "198.51.100.1"],
            ["--user", "anna", "--client", "192.0.2.9", "--tls", "1.2"],
            ["--user", "anna", "--client", "192.0.2.9", "--listener", "imap://x"],
        ] {
            let outcome = try await Program.run(all: ["policy", "explain", file, delete] + other)
            #expect(outcome.text.contains("rule     preset read-only"), "\(other): \(outcome.text)")
        }
        let hidden = try await Self.explain(file, "a SELECT Private.x", "--separator", ".")
        #expect(hidden.text.contains("rule     hidden mailboxes") && hidden.text.contains("[NONEXISTENT]"))
        let held = try await Self.explain(file, "a EXPUNGE", "--mailbox", "INBOX")
        #expect(held.text.contains("waits for a person, 7 seconds"))
    }

    @Test(arguments: [
        (["readonly", "a NOOP"], "did you mean 'read-only'?"), (["/no/such.yml", "a NOOP"], "no such file"),
        (["read-only", "a LOGIN {4+}"], "not whole"), (["read-only", "a NOOP", "--tls", "1.1"], "--tls is none, 1.2 or 1.3"),
        (["read-only", "a NOOP", "--separator", "//"], "--separator is one character"), (["read-only"], "command"),
    ])
    func `says what is wrong with its arguments`(arguments: [String], words: String) async throws {
        let outcome = try await Program.run(all: ["policy", "explain"] + arguments)
        #expect(outcome.code != 0 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test func `is answered for each relay by check-config, loudly where nothing is protected`() async throws {
        let room = try Room("policies")
        let relay = "  - listen: imap://127.0.0.1:0\n    upstream: imap://localhost\n"
        let file = try room.write(
            "relays:\n\(relay)    policy: read-only\n\(relay)    policy: {preset: organise, dry-run: true, rules: [{action: allow}]}\n",
            to: "relays.yml")
        let outcome = try await Program.run("check-config", file)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("policy: read-only\n"))
        #expect(outcome.text.contains("policy: organise with 1 rule before it\n") && outcome.text.contains("DRY RUN"))
    }

    @Test(arguments: [
        (["--policy", "readonly"], "did you mean 'read-only'?"),
        (["--policy", "read-only", "--mirror"], "leave out mirror, or the policy"),
    ])
    func `says what is wrong with run's --policy`(arguments: [String], words: String) async throws {
        let outcome = try await Program.run(
            all: ["run", "--listen", "imap://127.0.0.1:0", "--upstream", "imap://localhost:9"] + arguments)
        #expect(outcome.code != 0)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
