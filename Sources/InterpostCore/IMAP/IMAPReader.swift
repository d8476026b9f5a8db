import NIOCore

/// Reads the tokens of one command or response, leniently: whatever is there becomes a token.
///
/// Nothing here throws and nothing recurses. A reader that finds something other than what it asked for returns `nil` and
/// stays where it is.
///
///     LIST "" {1}␍␊*      atom LIST, string "" (quoted), string * (literal)
public struct IMAPReader: Sendable {
    private let text: IMAPText
    /// A copy of the text's bytes: looking at a byte of an array costs a tenth of looking at one of a buffer.
    private let bytes: [UInt8]
    /// Where `bytes` begins in the text.
    private let base: Int
    private var position: Int
    private var nextLiteral = 0
    /// The leniencies that reading needed so far.
    private(set) var quirks = Quirks()
    /// `nil` for a client's text: its server reads only escaped quotes as part of a string, so this reader does, too.
    private var ends: QuotedEnds?

    /// A reader at the beginning of what a server said.
    public init(_ text: IMAPText) { self.init(text, from: 0) }

    /// A reader that starts this many octets after the beginning, with the quirks that were found before that.
    init(_ text: IMAPText, from offset: Int, quirks: Quirks = Quirks(), sender: Side = .server) {
        self.text = text
        self.quirks = quirks
        ends = sender == .server ? QuotedEnds() : nil
        bytes = Array(buffer: text.bytes)
        base = text.bytes.readerIndex
        position = offset
    }

    /// Whether all octets are read.
    public var isAtEnd: Bool { position >= bytes.endIndex }

    /// The byte at the reader, or 0 at the end.
    var peek: UInt8 { position < bytes.endIndex ? bytes[position] : 0 }

    func peek(_ offset: Int) -> UInt8 {
        let index = position + offset
        return index >= 0 && index < bytes.endIndex ? bytes[index] : 0
    }

    /// What has not been read, literals left out.
    var rest: ByteBuffer { slice(from: position, to: bytes.endIndex) }

    private func slice(from start: Int, to end: Int) -> ByteBuffer {
        text.bytes.getSlice(at: base + start, length: max(0, end - start)) ?? ByteBuffer()
    }

    var octetsLeft: Int { max(0, bytes.count - position) }

    /// A reader's position. Going back to it costs less than looking ahead with a copy of the reader.
    struct Place {
        fileprivate let position: Int
        fileprivate let nextLiteral: Int
        fileprivate let quirks: Quirks
    }

    var place: Place { Place(position: position, nextLiteral: nextLiteral, quirks: quirks) }

    mutating func goBack(to place: Place) {
        position = place.position
        nextLiteral = place.nextLiteral
        quirks = place.quirks
    }

    /// The byte after the spaces that come next.
    var peekBehindSpaces: UInt8 {
        var index = position
        while index < bytes.endIndex, bytes[index] == .space || bytes[index] == 9 { index += 1 }
        return index < bytes.endIndex ? bytes[index] : 0
    }

    mutating func note(_ quirk: Quirk) { quirks.insert(quirk) }

    mutating func note(_ others: Quirks) { if !others.isEmpty { quirks.formUnion(others) } }

    @inline(__always) mutating func skipSpaces() {
        guard position < bytes.count, bytes[position] == .space || bytes[position] == 9 else { return }
        if bytes[position] == .space, position + 1 < bytes.count, bytes[position + 1] > .space {
            position += 1
        } else {
            skipOddSpaces()
        }
    }

    private mutating func skipOddSpaces() {
        var count = 0
        while peek == .space || peek == 9 {
            if peek == 9 { note(.tabForSpace) }
            position += 1
            count += 1
        }
        if isAtEnd { note(.trailingSpace) } else if count > 1 { note(.extraSpace) }
    }

    /// Passes over a space where the grammar has none.
    mutating func skipExtraSpace() {
        note(.extraSpace)
        advance()
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard !isAtEnd, peek == byte else { return false }
        position += 1
        return true
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool { skip(UInt8(ascii: character)) }

    mutating func advance() { if !isAtEnd { position += 1 } }

    mutating func skip(octets count: Int) { position = min(bytes.endIndex, position + count) }

    /// Letters, digits and whatever else comes before a space, parenthesis or quote.
    mutating func atom(stoppingAt stops: ByteSet = .wordEnds) -> ByteBuffer? {
        let start = position
        position = endOfWord(stoppingAt: stops)
        return position > start ? slice(from: start, to: position) : nil
    }

    private func endOfWord(stoppingAt stops: ByteSet) -> Int {
        var index = position
        while index < bytes.count, !stops.contains(bytes[index]) { index += 1 }
        return index
    }

    /// Passes over a word, or over one character that is not a word: always makes progress, and looks at nothing twice.
    mutating func skipWord() {
        if atom() == nil { advance() }
    }

    /// The next word as a name to look up; skips spaces before it.
    mutating func keyword(stoppingAt stops: ByteSet = .wordEnds) -> Keyword? {
        skipSpaces()
        var index = position
        guard let keyword = Keyword(in: bytes.span, at: &index, stoppingAt: stops) else { return nil }
        position = index
        return keyword
    }

    mutating func number() -> UInt64? {
        skipSpaces()
        let start = position
        var value: UInt64 = 0
        while peek.isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(UInt64(peek - 0x30))
            guard !overflow, !overflowed else {
                position = start
                return nil
            }
            value = sum
            position += 1
        }
        return position > start ? value : nil
    }

    /// An atom, quoted string or literal. Skips spaces before it.
    mutating func string(stoppingAt stops: ByteSet = .wordEnds) -> IMAPString? {
        skipSpaces()
        if peek == UInt8(ascii: "\"") { return quoted() }
        if let literal = literal() { return literal }
        return atom(stoppingAt: stops).map { IMAPString($0) }
    }

