// Strategy: one short session in every form that `interpost read` takes: a transcript, Dovecot's pair of raw logs with
// and without times, the bytes of one side. The events must be those of the session, and free of its password.

import Foundation
import Testing

@Suite struct `Reading a recorded session` {
    private static let turns = [
        ("S", "* OK [CAPABILITY IMAP4rev1] ready"), ("C", "a1 LOGIN fred abracadabra"), ("S", "a1 OK in"),
        ("C", "a2 SELECT INBOX"), ("S", "* 3 EXISTS"), ("S", "a2 OK [READ-WRITE] selected"),
        ("C", "a3 FETCH 1:2 BODY[]"), ("S", "* 1 FETCH (BODY[] {5}"), ("S", "abc"), ("S", ")"), ("S", "a3 OK fetched"),
        ("C", "a4 LOGOUT"), ("S", "* BYE"), ("S", "a4 OK bye"),
    ]
    private static let transcript = "# A short session.\n" + turns.map { "\($0): \($1)\n" }.joined()

    private static func bytes(of side: String, timed: Bool = false) -> String {
        turns.enumerated().filter { $1.0 == side }.map { number, turn in
            (timed ? "17000000\(10 + number).000000 " : "") + turn.1 + "\r\n"
        }.joined()
    }

    @Test func `from a transcript gives its events`() async throws {
        let room = try Room("read")
        let file = try room.write(Self.transcript, to: "session.imap")
        try Self.expect(whole: try await Program.run("read", file), in: room)
        try room.write(Self.transcript, to: "session.txt")
        try Self.expect(whole: try await Program.run("read", room.path("session.txt"), "--protocol", "imap"), in: room)
        try Self.expect(whole: try await Program.run("read", room.path("session.txt")), in: room)
    }

    @Test(arguments: [false, true], ["in", "out"])
    func `from a pair of raw logs gives its events`(timed: Bool, given: String) async throws {
        let room = try Room("read")
        try room.write(Self.bytes(of: "C", timed: timed), to: "session.in")
        try room.write(Self.bytes(of: "S", timed: timed), to: "session.out")
        let outcome = try await Program.run("read", room.path("session.\(given)"), "--protocol", "imap")
        try Self.expect(whole: outcome, in: room)
    }

    @Test func `from the bytes of one side gives what can be known`() async throws {
        let room = try Room("read")
        let client = try room.write(Self.bytes(of: "C"), to: "client.bin")
        let ofClient = try await Program.run("read", client, "--protocol", "imap", "--side", "client")
        let commands = try Self.events(ofClient, in: room).filter { $0.event == "command" }
        #expect(commands.map(\.name) == ["LOGIN", "SELECT", "FETCH", "LOGOUT"])
        #expect(!ofClient.text.contains("abracadabra"))
        let server = try room.write(Self.bytes(of: "S"), to: "server.bin")
        let ofServer = try await Program.run("read", server, "--protocol", "imap", "--side", "server")
        #expect(try Self.events(ofServer, in: room).contains { $0.event == "greeting" })
        #expect(!ofServer.text.contains("anomaly"))
        let guessed = try await Program.run("read", client)
        #expect(guessed.text == ofClient.text)
    }

    @Test func `from the bytes of a POP3 server gives what can be known`() async throws {
        let room = try Room("read")
        let file = try room.write("+OK ready\r\n+OK\r\n-ERR no\r\n", to: "server.bin")
        let outcome = try await Program.run("read", file, "--protocol", "pop3", "--side", "server")
        #expect(try Self.events(outcome, in: room).first?.event == "greeting")
    }

    @Test func `can be made for people`() async throws {
        let room = try Room("read")
        let file = try room.write(Self.transcript, to: "session.imap")
        let outcome = try await Program.run("read", file, "--pretty")
        #expect(outcome.code == 0)
        #expect(outcome.text.contains("logged in as fred") && outcome.text.contains("a2 SELECT INBOX"))
        #expect(!outcome.text.contains("abracadabra"))
    }

    @Test func `says what it cannot read`() async throws {
        let room = try Room("read")
        let noise = try room.write("what is this\n", to: "noise.imap")
        let transcript = try room.write("S: what\n", to: "session.txt")
        let lonely = try room.write(Self.bytes(of: "C"), to: "lonely.in")
        let broken = try room.write("S: * OK\nX: what\n", to: "broken.imap")
        let empty = try room.write("", to: "empty.imap")
        let cases = [
            ([noise], ["neither", "--side"]), ([transcript], ["--protocol"]),
            ([lonely, "--protocol", "imap"], ["lonely.out", "--side client"]), ([broken], ["broken.imap: line 2"]),
            ([empty], ["is empty"]), ([room.path("nowhere")], ["nowhere: cannot be read: No such file"]),
        ]
        for (arguments, words) in cases {
            let outcome = try await Program.run(all: ["read"] + arguments)
            #expect(outcome.code == 2)
            for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
            #expect(outcome.errors.hasSuffix("interpost: 1 file was not read, or not to the end\n"))
        }
    }

    private static func events(_ outcome: Program.Outcome, in room: Room) throws -> [Event] {
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try RelayProcess.events(in: try room.write(outcome.text, to: "read.jsonl"))
    }

    private static func expect(whole outcome: Program.Outcome, in room: Room) throws {
        let events = try events(outcome, in: room)
        let completions = events.filter { $0.event == "completion" }
        #expect(completions.map(\.name) == ["LOGIN", "SELECT", "FETCH", "LOGOUT"])
        #expect(completions.allSatisfy { $0.result == "OK" })
        #expect(events.contains { $0.event == "messages.read" })
        #expect(!events.contains { $0.event == "anomaly" }, "\(outcome.text)")
        #expect(!outcome.text.contains("abracadabra"))
    }
}
