public import NIOCore

/// `OK`, `NO`, `BAD`, `BYE` or `PREAUTH` with its code and text: a tagged completion, a greeting, or an
/// untagged status response (RFC 9051 §7.1).
///
///     a1 OK [READ-ONLY] done␍␊      tag a1, result .ok, code READ-ONLY, text `done`
public struct IMAPStatus: Sendable {
    public enum Result: String, Sendable {
        case ok, no, bad, bye, preauth

        /// As it stands on the wire.
        public var word: String {
            switch self {
            case .ok: "OK"
            case .no: "NO"
            case .bad: "BAD"
            case .bye: "BYE"
            case .preauth: "PREAUTH"
            }
        }
    }

    /// `*` for an untagged one.
    public let tag: ByteBuffer
    public let result: Result
    /// What stands in brackets, without them.
    public let code: ByteBuffer?
    /// The text for people.
    public let text: ByteBuffer
    public let quirks: Quirks

    private static let results: [Keyword: Result] = [
        Keyword("OK"): .ok, Keyword("NO"): .no, Keyword("BAD"): .bad, Keyword("BYE"): .bye, Keyword("PREAUTH"): .preauth,
    ]

    /// `nil` when the second word is no status.
    init?(reading line: ByteBuffer) {
        var reader = IMAPReader(IMAPText(line: line))
        guard let tag = reader.atom(stoppingAt: " \t"), let word = reader.keyword(), let result = Self.results[word] else {
            return nil
        }
        self.tag = tag
        self.result = result
        reader.skipSpaces()
        code = Self.readCode(&reader)
        reader.skipSpaces()
        text = reader.rest
        quirks = reader.quirks
    }

    /// The first word of the code: `CAPABILITY`, `READ-ONLY`, `APPENDUID`.
    public var codeName: Keyword? {
        guard let code else { return nil }
        var reader = IMAPReader(IMAPText(line: code))
        return reader.keyword()
    }

    /// The words behind the code's name.
    public var codeArguments: [IMAPString] {
        guard let code else { return [] }
        var reader = IMAPReader(IMAPText(line: code))
        _ = reader.keyword()
        var words: [IMAPString] = []
        while let word = reader.string() { words.append(word) }
        return words
    }

    /// Up to the `]` that closes it: some codes carry strings, and flags of Gmail carry brackets.
    private static func readCode(_ reader: inout IMAPReader) -> ByteBuffer? {
        var ahead = reader
        guard ahead.skip("[") else { return nil }
        let start = ahead.rest
        var isQuoted = false
        var depth = 0
        while !ahead.isAtEnd, isQuoted || depth > 0 || ahead.peek != UInt8(ascii: "]") {
            if ahead.peek == UInt8(ascii: "\"") { isQuoted.toggle() }
            if !isQuoted, ahead.peek == UInt8(ascii: "[") { depth += 1 }
            if !isQuoted, ahead.peek == UInt8(ascii: "]") { depth -= 1 }
            ahead.advance()
        }
        let length = start.readableBytes - ahead.rest.readableBytes
        guard ahead.skip("]") else { return nil }
        reader = ahead
        return start.getSlice(at: start.readerIndex, length: length)
    }
}
