import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The time that a command takes` {
    /// Says each line a second after the one before, and gives the client's share of the last command in seconds.
    private static func share(_ mailProtocol: MailProtocol, _ lines: String) throws -> (server: Int64, client: Int64) {
        var conversation = Conversation(mailProtocol)
        var observer = SessionObserver(detail: .commands)
        var found: CompletionFacts?
        for (second, turn) in try Transcript(reading: ByteBuffer(string: lines)).lines.compactMap(SessionTurn.init).enumerated() {
            conversation.receive(turn.bytes, from: turn.side, at: WireTime(nanoseconds: Int64(second) * 1_000_000_000))
            while let event = conversation.next() {
                observer.observe(event) { if case .completion(let facts) = $0 { found = facts } }
            }
        }
        let facts = try #require(found)
        return (facts.microseconds / 1_000_000, facts.clientMicroseconds / 1_000_000)
    }

    @Test(arguments: [
        ("C: a NOOP\nS: a OK\n", 1, 0),
        // The `+` takes the server one second, the octets take the client one, the answer one more.
        ("C: a APPEND x {3}\nS: + go\nC: abc\nS: a OK\n", 2, 1),
        ("C: a APPEND x {3+}\nC: abc\nS: a OK\n", 1, 1),
        ("C: a AUTHENTICATE LOGIN\nS: + dXNlcg==\nC: YW5uYQ==\nS: + cGFzcw==\nC: c2VzYW1l\nS: a OK\n", 3, 2),
        ("C: a IDLE\nS: + idling\nS: * 3 EXISTS\nC: DONE\nS: a OK\n", 2, 2),
    ])
    func `is told apart from what the client took`(said: String, server: Int64, client: Int64) throws {
        let share = try Self.share(.imap, "S: * OK ready\n" + said)
        #expect(share == (server, client))
    }

    @Test func `is told apart in POP3`() throws {
        let share = try Self.share(.pop3, "S: +OK\nC: AUTH PLAIN\nS: + \nC: AGFubmEAc2VzYW1l\nS: +OK\n")
        #expect(share == (2, 1))
    }
}
