// Strategy: both sides of a session, and whoever wrote the capture, put into every text what a terminal obeys or what turns the
// direction of writing round. Every command shows it, and none of that may be in what it writes.

import Foundation
import InterpostCore
import InterpostFiles
import InterpostProxy
import NIOCore
import Testing

@Suite struct `What commands write` {
    /// ESC, CSI as one character, a bidirectional override and isolate, NUL, DEL, a line separator, and an octet that is not UTF-8.
    private static let bad = "\\x1B]0;x\\x07\\xC2\\x9B31m\\xE2\\x80\\xAE\\xE2\\x81\\xA6\\x00\\x7F\\xE2\\x80\\xA8\\xFF"
    private static let quoted = bad.replacing("\\x00", with: "")

    /// U+009B and U+202E, octet by octet, as a played client sends them.
    private static let csi = "\u{C2}\u{9B}"
    private static let override = "\u{E2}\u{80}\u{AE}"

    private static let imap = """
        S: * OK [CAPABILITY IMAP4rev1 X\(quoted)] ready \(bad)
        C: a\(quoted) LOGIN "anna\(quoted)" abracadabra
        S: a\(quoted) OK in \(bad)
        C: b SELECT "Mail\(quoted)"
        S: * FLAGS (\\\\Seen $\(quoted))
        S: * 3 EXISTS
        S: b OK [READ-WRITE] \(bad)
        C: c FETCH 1 (FLAGS ENVELOPE BODY[])
        S: * 1 FETCH (FLAGS (x\(quoted)) BODY[] {56}
        S: Subject: \(bad)
        S: \(bad)x)
        S: c OK done \(bad)
        C: d STORE 1 +FLAGS (y\(quoted))
        S: * X\(quoted) \(bad)
        S: \(bad)
        S: d NO [X\(quoted)] \(bad)
        C: e X\(quoted) \(bad)
        S: e BAD \(bad)
        C: \(bad)
        S: * BAD \(bad)

        """

    private static let pop3 = """
        S: +OK ready \(bad)
        C: USER anna\(bad)
        S: +OK \(bad)
        C: PASS abracadabra
        S: +OK \(bad)
        C: LIST \(bad)
        S: -ERR [X\(quoted)] \(bad)
        C: X\(bad)
        S: -ERR \(bad)
        C: RETR 1
        S: +OK \(bad)
        S: Subject: \(bad)
        S:
        S: \(bad)
        S: .

        """

    private static func expect(shown outcome: Program.Outcome, _ what: String, statuses: Set<Int32> = [0]) {
        #expect(statuses.contains(outcome.code), "\(what): \(outcome.errors)")
        #expect(!outcome.output.isEmpty || !outcome.errors.isEmpty, "\(what) says nothing")
        for (name, text) in [("output", outcome.text), ("errors", outcome.errors)] {
            let found = text.unicodeScalars.first { $0 != "\n" && moves($0) }
            #expect(found == nil, "\(what), \(name): U+\(String(found?.value ?? 0, radix: 16)) in \(text.debugDescription)")
        }
    }

