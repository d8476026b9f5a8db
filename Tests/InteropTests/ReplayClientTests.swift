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
        let port = ["imap": door.imap, "imaps": door.imaps, "pop3": door.pop3, "pop3s": door.pop3s][scheme] ?? 0
        return try await play(capture, to: "\(scheme)://\(door.host):\(port)", door, account, arguments)
    }

    private static func play(
        _ capture: String, to url: String, _ door: Door, _ account: Account, _ arguments: [String]
    ) async throws -> Program.Outcome {
        let password = try Room("secret").write(account.password + "\n", to: "password")
        return try await Program.run(
            all: [
                "replay-client", capture, "--to", url, "--trust", door.authority, "--user", account.name, "--password-file",
                password, "--patience", "1",
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

    /// Clear, STARTTLS and TLS on each leg: what is recorded behind any two of them is good, and is played to either side.
    @Test(arguments: Legs.combinations) func `plays what any combination of legs recorded`(legs: Legs) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let (dovecot, room) = (try await Dovecot.shared(), try Room("legs"))
        let capture = room.path("tour.interpost")
        func account() throws -> Account {
            let account = try dovecot.account(awkward: false)
            try account.fill(Letter.assortment(6))
            return account
        }
        func visit(_ door: Door, _ security: Security) async throws {
            let visit = Visit(door: door, account: try account(), room: try Room("visit"), largeLetter: dovecot.largeLetter)
            let port = legs.isPOP3 ? door.pop3Port(security) : door.imapPort(security)
            _ = try await visit.python(legs.isPOP3 ? "pop_tour" : "imap_tour", port: port, security)
        }
        let upstream = legs.upstream.url(legs.isPOP3, dovecot.door.host, of: dovecot.door)
        let relay = try await Relay(
            before: dovecot.door, routes: [(legs.client.listener(legs.isPOP3), upstream)], arguments: ["--record", capture])
        try await visit(relay.door, legs.client)
        _ = try await relay.stop()
        let verified = try await Program.run("verify", capture)
        #expect(verified.code == 0, "\(verified.text)")
        let replayed = try await replaying(capture, legs.client.scheme(legs.isPOP3)) { try await visit($0, legs.client) }
        #expect(replayed.code == 0, "\(replayed.report)")
        let played = try await Self.play(capture, to: upstream, dovecot.door, account(), ["--allow-changes"])
        #expect(played.code == 0, "\(played.text)\(played.errors)")
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

/// The two legs of a relay.
struct Legs: Sendable, CustomTestStringConvertible {
    let isPOP3: Bool
    let client: Security
    let upstream: Security

    var testDescription: String { "\(isPOP3 ? "pop3" : "imap"): client \(client), upstream \(upstream)" }

    static let combinations = [false, true].flatMap { isPOP3 in
        Security.allCases.flatMap { client in Security.allCases.map { Legs(isPOP3: isPOP3, client: client, upstream: $0) } }
    }
}

extension Security {
    fileprivate func scheme(_ isPOP3: Bool) -> String { (isPOP3 ? "pop3" : "imap") + (self == .implicit ? "s" : "") }

    fileprivate func listener(_ isPOP3: Bool) -> String {
        "\(scheme(isPOP3))://127.0.0.1:0" + (self == .clear ? "?starttls=off" : self == .startTLS ? "?starttls=required" : "")
    }

    fileprivate func url(_ isPOP3: Bool, _ host: String, of door: Door) -> String {
        let port = isPOP3 ? door.pop3Port(self) : door.imapPort(self)
        return "\(scheme(isPOP3))://\(host):\(port)"
            + (self == .clear ? "?starttls=off" : self == .startTLS ? "?starttls=required" : "")
    }
}
