import InterpostCore
import NIOCore
import Testing

/// What each POP3 command, reply and response code is read as: the tables of `POP3Vocabulary.md` are right.
@Suite struct POP3VocabularyTests {
    @Test func `commands are read as the table says`() throws {
        try VocabularyTable.check("POP3Vocabulary", section: "Commands") { wire in
            var reading = Reading(.pop3)
            reading.receive(ByteBuffer(string: String(buffer: wire) + "\r\n"), from: .client)
            guard case .pop3Command(_, let command) = reading.events.first?.meaning else { return "no command" }
            return described(command)
        }
    }

    @Test func `replies are read as the table says`() throws {
        try VocabularyTable.check("POP3Vocabulary", section: "Replies") { wire in
            var reading = Reading(.pop3)
            let (first, rest) = Self.split(wire)
            if let rest {
                reading.receive(ByteBuffer(string: "+OK\r\n"), from: .server)
                reading.receive(first, from: .client)
                reading.receive(rest, from: .server)
                return reading.events.dropFirst(2).map { Self.text(of: $0, answering: reading.events) }.joined(separator: ", ")
            }
            reading.receive(first, from: .server)
            return reading.events.map { Self.text(of: $0, answering: []) }.joined(separator: ", ")
        }
    }

    @Test func `response codes are read as the table says`() throws {
        try VocabularyTable.check("POP3Vocabulary", section: "Response codes") { wire in
            var reading = Reading(.pop3)
            reading.receive(ByteBuffer(string: String(buffer: wire) + "\r\n"), from: .server)
            guard case .pop3Greeting(let reply) = reading.events.first?.meaning else { return "no reply" }
            return described(reply.responseCode as Any)
        }
    }

    @Test(arguments: ["LIST", "UIDL"], 0..<20)
    func `a line of a listing that is passed over quickly needed no leniency`(verb: String, seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var reading = Reading(.pop3)
        reading.receive(ByteBuffer(string: "+OK\r\n"), from: .server)
        reading.receive(ByteBuffer(string: verb + "\r\n"), from: .client)
        reading.receive(ByteBuffer(string: "+OK\r\n"), from: .server)
        guard case .pop3Command(_, let command)? = reading.events.dropFirst().first?.meaning else { return }
        let pieces: [String] = [
            "1", "0", "20", " ", " ", " ", "\t", "a~", ".", "\u{7F}", "\u{80}", String(repeating: "x", count: 35),
        ]
        for _ in 0..<200 {
            let count = Int.random(in: 1...5, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard text != "." else { continue }
            let line = ByteBuffer(string: text + "\r\n")
            reading.receive(line, from: .server)
            #expect(reading.events.last?.quirks == POP3Listing.read(line: line, answering: command).quirks, "\(text)")
        }
    }

    /// The command's line, and what stands behind it; a line alone is the server's.
    private static func split(_ wire: ByteBuffer) -> (ByteBuffer, ByteBuffer?) {
        var lines = String(buffer: wire).split(separator: "\r\n", omittingEmptySubsequences: false).map { $0 + "\r\n" }
        let first = ByteBuffer(string: String(lines.removeFirst()))
        return (first, lines.isEmpty ? nil : ByteBuffer(string: lines.joined()))
    }

    private static func text(of event: MailEvent, answering events: [MailEvent]) -> String {
        var command: POP3Command?
        if events.count > 1, case .pop3Command(_, let asked) = events[1].meaning { command = asked }
        switch event.meaning {
        case .pop3Greeting(let reply):
            return "greeting \(reply.result)" + (reply.apopTimestamp.map { " apop " + String(buffer: $0) } ?? "")
                + (reply.responseCode.map { " " + described($0) } ?? "")
        case .pop3Begin: return "begin"
        case .pop3Body: return "body of \(event.bytes.readableBytes) octets"
        case .saslChallenge: return "challenge"
        case .pop3Listing:
            return command.map { described(POP3Listing.read(line: event.bytes, answering: $0).listing) } ?? "listing"
        case .pop3Completion(let reply, let record):
            var text = "completion \(reply.result)"
            if let record, reply.result == .ok, record.lines == 0, record.octets == 0 {
                text += " " + described(POP3Listing.read(reply: reply, answering: record.command).listing)
            }
            return text
        case .unknown: return "unknown"
        default: return "something else"
        }
    }
}
