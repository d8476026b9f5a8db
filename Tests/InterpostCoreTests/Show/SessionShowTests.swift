import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Showing a session` {
    private static func show(
        _ transcript: String, _ mailProtocol: MailProtocol = .imap, filter: String = "", isFull: Bool = false
    ) throws -> [String] {
        var options = ShowOptions()
        options.isFull = isFull
        try options.filter.add(filter)
        let turns = try Transcript(reading: ByteBuffer(string: transcript)).lines.compactMap(SessionTurn.init)
        return lines(RecordedSession.records(turns, step: 1_000_000_000), mailProtocol, options)
    }

    private static func lines(
        _ records: [CaptureRecord], _ mailProtocol: MailProtocol = .imap, _ options: ShowOptions = ShowOptions(),
        redactor: EventRedactor? = nil
    ) -> [String] {
        var show = SessionShow(mailProtocol, options, redactor: redactor)
        var lines: [ShownLine] = []
        for record in records { lines += show.receive(record) }
        return (lines + show.finish()).map { "\($0.kind.rawValue) \($0.isContent ? "  " : "")\($0.text)" }
    }

    private static let session = """
        S: * PREAUTH ready
        C: a SELECT INBOX
        S: * 2 EXISTS
        S: a OK [READ-WRITE] done
        C: b FETCH 1 BODY[]
        C: c UID STORE 7 +FLAGS (\\Seen)
        S: * 1 FETCH (BODY[] {22}
        S: Subject: hi
        S:
        S: text x\\x07)
        S: b OK done
        S: * 3 EXISTS
        S: c NO not here
        C: d STATUS Work (MESSAGES)
        S: * STATUS Work (MESSAGES 3)
        S: d OK done
        S: * 4 EXISTS
        """

    @Test func `every line has its side, and messages are one`() throws {
        let lines = try Self.show(Self.session)
        #expect(lines.prefix(4) == ["S * PREAUTH ready", "C a SELECT INBOX", "S * 2 EXISTS", "S a OK [READ-WRITE] done"])
        #expect(lines[6...8] == ["S * 1 FETCH (BODY[] {22}", "S   … 22 octets: Subject: hi", "S )"])
        #expect(lines.last == "S * 4 EXISTS")
    }

    @Test func `messages are shown whole where that is asked for, without control characters`() throws {
        let lines = try Self.show(Self.session, isFull: true)
        #expect(lines[6...10] == ["S * 1 FETCH (BODY[] {22}", "S   Subject: hi", "S   ", "S   text x\u{FFFD}", "S )"])
    }

    static let filters: [(String, [String])] = [
        ("verb=SELECT", ["C a SELECT INBOX", "S * 2 EXISTS", "S a OK [READ-WRITE] done"]),
        ("verb=store", ["C c UID STORE 7 +FLAGS (\\Seen)", "S * 3 EXISTS", "S c NO not here"]),
        ("result=NO", ["C c UID STORE 7 +FLAGS (\\Seen)", "S * 3 EXISTS", "S c NO not here"]),
        ("verb=STATUS,SELECT from=client", ["C a SELECT INBOX", "C d STATUS Work (MESSAGES)"]),
        ("mailbox=W*", ["C d STATUS Work (MESSAGES)", "S * STATUS Work (MESSAGES 3)", "S d OK done"]),
        ("mailbox=inbox verb=SELECT", ["C a SELECT INBOX", "S * 2 EXISTS", "S a OK [READ-WRITE] done"]),
        ("verb!=FETCH,STORE,SELECT", ["C d STATUS Work (MESSAGES)", "S * STATUS Work (MESSAGES 3)", "S d OK done"]),
        ("time=1..2.5", ["C a SELECT INBOX", "S * 2 EXISTS"]), ("time=..0", ["S * PREAUTH ready"]),
        ("result=BAD", []), ("from=client time=12..", ["C d STATUS Work (MESSAGES)"]),
    ]

    @Test(arguments: filters) func `a filter chooses exchanges, and lines of them`(filter: String, lines: [String]) throws {
        #expect(try Self.show(Self.session, filter: filter) == lines)
    }

    @Test func `a command without an answer has no result`() throws {
        let lines = try Self.show("S: * OK hi\nC: a NOOP\nC: b LOGOUT\nS: * BYE", filter: "result=NONE")
        #expect(lines == ["C a NOOP", "C b LOGOUT"])
    }

    @Test func `POP3 is shown alike`() throws {
        let session =
            "S: +OK hi\nC: LIST\nC: RETR 1\nS: +OK\nS: 1 20\nS: .\nS: +OK\nS: Subject: x\nS:\nS: y\nS: .\nC: DELE 9\nS: -ERR none"
        #expect(
            try Self.show(session, .pop3, filter: "verb=RETR") == ["C RETR 1", "S +OK", "S   … 17 octets: Subject: x", "S ."])
        #expect(try Self.show(session, .pop3, filter: "result=-ERR") == ["C DELE 9", "S -ERR none"])
    }

    @Test(arguments: [
        ("verbs=NOOP", "verbs"), ("verb", nil), ("=x", ""), ("from=me", "me"), ("time=3", nil), ("time=5..1", nil),
        ("session=x", nil), ("verb=", nil),
    ]) func `what is no condition is told`(text: String, word: String?) {
        var filter = ShowFilter()
        let problem = #expect(throws: ShowFilter.Problem.self) { try filter.add(text) }
        #expect(problem?.word == word)
    }

    @Test func `what was edited stands beside what was said, in its place`() {
        func record(_ kind: CaptureRecord.Kind, _ text: String) -> CaptureRecord {
            CaptureRecord(kind, session: 1, nanoseconds: 0, bytes: ByteBuffer(string: text + "\r\n"))
        }
        let records = [
            record(.serverWithheld, "* OK [CAPABILITY IMAP4rev1] hi"),
            record(.serverAdded, "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi"),
            record(.clientWithheld, "a STARTTLS"), record(.serverAdded, "a OK begin"), record(.client, "b NOOP"),
            record(.server, "b OK"),
        ]
        #expect(Self.lines(records).map { $0.prefix(2) } == ["S-", "S+", "C-", "S+", "C ", "S "])
        var options = ShowOptions()
        options.view = .server
        #expect(Self.lines(records, .imap, options).map { $0.prefix(2) } == ["S-", "C ", "S "])
        options.view = .client
        #expect(Self.lines(records, .imap, options).map { $0.prefix(2) } == ["S+", "C-", "S+", "C ", "S "])
    }

    @Test(arguments: SecretSession.all + SecretSession.forms) func `secrets that were kept are not shown`(session: SecretSession)
        throws
    {
        let turns = try Transcript(reading: ByteBuffer(string: session.text)).lines.compactMap(SessionTurn.init)
        let redactor = EventRedactor(.none, key: TestPseudonymKey())
        let text = Self.lines(RecordedSession.records(turns), session.mailProtocol, redactor: redactor).joined(separator: "\n")
        for secret in session.forbidden where secret.count > 3 { #expect(!text.lowercased().contains(secret)) }
    }

    /// Without a filter nothing is lost, and nothing is said twice, wherever it is cut.
    @Test(arguments: WireFixture.all) func `shows each line once`(fixture: WireFixture) {
        var options = ShowOptions()
        options.isFull = true
        let records = RecordedSession.records(fixture.said.map { SessionTurn(side: $0.side, bytes: $0.bytes) })
        let lines = Self.lines(records, fixture.mailProtocol, options)
        let bytes = records.flatMap { record in
            record.bytes.readableBytesView.map {
                var piece = record
                piece.bytes = ByteBuffer(bytes: [$0])
                return piece
            }
        }
        #expect(Self.lines(bytes, fixture.mailProtocol, options) == lines)
    }
}
