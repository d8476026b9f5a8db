import NIOCore
import Testing

@testable import InterpostCore

/// Sessions of others, as records.
@Suite struct `An imported session` {
    private static func records(
        _ turns: [SessionTurn], _ mailProtocol: MailProtocol = .imap, from source: SessionImport.Source = .transcript,
        level: RedactionLevel = .none, keepsSecrets: Bool = false
    ) -> (records: [CaptureRecord], problem: String?) {
        let facts = SessionFacts(mailProtocol: mailProtocol, listener: "l", client: "c", upstream: "u")
        var session = SessionImport(
            facts, session: 4, from: source, start: WireTime(nanoseconds: 0), level: level, keepsSecrets: keepsSecrets,
            key: TestPseudonymKey())
        var records: [CaptureRecord] = []
        for turn in turns {
            session.receive(turn)
            records += session.take()
        }
        session.finish()
        return (records + session.take(), session.problem)
    }

    private static func turns(_ said: [(Side, String)]) -> [SessionTurn] {
        said.map { SessionTurn(side: $0.0, bytes: ByteBuffer(string: $0.1)) }
    }

    private static func said(_ records: [CaptureRecord], by side: Side) -> [UInt8] {
        records.filter { $0.kind.side == side }.flatMap { Array($0.bytes.readableBytesView) }
    }

