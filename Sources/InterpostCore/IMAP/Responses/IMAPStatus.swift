public import NIOCore

/// `OK`, `NO`, `BAD`, `BYE` or `PREAUTH` with its code and text: a tagged completion, a greeting, or an
/// untagged status response (RFC 9051 §7.1).
///
///     a1 OK [READ-ONLY] done␍␊      tag a1, result .ok, code READ-ONLY, text `done`
public struct IMAPStatus: Sendable {
    /// The word of a status response (RFC 9051 §7.1).
    public enum Result: String, Sendable, CaseIterable {
        case ok, no, bad, bye, preauth

        /// As it is spelled on the wire.
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
    /// The word after the tag.
    public let result: Result
    /// The text in brackets, without the brackets.
    public let code: ByteBuffer?
    /// The text for people.
    public let text: ByteBuffer
    /// The leniencies that reading the response needed.
    public let quirks: Quirks

    private static let results = KeywordTable<Result>([
        ("OK", .ok), ("NO", .no), ("BAD", .bad), ("BYE", .bye), ("PREAUTH", .preauth),
    ])

    /// Reads a status, tagged or not, with its line end or without; `nil` when the second word is no status.
    ///
    ///     a1 NO [TRYCREATE] no such mailbox␍␊      tag a1, result .no, code TRYCREATE
    public init?(reading line: ByteBuffer) {
        var reader = IMAPReader(IMAPText(line: line))
        guard let tag = reader.atom(stoppingAt: " \t") else { return nil }
        reader.skipSpaces()
        guard let result = Self.readResult(&reader) else { return nil }
        self.tag = tag
        self.result = result
        code = reader.responseCode()
        text = reader.statusText()
        if let code, let found = ResponseCode.read(code)?.quirks { reader.note(found) }
        quirks = reader.quirks
    }

    /// Reads `[COPYUID 124 10 233]`, which Exchange 2013 sends without the `* OK` that should precede it; `nil` when it does
    /// not begin with a code that is known.
    init?(ofBareCode line: ByteBuffer) {
        guard line.byte(at: line.readerIndex) == UInt8(ascii: "["), IMAPReader(IMAPText(line: line)).isAtKnownCode else {
            return nil
        }
        var status = ByteBuffer(string: "* ")
        status.writeImmutableBuffer(line)
        self.init(reading: status)
    }

    private static func readResult(_ reader: inout IMAPReader) -> Result? {
        let isLowerCase = reader.peek.isLowerCase || reader.peek(1).isLowerCase
        // home.pl and Office 365 have left the OK out: `* [COPYUID 1 2 3] done`.
        if reader.isAtKnownCode {
            reader.note(.statusMissing)
            return .ok
        }
        guard let word = reader.keyword(), let result = results[word] else { return nil }
        if isLowerCase { reader.note(.lowerCaseKeyword) }
        return result
    }

    /// The first word of the code: `CAPABILITY`, `READ-ONLY`, `APPENDUID`.
    public var codeName: Keyword? {
        guard let code else { return nil }
        var reader = IMAPReader(IMAPText(line: code))
        return reader.keyword(stoppingAt: .codeNameEnds)
    }

    /// The words after the code's name.
    public var codeArguments: [IMAPString] {
        guard let code else { return [] }
        var reader = IMAPReader(IMAPText(line: code))
        _ = reader.keyword(stoppingAt: .codeNameEnds)
        _ = reader.skip("=")
        return reader.strings()
    }

    /// The code with its arguments, read now.
    public var responseCode: ResponseCode? { code.flatMap { ResponseCode.read($0)?.code } }

    /// Whether the code is known, and cannot hold a password or a token.
    var hasHarmlessCode: Bool {
        code == nil || codeName.map { ResponseCode.isKnown($0) && !ResponseCode.carriesSecret($0) } ?? false
    }
}

extension IMAPReader {
    /// `[COPYUID …`
    fileprivate var isAtKnownCode: Bool {
        guard peek == UInt8(ascii: "[") else { return false }
        var ahead = self
        ahead.advance()
        return ahead.keyword(stoppingAt: .codeNameEnds).map(ResponseCode.isKnown) == true
    }

    /// The text in brackets.
    fileprivate mutating func responseCode() -> ByteBuffer? {
        guard peekBehindSpaces == UInt8(ascii: "[") else { return nil }
        let place = place
        skipSpaces()
        let start = self
        advance()
        let rest = rest
        var length = Self.lengthOfCode(rest)
        if length == nil, start.isAtKnownCode {
            note(.codeNotClosed)
            var ahead = self
            ahead.skipResponseCode()
            length = rest.readableBytes - ahead.octetsLeft
        }
        // Without an end and a known name it is text that begins with a bracket.
        guard let length else {
            goBack(to: place)
            return nil
        }
        skip(octets: length)
        _ = skip("]")
        return rest.getSlice(at: rest.readerIndex, length: length)
    }

    /// Up to the `]` that closes the code: some codes contain strings, and Gmail's flags contain brackets. Where quotes and
    /// brackets do not pair, the first `]` closes the code.
    private static func lengthOfCode(_ code: ByteBuffer) -> Int? {
        let bytes = code.readableBytesUInt8Span
        var first: Int?
        var isQuoted = false
        var depth = 0
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "[") where !isQuoted: depth += 1
            case UInt8(ascii: "]"):
                first = first ?? index
                if isQuoted { continue }
                if depth == 0 { return index }
                depth -= 1
            default: continue
            }
        }
        return first
    }

    /// The text for people: whatever follows one space.
    fileprivate mutating func statusText() -> ByteBuffer {
        if !isAtEnd, peek != .space, peek != 9 { note(.missingSpace) }
        // A single space with nothing after it does not count as an extra space.
        if octetsLeft > 1 { skipSpaces() } else { advance() }
        if isAtEnd { note(.textMissing) }
        let text = rest
        if text.readableBytes > 2, text.byte(at: text.writerIndex - 1) == UInt8(ascii: "}"),
            LiteralAnnouncement.read(endOf: text, in: .response, limit: .max) != .none
        {
            note(.literalMarkerInText)
        }
        return text
    }
}

extension ByteSet {
    /// Exchange writes `[Error="AuthFailed:LogonDenied" …]`.
    fileprivate static let codeNameEnds: ByteSet = "] \t()\"="
}
