// Strategy: every sequence of Fixtures/Smuggling makes some server do what a proxy did not see. Each is played through a relay
// whose policy is read-only, before a Dovecot that names mailboxes as the measured ones did, and all of the account is looked at
// before and after, past the relay. Nothing may differ. That the harness sees a difference is shown with the tap.

import Foundation
import Testing

typealias SmugglingTests = `What is smuggled past a proxy`

@Suite struct `What is smuggled past a proxy` {
    private struct Outcome: Decodable {
        let played: Int
        let changed: [String]
        let waiting: [String]
        let closed: [String]
        let silent: [String]
    }

    static let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/Smuggling/measured.json").path

    private func play(
        policy: String, only: [String] = [], throughBroker: Bool = false
    ) async throws -> (Outcome, RelayProcess) {
        let dovecot = try await Dovecot.namedWithDots()
        let accounts = try (1...6).map { _ in try dovecot.account(awkward: false) }
        let relay =
            if throughBroker {
                try await RelayProcess(
                    [Route("imap", accounts: "all", "policy: \(policy)"), Route("pop3", accounts: "all", "policy: \(policy)")],
                    try await Self.broker(accounts, dovecot.door))
            } else {
                try await RelayProcess([
                    Route("imap", to: "imap?starttls=off", port: dovecot.door.imap, "policy: \(policy)"),
                    Route("pop3", to: "pop3?starttls=off", port: dovecot.door.pop3, "policy: \(policy)"),
                ])
            }
        let letters = Letter.assortment(4)
        for account in accounts {
            try account.fill(Array(letters[..<3]))
            try account.fill([letters[3]], folder: "Victim")
        }
        let users = try JSONEncoder().encode(accounts.map { [$0.name, $0.password] })
        let visit = Visit(
            door: dovecot.door, account: accounts[0], room: try Room("smuggling"), largeLetter: dovecot.largeLetter)
        let facts = [
            "users": String(decoding: users, as: UTF8.self), "direct": "\(dovecot.door.imap)",
            "direct_pop3": "\(dovecot.door.pop3)", "imap": "\(relay.ports[0])", "pop3": "\(relay.ports[1])",
            "cases": Self.fixture, "only": only.joined(separator: " "),
        ]
        let report = try await visit.python("smuggle", port: relay.ports[0], .clear, facts, limit: .seconds(240)).report
        return (try JSONDecoder().decode(Outcome.self, from: Data(report.utf8)), relay)
    }

    /// Clients with the names and passwords that the accounts have, so that the same script speaks with both.
    private static func broker(_ accounts: [Account], _ door: Door) async throws -> String {
        let room = try Room("secrets")
        var text = "timeouts: {drain: 2}\naccounts:\n"
        for account in accounts {
            text += """
                  - name: \(account.name)
                    upstream: ["imap://localhost:\(door.imap)?starttls=off", "pop3://localhost:\(door.pop3)?starttls=off"]
                    user: \(account.name)
                    secret: file:\(try room.write(account.password, to: account.name))

                """
        }
        text += "clients:\n"
        for account in accounts {
            let command = try room.write(
                "echo '\(account.password)' | '\(try Relay.executable())' client hash --scram", to: "hash")
            let hash = try await room.run("sh", command).split(separator: "\n").last.map(String.init) ?? ""
            text += "  - name: \(account.name)\n    password: \(hash)\n    account: \"*\"\n"
        }
        return text
    }

    /// Before and after a login at Interpost itself.
    @Test func `changes nothing through the broker`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let (outcome, relay) = try await play(policy: "read-only", throughBroker: true)
        #expect(outcome.played >= 419)
        #expect(outcome.changed == [])
        #expect(outcome.silent == [])
        _ = await relay.daemon.stop()
    }

    @Test func `changes nothing behind a read-only gate`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let (outcome, relay) = try await play(policy: "read-only")
        #expect(outcome.played >= 419)
        #expect(outcome.changed == [])
        // These announce more than they send, and the rest is waited for; all others end synchronised, or closed with a word.
        #expect(outcome.waiting == ["LM02", "LM03", "LM04", "LM05", "LT45", "LT47"])
        #expect(outcome.silent == [])
        _ = await relay.daemon.stop()
    }

    @Test func `changes a mailbox behind the tap`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let (outcome, relay) = try await play(policy: "observe", only: ["LE01", "LE03", "EX05", "LT30", "PL01"])
        #expect(outcome.changed == ["EX05", "LE01", "LE03", "LT30", "PL01"])
        _ = await relay.daemon.stop()
    }
}
