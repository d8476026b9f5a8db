// Strategy: one capture of real clients before a real server, handed to the programs that its exports are for: tshark must
// find the commands and nothing to complain about, Python the messages that were delivered; and what is imported again must be what was
// exported.

import Foundation
import InterpostCore
import InterpostFiles
import InterpostProxy
import NIOCore
import Testing

@Suite struct `Exporting and importing captures` {
    private struct Recorded {
        let capture: String
        let letters: [Letter]
        let secrets: [String]
    }

    /// Sessions 1 and 2 fetch all mail over TLS, session 3 walks through IMAP behind STARTTLS.
    private static let recorded = Task {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let dovecot = try await Dovecot.shared()
        let capture = try Room("export").path("all.interpost")
        let relay = try await Relay(before: dovecot.door, arguments: ["--record", capture, "--dangerously-keep-secrets"])
        let account = try dovecot.account(awkward: false)
        let letters = Letter.assortment()
        try account.fill(letters)
        let room = try Room("fetch")
        try await room.run(
            "python3", Clients.script("fetch_all"), "\(relay.door.imaps)", "\(relay.door.pop3s)", relay.door.authority,
            account.name,
            account.password)
        let other = try dovecot.account(awkward: false)
        try other.fill(Letter.assortment())
        let visit = Visit(door: relay.door, account: other, room: room, largeLetter: dovecot.largeLetter)
        _ = try await visit.python("imap_tour", port: relay.door.imapPort(.startTLS), .startTLS)
        _ = try await relay.stop()
        return Recorded(capture: capture, letters: letters, secrets: account.secrets + other.secrets)
    }

    private static func export(_ capture: String, _ format: String, to path: String, _ arguments: [String] = []) async throws {
        let outcome = try await Program.run(all: ["export", capture, "--format", format, "--to", path] + arguments)
        guard outcome.code == 0 else { throw InteropFailure("export ended with \(outcome.code): \(outcome.errors)") }
    }