    private static func moves(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func capture(_ transcript: String, _ name: String, in room: Room) async throws -> String {
        let path = room.path("\(name).interpost")
        let outcome = try await Program.run("import", try room.write(transcript, to: name), "--to", path)
        expect(shown: outcome, "import", statuses: [0, 2])
        return path
    }

    @Test(arguments: [("session.imap", imap), ("session.pop3", pop3)])
    func `holds nothing that a terminal obeys, whatever a session says`(name: String, transcript: String) async throws {
        let room = try Room("terminal")
        let file = try room.write(transcript, to: name)
        let capture = try await Self.capture(transcript, name, in: room)
        let other = try await Self.capture(
            transcript.replacing("abracadabra", with: "other") + "C: z NOOP\n", "other-\(name)", in: room)
        let everything: [[String]] = [
            ["show", capture], ["show", capture, "--full"], ["show", capture, "--filter", "from=client"],
            ["read", file, "--pretty"], ["read", file, "--summary"], ["read", file, "--quirks"], ["read", file],
            ["read", file, capture, "--fail-on", "unknown,anomaly,quirk"], ["read", file, "--json"], ["read", capture],
            ["read", capture, "--pretty"],
            ["events", capture], ["events", capture, "--detail", "responses"], ["diff", capture, other, "--all"],
            ["diff", capture, other, "--json"],
            ["diff", capture, other], ["verify", capture], ["export", capture, "--format", "transcript", "--to", "-"],
            ["export", capture, "--format", "json", "--to", "-"],
            ["redact", capture, room.path("copy.interpost"), "--level", "all"],
        ]
        for arguments in everything {
            let outcome = try await Program.run(all: arguments)
            Self.expect(shown: outcome, arguments.joined(separator: " "), statuses: [0, 1, 2])
        }
    }

    /// What a live client asks reaches a replay's report, and what the recorded server says reaches nothing.
    @Test func `holds nothing that a terminal obeys when a replay reports`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let room = try Room("terminal")
        let capture = try await Self.capture(
            "S: * PREAUTH hi\nC: a STATUS \"A\(Self.quoted)\" (MESSAGES)\nS: a OK \(Self.bad)\n", "s.imap", in: room)
        let replayed = try await replaying(capture, "imap") { door in
            try await PlayedClient.play(
                [
                    .hear("hi\r\n"), .say("x STATUS \"B\u{1B}[31m\(Self.csi)31m\(Self.override)\" (MESSAGES)"), .hear("x NO"),
                    .say("y X\(Self.csi)\(Self.override)\u{1B} z"), .hear("y "), .end,
                ], port: door.imap, authority: door.authority)
        }
        #expect(replayed.code == 1)
        #expect(replayed.report.contains("STATUS \"B\u{FFFD}[31m\u{FFFD}31m\u{FFFD}\" (MESSAGES)"), "\(replayed.report)")
        #expect(!replayed.report.unicodeScalars.contains { $0 != "\n" && Self.moves($0) }, "\(replayed.report.debugDescription)")
    }

    @Test(arguments: ["show", "events", "read"])
    func `holds nothing that a terminal obeys, whoever wrote the capture`(command: String) async throws {
        let room = try Room("terminal")
        let path = room.path("hostile.interpost")
        let bad = "\u{1B}]0;x\u{7}\u{9B}31m\u{202E}\u{2066}\u{7F}\n{\"event\":\"forged\"}"
        let file = try CaptureFile(
            path, header: CaptureHeader(started: WireTime(nanoseconds: 0), keepsSecrets: false, redaction: .none))
        func add(_ kind: CaptureRecord.Kind, _ text: String) throws {
            try file.append(CaptureRecord(kind, session: 1, nanoseconds: 1, bytes: ByteBuffer(string: text)))
        }
        try add(.event, #"{"v":1,"session":1,"event":"session.opened","protocol":"imap"}"#)
        try add(.event, #"{"v":1,"event":"tls.up\u001b\u202e","a\u009b":"b\u001b]0;x\u0007\u2066","c":["\u009b"]}"#)
        try add(.event, "{\"v\":1,\"event\":\"warning\",\"text\":\"\(bad)\"}")
        try add(.server, "* OK \(bad)\r\n")
        try file.flush()
        let outcome = try await Program.run(command, path)
        Self.expect(shown: outcome, command)
        #expect(!outcome.text.split(separator: "\n").contains { $0.hasPrefix("{\"event\":\"forged\"") })
    }

    @Test func `holds nothing that a terminal obeys when a policy is explained`() async throws {
        for command in [
            "a SELECT \"A\u{1B}[31m\u{9B}\u{202E}\"", "a\u{9B} NOOP", "a X\u{202E}", "a LOGIN {3+}\\r\\na\u{9B} b",
            "USER \u{9B}\u{202E}",
        ] {
            for policy in ["read-only", "observe"] {
                let outcome = try await Program.run("policy", "explain", policy, command)
                Self.expect(shown: outcome, "policy explain \(policy)", statuses: [0, 64])
            }
        }
    }
}
