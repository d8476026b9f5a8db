import InterpostCore
import NIOCore
import Testing

/// What each command, response, capability and item is read as: the tables of the DocC catalogue are right.
@Suite struct VocabularyTests {
    @Test func `status responses are read as the table says`() throws {
        try VocabularyTable.check("IMAPResponses", section: "Status responses") { wire in
            guard let status = Self.answer(wire).status else { return "no status" }
            let text = String(buffer: status.text)
            return "\(String(buffer: status.tag)) \(status.result)" + (text.isEmpty ? "" : " \"\(text)\"")
        }
    }

    @Test func `commands are read as the table says`() throws {
        try VocabularyTable.check("IMAPCommands") { wire in
            var reading = Reading(.imap)
            reading.receive(ByteBuffer(string: String(buffer: wire) + "\r\n"), from: .client)
            guard case .command(let command)? = reading.events.last?.meaning else { return "no command" }
            return (command.usesUIDs ? "UID " : "") + described(command.body)
        }
    }

    /// What one line of a server is read as in a session where the client is logged in.
    private static func answer(_ wire: ByteBuffer) -> (status: IMAPStatus?, response: IMAPResponse?) {
        var reading = Reading(.imap)
        if !wire.readableBytesView.starts(with: "* PREAUTH".utf8) {
            reading.receive(ByteBuffer(string: "* PREAUTH ready\r\n"), from: .server)
        }
        reading.receive(ByteBuffer(string: String(buffer: wire) + "\r\n"), from: .server)
        switch reading.events.last?.meaning {
        case .greeting(let status), .status(let status), .completion(let status, _): return (status, nil)
        case .response(let response): return (nil, response)
        default: return (nil, nil)
        }
    }
}
