// Strategy: small corpora in a folder, and the one that the wire fixtures are. What a person is told must be right, what a
// program is told must be JSON, and the exit status must say what --fail-on asked for.

import Foundation
import Testing

@Suite struct `Reading a corpus of sessions` {
    /// Two sessions of IMAP and one of POP3, below one another, and something that is no session.
    private static func corpus() throws -> Room {
        let room = try Room("corpus")
        let folder = try room.directory("corpus/deep")
        try room.write("S: * OK hi\nC: a login fred abracadabra\nS: a OK hi\nC: b NOOP\nS: c OK hi\n", to: "corpus/a.imap")
        try room.write("S: * OK\nC: a PLUGH\nS: * X-FOO abracadabra\nS: a BAD\n", to: "corpus/deep/b.txt")
        try room.write("USER fred\r\nPASS abracadabra\r\n", to: "corpus/deep/c.in")
        try room.write("+OK\r\n+OK\r\n+OK\r\n", to: "corpus/deep/c.out")
        try room.write("abracadabra, says the README", to: "corpus/deep/d.md")
        try room.write("not looked at", to: "corpus/.hidden")
        #expect(FileManager.default.fileExists(atPath: folder))
        return room
    }

    @Test func `tells a person what is in it`() async throws {
        let room = try Self.corpus()
        let outcome = try await Program.run("read", room.path("corpus"))
        #expect(outcome.code == 2)
        for words in [
            "4 files, 3 sessions (2 IMAP, 1 POP3)\n", "  command\n", "response X-FOO", "corpus/deep/b.txt:3\n",
            "unexpected-tag of the server", "corpus/a.imap:5\n", "Quirks: ", "Not read\n", "deep/d.md: is neither",
        ] {
            #expect(outcome.text.contains(words), "\(outcome.text)")
        }
        #expect(outcome.errors == "interpost: 1 file was not read, or not to the end\n")
        #expect(!outcome.text.contains("abracadabra") && !outcome.text.contains("hidden"))
    }

