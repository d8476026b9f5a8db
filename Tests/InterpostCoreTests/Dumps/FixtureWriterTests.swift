import NIOCore
import Testing

@testable import InterpostCore

/// Sessions that are written as fixtures are put to the tests of fixtures.
@Suite struct `A written fixture` {
    /// The session as `interpost import --as-fixture` writes it.
    private static func text(
        _ turns: [SessionTurn], _ mailProtocol: MailProtocol, level: RedactionLevel = .none, keepsSecrets: Bool = false
    ) -> ByteBuffer {
        var session = SessionImport(
            SessionFacts(mailProtocol: mailProtocol, listener: "l", client: "c", upstream: "u"), session: 1, from: .transcript,
            start: WireTime(nanoseconds: 0), level: level, keepsSecrets: keepsSecrets, key: TestPseudonymKey())
        var (writer, text) = (FixtureWriter(mailProtocol), ByteBuffer())
        for turn in turns { session.receive(turn) }
        session.finish()
        for record in session.take() {
            if let side = record.kind.side { writer.write(SessionTurn(side: side, bytes: record.bytes), to: &text) }
        }
        writer.finish(to: &text)
        return text
    }

    private static func fixture(_ name: String, _ mailProtocol: MailProtocol, _ text: ByteBuffer) throws -> WireFixture {
        WireFixture(testDescription: name, mailProtocol: mailProtocol, transcript: try Transcript(reading: text))
    }

    private static func turns(_ fixture: WireFixture) -> [SessionTurn] {
        fixture.said.map { SessionTurn(side: $0.side, bytes: $0.bytes) }
    }

    /// `greeting`, `command`, … in their order, without `state`.
    private static func names(_ fixture: WireFixture) -> [Substring] {
        fixture.transcript.lines.compactMap { line in
            guard case .expect(let text) = line.step else { return nil }
            return text.hasPrefix("state ") ? nil : text.prefix { $0 != " " }
        }
    }

    @Test(arguments: WireFixture.all) func `passes the tests of fixtures, and expects what the first one does`(
        original: WireFixture
    ) throws {
        let written = try Self.fixture(
            original.testDescription, original.mailProtocol,
            Self.text(Self.turns(original), original.mailProtocol, keepsSecrets: true))
        WireFixtureTests().`the events are as written`(fixture: written)
        let isWhole = Side.allCases.allSatisfy { written.bytes(of: $0) == original.bytes(of: $0) }
        guard isWhole, original.detail == .commands else { return }
        #expect(Self.names(written) == Self.names(original))
    }

    @Test(arguments: SecretSession.all, [RedactionLevel.none, .all])
    func `passes the tests of fixtures without its secrets`(session: SecretSession, level: RedactionLevel) throws {
        let transcript = try Transcript(reading: ByteBuffer(string: session.text))
        let text = Self.text(transcript.lines.compactMap { SessionTurn($0) }, session.mailProtocol, level: level)
        let written = try Self.fixture("secrets", session.mailProtocol, text)
        WireFixtureTests().`the events are as written`(fixture: written)
        WireFixtureTests().`the bytes come out as they went in, one at a time`(fixture: written)
        let folded = ByteBuffer(bytes: text.readableBytesView.map(\.uppercased))
        for secret in session.forbidden where secret.count > 3 {
            #expect(
                folded.firstOccurrence(of: ByteBuffer(string: secret.uppercased()).readableBytesView, from: 0) == nil, "\(secret)"
            )
        }
    }

    @Test func `has each line with the events that come of it`() {
        let said: [(Side, String)] = [
            (.server, "* OK rea"), (.server, "dy\r\n"), (.client, "a LOGIN anna sesame\r\n"), (.server, "a OK in\r\n"),
            (.client, "b NO"),
        ]
        let text = Self.text(said.map { SessionTurn(side: $0.0, bytes: ByteBuffer(string: $0.1)) }, .imap)
        let user = "user-" + String(String(buffer: text).split(separator: "user-")[1].prefix { $0.isLetter })
        let expected = """
            S: * OK ready
            = greeting result=ok text=ready
            C: a LOGIN \(user) xxxxxxxx
            = command tag=a name=LOGIN arguments="\(user) [redacted]"
            S: a OK in
            = completion tag=a name=LOGIN arguments="\(user) [redacted]" result=OK text=in untagged=0 octets=0
            = login user=\(user) method=LOGIN succeeded=true
            C: xxxx\\

            """
        #expect(String(buffer: text).split(separator: "\n") == expected.split(separator: "\n"))
    }
}
