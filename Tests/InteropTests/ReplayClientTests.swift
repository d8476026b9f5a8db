// Strategy: a client's journey is recorded before a real server, and its half is played to the same server with another account
// that was filled alike: nothing may be different, whatever the leg. One message more must be seen, and said by the exit status.

import Foundation
import Testing

@Suite struct `Replaying clients` {
    private static func record(_ tour: String, into capture: String) async throws -> Dovecot {
        let dovecot = try await Dovecot.shared()
        let account = try dovecot.account(awkward: false)
        try account.fill(Letter.assortment(6))
        let relay = try await Relay(before: dovecot.door, arguments: ["--record", capture])
        let visit = Visit(door: relay.door, account: account, room: try Room("visit"), largeLetter: dovecot.largeLetter)
        let port = tour.hasPrefix("imap") ? relay.door.imapPort(.implicit) : relay.door.pop3Port(.implicit)
        _ = try await visit.python(tour, port: port, .implicit)
        _ = try await relay.stop()
        return dovecot
    }

    private static func play(
        _ capture: String, _ scheme: String, _ door: Door, _ account: Account, _ arguments: [String] = ["--allow-changes"]
    ) async throws -> Program.Outcome {
        let password = try Room("secret").write(account.password + "\n", to: "password")
        let port = ["imap": door.imap, "imaps": door.imaps, "pop3": door.pop3, "pop3s": door.pop3s][scheme] ?? 0
        return try await Program.run(
            all: [
                "replay-client", capture, "--to", "\(scheme)://\(door.host):\(port)", "--trust", door.authority, "--user",
                account.name, "--password-file", password, "--patience", "1",
            ] + arguments)
    }

    @Test(arguments: ["imap_tour imaps", "imap_tour imap", "pop_tour pop3s", "pop_tour pop3"])
    func `finds no difference where there is none, and one where there is one`(journey: String) async throws {
        let (tour, scheme) = (String(journey.split(separator: " ")[0]), String(journey.split(separator: " ")[1]))
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let capture = try Room("record").path("tour.interpost")
        let dovecot = try await Self.record(tour, into: capture)
        let same = try dovecot.account(awkward: false)
        try same.fill(Letter.assortment(6))
        let outcome = try await Self.play(capture, scheme, dovecot.door, same)
        #expect(outcome.code == 0, "\(outcome.text)\(outcome.errors)")
        #expect(outcome.text.contains("No differences"), "\(outcome.text)")
        for secret in same.secrets { #expect(!outcome.text.contains(secret)) }
        let more = try dovecot.account(awkward: true)
        try more.fill(Letter.assortment(7))
        let other = try await Self.play(capture, scheme, dovecot.door, more)
        #expect(other.code == 1, "\(other.text)\(other.errors)")
        #expect(other.text.contains(tour == "imap_tour" ? "  - * 6 EXISTS\n  + * 7 EXISTS\n" : "STAT"), "\(other.text)")
    }

    @Test func `plays no changes unless it is told to, and trusts no unknown server`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let capture = try Room("record").path("tour.interpost")
        let dovecot = try await Self.record("imap_tour", into: capture)
        let account = try dovecot.account(awkward: false)
        try account.fill(Letter.assortment(6))
        let refused = try await Self.play(capture, "imaps", dovecot.door, account, [])
        #expect(refused.code == 2)
        #expect(refused.errors.contains("APPEND"), "\(refused.errors)")
        #expect(refused.errors.contains("--allow-changes"), "\(refused.errors)")
        let password = try Room("secret").write("wrong\n", to: "password")
        func play(_ arguments: [String]) async throws -> Program.Outcome {
            try await Program.run(
                all: [
                    "replay-client", capture, "--to", "imaps://localhost:\(dovecot.door.imaps)", "--user", account.name,
                    "--password-file", password, "--allow-changes",
                ] + arguments)
        }
        let untrusted = try await play([])
        #expect(untrusted.code == 2)
        #expect(untrusted.text.contains("give the authority with --trust"), "\(untrusted.text)\(untrusted.errors)")
        let wrong = try await play(["--trust", dovecot.door.authority])
        #expect(wrong.code == 2)
        #expect(wrong.text.contains("the server refuses the login of \(account.name)"), "\(wrong.text)")
    }

    @Test func `two recordings of one journey are the same`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let room = try Room("record")
        let captures = [room.path("a.interpost"), room.path("b.interpost")]
        for capture in captures { _ = try await Self.record("imap_tour", into: capture) }
        let outcome = try await Program.run(all: ["diff"] + captures)
        #expect(outcome.code == 0, "\(outcome.text)\(outcome.errors)")
        #expect(outcome.text.isEmpty)
        let kept = try await Program.run(all: ["diff", "\(captures[0])#1", "\(captures[1])#1", "--keep", "tags"])
        #expect(kept.code == 1)
        #expect(kept.text.contains("The clients part ways at 0."), "\(kept.text)")
        let missing = try await Program.run(all: ["diff", captures[0], "\(captures[1])#9"])
        #expect(missing.code == 2)
        #expect(missing.errors.contains("has no session 9"))
    }
}
