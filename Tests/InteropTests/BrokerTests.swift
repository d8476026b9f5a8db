// Strategy: clients that people use log in to Interpost with a token, and read a mailbox whose password they do not know. The relay
// logs in at a real Dovecot. Afterwards the mailbox is what it was, and neither secret is in anything that was written.

import Foundation
import Testing

/// A relay that leads to one account of a Dovecot, and tokens for it.
private struct Broker {
    let relay: RelayProcess
    let account: Account
    let dovecot: Dovecot

    /// - Parameter upstreams: How the servers are reached; all ways in turn by default.
    static func start(_ letters: [Letter], imap: String = "imaps", pop3: String = "pop3s", further: String = "") async throws
        -> Broker
    {
        let dovecot = try await Dovecot.shared()
        let account = try dovecot.account(awkward: false)
        try account.fill(letters)
        let room = try Room("broker")
        let secret = try room.write(account.password + "\n", to: "secret")
        func url(_ scheme: String) -> String {
            let parts = scheme.split(separator: "?")
            let port =
                switch parts[0] {
                case "imap": dovecot.door.imap
                case "imaps": dovecot.door.imaps
                case "pop3": dovecot.door.pop3
                default: dovecot.door.pop3s
                }
            return "\(parts[0])://localhost:\(port)" + (parts.count > 1 ? "?\(parts[1])" : "")
        }
        let relay = try await RelayProcess(
            ["imap", "imaps", "pop3", "pop3s"].map { Route($0, accounts: "all") },
            """
            accounts:
              - name: box
                upstream: [\(url(imap)), \(url(pop3))]
                user: \(account.name)
                secret: file:\(secret)
            timeouts: {drain: 2}
            \(further)
            """, arguments: ["--trust", dovecot.door.authority, "--record", room.path("capture.interpost")])
        return Broker(relay: relay, account: account, dovecot: dovecot)
    }

    var capture: String { relay.arguments.last ?? "" }

    @discardableResult
    func token(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(all: ["token"] + arguments, environment: relay.room.environment)
    }

    /// Makes a token.
    func newToken(_ name: String, _ arguments: String...) async throws -> Visit {
        let made = try await Program.run(
            all: ["token", "new", "--account", "box", "--name", name, "--config", relay.configuration, "--json"] + arguments,
            environment: relay.room.environment)
        struct Made: Decodable { let secret: String }
        guard made.code == 0, let secret = try? JSONDecoder().decode(Made.self, from: made.output).secret else {
            throw InteropFailure("no token: \(made.text)\(made.errors)")
        }
        let ports = relay.ports
        let door = Door(
            host: "localhost", imap: ports[0], imaps: ports[1], pop3: ports[2], pop3s: ports[3], authority: relay.authority)
        let visitor = Account(name: name, password: secret, home: account.home, owner: account.owner)
        return Visit(door: door, account: visitor, room: try Room(name), largeLetter: dovecot.largeLetter)
    }

    /// Ends the relay, and looks for secrets in what it has written.
    func stop(_ visits: Visit...) async throws -> [Event] {
        let events = try await relay.stop()
        let files = [relay.eventFile, relay.errors, capture].map { FileManager.default.contents(atPath: $0) ?? Data() }
        for secret in (account.secrets + visits.map(\.account.password)).map({ Data($0.utf8) }) {
            for file in files { #expect(file.firstRange(of: secret) == nil) }
        }
        return events
    }
}

@Suite struct `A mailbox for a program` {
    private func turn<Result>(_ body: () async throws -> Result) async throws -> Result {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        return try await body()
    }

    /// The ways of the client's leg with those of the server's: all of them, over both protocols.
    @Test(arguments: ["imaps", "imap", "imap?starttls=off"]) func `is read over every pair of legs, and not changed`(
        upstream: String
    ) async throws {
        try await turn {
            let letters = Letter.assortment(4)
            let broker = try await Broker.start(
                letters, imap: upstream, pop3: upstream.replacing("imap", with: "pop3"))
            let before = try broker.account.contents()
            let visit = try await broker.newToken("reader")
            for security in Security.allCases {
                for mailProtocol in ["imap", "pop3"] {
                    let port = mailProtocol == "imap" ? visit.door.imapPort(security) : visit.door.pop3Port(security)
                    let report = try await visit.python("writes", port: port, security, ["protocol": mailProtocol]).report
                    #expect(report.contains("\"count\": 4"), "\(security) \(mailProtocol)")
                }
            }
            #expect(try broker.account.contents() == before)
            let events = try await broker.stop(visit)
            #expect(events.count { $0.event == "client.login" } == 6)
            #expect(events.count { $0.event == "account.login" && $0.failure == nil } == 6)
        }
    }