    @Test func `tells a program what is in it`() async throws {
        let room = try Self.corpus()
        let outcome = try await Program.run("read", room.path("corpus"), "--json")
        let object = try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any]
        #expect(object?["sessions"] as? [String: Int] == ["imap": 2, "pop3": 1])
        #expect((object?["unknown"] as? [[String: Any]])?.contains { $0["name"] as? String == "X-FOO" } == true)
        #expect((object?["unreadable"] as? [[String: String]])?.count == 1)
        #expect(!outcome.text.contains("abracadabra"))
    }

    @Test func `prints the events of each file when it is asked to`() async throws {
        let room = try Self.corpus()
        let files = ["corpus/a.imap", "corpus/deep/c.out", "corpus/deep/c.in"].map { room.path($0) }
        let outcome = try await Program.run(all: ["read", "--events", "--detail", "commands"] + files)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let events = try RelayProcess.events(in: try room.write(outcome.text, to: "events.jsonl"))
        let commands = events.filter { $0.event == "command" }
        #expect(commands.map(\.name) == ["LOGIN", "NOOP", "USER", "PASS"])
        #expect(commands.map(\.session) == [1, 1, 2, 2])
        #expect(!events.contains { $0.event == "response" })
        #expect(!outcome.text.contains("abracadabra"))
    }

    @Test func `is a lint for servers and clients`() async throws {
        let room = try Self.corpus()
        let file = room.path("corpus/a.imap")
        let outcome = try await Program.run("read", file, "--quirks")
        #expect(outcome.code == 0)
        #expect(outcome.text.hasPrefix("Quirks in 1 session\n         1  lower-case-keyword of the client"), "\(outcome.text)")
        #expect(outcome.text.contains("a.imap:2\n") && outcome.text.contains("(RFC 9051"))
        let both = try await Program.run("read", file, "--quirks", "--summary")
        #expect(both.text.contains("1 file, 1 session") && both.text.hasSuffix(outcome.text))
    }

    @Test(arguments: [
        (["a.imap"], "anomaly", 1), (["a.imap"], "unknown", 0), (["a.imap"], "unknown,anomaly", 1), (["a.imap"], "quirk", 1),
        (["deep/b.txt"], "unknown", 1), (["deep/c.in"], "unknown,anomaly,quirk", 0), (["deep/c.in", "deep/d.md"], "anomaly", 2),
        (["a.imap", "nowhere"], "anomaly", 2),
    ])
    func `ends with a status by what it should not hold`(names: [String], unwanted: String, code: Int32) async throws {
        let room = try Self.corpus()
        let files = names.map { room.path("corpus/\($0)") }
        let outcome = try await Program.run(all: ["read", "--fail-on", unwanted] + files)
        #expect(outcome.code == code)
        let last = outcome.errors.split(separator: "\n").last ?? ""
        #expect(code != 0 || outcome.errors.isEmpty)
        #expect(code != 1 || last.contains(" --fail-on ") && last.contains("the first at "), "\(outcome.errors)")
        #expect(code != 2 || last == "interpost: 1 file was not read, or not to the end")
    }

    @Test func `finds the wire fixtures as odd as they are`() async throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/Wire").path
        // Four of them go on where nobody can read on.
        #expect(try await Program.run("read", fixtures).code == 2)
        let readable = try FileManager.default.contentsOfDirectory(atPath: fixtures).filter { !["Broker", "Gate"].contains($0) }
            .map { "\(fixtures)/\($0)" }
            .filter { file in !["compress.pop3", "-overflows.imap", "smap-login.imap"].contains { file.hasSuffix($0) } }
        #expect(try await Program.run(all: ["read"] + readable).code == 0)
        for unwanted in ["unknown", "anomaly", "quirk"] {
            #expect(try await Program.run(all: ["read", "--fail-on", unwanted] + readable).code == 1)
        }
        #expect(try await Program.run("read", fixtures + "/greeting-ok.imap", "--fail-on", "unknown,anomaly,quirk").code == 0)
    }

    @Test func `opens nothing that would never end`() async throws {
        let room = try Room("pipes")
        _ = try room.directory("pipes")
        try room.write("S: +OK\nC: NOOP\nS: +OK\n", to: "pipes/a.pop3")
        #expect(mkfifo(room.path("pipes/pipe.imap"), 0o600) == 0)
        let outcome = try await Program.run("read", room.path("pipes"))
        #expect(outcome.code == 2 && outcome.text.contains("1 file, 1 session"))
        #expect(outcome.text.contains("pipes/pipe.imap: is neither a file nor a folder"))
    }

    @Test func `says when nobody takes what it has to say`() async throws {
        let room = try Self.corpus()
        let command = "'\(try Relay.executable())' read '\(room.path("corpus"))' --summary >/dev/full"
        let outcome = try await room.run("/bin/sh", "-c", "(\(command)) 2>&1; echo $?")
        #expect(outcome == "interpost: standard output cannot be written: No space left on device\n2\n")
    }

    @Test func `takes one session from standard input`() async throws {
        let room = try Self.corpus()
        let command = "cat '\(room.path("corpus/a.imap"))' | '\(try Relay.executable())' read - --detail acts"
        let text = try await room.run("/bin/sh", "-c", command)
        #expect(text.contains("\"event\":\"login\"") && !text.contains("\"event\":\"command\""))
        let bytes = "printf '+OK\\r\\n-ERR no\\r\\n' | '\(try Relay.executable())' read - --summary"
        #expect(try await room.run("/bin/sh", "-c", bytes).hasPrefix("1 file, 1 session (1 POP3)"))
    }

    @Test func `does not take a large file into memory`() async throws {
        let room = try Room("large")
        let size = 1 << 30
        let file = try room.write("* OK ready\r\n* 1 FETCH (BODY[] {\(size)}\r\n", to: "large.bin")
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        // A hole: it takes no room on the disk.
        try handle.truncate(atOffset: try handle.seekToEnd() + UInt64(size))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(")\r\na OK done\r\n".utf8))
        try handle.close()
        let limited = "ulimit -v 600000; exec '\(try Relay.executable())' read '\(file)' --summary"
        let text = try await room.run("/bin/sh", "-c", limited)
        #expect(text.contains("with 3 responses"), "\(text)")
        #expect(!text.contains("wait for an answer"))
    }

    @Test func `says what is wrong with its options`() async throws {
        let room = try Self.corpus()
        let file = room.path("corpus/a.imap")
        for (arguments, words) in [
            (["--fail-on", "anomalies"], "did you mean 'anomaly'?"), (["--fail-on", ","], "unknown, anomaly, quirk"),
            (["--sumary"], "--summary"), (["--json", "--pretty"], "--pretty is for events"),
            (["--events", "--quirks"], "--events prints events"), (["--side", "sever"], "server"),
        ] {
            let outcome = try await Program.run(all: ["read", file] + arguments)
            #expect(outcome.code == 64)
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
    }
}
