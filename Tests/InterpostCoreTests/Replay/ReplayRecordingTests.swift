import NIOCore
import Testing

@testable import InterpostCore

/// What is made of a session's records.
@Suite struct ReplayRecordingTests {
    private static func session(_ records: [(CaptureRecord.Kind, String)]) -> RecordedSession {
        RecordedSession(
            .imap,
            records: records.enumerated().map { index, record in
                CaptureRecord(record.0, session: 1, nanoseconds: Int64(index), bytes: ByteBuffer(string: record.1 + "\r\n"))
            })
    }

    @Test func `the server's view is what counts`() {
        let session = Self.session([
            (.header, "{}"), (.serverWithheld, "* OK [CAPABILITY IMAP4rev1] hi"),
            (.serverAdded, "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi"), (.clientWithheld, "a STARTTLS"),
            (.serverAdded, "a OK begin TLS now"), (.event, "{}"), (.client, "b LOGIN anna sesame"), (.server, "b OK in"),
        ])
        #expect(session.exchanges.map(\.shown) == ["LOGIN anna [redacted]"])
        #expect(session.opening.count == 1)
        let player = ReplayPlayer(session)
        #expect(player.hears == "* OK [CAPABILITY IMAP4rev1] hi|")
    }

    @Test func `a STARTTLS that Interpost did itself is left out`() {
        let session = Self.session([
            (.clientAdded, "interpost STARTTLS"), (.server, "* OK hi"), (.client, "a NOOP"), (.server, "a OK done"),
        ])
        #expect(session.exchanges.map(\.shown) == ["NOOP"])
        #expect(session.exchanges[0].isComplete)
    }

    @Test func `a STARTTLS that both sides did is left out`() {
        let session = Self.session([
            (.server, "* OK hi"), (.client, "a STARTTLS"), (.server, "a OK go"), (.client, "b NOOP"), (.server, "b OK done"),
        ])
        #expect(session.exchanges.map(\.shown) == ["NOOP"])
        var player = ReplayPlayer(session)
        #expect(player.says("1 NOOP|") == "1 OK done|")
    }

    @Test func `untagged data belongs to the command that is completed next, or to the place`() throws {
        let session = try RecordedSession(
            transcript: """
                S: * PREAUTH hi
                S: * 1 EXISTS
                C: a LIST "" *
                S: * LIST () "/" one
                C: b NOOP
                S: b OK done
                S: a OK done
                S: * 2 EXISTS
                C: c NOOP
                """)
        #expect(session.opening.count == 2)
        #expect(session.exchanges.map { $0.turns[0].said.count } == [1, 2, 0])
        #expect(session.exchanges.map(\.afterwards.count) == [0, 1, 0])
        #expect(session.exchanges.map(\.isComplete) == [true, true, false])
    }

    @Test func `another session of the same server adds what it has`() throws {
        var session = try RecordedSession(transcript: "S: * PREAUTH hi\nC: a LIST \"\" x\nS: a OK x\n")
        session.join(try RecordedSession(transcript: "S: * PREAUTH ho\nC: a LIST \"\" y\nS: a OK y\n"))
        var player = ReplayPlayer(session, ReplayOptions(.state))
        #expect(player.says("1 LIST \"\" y|2 LIST \"\" x|") == "1 OK y|2 OK x|")
    }

    @Test func `the protocol shows`() {
        func records(_ text: String) -> [CaptureRecord] {
            [CaptureRecord(.server, session: 1, nanoseconds: 0, bytes: ByteBuffer(string: text))]
        }
        #expect(RecordedSession.mailProtocol(of: records("* OK hi\r\n")) == .imap)
        #expect(RecordedSession.mailProtocol(of: records("+OK hi\r\n")) == .pop3)
        #expect(RecordedSession.mailProtocol(of: records("220 hi\r\n")) == nil)
    }

    @Test func `a recording that could not be read says so`() throws {
        let session = try RecordedSession(.pop3, transcript: "S: +OK\nC: COMPRESS DEFLATE\nS: +OK\nS: \\x00\n")
        #expect(session.isCutShort)
        #expect(session.exchanges.count == 1)
    }
}
