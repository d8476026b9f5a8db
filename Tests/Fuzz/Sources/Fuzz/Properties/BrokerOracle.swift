/// A reader of what a broker says to a server before its client is logged in, written from the two protocols alone: the upstream
/// login's own words, and nothing else.
enum BrokerOracle {
    static let user = "anna@example.org"

    /// - Parameter beginsClear: STARTTLS, or STLS, comes first.
    static func imap(_ bytes: [UInt8], beginsClear: Bool) throws(Violation) {
        var lines = try lines(of: bytes)[...]
        if beginsClear, let first = lines.popFirst() { try requireEqual(first, "interpost STARTTLS", "the first line") }
        var isInExchange = false
        for line in lines {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            switch words.first {
            case "interpost:offers", "interpost:after":
                try requireEqual(words.dropFirst().joined(separator: " "), "CAPABILITY", "a command")
            case "interpost:login" where words.count > 2 && words[1] == "AUTHENTICATE":
                isInExchange = true
                try require(words.count <= 4 && (words.count == 3 || isResponse(words[3])), "no AUTHENTICATE: \(line)")
            case "interpost:login": try require(line.hasPrefix("interpost:login LOGIN \"\(user)\" "), "no LOGIN: \(line)")
            default: try require(isInExchange && isResponse(line), "not of a login: \(line)")
            }
        }
    }

    static func pop3(_ bytes: [UInt8], beginsClear: Bool) throws(Violation) {
        var lines = try lines(of: bytes)[...]
        if beginsClear, let first = lines.popFirst() { try requireEqual(first, "STLS", "the first line") }
        var isInExchange = false
        for line in lines {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            switch words.first {
            case "CAPA", "UTF8": try require(words.count == 1, "arguments: \(line)")
            case "USER": try requireEqual(line, "USER \(user)", "a command")
            case "PASS": try require(words.count > 1, "no PASS: \(line)")
            case "APOP": try require(words.count == 3 && words[1] == user && words[2].utf8.count == 32, "no APOP: \(line)")
            case "AUTH":
                isInExchange = true
                try require(words.count == 2 || words.count == 3 && isResponse(words[2]), "no AUTH: \(line)")
            default: try require(isInExchange && isResponse(line), "not of a login: \(line)")
            }
        }
    }

    private static func lines(of bytes: [UInt8]) throws(Violation) -> [String] {
        var lines: [String] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let feed = rest.firstIndex(of: 10), feed > rest.startIndex, rest[feed - 1] == 13 else {
                throw Violation(description: "a line without an end: \(String(decoding: rest, as: UTF8.self))")
            }
            let text = rest[..<(feed - 1)]
            try require(text.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "an octet that is no printable ASCII: \(text)")
            lines.append(String(decoding: text, as: UTF8.self))
            rest = rest[(feed + 1)...]
        }
        return lines
    }

    /// Base64, nothing, or `=` for nothing.
    private static func isResponse(_ text: String) -> Bool {
        let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=".utf8
        return text == "=" || text.utf8.count.isMultiple(of: 4) && text.utf8.allSatisfy(base64.contains)
    }
}
