import NIOCore

/// The `{n}` at the end of a line, which says that `n` raw octets follow (RFC 9051 §4.3, RFC 7888, RFC 3516).
///
///     a LOGIN {3}␍␊          3 octets, once the server has sent `+`
///     a LOGIN {3+}␍␊         3 octets, at once
///     * 1 FETCH (BINARY[1] ~{3}␍␊   3 octets that may hold NUL
public struct LiteralAnnouncement: Hashable, Sendable {
    /// Octets that follow the line end.
    public var length: Int
    /// `{n+}` or `{n-}`: the sender does not wait for a `+` before it goes on.
    public var isNonSynchronising: Bool
    /// `{n-}`, which is in no RFC: only the server's answer tells whether it took this for a literal.
    public var isMinus: Bool
    /// `~{n}`: the octets may hold NUL.
    public var isBinary: Bool

    /// An announcement of `length` octets: `{n}` where nothing else is said.
    public init(length: Int, isNonSynchronising: Bool = false, isBinary: Bool = false, isMinus: Bool = false) {
        self.length = length
        self.isNonSynchronising = isNonSynchronising
        self.isBinary = isBinary
        self.isMinus = isMinus
    }

    enum Reading: Equatable {
        case none
        case announced(LiteralAnnouncement)
        case tooLarge
    }

    /// What a line is part of, because that decides whether a `{n}` in it can be an announcement.
    enum Place {
        case response
        /// The line that begins a client's command: its tag and verb are words.
        case command
        /// A client's line after a literal.
        case restOfCommand
    }

    /// Looks at the end of `line`. Octets glued to a word (`abc{5}`) and a `{5}` where a command's tag or
    /// verb should be announce nothing: every server measured takes the next line as a command then. In a client's
    /// line, what is inside a quoted string that the line leaves open announces nothing either; a server's quotes are
    /// not trusted that far.
    static func read(endOf line: ByteBuffer, in place: Place, limit: Int) -> Reading {
        let start = line.readerIndex
        var end = line.writerIndex
        if end > start, line.byte(at: end - 1) == .lineFeed { end -= 1 }
        if end > start, line.byte(at: end - 1) == .carriageReturn { end -= 1 }
        guard end - start > 2, line.byte(at: end - 1) == UInt8(ascii: "}") else { return .none }
        end -= 1
        let isMinus = line.byte(at: end - 1) == UInt8(ascii: "-")
        let isNonSynchronising = isMinus || line.byte(at: end - 1) == UInt8(ascii: "+")
        if isNonSynchronising { end -= 1 }
        var digits = end
        while digits > start, line.byte(at: digits - 1).isDigit { digits -= 1 }
        guard digits < end, digits > start, line.byte(at: digits - 1) == UInt8(ascii: "{") else { return .none }
        var before = digits - 1
        let isBinary = before > start && line.byte(at: before - 1) == UInt8(ascii: "~")
        if isBinary { before -= 1 }
        if before > start, !endsToken(line.byte(at: before - 1)) { return .none }
        if place != .response, leavesQuoteOpen(line, upTo: before) { return .none }
        if place == .command, !hasTwoWords(line, upTo: before) { return .none }

        var length = 0
        for index in digits..<end {
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(Int(line.byte(at: index) - 0x30))
            guard !overflow, !overflowed, sum <= limit else { return .tooLarge }
            length = sum
        }
        return .announced(
            LiteralAnnouncement(
                length: length, isNonSynchronising: isNonSynchronising, isBinary: isBinary, isMinus: isMinus))
    }

    /// Whether a new token may begin after this byte.
    private static func endsToken(_ byte: UInt8) -> Bool {
        switch byte {
        case .space, 9, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""),
            UInt8(ascii: ">"):
            true
        default: false
        }
    }

    private static func hasTwoWords(_ line: ByteBuffer, upTo end: Int) -> Bool {
        var words = 0
        var isInWord = false
        for index in line.readerIndex..<end {
            let isSpace = line.byte(at: index) == .space || line.byte(at: index) == 9
            if !isSpace, !isInWord { words += 1 }
            isInWord = !isSpace
            if words == 2 { return true }
        }
        return false
    }

    private static func leavesQuoteOpen(_ line: ByteBuffer, upTo end: Int) -> Bool {
        var isOpen = false
        var index = line.readerIndex
        while index < end {
            let byte = line.byte(at: index)
            if isOpen, byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isOpen.toggle() }
            index += 1
        }
        return isOpen
    }
}
