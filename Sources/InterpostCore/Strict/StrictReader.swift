import NIOCore

/// Reads the tokens of one command, strictly: what is not exactly the token asked for is refused.
///
///     LOGIN {3}␍␊foo "x"      word LOGIN, space, literal foo, space, quoted x, end
///
/// Every octet is read, and each is read once: between two tokens there is one space and nothing else.
struct StrictReader {
    /// Octets of a command outside its literals and sequence sets.
    static let maximumLine = 8192
    /// Octets of a command outside its literals.
    static let maximumText = 65536
    /// Octets of all literals that are arguments.
    static let maximumLiterals = 65536
    /// Elements of all lists of a command.
    static let maximumElements = 1000
    /// How deep parentheses may be nested.
    static let maximumDepth = 10

    private let text: IMAPText
    let bytes: [UInt8]
    private let base: Int
    private(set) var position = 0
    private var nextLiteral = 0
    private var literalOctets = 0
    private var setOctets = 0
    private var elements = 0

    init(_ text: IMAPText) {
        self.text = text
        bytes = Array(buffer: text.bytes)
        base = text.bytes.readerIndex
    }

    init(line: ByteBuffer) { self.init(IMAPText(line: line)) }

    var isAtEnd: Bool { position >= bytes.count }

    /// The octet at the reader, or 0 at the end.
    var peek: UInt8 { peek(0) }

    func peek(_ offset: Int) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    func slice(from start: Int) -> ByteBuffer {
        text.bytes.getSlice(at: base + start, length: position - start) ?? ByteBuffer()
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard !isAtEnd, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar, or reason: String) throws(StrictRefusal) {
        guard skip(character) else { throw .malformed(reason) }
    }

    /// Exactly one space.
    mutating func space() throws(StrictRefusal) {
        guard skip(" ") else { throw .malformed(isAtEnd ? "an argument is missing" : "no space where one belongs") }
        if peek == .space { throw .malformed("two spaces") }
        if isAtEnd { throw .malformed("a space at the end") }
    }

    /// Nothing may be left, and the whole may not be too long.
    func end() throws(StrictRefusal) {
        guard isAtEnd, nextLiteral == text.literals.count else { throw .malformed("more arguments than the command takes") }
        guard bytes.count - setOctets <= Self.maximumLine, bytes.count <= Self.maximumText else {
            throw .malformed("a line that is too long")
        }
    }

    mutating func countElement() throws(StrictRefusal) {
        elements += 1
        if elements > Self.maximumElements { throw .malformed("too many elements in lists") }
    }

    /// One or more octets of `characters`.
    mutating func word(of characters: StrictCharacters) throws(StrictRefusal) -> ByteBuffer {
        let start = position
        while position < bytes.count, characters.contains(bytes[position]) { position += 1 }
        guard position > start else { throw .malformed("no word where one belongs") }
        return slice(from: start)
    }

    /// A word as a name to look up.
    mutating func keyword(of characters: StrictCharacters = .atom) throws(StrictRefusal) -> Keyword {
        guard let name = Keyword(try word(of: characters).readableBytesView) else {
            throw .unsupported("a name that is not known")
        }
        return name
    }

    /// Passes over a word of letters and the space that follows it, if the word is here.
    mutating func skipWord(_ word: StaticString) throws(StrictRefusal) -> Bool {
        let start = position
        if let name = try? keyword(), name == Keyword(word), peek == .space {
            try space()
            return true
        }
        position = start
        return false
    }

