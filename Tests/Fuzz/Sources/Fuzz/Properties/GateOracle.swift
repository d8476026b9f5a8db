/// A reader of what a read-only gate says to a server, written from the grammar alone and sharing nothing with the gate: every
/// command is one structure of lines and literals that ends in CR LF, and one of those that change nothing.
enum GateOracle {
    private static let imapVerbs: Set = [
        "CAPABILITY", "NOOP", "LOGOUT", "ID", "ENABLE", "LOGIN", "AUTHENTICATE", "EXAMINE", "LIST", "LSUB", "XLIST", "NAMESPACE",
        "STATUS", "IDLE", "CHECK", "UNSELECT", "CLOSE", "SEARCH", "ESEARCH", "SORT", "THREAD", "FETCH", "UID FETCH", "UID SEARCH",
        "UID SORT", "UID THREAD", "CANCELUPDATE", "GETACL", "LISTRIGHTS", "MYRIGHTS", "GETQUOTA", "GETQUOTAROOT", "GETMETADATA",
        "GETANNOTATION", "LANGUAGE", "COMPARATOR", "CONVERSIONS", "UIDBATCHES", "NOTIFY",
    ]
    private static let withoutArguments: Set = [
        "CAPABILITY", "NOOP", "LOGOUT", "NAMESPACE", "IDLE", "CHECK", "UNSELECT", "CLOSE",
    ]
    private static let pop3Verbs: [String: ClosedRange<Int>] = [
        "USER": 1...1, "PASS": 0...99, "APOP": 2...2, "AUTH": 0...2, "CAPA": 0...0, "QUIT": 0...0, "STAT": 0...0, "LIST": 0...1,
        "UIDL": 0...1, "RETR": 1...1, "TOP": 2...2, "NOOP": 0...0, "RSET": 0...0, "LAST": 0...0, "UTF8": 0...0, "LANG": 0...1,
    ]

    /// The verbs of the commands. The last one may wait for a `+`.
    ///
    /// Whether the server asked for a literal or refused it is not among what it heard: the bytes are right if they are so with
    /// some of the literals refused.
    static func imap(_ bytes: [UInt8]) throws(Violation) -> [String] {
        var refused: [Bool] = []
        var first: Violation?
        for _ in 0..<256 {
            var choices = Choices(refused)
            do throws(Violation) {
                return try imap(bytes, &choices)
            } catch {
                first = first ?? error
            }
            // The last literal that was taken is refused next time.
            guard let last = choices.made.lastIndex(of: false) else { break }
            refused = choices.made[..<last] + [true]
        }
        throw first ?? Violation(description: "too many literals")
    }

    /// Which literals are refused, in their order; those that nobody has decided about are taken.
    private struct Choices {
        private var given: ArraySlice<Bool>
        private(set) var made: [Bool] = []

        init(_ given: [Bool]) { self.given = given[...] }

        mutating func isRefused() -> Bool {
            let choice = given.popFirst() ?? false
            made.append(choice)
            return choice
        }
    }

    private static func imap(_ bytes: [UInt8], _ choices: inout Choices) throws(Violation) -> [String] {
        var verbs: [String] = []
        var index = 0
        var isIdling = false
        while index < bytes.count {
            if isIdling, bytes[index...].starts(with: "DONE\r\n".utf8) {
                index += 6
                isIdling = false
                continue
            }
            if verbs.last == "AUTHENTICATE", let end = endOfResponse(bytes, index) {
                index = end
                continue
            }
            let (command, end) = try command(bytes, index, &choices)
            index = end
            verbs.append(try verb(of: command))
            isIdling = verbs.last == "IDLE"
        }
        return verbs
    }

    /// One command with the octets of its literals left out, and where it ends.
    private static func command(
        _ bytes: [UInt8], _ start: Int, _ choices: inout Choices
    ) throws(Violation) -> (text: String, end: Int) {
        var text = ""
        var index = start
        while true {
            let (line, end) = try line(bytes, index)
            index = end
            guard let length = try literal(at: line) else { return (text + line, index) }
            text += line
            // It has not been asked for yet, or never was.
            if index == bytes.count { return (text, index) }
            if !line.hasSuffix("+}"), choices.isRefused() { return (text, index) }
            try require(length <= bytes.count - index, "a literal of \(length) octets is cut short: \(line)")
            index += length
        }
    }

    private static func line(_ bytes: [UInt8], _ start: Int) throws(Violation) -> (text: String, end: Int) {
        guard let feed = bytes[start...].firstIndex(of: 10) else {
            throw Violation(description: "a line without an end: \(bytes[start...])")
        }
        try require(feed > start && bytes[feed - 1] == 13, "a line that does not end in CR LF: \(bytes[start...feed])")
        let text = bytes[start..<feed - 1]
        try require(text.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "an octet that is no printable ASCII: \(text)")
        return (String(decoding: text, as: UTF8.self), feed + 1)
    }

    /// The `{n}` or `{n+}` at the end of a line, outside of quotes; and no brace anywhere else outside of them.
    private static func literal(at line: String) throws(Violation) -> Int? {
        var isQuoted = false
        var isEscaped = false
        var outside = ""
        for character in line.unicodeScalars {
            if isEscaped {
                isEscaped = false
                try require(character == "\\" || character == "\"", "an escape that is none: \(line)")
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
                outside.unicodeScalars.append("\"")
            } else if !isQuoted {
                outside.unicodeScalars.append(character)
            }
        }
        try require(!isQuoted, "a quote that is open at the end of a line: \(line)")
        guard let brace = outside.firstIndex(of: "{") else { return nil }
        try require(outside.hasSuffix("}"), "a brace within a line: \(line)")
        let before = outside[..<brace].last
        try require(before == " " || before == "(" || before == "~", "a brace behind a word: \(line)")
        var digits = outside[outside.index(after: brace)...].dropLast()
        if digits.last == "+" { digits = digits.dropLast() }
        guard digits.allSatisfy({ ("0"..."9").contains($0) }), digits == "0" || digits.first != "0", let length = Int(digits)
        else {
            throw Violation(description: "a literal of no size: \(line)")
        }
        return length
    }