    /// `NIL`, or a string. The outer optional says whether anything was there.
    mutating func nstring() -> IMAPString?? {
        guard let string = string() else { return nil }
        return .some(string.form == .atom && string.bytes.equalsIgnoringCase("NIL") ? nil : string)
    }

    /// All strings up to the first value that is not one.
    mutating func strings() -> [IMAPString] {
        var strings: [IMAPString] = []
        while let next = string() { strings.append(next) }
        return strings
    }

    /// A parenthesised list of strings, flags or words; a single value without parentheses is a list of one.
    mutating func list() -> [IMAPString]? {
        skipSpaces()
        guard skip("(") else {
            guard let word = string() else { return nil }
            guard word.form == .atom, word.bytes.equalsIgnoringCase("NIL") else {
                note(.wordForList)
                return [word]
            }
            note(.nilForList)
            return []
        }
        var items: [IMAPString] = []
        while true {
            skipSpaces()
            if isAtEnd { note(.parenthesisNotClosed) }
            if isAtEnd || skip(")") { return items }
            if peek == UInt8(ascii: "(") { skipValue() } else if let item = string() { items.append(item) } else { advance() }
        }
    }

    /// Passes over one value, parenthesised lists and literals included.
    mutating func skipValue() {
        skipSpaces()
        var depth = 0
        repeat {
            skipSpaces()
            if isAtEnd { return }
            if skip("(") { depth += 1 } else if skip(")") { depth -= 1 } else { skipString() }
        } while depth > 0
    }

    /// Passes over what ``string(stoppingAt:)`` gives, or over one octet.
    private mutating func skipString() {
        switch peek {
        case UInt8(ascii: "\""): _ = passQuoted()
        case UInt8(ascii: "{"), UInt8(ascii: "~"): if string() == nil { advance() }
        default: position = max(position + 1, endOfWord(stoppingAt: .wordEnds))
        }
    }

    /// The next value as it was written, with the literals in it, to be read when somebody asks for it.
    mutating func unreadValue() -> UnreadValue? {
        skipSpaces()
        let start = position
        let firstLiteral = nextLiteral
        guard !isAtEnd, peek != UInt8(ascii: ")") else { return nil }
        skipValue()
        var value = IMAPText(line: ByteBuffer())
        value.bytes = slice(from: start, to: position)
        for var literal in text.literals[firstLiteral..<nextLiteral] where literal.position > base + start {
            literal.position -= base + start - value.bytes.readerIndex
            value.literals.append(literal)
        }
        return UnreadValue(text: value)
    }

    private mutating func quoted() -> IMAPString {
        let (value, hasEscapes) = passQuoted()
        guard hasEscapes else { return IMAPString(slice(from: value.lowerBound, to: value.upperBound), form: .quoted) }
        var unescaped = ByteBuffer()
        var isEscaped = false
        for byte in bytes[value] {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                unescaped.writeInteger(byte)
                isEscaped = false
            }
        }
        return IMAPString(unescaped, form: .quoted)
    }

    /// Passes over the quoted string that comes next, and says where its value is.
    private mutating func passQuoted() -> (value: Range<Int>, hasEscapes: Bool) {
        let start = position + 1
        let (end, passesQuotes) = endOfQuoted(from: start)
        var index = start
        var hasEscapes = false
        var hasEightBit = false
        while index < end {
            if bytes[index] == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1
                if index < end, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
                    note(.oddEscapeInQuoted)
                }
            } else if bytes[index] >= 0x80 {
                hasEightBit = true
            }
            index += 1
        }
        if hasEightBit { note(.eightBitInQuoted) }
        if passesQuotes { note(.quoteInQuoted) }
        if end >= bytes.count { note(.quoteNotClosed) }
        position = min(end + 1, bytes.count)
        return (start..<max(start, end), hasEscapes)
    }

    private mutating func endOfQuoted(from start: Int) -> (place: Int, passesQuotes: Bool) {
        guard var ends else { return (QuotedEnds.quote(in: bytes.span, from: start, to: bytes.count) ?? bytes.count, false) }
        defer { self.ends = ends }
        return ends.end(in: bytes.span, from: start, to: bytes.count)
    }

    /// The literal whose announcement comes next.
    private mutating func literal() -> IMAPString? {
        guard peek == UInt8(ascii: "{") || (peek == UInt8(ascii: "~") && peek(1) == UInt8(ascii: "{")) else { return nil }
        while nextLiteral < text.literals.count, text.literals[nextLiteral].position <= base + position { nextLiteral += 1 }
        guard nextLiteral < text.literals.count else { return nil }
        let literal = text.literals[nextLiteral]
        // Between here and the line end that precedes the octets there may be nothing but the announcement. This is checked
        // first, because it looks no further than this word.
        guard isAnnouncement(upTo: literal.position - base) else { return nil }
        guard !bytes[position..<min(literal.position - base, bytes.endIndex)].dropLast(2).contains(.lineFeed) else { return nil }
        nextLiteral += 1
        position = literal.position - base
        return IMAPString(
            literal.octets ?? literal.head, form: literal.announcement.isBinary ? .literal8 : .literal,
            length: literal.announcement.length)
    }

    private func isAnnouncement(upTo end: Int) -> Bool {
        for byte in bytes[position..<min(end, bytes.endIndex)] {
            switch byte {
            case UInt8(ascii: "~"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "+"), UInt8(ascii: "-"): continue
            case .carriageReturn, .lineFeed: continue
            case let byte where byte.isDigit: continue
            default: return false
            }
        }
        return true
    }
}