    mutating func number(upTo limit: UInt64 = UInt64(UInt32.max), from least: UInt64 = 0) throws(StrictRefusal) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while peek.isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(UInt64(peek - 0x30))
            guard !overflow, !overflowed, sum <= limit else { throw .malformed("a number that is too large") }
            value = sum
            position += 1
        }
        guard position > start else { throw .malformed("no number where one belongs") }
        guard bytes[start] != 0x30 || position == start + 1 else { throw .malformed("a number with a leading zero") }
        guard value >= least else { throw .malformed("a number that is too small") }
        return value
    }

    // MARK: Strings

    /// An atom, or a string. An atom is written as a literal or in quotes where a server could take it for something else.
    mutating func astring() throws(StrictRefusal) -> IMAPString {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "{") { return try string() }
        return IMAPString(try word(of: .astring))
    }

    mutating func string(allowsBinary: Bool = false) throws(StrictRefusal) -> IMAPString {
        if peek == UInt8(ascii: "\"") { return try quoted() }
        return try literal(allowsBinary: allowsBinary)
    }

    /// NIL, or a string.
    mutating func nstring(allowsBinary: Bool = false) throws(StrictRefusal) -> IMAPString? {
        if peek.uppercased == UInt8(ascii: "N") {
            guard try keyword() == Keyword("NIL") else { throw .malformed("no string where one belongs") }
            return nil
        }
        return try string(allowsBinary: allowsBinary)
    }

    /// A string that is looked for. Clients put UTF-8 in quotes, where only ASCII belongs; it is written as a literal.
    mutating func searchedString() throws(StrictRefusal) -> IMAPString {
        guard peek == UInt8(ascii: "\"") else { return try astring() }
        let string = try quoted(allowsEightBit: true)
        guard string.bytes.readableBytesView.contains(where: { $0 >= 0x80 }) else { return string }
        guard String(validating: string.bytes.readableBytesView, as: UTF8.self) != nil else {
            throw .malformed("an octet that cannot stand in quotes")
        }
        return IMAPString(string.bytes, form: .literal)
    }

    mutating func quoted(allowsEightBit: Bool = false) throws(StrictRefusal) -> IMAPString {
        try expect("\"", or: "no quoted string where one belongs")
        let start = position
        var unescaped: ByteBuffer?
        while !isAtEnd, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                if unescaped == nil { unescaped = slice(from: start).ownCopy }
                position += 1
                guard peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "\\") else {
                    throw .malformed("a backslash before what needs none")
                }
            } else if !StrictCharacters.quoted.contains(bytes[position]), !(allowsEightBit && bytes[position] >= 0x80) {
                throw .malformed("an octet that cannot stand in quotes")
            }
            unescaped?.writeInteger(bytes[position])
            position += 1
        }
        let value = unescaped ?? slice(from: start)
        try expect("\"", or: "a quoted string without an end")
        return IMAPString(value, form: .quoted)
    }

    /// A literal with all its octets.
    private mutating func literal(allowsBinary: Bool) throws(StrictRefusal) -> IMAPString {
        let literal = try announcedLiteral(allowsBinary: allowsBinary)
        let announcement = literal.announcement
        guard let octets = literal.octets, octets.readableBytes == announcement.length else {
            throw .malformed("a literal that is not whole")
        }
        guard announcement.isBinary || octets.firstIndex(of: 0, from: octets.readerIndex) == nil else {
            throw .malformed("a NUL in a literal")
        }
        // No literal is longer than the limit up to which literals are kept, so the sum cannot overflow.
        literalOctets += announcement.length
        guard literalOctets <= Self.maximumLiterals else { throw .malformed("literals that are too long") }
        return IMAPString(octets, form: announcement.isBinary ? .literal8 : .literal)
    }

    /// The announcement of a literal; the reader is past the literal's octets then, whether they have come or not.
    mutating func announcedLiteral(allowsBinary: Bool) throws(StrictRefusal) -> IMAPText.Literal {
        let before = position > 0 ? bytes[position - 1] : 0
        let isBinary = allowsBinary && skip("~")
        guard peek == UInt8(ascii: "{"), before == .space || before == UInt8(ascii: "(") else {
            throw .malformed("no string where one belongs")
        }
        position += 1
        let length = try number()
        let isNonSynchronising = skip("+")
        guard skip("}"), skip("\r"), skip("\n"), nextLiteral < text.literals.count else {
            throw .malformed("a literal that is not announced as one")
        }
        let literal = text.literals[nextLiteral]
        let announced = LiteralAnnouncement(
            length: Int(clamping: length), isNonSynchronising: isNonSynchronising, isBinary: isBinary)
        guard literal.position == base + position, literal.announcement == announced else {
            throw .malformed("a literal that is not where it was announced")
        }
        nextLiteral += 1
        return literal
    }

    // MARK: Lists and sets

    /// `(a b c)`
    mutating func list<Element>(
        orEmpty: Bool = false, _ element: (inout StrictReader) throws(StrictRefusal) -> Element
    ) throws(StrictRefusal) -> [Element] {
        try expect("(", or: "no list where one belongs")
        if orEmpty, skip(")") { return [] }
        var found: [Element] = []
        while true {
            try countElement()
            found.append(try element(&self))
            if skip(")") { return found }
            try space()
        }
    }

    /// One, or several in parentheses.
    mutating func oneOrList<Element>(
        _ element: (inout StrictReader) throws(StrictRefusal) -> Element
    ) throws(StrictRefusal) -> [Element] {
        if peek == UInt8(ascii: "(") { return try list(element) }
        return [try element(&self)]
    }

    /// `1:4,7`, `*`, or `$` alone.
    mutating func sequenceSet(ofKnown: Bool = false) throws(StrictRefusal) -> SequenceSet {
        let start = position
        if ofKnown || !skip("$") {
            repeat {
                try sequenceNumber(ofKnown: ofKnown)
                if skip(":") { try sequenceNumber(ofKnown: ofKnown) }
            } while skip(",")
        }
        setOctets += position - start
        return SequenceSet(text: slice(from: start))
    }

    private mutating func sequenceNumber(ofKnown: Bool) throws(StrictRefusal) {
        if ofKnown || !skip("*") { _ = try number(from: 1) }
    }
}

extension StrictRefusal {
    static func malformed(_ reason: String) -> StrictRefusal { StrictRefusal(.malformed, reason: reason) }
    static func unsupported(_ reason: String) -> StrictRefusal { StrictRefusal(.unsupported, reason: reason) }
}
