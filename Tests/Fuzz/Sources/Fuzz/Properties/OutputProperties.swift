import NIOCore

@testable import InterpostCore

/// What holds for everything that is told of a session: it is JSON, a line is a line, nothing in it moves a terminal's cursor,
/// and no secret is in it.
enum OutputProperties {
    /// `secrets` are what must not be there, in lower case.
    static func check(_ log: some Sequence<LogEvent>, without secrets: [[UInt8]]) throws(Violation) {
        for event in log { try check(event, without: secrets) }
    }

    private static func check(_ event: LogEvent, without secrets: [[UInt8]]) throws(Violation) {
        var json: [UInt8] = []
        event.writeJSON(session: 7, at: WireTime(nanoseconds: 1), to: &json)
        let problem = JSONText.problem(of: json)
        try require(problem == nil, "\(problem ?? ""): \(String(decoding: json, as: UTF8.self))")
        var line: [UInt8] = []
        ConsoleLine(hasColour: false).write(event, session: 7, at: WireTime(nanoseconds: 1), to: &line)
        try require(line.isEmpty || line.popLast() == UInt8(ascii: "\n"), "a console line without an end")
        let summary = event.summary
        for text in [String(decoding: line, as: UTF8.self), summary] {
            try require(!text.contains("\n"), "a line end in \(text.debugDescription)")
            try TerminalProperties.require(shown: text, "a line of the log")
        }
        guard !secrets.isEmpty else { return }
        var dumped = ""
        dump(event, to: &dumped)
        for text in [json, line, Array(summary.utf8), Array("\(event)".utf8), Array(dumped.utf8)] {
            try require(!contains(text, secrets), "a secret in \(String(decoding: text, as: UTF8.self))")
        }
    }

    static func contains(_ text: [UInt8], _ secrets: [[UInt8]]) -> Bool {
        for start in text.indices {
            for secret in secrets where text.count - start >= secret.count {
                if secret.indices.allSatisfy({ lowercased(text[start + $0]) == secret[$0] }) { return true }
            }
        }
        return false
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}

/// RFC 8259, as strictly as it is written: UTF-8, no key twice in an object, nothing behind the value but one LF.
enum JSONText {
    static func problem(of bytes: [UInt8]) -> String? {
        guard bytes.last == UInt8(ascii: "\n") else { return "JSON without a line end" }
        guard String(validating: bytes, as: UTF8.self) != nil else { return "JSON that is not UTF-8" }
        var parser = Parser(bytes.dropLast())
        guard parser.value() else { return "no JSON at octet \(bytes.count - parser.rest.count)" }
        return parser.rest.isEmpty ? nil : "more than one JSON value"
    }

    private struct Parser {
        private let bytes: ArraySlice<UInt8>
        private(set) var rest: ArraySlice<UInt8>
        private var depth = 0

        init(_ bytes: ArraySlice<UInt8>) { (self.bytes, rest) = (bytes, bytes) }

        private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: scalar) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skip(word: String) -> Bool {
            guard rest.starts(with: word.utf8) else { return false }
            rest.removeFirst(word.utf8.count)
            return true
        }

        /// Values are objects and arrays inside the event, and nothing else is as deep.
        mutating func value() -> Bool {
            depth += 1
            defer { depth -= 1 }
            guard depth <= EventValues.maximumDepth + 2 else { return false }
            switch rest.first {
            case UInt8(ascii: "{"): return object()
            case UInt8(ascii: "["): return array()
            case UInt8(ascii: "\""): return string() != nil
            case UInt8(ascii: "t"): return skip(word: "true")
            case UInt8(ascii: "f"): return skip(word: "false")
            default: return number()
            }
        }

        private mutating func object() -> Bool {
            var keys: Set<ArraySlice<UInt8>> = []
            guard skip("{") else { return false }
            if skip("}") { return true }
            repeat {
                guard let key = string(), keys.insert(key).inserted, skip(":"), value() else { return false }
            } while skip(",")
            return skip("}")
        }

        private mutating func array() -> Bool {
            guard skip("[") else { return false }
            if skip("]") { return true }
            repeat { if !value() { return false } } while skip(",")
            return skip("]")
        }

        private mutating func string() -> ArraySlice<UInt8>? {
            guard skip("\"") else { return nil }
            let start = rest.startIndex
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return bytes[start..<rest.startIndex]
                case UInt8(ascii: "\\"):
                    guard let escaped = rest.popFirst(), "\"\\/bfnrtu".utf8.contains(escaped) else { return nil }
                    if escaped == UInt8(ascii: "u") {
                        guard rest.count >= 4, rest.prefix(4).allSatisfy({ "0123456789abcdefABCDEF".utf8.contains($0) })
                        else { return nil }
                        rest.removeFirst(4)
                    }
                case 0..<0x20: return nil
                default: break
                }
            }
            return nil
        }

        private mutating func number() -> Bool {
            _ = skip("-")
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let first = digits.first, digits.count == 1 || first != 0x30 else { return false }
            rest.removeFirst(digits.count)
            return true
        }
    }
}
