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

    @Test func `untagged responses are read as the tables say`() throws {
        var kinds: Set<IMAPResponse.Kind> = []
        for section in ["The base protocol", "Extensions", "Servers' own, and IMAP's past"] {
            try VocabularyTable.check("IMAPResponses", section: section) { wire in
                guard let response = Self.answer(wire).response else { return "no response" }
                kinds.insert(response.kind)
                let (data, quirks) = response.read()
                return described(data) + Self.noted(quirks)
            }
        }
        #expect(kinds == Set(IMAPResponse.Kind.allCases))
    }

    @Test func `continuation requests are read as the table says`() throws {
        try VocabularyTable.check("IMAPResponses", section: "Continuation requests") { wire in
            var reading = Reading(.imap)
            reading.receive(ByteBuffer(string: "* OK ready\r\n"), from: .server)
            let lines = String(buffer: wire).split(separator: "\r\n", maxSplits: 1)
            reading.receive(ByteBuffer(string: lines[0] + "\r\n"), from: .client)
            reading.receive(ByteBuffer(string: lines[1] + "\r\n"), from: .server)
            return reading.events.last.map { described($0.meaning) } ?? "nothing"
        }
    }

    @Test func `response codes are read as the tables say`() throws {
        for section in ["RFC 3501, RFC 5530, RFC 9051", "Extensions of response codes", "Servers' own codes"] {
            try VocabularyTable.check("IMAPResponses", section: section) { wire in
                guard let status = Self.answer(wire).status, let code = status.responseCode else { return "no code" }
                return described(code) + Self.noted(status.quirks)
            }
        }
    }

    @Test func `what is forgiven is read as the table says`() throws {
        try VocabularyTable.check("IMAPResponses", section: "What is forgiven") { wire in
            switch Self.answer(wire) {
            case (let status?, _):
                let code = status.responseCode.map { " [\(described($0))]" } ?? ""
                let text = status.text.readableBytes == 0 ? "" : " \"\(String(buffer: status.text))\""
                return "\(status.result)" + code + text + Self.noted(status.quirks)
            case (_, let response?):
                let (data, quirks) = response.read()
                return described(data) + Self.noted(quirks)
            default: return "nothing"
            }
        }
    }

    @Test func `items of a FETCH request are read as the table says`() throws {
        try VocabularyTable.check("FetchItems", section: "Requests") { wire in
            var reading = Reading(.imap)
            reading.receive(ByteBuffer(string: "* PREAUTH ready\r\n"), from: .server)
            reading.receive(ByteBuffer(string: "a FETCH 1 \(String(buffer: wire))\r\n"), from: .client)
            guard case .command(let command)? = reading.events.last?.meaning,
                case .fetch(_, let items, let modifiers) = command.body
            else { return "no FETCH" }
            let expansions = items.flatMap(\.expansion)
            return described(items) + (modifiers.isEmpty ? "" : " \(described(modifiers))")
                + (expansions.isEmpty ? "" : " = \(described(expansions))")
                + (items.contains(where: \.setsSeen) ? ", sets \\Seen" : "")
                + (items.contains(where: \.carriesText) ? ", text" : items.contains(where: \.carriesContent) ? ", header" : "")
                + Self.noted(command.quirks)
        }
    }

    @Test func `items of a FETCH answer are read as the table says`() throws {
        try VocabularyTable.check("FetchItems", section: "Answers") { wire in
            let line = ByteBuffer(string: "* 12 FETCH (\(String(buffer: wire)))")
            guard let (data, quirks) = Self.answer(line).response?.read(), case .fetch(let answer) = data else {
                return "no FETCH"
            }
            return described(answer) + Self.noted(quirks)
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

    private static func noted(_ quirks: Quirks) -> String {
        quirks.isEmpty ? "" : " with " + quirks.map(\.rawValue).joined(separator: ", ")
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
