import NIOCore
import Testing

@testable import InterpostCore

/// What passes through a gate as it came is recorded once, and only looked at on the other leg.
@Suite struct `A redactor that only takes note` {
    @Test(arguments: WireFixture.all, [RedactionLevel.none, .bodies, .all])
    func `of literals and messages says the same of all else`(fixture: WireFixture, level: RedactionLevel) throws {
        var whole = EventRedactor(level, key: TestPseudonymKey(number: 1))
        var noting = whole
        var conversation = Conversation(fixture.mailProtocol)
        for line in fixture.transcript.lines {
            guard case .say(let side, let bytes) = line.step else { continue }
            conversation.receive(bytes, from: side, at: WireTime(nanoseconds: 0))
            while let event = conversation.next() {
                let redacted = whole.redact(event)
                switch event.meaning {
                case .literal where event.sender == .server, .pop3Body where event.sender == .server, .saslChallenge:
                    noting.learn(event)
                default: #expect(noting.redact(event) == redacted, "line \(line.number)")
                }
            }
        }
    }
}
