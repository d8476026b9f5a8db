import NIOCore
import Testing

@testable import InterpostCore

/// Files with sessions: what they are, and what was said in them.
@Suite struct `A file with a session` {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var form: SessionForm?
        var testDescription: String { "\(name): \(text.debugDescription)" }

        init(_ name: String, _ text: String, _ kind: SessionForm.Kind?, _ mailProtocol: MailProtocol = .imap) {
            self.name = name
            self.text = text
            form = kind.map { SessionForm(kind: $0, mailProtocol: mailProtocol) }
        }
    }

    @Test(arguments: [
        Example("a.imap", "# hello\nS: * OK\n", .transcript), Example("a.txt", "C: a NOOP\n", .transcript),
        Example("a.txt", "S: +OK\n", .transcript, .pop3), Example("a.pop3", "S: what\n", .transcript, .pop3),
        Example("a.txt", "S: what\n", nil), Example("a.in", "a NOOP\r\n", .rawlog(.client)),
        Example("a.out", "* OK\r\n", .rawlog(.server)), Example("a.out", "1700000000.123456 +OK\r\n", .rawlog(.server), .pop3),
        Example("a.out", "C: a NOOP\n", .transcript), Example("a.bin", "* OK ready\r\n", .oneSide(.server, isTimed: false)),
        Example("a.bin", "* 12 FETCH (UID 3)\r\n", .oneSide(.server, isTimed: false)),
        Example("a.bin", "* list of things\r\n", nil), Example("README.md", "* LIST\n* two", .oneSide(.server, isTimed: false)),
        Example("a.bin", "a1 OK done\r\n", .oneSide(.server, isTimed: false)),
        Example("a.bin", "-ERR\r\n", .oneSide(.server, isTimed: false), .pop3),
        Example("a.bin", "+OKAY\r\n", nil), Example("a.bin", "a1 uid fetch 1 FLAGS\r\n", .oneSide(.client, isTimed: false)),
        Example("a.bin", "USER fred\r\n", .oneSide(.client, isTimed: false), .pop3),
        Example("a.bin", "1700000000.123456 * OK\r\n", .oneSide(.server, isTimed: true)),
        Example("a.bin", "what is this\n", nil), Example("a.imap", "what is this\n", nil), Example("a.bin", "", nil),
    ])
    func `is told from its name and beginning`(example: Example) {
        let form = try? SessionForm(fileName: example.name, head: ByteBuffer(string: example.text))
        #expect(form == example.form)
    }

    @Test func `is what the user says`() throws {
        let odd = ByteBuffer(string: "odd\r\n* OK\r\n")
        let server = try SessionForm(fileName: "a.bin", head: odd, side: .server)
        #expect(server == SessionForm(kind: .oneSide(.server, isTimed: false), mailProtocol: .imap))
        let pop3 = try SessionForm(fileName: "a.imap", head: odd, side: .client, mailProtocol: .pop3)
        #expect(pop3 == SessionForm(kind: .oneSide(.client, isTimed: false), mailProtocol: .pop3))
        let undecided = #expect(throws: SessionForm.Undecided.self) {
            try SessionForm(fileName: "a.bin", head: odd, side: .client)
        }
        #expect(undecided?.advice == "give --protocol imap or --protocol pop3")
    }

    @Test func `of the other half of a rawlog has the other ending`() {
        #expect(SessionForm.partner(of: "x/a.in") == "x/a.out")
        #expect(SessionForm.partner(of: "x/a.out") == "x/a.in")
        #expect(SessionForm.partner(of: "x/a.bin") == nil)
        #expect(SessionForm.half(of: "a.in") == .client)
    }

    // MARK: - Decoding

    private static func turns(_ text: String, _ kind: SessionForm.Kind, cut: Int) throws -> [SessionTurn] {
        var decoder = try #require(SessionDecoder(kind))
        var rest = ByteBuffer(string: text)
        var turns: [SessionTurn] = []
        for length in [cut, rest.readableBytes - cut] {
            decoder.receive(rest.readSlice(length: length) ?? ByteBuffer())
            while let turn = try decoder.next() { turns.append(turn) }
        }
        decoder.finish()
        while let turn = try decoder.next() { turns.append(turn) }
        return turns
    }

    @Test func `is read in pieces as in one`() throws {
        let text = "# one\nS: * OK\nC: a LOGIN {3}\nC: \\x00\\xFFx\\\n= nothing\nC: b"
        for cut in 0...text.utf8.count {
            let turns = try Self.turns(text, .transcript, cut: cut)
            #expect(turns.map { String(buffer: $0.bytes) }.first == "* OK\r\n")
            #expect(turns.map(\.bytes.readableBytes) == [6, 13, 3, 3])
            #expect(turns.map(\.origin.offset) == [6, 14, 29, 53])
            #expect(turns.map(\.origin.line) == [2, 3, 4, 6])
        }
        let log = "1700000000.000001 * OK\r\n1700000001.000000 a \r\nno time\r\nend"
        for cut in 0...log.utf8.count {
            let turns = try Self.turns(log, .oneSide(.server, isTimed: true), cut: cut)
            #expect(turns.map { String(buffer: $0.bytes) } == ["* OK\r\n", "a \r\n", "no time\r\n", "end"])
            #expect(turns.map(\.origin.offset) == [18, 42, 46, 55])
            let seconds: [Int64] = turns.map { $0.time.nanoseconds / 1_000_000_000 }
            #expect(seconds == [1_700_000_000, 1_700_000_001, 1_700_000_001, 1_700_000_001])
        }
    }

    @Test func `of bytes gives them as they come`() throws {
        let turns = try Self.turns("* OK\r\n", .oneSide(.server, isTimed: false), cut: 4)
        #expect(turns.map { String(buffer: $0.bytes) } == ["* OK", "\r\n"])
        #expect(turns.map(\.origin.offset) == [0, 4])
    }

    @Test func `that is a transcript has lines of bounded length`() {
        var reader = TranscriptReader()
        reader.receive(ByteBuffer(repeating: UInt8(ascii: "#"), count: TranscriptReader.maximumLine))
        #expect(throws: Never.self) { try reader.next() }
        reader.receive(ByteBuffer(string: "#"))
        #expect(throws: Transcript.SyntaxError.self) { try reader.next() }
    }

    // MARK: - Rawlogs

    private static func rawlog(_ client: String, _ server: String) -> [String] {
        func bytes(_ text: String) -> ByteBuffer { ByteBuffer(string: text.split(separator: "|").map { $0 + "\r\n" }.joined()) }
        return Rawlog.turns(client: bytes(client), server: bytes(server)).map { turn in
            (turn.side == .client ? "C:" : "S:") + String(buffer: turn.bytes.withoutLineEnd)
        }
    }

    @Test func `without times puts each answer behind its command`() {
        #expect(
            Self.rawlog(
                "a1 NOOP|a10 LOGIN {3}|foo|a11 IDLE|DONE|a12 LOGOUT",
                "* OK|* 1 EXISTS|a1 OK|+ go|a10 OK|+ idle|a11 OK|* BYE|a12 OK")
                == [
                    "S:* OK", "C:a1 NOOP", "S:* 1 EXISTS", "S:a1 OK", "C:a10 LOGIN {3}", "S:+ go", "C:foo", "C:a11 IDLE",
                    "S:a10 OK",
                    "S:+ idle", "C:DONE", "C:a12 LOGOUT", "S:a11 OK", "S:* BYE", "S:a12 OK",
                ])
        #expect(
            Self.rawlog("a AUTHENTICATE LOGIN|dXNlcg==|cGFzcw==|b NOOP", "* OK|+ VXNl|+ UGFz|a OK|b OK")
                == [
                    "S:* OK", "C:a AUTHENTICATE LOGIN", "S:+ VXNl", "C:dXNlcg==", "S:+ UGFz", "C:cGFzcw==", "C:b NOOP", "S:a OK",
                    "S:b OK",
                ])
        #expect(
            Self.rawlog("LIST|QUIT", "+OK|+OK 1|1 120|.|+OK bye")
                == ["S:+OK", "C:LIST", "S:+OK 1", "C:QUIT", "S:1 120", "S:.", "S:+OK bye"])
    }

    @Test func `with times is ordered by them, the client first`() {
        let client = "1700000001.000000 a NOOP|1700000003.000000 b NOOP"
        let server = "1700000000.000000 * OK|1700000001.000000 a OK|1700000004.000000 b OK"
        #expect(Self.rawlog(client, server) == ["S:* OK", "C:a NOOP", "S:a OK", "C:b NOOP", "S:b OK"])
    }

    @Test func `has places in its own half`() {
        var reading = SessionReading(.imap, detail: .responses, files: ("s.in", "s.out"))
        let client = ByteBuffer(string: "1700000001.000000 a NOOP\r\n1700000003.000000 oops\r\n")
        let server = ByteBuffer(string: "1700000000.000000 * OK\r\n1700000002.000000 a OK\r\n1700000004.000000 b OK\r\n")
        for turn in Rawlog.turns(client: client, server: server) { reading.receive(turn) { _ in } }
        reading.finish { _ in }
        #expect(reading.findings[.anomaly(.notACommand, .client)]?.places.map(\.description) == ["s.in@44"])
        #expect(reading.findings[.anomaly(.unexpectedTag, .server)]?.places.map(\.description) == ["s.out@66"])
    }

    @Test func `whose client goes on without an answer is not gathered for ever`() {
        var reading = SessionReading(.imap, detail: .responses, limits: WireLimits(lineLength: 1000, unreadOctets: 1000))
        var told: [String] = []
        let line = ByteBuffer(string: String(repeating: "x", count: 98) + "\r\n")
        reading.receive(SessionTurn(side: .client, bytes: ByteBuffer(string: "a LOGIN {5}\r\n"))) { told.append($0.summary) }
        for _ in 0..<10 { reading.receive(SessionTurn(side: .client, bytes: line)) { told.append($0.summary) } }
        #expect(reading.findings[.anomaly(.literalNotAwaited, .client)]?.count == 1 && reading.findings.count(of: .anomaly) == 1)
        reading.receive(SessionTurn(side: .client, bytes: line)) { told.append($0.summary) }
        #expect(reading.findings[.anomaly(.tooMuchUnread, .client)]?.count == 1)
        #expect(told.last?.hasPrefix("anomaly kind=too-much-unread side=client offset=13") == true)
        reading.finish { _ in }
        #expect(reading.unreadOctets == 0)
    }

    private static func told(
        _ form: SessionForm.Kind, _ turns: [(Side, String)], _ mailProtocol: MailProtocol = .imap, isOfServer: Bool = false
    ) -> (events: [String], end: String?) {
        var reading = SessionReading(
            mailProtocol, detail: .responses, kind: form, isOfServer: isOfServer, files: ("a.in", "a.out"))
        var events: [String] = []
        for (side, text) in turns {
            reading.receive(SessionTurn(side: side, bytes: ByteBuffer(string: text))) { events.append($0.summary) }
        }
        reading.finish { events.append($0.summary) }
        return (events, reading.whereReadingEnds.map { "\($0.place): \($0.reason)" })
    }

    @Test func `that a server wrote down may begin with its answer to the login`() {
        let turns: [(Side, String)] = [
            (.server, "* CAPABILITY IMAP4rev1 IDLE\r\n3 OK Logged in\r\n"), (.client, "4 SELECT INBOX\r\n"),
            (.server, "* 2 EXISTS\r\n4 OK [READ-WRITE] done\r\n"),
        ]
        let events = Self.told(.rawlog(.client), turns).events
        #expect(!events.contains { $0.hasPrefix("anomaly") }, "\(events)")
        #expect(events.contains { $0.hasPrefix("capabilities phase=after-login") })
        #expect(events.contains { $0.hasPrefix("mailbox.selected mailbox=INBOX") })
        #expect(Self.told(.transcript, turns).events.contains { $0.contains("greeting-missing") })
    }

    @Test func `that is one reply of a POP3 server is read as one`() {
        let reply = ["+OK 2 messages\r\n", "1 120\r\n", "2 200\r\n", ".\r\n"].map { (Side.server, $0) }
        #expect(
            Self.told(.transcript, reply, .pop3, isOfServer: true).events == [
                "completion result=+OK text=\"[10 octets]\" untagged=0 octets=14"
            ])
        #expect(Transcript.isOfServer(ByteBuffer(string: "# one\nS: +OK\nS: .\n")))
        #expect(!Transcript.isOfServer(ByteBuffer(string: "S: +OK\nC: LIST\n")))
        let session = [(.server, "+OK ready\r\n"), (.client, "LIST\r\n")] + reply
        let events = Self.told(.transcript, session, .pop3).events
        #expect(events.first?.hasPrefix("greeting result=ok") == true, "\(events)")
        #expect(events.contains { $0.hasPrefix("completion name=LIST result=+OK") }, "\(events)")
        #expect(!events.contains { $0.hasPrefix("anomaly") }, "\(events)")
    }

    @Test func `that holds what was on the wire is not read behind COMPRESS`() {
        let turns: [(Side, String)] = [
            (.server, "* PREAUTH ready\r\n"), (.client, "a COMPRESS DEFLATE\r\n"), (.server, "a OK go\r\n"),
            (.client, "\u{1}\u{2} NOOP\r\n"), (.server, "\u{3}\r\n"),
        ]
        let (events, end) = Self.told(.rawlog(.client), turns)
        #expect(events.last == "compressed", "\(events)")
        #expect(end?.hasPrefix("a.out@") == true && end?.hasSuffix(": what follows is compressed") == true)
        #expect(Self.told(.transcript, turns).end == nil)
    }

    @Test func `that is a transcript may begin with a byte order mark, and has octets in two digits`() throws {
        #expect(Transcript.looksLike(ByteBuffer(string: "\u{FEFF}S: * OK\n")))
        #expect(try Self.turns("\u{FEFF}S: * OK\\x5C\n", .transcript, cut: 0).map { String(buffer: $0.bytes) } == ["* OK\\\r\n"])
        for text in ["C: \\xZZ\n", "C: a\\x1\n", "C: \\x+1\n"] {
            #expect(throws: Transcript.SyntaxError.self) { try Self.turns("S: +OK\n" + text, .transcript, cut: 0) }
        }
    }
}