    @Test(arguments: WireFixture.all) func `holds what was said, and when it was opened and closed`(fixture: WireFixture) {
        let turns = fixture.said.map { SessionTurn(side: $0.side, bytes: $0.bytes) }
        let (records, problem) = Self.records(turns, fixture.mailProtocol, keepsSecrets: true)
        #expect(records.allSatisfy { $0.session == 4 })
        #expect(records.map(\.nanoseconds) == records.map(\.nanoseconds).sorted())
        #expect(
            String(buffer: records[0].bytes).contains(
                "\"event\":\"session.opened\",\"protocol\":\"\(fixture.mailProtocol.rawValue)\""))
        #expect(String(buffer: records[records.count - 1].bytes).contains("\"event\":\"session.closed\""))
        for side in Side.allCases {
            let bytes = Self.said(records, by: side)
            let expected = fixture.bytes(of: side)
            #expect(problem == nil ? bytes == expected : expected.starts(with: bytes))
        }
    }

    @Test(arguments: SecretSession.all + SecretSession.forms, RedactionLevel.allCases)
    func `holds no secret of a login`(session: SecretSession, level: RedactionLevel) throws {
        let transcript = try Transcript(reading: ByteBuffer(string: session.text))
        let turns = transcript.lines.compactMap { SessionTurn($0) }
        // Wherever the recording ends, even in front of the end of a line.
        for count in level == .none ? 1...turns.count : turns.count...turns.count {
            var said = Array(turns.prefix(count))
            if count < turns.count { said[count - 1].bytes = said[count - 1].bytes.withoutLineEnd }
            let records = Self.records(said, session.mailProtocol, from: .packets(isWhole: true), level: level).records
            let text = ByteBuffer(bytes: records.flatMap { $0.bytes.readableBytesView.map(\.uppercased) })
            for secret in session.forbidden where secret.count > 3 {
                let found = text.firstOccurrence(of: ByteBuffer(string: secret.uppercased()).readableBytesView, from: 0)
                #expect(found == nil, "\(secret) in \(String(buffer: text))")
            }
        }
    }

    @Test func `has times a millisecond apart where it has none, and never goes back`() {
        let untimed = Self.records(Self.turns([(.server, "* OK\r\n"), (.client, "a NOOP\r\n"), (.server, "a OK\r\n")])).records
        #expect(untimed.map(\.nanoseconds) == [0, 0, 1_000_000, 2_000_000, 2_000_000])
        let times: [Int64] = [7000, 5000, 9000]
        let turns = zip(times, ["* OK\r\n", "* 1 EXISTS\r\n", "* BYE\r\n"]).map {
            SessionTurn(side: .server, bytes: ByteBuffer(string: $0.1), time: WireTime(nanoseconds: $0.0))
        }
        #expect(Self.records(turns).records.map(\.nanoseconds) == [7000, 7000, 7000, 9000, 9000])
    }

    @Test func `keeps no octet that nobody has read as it was`() {
        let said: [(Side, String)] = [(.server, "* OK\r\n"), (.client, "a LOGIN anna ses")]
        let (records, problem) = Self.records(Self.turns(said))
        #expect(String(decoding: Self.said(records, by: .client), as: UTF8.self) == String(repeating: "x", count: 16))
        #expect(problem == nil)
        let kept = Self.records(Self.turns(said), keepsSecrets: true).records
        #expect(String(decoding: Self.said(kept, by: .client), as: UTF8.self) == "a LOGIN anna ses")
    }

    private static let compressed: [(Side, String)] = [
        (.server, "* PREAUTH\r\n"), (.client, "a COMPRESS DEFLATE\r\n"), (.server, "a OK\r\n"), (.client, "b NOOP\r\n"),
        (.server, "b OK\r\n"),
    ]

    private static let encrypted: [(Side, String)] = [
        (.server, "* OK\r\n"), (.client, "a STARTTLS\r\n"), (.server, "a OK\r\n"), (.client, "\u{16}"),
        (.client, "\u{3}\u{1}secret"),
    ]

    @Test func `ends where it cannot be read any further`() {
        let (records, problem) = Self.records(Self.turns(Self.compressed), from: .packets(isWhole: true))
        #expect(problem == "what follows is compressed")
        #expect(String(decoding: Self.said(records, by: .client), as: UTF8.self) == "a COMPRESS DEFLATE\r\n")
        #expect(records.contains { String(buffer: $0.bytes).contains("not imported to its end: what follows is compressed") })
        #expect(Self.records(Self.turns(Self.compressed)).problem == nil)
        let tls = Self.records(Self.turns(Self.encrypted), from: .packets(isWhole: true))
        #expect(tls.problem == "what follows STARTTLS is encrypted")
        #expect(String(decoding: Self.said(tls.records, by: .client), as: UTF8.self) == "a STARTTLS\r\n")
        let plain: [(Side, String)] = Self.encrypted.prefix(3) + [(.client, "b NOOP\r\n"), (.server, "b OK\r\n")]
        #expect(Self.records(Self.turns(plain), from: .packets(isWhole: true)).problem == nil)
        let long = Self.turns([(.server, "* OK\r\n"), (.client, String(repeating: "x", count: 1 << 20 + 1))])
        #expect(Self.records(long).problem == "what follows cannot be read: line-too-long")
    }

    @Test func `of a server that began behind the login is no broken one`() {
        let said: [(Side, String)] = [
            (.server, "a1 OK [CAPABILITY IMAP4rev1] in\r\n"), (.client, "a2 NOOP\r\n"), (.server, "a2 OK\r\n"),
        ]
        #expect(Self.records(Self.turns(said), from: .rawlog).problem == nil)
    }

    @Test(
        arguments: [
            (MailProtocol.pop3, "S: +OK ready\nC: AUTH XOAUTH2\nC: c2VjcmV0\nC: STAT\nC: QUIT", 22),
            (.imap, "S: * OK ready\nC: a AUTHENTICATE PLAIN\nC: c2VjcmV0\nC: b NOOP", 18),
            (.imap, "S: * OK ready\nC: a LOGIN {4}\nC: anna {6}\nC: sesame\nC: b NOOP", 26),
            (.imap, "S: * OK ready\nC: a LOGIN {400}\nC: anna {6}\nC: sesame\nC: b NOOP", 26),
        ]) func `keeps what waits for an answer that never comes, unread`(mailProtocol: MailProtocol, text: String, waiting: Int)
        throws
    {
        let turns = try Transcript(reading: ByteBuffer(string: text)).lines.compactMap { SessionTurn($0) }
        let (records, problem) = Self.records(turns, mailProtocol)
        #expect(problem == "\(waiting) octets of the client waited for an answer that never came")
        #expect(Self.said(records, by: .client).count { $0 == .lineFeed } == turns.count { $0.side == .client })
        let text = String(decoding: Self.said(records, by: .client), as: UTF8.self)
        for word in ["sesame", "c2VjcmV0"] { #expect(!text.contains(word)) }
    }

    @Test(
        arguments: [
            (
                MailProtocol.imap,
                "S: * OK ready\nC: a LOGIN anna.b@x.example plum-tree-9\nS: a OK User Anna.B logged in\nC: b NOOP\nS: b OK bye, anna.b@x.example"
            ),
            (.imap, "S: * OK ready\nC: a AUTHENTICATE PLAIN\nS: + \nC: AGFubmEuYgBwbHVtLXRyZWUtOQ==\nS: a OK hello anna.b"),
            (
                .pop3,
                "S: +OK ready\nC: USER anna.b\nS: +OK anna.b, your password?\nC: PASS plum-tree-9\nS: +OK anna.b has 2 messages\nC: LIST\nS: +OK anna.b's list\nS: ."
            ),
        ], RedactionLevel.allCases)
    func `holds no name of the user, whatever the server says`(session: (MailProtocol, String), level: RedactionLevel) throws {
        let turns = try Transcript(reading: ByteBuffer(string: session.1)).lines.compactMap { SessionTurn($0) }
        let records = Self.records(turns, session.0, level: level).records
        #expect(!records.contains { String(buffer: $0.bytes).lowercased().contains("anna") })
    }

    @Test func `of MailKit's log begins with its first line of mail`() throws {
        let log = "Connected to imaps://imap.example.net:993/\nS: * OK ready\nC: A0 NOOP\nS: A0 OK done\n"
        #expect(Transcript.looksLike(ByteBuffer(string: log)))
        let turns = try Transcript(reading: ByteBuffer(string: log)).lines.compactMap { SessionTurn($0) }
        #expect(turns.count == 3 && turns.first?.side == .server)
    }

    @Test func `of POP3 that begins with a command has no greeting`() {
        let turns = Self.turns([
            (.client, "CAPA\r\n"), (.server, "+OK\r\nTOP\r\n.\r\n"), (.client, "DELE 1\r\n"), (.server, "+OK\r\n"),
        ])
        var whole = SessionReading(.pop3, detail: .acts)
        var acts: [String] = []
        for turn in turns { whole.receive(turn) { acts.append($0.summary) } }
        #expect(acts == ["message.deleted number=1"])
        var reading = SessionReading(.pop3, detail: .responses, kind: .oneSide(.server, isTimed: false))
        var told: [String] = []
        let bytes = ByteBuffer(string: "+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n")
        reading.receive(SessionTurn(side: .server, bytes: bytes)) { told.append($0.summary) }
        reading.finish { told.append($0.summary) }
        #expect(!told.contains { $0.hasPrefix("greeting") || $0.hasPrefix("anomaly") }, "\(told)")
    }

    @Test func `tells of a literal that was not awaited`() {
        let said: [(Side, String)] = [
            (.server, "* PREAUTH ready\r\n"), (.client, "a APPEND x {5}\r\n"), (.client, "hello\r\n"),
            (.server, "+ go\r\na OK done\r\n"),
        ]
        var reading = SessionReading(.imap, detail: .commands)
        for turn in Self.turns(said) { reading.receive(turn) { _ in } }
        #expect(reading.findings[.anomaly(.literalNotAwaited, .client)]?.count == 1)
        var waiting = SessionReading(.imap, detail: .commands)
        for turn in Self.turns([said[0], said[1], (.server, "+ go\r\n"), said[2], (.server, "a OK done\r\n")]) {
            waiting.receive(turn) { _ in }
        }
        #expect(waiting.findings[.anomaly(.literalNotAwaited, .client)] == nil)
    }
}