    private static func verb(of command: String) throws(Violation) -> String {
        var words = command.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        try require(words.count >= 2, "no command: \(command)")
        let tag = words.removeFirst()
        // What it asks for itself, and the first half of a FETCH that goes on as two.
        let isOwn = ["interpost:1", "interpost:2"].contains(tag) || tag == "interpost:4" && command.contains("FETCH ")
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
        try require(isOwn || ((1...64).contains(tag.count) && tag.allSatisfy(letters.contains)), "no tag: \(command)")
        var verb = words[0]
        var arguments = words.count > 1 ? words[1] : nil
        if verb == "UID", let rest = arguments {
            let parts = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            verb = "UID \(parts[0])"
            arguments = parts.count > 1 ? parts[1] : nil
        }
        try require(imapVerbs.contains(verb), "not allowed: \(command)")
        try require(!withoutArguments.contains(verb) || arguments == nil, "arguments of \(verb): \(command)")
        try require(
            withoutArguments.contains(verb) || verb == "LANGUAGE" || verb == "COMPARATOR" || arguments?.isEmpty == false,
            "no arguments: \(command)")
        guard let arguments else { return verb }
        try checkSpaces(arguments)
        let bare = withoutQuotes(arguments).uppercased()
        if verb.hasSuffix("FETCH") {
            for item in ["BODY[", "BINARY[", "RFC822 ", "RFC822)", "RFC822.TEXT", "RFC822.PEEK"] {
                try require(!"\(bare) ".contains(item), "it marks messages as read: \(command)")
            }
            try require(!bare.hasSuffix("RFC822"), "it marks messages as read: \(command)")
        }
        if verb == "NOTIFY" { try requireEqual(bare, "NONE", "NOTIFY") }
        if verb == "ENABLE" {
            try require(bare.split(separator: " ").allSatisfy { $0 == "CONDSTORE" || $0 == "QRESYNC" }, command)
        }
        try require(!bare.contains("UPDATE"), "a context that goes on: \(command)")
        return verb
    }

    private static func withoutQuotes(_ text: String) -> String {
        var isQuoted = false
        var isEscaped = false
        return String(
            text.filter { character in
                defer {
                    if isEscaped {
                        isEscaped = false
                    } else if isQuoted, character == "\\" {
                        isEscaped = true
                    } else if character == "\"" {
                        isQuoted.toggle()
                    }
                }
                return !isQuoted && character != "\""
            })
    }

    private static func checkSpaces(_ text: String) throws(Violation) {
        let bare = withoutQuotes(text.replacingQuotedStrings)
        try require(!bare.contains("  ") && !bare.hasPrefix(" ") && !bare.hasSuffix(" "), "a space too many: \(text)")
    }

    /// A line that can be nothing but a SASL response: a command has a space.
    private static func endOfResponse(_ bytes: [UInt8], _ start: Int) -> Int? {
        guard let feed = bytes[start...].firstIndex(of: 10), feed > start, bytes[feed - 1] == 13 else { return nil }
        let text = bytes[start..<feed - 1]
        let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=".utf8
        return text.elementsEqual("*".utf8) || (text.count.isMultiple(of: 4) && text.allSatisfy(base64.contains)) ? feed + 1 : nil
    }

    // MARK: - POP3

    static func pop3(_ bytes: [UInt8]) throws(Violation) -> [String] {
        var verbs: [String] = []
        var index = 0
        while index < bytes.count {
            if verbs.last == "AUTH", let end = endOfResponse(bytes, index) {
                index = end
                continue
            }
            guard let feed = bytes[index...].firstIndex(of: 10), feed > index, bytes[feed - 1] == 13 else {
                throw Violation(description: "a line that does not end in CR LF: \(bytes[index...])")
            }
            let text = bytes[index..<feed - 1]
            index = feed + 1
            try require(text.count <= 510 && !text.contains(13) && !text.contains(0), "an octet that ends a line: \(text)")
            let words = String(decoding: text, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            let verb = String(words.first ?? "")
            guard let count = pop3Verbs[verb] else { throw Violation(description: "not allowed: \(words)") }
            try require(count.contains(words.count - 1), "arguments of \(verb): \(words)")
            if ["LIST", "UIDL", "RETR", "TOP"].contains(verb) {
                for word in words.dropFirst() {
                    guard let number = UInt32(word), "\(number)" == word else {
                        throw Violation(description: "no number: \(words)")
                    }
                }
            }
            verbs.append(verb)
        }
        return verbs
    }
}

extension String {
    /// With an x in the place of each quoted string.
    fileprivate var replacingQuotedStrings: String {
        var isQuoted = false
        var isEscaped = false
        var text = ""
        for character in self {
            if isEscaped {
                isEscaped = false
            } else if isQuoted {
                if character == "\\" { isEscaped = true } else if character == "\"" { isQuoted = false }
            } else if character == "\"" {
                isQuoted = true
                text.append("x")
            } else {
                text.append(character)
            }
        }
        return text
    }
}
