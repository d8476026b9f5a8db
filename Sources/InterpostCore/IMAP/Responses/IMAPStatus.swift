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

    private static let results = KeywordTable<Result>([
        ("OK", .ok), ("NO", .no), ("BAD", .bad), ("BYE", .bye), ("PREAUTH", .preauth),
    ])

    /// `nil` when the second word is no status.
    init?(reading line: ByteBuffer) {
        var reader = IMAPReader(IMAPText(line: line))
        guard let tag = reader.atom(stoppingAt: " \t") else { return nil }
        reader.skipSpaces()
        guard let result = Self.readResult(&reader) else { return nil }
        self.tag = tag
        self.result = result
        code = reader.responseCode()
        text = reader.statusText()
        // Most codes are one word, in which there is nothing to find.
        if let code, code.firstIndex(of: .space, from: code.readerIndex) != nil, let found = ResponseCode.read(code)?.quirks {
            reader.note(found)
        }
        quirks = reader.quirks
    }

    private static func readResult(_ reader: inout IMAPReader) -> Result? {
        let isLowerCase = reader.peek != reader.peek.uppercased || reader.peek(1) != reader.peek(1).uppercased
        if let word = reader.keyword(), let result = results[word] {
            if isLowerCase { reader.note(.lowerCaseKeyword) }
            return result
        }
        // home.pl and Office 365 have left the OK away: `* [COPYUID 1 2 3] done`.
        guard reader.isAtKnownCode else { return nil }
        reader.note(.statusMissing)
        return .ok
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
        return reader.strings()
    }

    /// The code with its arguments, read now.
    public var responseCode: ResponseCode? { code.flatMap { ResponseCode.read($0)?.code } }

    /// Whether code and text never hold a URL that gives access to something.
    public var isHarmless: Bool { codeName.map { !ResponseCode.carriesURL($0) } ?? true }
}

extension IMAPReader {
    /// `[COPYUID …`
    fileprivate var isAtKnownCode: Bool {
        var ahead = self
        return ahead.skip("[") && ahead.keyword(stoppingAt: .codeNameEnds).map(ResponseCode.isKnown) == true
    }

    /// What stands in brackets.
    fileprivate mutating func responseCode() -> ByteBuffer? {
        var ahead = self
        ahead.skipSpaces()
        let isKnown = ahead.isAtKnownCode
        guard ahead.skip("[") else { return nil }
        let rest = ahead.rest
        if let length = Self.lengthOfCode(rest) {
            ahead.skip(octets: length + 1)
            self = ahead
            return rest.getSlice(at: rest.readerIndex, length: length)
        }
        // Without a known name it is text that begins with a bracket.
        guard isKnown else { return nil }
        self = ahead
        note(.codeNotClosed)
        ahead.skipResponseCode()
        let length = rest.readableBytes - ahead.octetsLeft
        skip(octets: length)
        return rest.getSlice(at: rest.readerIndex, length: length)
    }

    /// Up to the `]` that closes the code: some codes carry strings, and flags of Gmail carry brackets. Where quotes and
    /// brackets do not pair, the first `]` does.
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

    /// The text for people: whatever stands behind one space.
    fileprivate mutating func statusText() -> ByteBuffer {
        if !isAtEnd, peek != .space, peek != 9 { note(.missingSpace) }
        // One space with nothing behind it is not one too many.
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
    fileprivate static let codeNameEnds: ByteSet = "] \t()\""
}