    @Test func `is read by mbsync, fetchmail, mutt and curl with a token`() async throws {
        try await turn {
            let letters = Letter.assortment(6).filter { $0.hasLines(upTo: 8_000) }
            let broker = try await Broker.start(letters)
            let before = try broker.account.contents()
            let visit = try await broker.newToken("reader")
            func again() throws -> Visit {
                Visit(door: visit.door, account: visit.account, room: try Room("reader"), largeLetter: visit.largeLetter)
            }
            for security in Security.encrypted {
                let reader = try again()
                let local = try reader.room.directory("local")
                try await reader.mbsync(security, mechanism: "*", direction: "Pull")
                #expect(try Maildir(path: "\(local)/INBOX", owner: .current).lettersWithoutMarks() == Letter.sorted(letters))
                #expect(try await again().fetchmail(security) == Letter.sorted(letters.map(\.withLastLineEnded)))
                #expect(try await again().mutt(security) == Letter.sorted(letters))
                let url = "\(visit.scheme("imap", security))://\(visit.door.host):\(visit.door.imapPort(security))/INBOX"
                _ = try await again().curl("url = \"\(url);UID=1\"\n")
                await #expect(throws: (any Error).self) {
                    try await again().curl("url = \"\(url)\"\nrequest = \"STORE 1 +FLAGS (\\\\Deleted)\"\n")
                }
            }
            #expect(try broker.account.contents() == before)
            _ = try await broker.stop(visit)
        }
    }

    @Test func `is taken back while it is read`() async throws {
        try await turn {
            let broker = try await Broker.start(Letter.assortment(1))
            let visit = try await broker.newToken("agent", "--note", "agent 7")
            async let client = visit.python("taken_back", port: visit.door.imaps, .implicit, limit: .seconds(60)).report
            try await broker.relay.event("login") { $0.clientName == "agent" }
            let revoked = ContinuousClock.now
            #expect(try await broker.token("revoke", "agent").code == 0)
            let closed = try await broker.relay.event("session.closed")
            #expect(ContinuousClock.now - revoked < .seconds(5))
            #expect(closed.by == "operator" && closed.reason == "what lets agent in was taken back")
            let report = try await client
            #expect(report.contains("was taken back"), "\(report)")
            let list = try await broker.token("list")
            #expect(list.text.contains("agent 7") && list.text.contains("revoked"), "\(list.text)")
            // With the same secret nobody comes in any more, and does not hear why.
            let refused = try await visit.python("taken_back", port: visit.door.imaps, .implicit).report
            #expect(refused.contains("This name and this secret do not let you in"), "\(refused)")
            let events = try await broker.stop(visit)
            #expect(events.contains { $0.event == "client.login" && $0.refusal == "revoked" })
        }
    }

    @Test func `is refused to who has the wrong secret, or comes from elsewhere, in the same words`() async throws {
        try await turn {
            let broker = try await Broker.start([])
            let right = try await broker.newToken("right", "--protocol", "pop3")
            let far = try await broker.newToken("far", "--from", "192.0.2.0/24")
            func refusal(_ name: String, _ secret: String) async throws -> String {
                let account = Account(name: name, password: secret, home: right.account.home, owner: right.account.owner)
                let visit = Visit(door: right.door, account: account, room: try Room("refused"), largeLetter: right.largeLetter)
                return try await visit.python("taken_back", port: right.door.imaps, .implicit).report
            }
            let answers = [
                try await refusal("right", right.account.password), try await refusal("far", far.account.password),
                try await refusal("right", "ip-wrong"), try await refusal("nobody", right.account.password),
            ]
            #expect(Set(answers).count == 1, "\(answers)")
            let events = try await broker.stop(right, far)
            #expect(
                events.filter { $0.event == "client.login" }.map(\.refusal) == [
                    "wrong-protocol", "wrong-address", "wrong-secret", "unknown-client",
                ])
            #expect(!events.contains { $0.event == "upstream.connected" })
        }
    }

    /// What was measured to fool proxies, said before anybody has logged in.
    @Test func `hears nothing of who has not logged in`() async throws {
        try await turn {
            let broker = try await Broker.start([])
            let visit = try await broker.newToken("reader")
            let facts = ["cases": SmugglingTests.fixture, "pop3": "\(visit.door.pop3)"]
            let report = try await visit.python(
                "smuggle_before_login", port: visit.door.imap, .clear, facts, limit: .seconds(240)
            ).report
            #expect(report.contains("\"let in\": 0"), "\(report)")
            let events = try await broker.stop(visit)
            #expect(!events.contains { $0.event == "upstream.connected" || $0.event == "account.login" })
            #expect(events.count { $0.event == "session.closed" } > 400)
        }
    }
}