    private static func files(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private static func tshark(_ room: Room, _ file: String, _ filter: String, _ fields: [String]) async throws -> [String] {
        let checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
        let command = ["tshark", "-n", "-r", file] + checks + ["-Y", filter, "-T", "fields"] + fields.flatMap { ["-e", $0] }
        let (output, errors) = (room.path("fields"), room.path("complaints"))
        try? FileManager.default.removeItem(atPath: output)
        let child = try Child(command, environment: room.environment, output: output, errors: errors)
        let code = await child.exitCode(within: .seconds(60))
        guard code == 0 else {
            throw InteropFailure("tshark ended with \(code): \((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")")
        }
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    @Test(arguments: ["client", "server"]) func `gives Wireshark sessions that it can read`(view: String) async throws {
        let recorded = try await Self.recorded.value
        let room = try Room("tshark")
        let file = room.path("all.pcapng")
        try await Self.export(recorded.capture, "pcapng", to: file, ["--view", view])
        #expect(try Program.mode(of: file) == 0o600)
        let requests = try await Self.tshark(room, file, "imap.isrequest == 1", ["ip.src", "imap.request.command"])
        for command in ["LOGIN", "FETCH", "APPEND", "LOGOUT"] {
            #expect(requests.contains { $0.hasPrefix("10.0.0.1\t") && $0.uppercased().contains(command) }, "\(command)")
        }
        // Behind STARTTLS, too.
        #expect(requests.contains { $0.hasPrefix("10.0.0.3\t") && $0.uppercased().contains("SELECT") }, "\(requests)")
        let responses = try await Self.tshark(room, file, "imap.isrequest == 0", ["imap.response"])
        #expect(responses.contains { $0.contains(" OK ") })
        let subjects = try await Self.tshark(room, file, "imap && imf", ["imf.subject"])
        #expect(subjects.contains("1 plain") && subjects.contains("13 attachment"), "\(subjects)")
        let pop = try await Self.tshark(room, file, "pop", ["pop.request.command", "pop.response.indicator"])
        for word in ["USER", "PASS", "RETR", "QUIT", "+OK"] { #expect(pop.contains { $0.contains(word) }, "\(word)") }
        let complaints = try await Self.tshark(
            room, file, "_ws.malformed || tcp.checksum.status != 1 || ip.checksum.status != 1 || tcp.analysis.flags",
            ["frame.number", "_ws.expert.message"])
        #expect(complaints.isEmpty, "\(complaints.prefix(5))")
    }

    @Test func `gives the messages that were delivered`() async throws {
        let recorded = try await Self.recorded.value
        let room = try Room("messages")
        let folder = room.path("messages")
        try await Self.export(recorded.capture, "eml", to: folder, ["--session", "1", "2"])
        let names = try Self.files(in: folder)
        let stored = Letter(bytes: Data("Subject: stored\r\n\r\nFrom here on\r\n".utf8))
        let count = recorded.letters.count
        #expect(names.count == 2 * count + 2, "\(names)")
        #expect(names.first == "0001-s1-INBOX-uid1.eml")
        let read = try Letter.read(names.map { "\(folder)/\($0)" })
        #expect(Array(read.prefix(count)) == recorded.letters.map(\.wire))
        #expect(read.dropFirst(count).first == stored)
        #expect(Array(read.dropFirst(count + 1)) == recorded.letters.map(\.popWire) + [stored])
        #expect(try names.allSatisfy { try Program.mode(of: "\(folder)/\($0)") == 0o600 })

        let mbox = room.path("all.mbox")
        try await Self.export(recorded.capture, "mbox", to: mbox, ["--session", "1"])
        let messages = try await room.run("python3", Clients.script("read_mbox"), mbox).split(separator: "\n")
        let expected = recorded.letters.map(\.withLastLineEnded) + [Letter(bytes: Data("Subject: stored\n\nFrom here on\n".utf8))]
        #expect(messages.map { Letter(bytes: Data(base64Encoded: String($0)) ?? Data()) } == expected)
    }

    private static let mime = """
        From: =?utf-8?B?R3LDvMOfZSBhdXMgS8O2bG4=?= <anna@example.org>
        To: =?iso-8859-1?Q?Andr=E9?= Pirard <andre@example.org>
        Subject: =?UTF-8?Q?Caf=C3=A9_=E2=82=AC_100?= and more =?utf-8?B?4oKsIGV1cm8g8J+YgA==?=
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary="=_b1"

        --=_b1
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        Gr=C3=BC=C3=9Fe aus K=C3=B6ln, f=C3=BCr 100 =E2=82=AC, und eine Zeile, die so lang ist=
         dass sie weitergeht =F0=9F=98=80.
        --=_b1
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 8bit

        Grüße aus Köln, 100 €, 日本語, 😀
        --=_b1
        Content-Type: text/html; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable

        <p class=3D"x">Andr=E9 &eacute;</p>
        --=_b1
        Content-Type: application/pdf; name="Rechnung.pdf"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="Rechnung.pdf"

        JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0ZURlY29k
        ZT4+CnN0cmVhbQo=
        --=_b1--

        """

    /// What is redacted is a message as before: other texts in the same encodings.
    @Test(arguments: ["none", "headers", "bodies", "all"]) func `gives messages that decode after they were redacted`(
        level: String
    ) async throws {
        let room = try Room("decode")
        let message = Self.mime.replacing("\n", with: "\r\n")
        let turns = [
            "S: * PREAUTH ready", "C: a SELECT INBOX", "S: a OK done", "C: b FETCH 1 BODY[]",
            "S: * 1 FETCH (BODY[] {\(message.utf8.count)}",
        ]
        let transcript = try room.write(
            turns.map { $0 + "\n" }.joined()
                + Self.mime.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .map { "S: \($0)\n" }.joined() + "S: )\nS: b OK done\n", to: "mime.imap")
        let (capture, copy, folder) = (room.path("mime.interpost"), room.path("copy.interpost"), room.path("messages"))
        for arguments in [
            ["import", transcript, "--to", capture], ["redact", capture, copy, "--level", level],
            ["export", copy, "--format", "eml", "--to", folder],
        ] {
            let outcome = try await Program.run(all: arguments)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        let names = try Self.files(in: folder)
        #expect(names.count == 1)
        let text = try await room.run(["python3", Clients.script("decode_strictly")] + names.map { "\(folder)/\($0)" })
        #expect(text.isEmpty)
        let exported = try String(contentsOfFile: "\(folder)/\(names[0])", encoding: .utf8)
        #expect(exported.utf8.count == message.utf8.count && exported.contains("Köln") == ["none", "headers"].contains(level))
    }

    @Test func `gives events as they are read`() async throws {
        let recorded = try await Self.recorded.value
        let file = try Room("events").path("events.json")
        try await Self.export(recorded.capture, "json", to: file)
        let read = try await Program.run("read", recorded.capture, "--detail", "responses")
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == read.output)
        let piped = try await Program.run("export", recorded.capture, "--format", "json", "--to", "-")
        #expect(piped.output == read.output)
    }

    /// Transcripts of sessions 1 and 2.
    private static func transcripts(_ capture: String, in room: Room, _ name: String) async throws -> [Data] {
        let folder = room.path(name)
        try await export(capture, "transcript", to: folder + "/", ["--session", "1", "2"])
        return try files(in: folder).map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
    }

    @Test(arguments: ["pcapng", "rawlog", "transcript"]) func `imports what it exports`(format: String) async throws {
        let recorded = try await Self.recorded.value
        let room = try Room("import")
        let (exported, imported) = (room.path("exported"), room.path("imported.interpost"))
        let target = format == "transcript" ? exported + "/" : exported
        try await Self.export(recorded.capture, format, to: target, ["--session", "1", "2"])
        let outcome = try await Program.run("import", exported, "--to", imported, "--dangerously-keep-secrets")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try Program.mode(of: imported) == 0o600)
        #expect(try await Self.transcripts(imported, in: room, "after") == Self.transcripts(recorded.capture, in: room, "before"))
    }

    @Test func `imports no password, and nothing over what is there`() async throws {
        let recorded = try await Self.recorded.value
        let room = try Room("import")
        let (exported, imported) = (room.path("all.pcapng"), room.path("imported.interpost"))
        try await Self.export(recorded.capture, "pcapng", to: exported)
        let again = try await Program.run("export", recorded.capture, "--format", "pcapng", "--to", exported)
        #expect(again.code != 0 && again.errors.contains("exists: give --force"))
        for arguments in [[], ["--append"]] {
            let outcome = try await Program.run(all: ["import", exported, "--to", imported] + arguments)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        let refused = try await Program.run("import", exported, "--to", imported)
        #expect(refused.code != 0 && refused.errors.contains("exists: give --append"))
        let reader = try CaptureReader(imported)
        var (text, sessions) = ("", Set<Int>())
        while let record = try reader.next() {
            text += String(buffer: record.bytes)
            sessions.insert(record.session)
        }
        // The one behind STARTTLS is two connections.
        #expect(sessions == Set(0...8))
        for secret in recorded.secrets { #expect(!text.contains(secret)) }
    }

    @Test func `imports sessions as fixtures, without their secrets`() async throws {
        let room = try Room("fixture")
        let folder = try room.directory("sessions")
        for name in ["a", "b"] {
            try room.write("S: * OK hi\nC: \(name) LOGIN anna sesame\nS: \(name) OK in\n", to: "sessions/\(name).imap")
        }
        let fixture = room.path("login.imap")
        let outcome = try await Program.run("import", "\(folder)/a.imap", "--as-fixture", "--to", fixture)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try Program.mode(of: fixture) == 0o600)
        let text = try String(contentsOfFile: fixture, encoding: .utf8)
        #expect(text.contains("S: * OK hi\n= greeting result=ok text=hi\nC: a LOGIN user-"))
        #expect(text.contains(" method=LOGIN succeeded=true\n") && !text.contains("sesame"))
        let piped = try await Program.run("import", fixture, "--as-fixture", "--to", "-", "--dangerously-keep-secrets")
        #expect(piped.text == text)
        let all = try await Program.run("import", folder, "--as-fixture", "--to", room.path("fixtures/"))
        #expect(all.code == 0 && all.errors.contains("2 sessions in"), "\(all.errors)")
        #expect(try Self.files(in: room.path("fixtures")) == ["0001.imap", "0002.imap"])
        for (arguments, words) in [
            ([folder, "--as-fixture", "--to", room.path("one.imap")], "more than one session: give a folder"),
            ([folder, "--as-fixture", "--to", fixture], "exists: choose another name"),
            ([folder, "--as-fixture", "--append", "--to", fixture], "--append is for captures"),
        ] {
            let refused = try await Program.run(all: ["import"] + arguments)
            #expect(refused.code != 0 && refused.errors.contains(words), "\(refused.errors)")
        }
    }

    @Test func `says what is encrypted, and what is nothing`() async throws {
        let room = try Room("import")
        let notes = try room.write("hello\n", to: "notes.md")
        let outcome = try await Program.run("import", notes, "--to", room.path("none.interpost"))
        #expect(outcome.code == 2 && outcome.errors.contains("is neither a C:/S: transcript"))
        let wrong = try await Program.run("export", notes, "--format", "json", "--to", "-")
        #expect(wrong.code != 0 && wrong.errors.contains("is not a capture of Interpost; interpost import makes one"))
        let folderless = try await Program.run("export", notes, "--format", "eml", "--to", "-")
        #expect(folderless.code != 0 && folderless.errors.contains("give a folder with --to"))
    }
}
