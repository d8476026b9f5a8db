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

    @Test(arguments: SecretSession.all, RedactionLevel.allCases)
    func `holds no secret of a login`(session: SecretSession, level: RedactionLevel) throws {
        let transcript = try Transcript(reading: ByteBuffer(string: session.text))
        let turns = transcript.lines.compactMap { SessionTurn($0) }
        // Wherever the recording ends, even in front of the end of a line.
        for count in level == .none ? 1...turns.count : turns.count...turns.count {
            var said = Array(turns.prefix(count))
            if count < turns.count { said[count - 1].bytes = said[count - 1].bytes.withoutLineEnd }
            let records = Self.records(said, session.mailProtocol, from: .packets, level: level).records
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
        let (records, problem) = Self.records(Self.turns(Self.compressed), from: .packets)
        #expect(problem == "what follows is compressed")
        #expect(String(decoding: Self.said(records, by: .client), as: UTF8.self) == "a COMPRESS DEFLATE\r\n")
        #expect(records.contains { String(buffer: $0.bytes).contains("not imported to its end: what follows is compressed") })
        #expect(Self.records(Self.turns(Self.compressed)).problem == nil)
        let tls = Self.records(Self.turns(Self.encrypted), from: .packets)
        #expect(tls.problem == "what follows STARTTLS is encrypted")
        #expect(String(decoding: Self.said(tls.records, by: .client), as: UTF8.self) == "a STARTTLS\r\n")
        let plain: [(Side, String)] = Self.encrypted.prefix(3) + [(.client, "b NOOP\r\n"), (.server, "b OK\r\n")]
        #expect(Self.records(Self.turns(plain), from: .packets).problem == nil)
        let long = Self.turns([(.server, "* OK\r\n"), (.client, String(repeating: "x", count: 1 << 20 + 1))])
        #expect(Self.records(long).problem == "what follows cannot be read: line-too-long")
    }

    @Test func `of a server that began behind the login is no broken one`() {
        let said: [(Side, String)] = [
            (.server, "a1 OK [CAPABILITY IMAP4rev1] in\r\n"), (.client, "a2 NOOP\r\n"), (.server, "a2 OK\r\n"),
        ]
        #expect(Self.records(Self.turns(said), from: .rawlog).problem == nil)
    }
}
