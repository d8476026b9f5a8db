import NIOCore

/// Reads the tokens of one command in the grammar that the gate accepts (RFC 9051 §9, less what servers disagree on): one space
/// between words, no octet that somebody could take for a line end, a quote or a marker where it is none.
///
///     a1 STATUS "x y" {5}␍␊INBOX        words, a quoted string, a literal with its marker at the end of the line
///
/// What is not there is thrown as a ``StrictRefusal`` without tag and name.
struct StrictReader: Sendable {
    /// Octets of a command besides its literals and its sets of messages.
    static let maximumLine = 8192
    /// Octets of the sets.
    static let maximumSet = 65_536
    static let maximumElements = 1000
    static let maximumDepth = 10

    private let text: IMAPText
    let bytes: [UInt8]
    private let base: Int
    private(set) var position = 0
    private var nextLiteral = 0
    private var setOctets = 0

    init(_ text: IMAPText) {
        self.text = text
        bytes = Array(buffer: text.bytes)
        base = text.bytes.readerIndex
    }

    var isAtEnd: Bool { position >= bytes.count }

    var peek: UInt8 { position < bytes.count ? bytes[position] : 0 }

    func isAt(_ character: Unicode.Scalar) -> Bool { !isAtEnd && peek == UInt8(ascii: character) }

    /// Whether a space and then this character stand here.
    func isAtSpace(before character: Unicode.Scalar) -> Bool {
        position + 1 < bytes.count && bytes[position] == .space && bytes[position + 1] == UInt8(ascii: character)
    }

    static func malformed(_ reason: String) -> StrictRefusal { StrictRefusal(.malformed, reason: reason) }

    // MARK: - Punctuation

    mutating func space() throws(StrictRefusal) {
        guard peek == .space, !isAtEnd else { throw Self.malformed("one space is due between two words") }
        position += 1
    }

    mutating func expect(_ character: Unicode.Scalar) throws(StrictRefusal) {
        guard isAt(character) else { throw Self.malformed("a \(character) is missing") }
        position += 1
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard isAt(character) else { return false }
        position += 1
        return true
    }

    mutating func end() throws(StrictRefusal) {
        guard isAtEnd else { throw Self.malformed("there is more than the command takes") }
        guard nextLiteral == text.literals.count, !text.isCutShort, bytes.count - setOctets <= Self.maximumLine else {
            throw Self.malformed("the command is too long")
        }
    }

    // MARK: - Words

    /// Octets of an atom up to what ends it.
    mutating func atom(_ isAllowed: (UInt8) -> Bool = \.isAtomChar) throws(StrictRefusal) -> ByteBuffer {
        let start = position
        while position < bytes.count, isAllowed(bytes[position]) { position += 1 }
        guard position > start else { throw Self.malformed("a word is missing") }
        return ByteBuffer(bytes: bytes[start..<position])
    }

    mutating func keyword(_ isAllowed: (UInt8) -> Bool = \.isAtomChar) throws(StrictRefusal) -> Keyword {
        guard let keyword = Keyword(try atom(isAllowed).readableBytesView) else { throw Self.malformed("a word is too long") }
        return keyword
    }

    /// Passes over a word if it stands here as a whole.
    mutating func skipWord(_ word: StaticString) -> Bool {
        var ahead = self
        guard let found = try? ahead.keyword(), found == Keyword(word) else { return false }
        self = ahead
        return true
    }

    /// The same with a space in front of it.
    mutating func skipSpaceAndWord(_ word: StaticString) -> Bool {
        var ahead = self
        guard (try? ahead.space()) != nil, ahead.skipWord(word) else { return false }
        self = ahead
        return true
    }

    private mutating func digits(limit: UInt64) throws(StrictRefusal) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while position < bytes.count, bytes[position].isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(UInt64(bytes[position] - 0x30))
            guard !overflow, !overflowed, sum <= limit else { throw Self.malformed("a number is too large") }
            value = sum
            position += 1
        }
        guard position > start else { throw Self.malformed("a number is missing") }
        guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else { throw Self.malformed("a number begins with 0") }
        return value
    }

    mutating func number() throws(StrictRefusal) -> UInt64 { try digits(limit: UInt64(UInt32.max)) }

    mutating func number64() throws(StrictRefusal) -> UInt64 { try digits(limit: UInt64(Int64.max)) }

    mutating func positive() throws(StrictRefusal) -> UInt64 {
        let value = try number()
        guard value > 0 else { throw Self.malformed("a number is 0") }
        return value
    }

    // MARK: - Strings

    /// An atom, a quoted string or a literal.
    mutating func astring() throws(StrictRefusal) -> IMAPString {
        switch peek {
        case UInt8(ascii: "\""): try quoted()
        case UInt8(ascii: "{"): try literal(isBinary: false)
        default: IMAPString(try atom(\.isAstringChar))
        }
    }

    /// A quoted string or a literal.
    mutating func string() throws(StrictRefusal) -> IMAPString {
        isAt("{") ? try literal(isBinary: false) : try quoted()
    }

    /// `NIL`, or a string.
    mutating func nstring(mayBeBinary: Bool = false) throws(StrictRefusal) -> IMAPString? {
        if mayBeBinary, isAt("~") { return try literal(isBinary: true) }
        return skipWord("NIL") ? nil : try string()
    }

    mutating func quoted() throws(StrictRefusal) -> IMAPString {
        try expect("\"")
        var value = ByteBuffer()
        while position < bytes.count {
            var byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return IMAPString(value, form: .quoted) }
            if byte == UInt8(ascii: "\\") {
                byte = peek
                position += 1
                guard byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") else {
                    throw Self.malformed("a backslash in quotes stands before another character than \\ and \"")
                }
            } else if byte < .space || byte >= 0x7F {
                throw Self.malformed("an octet in quotes is not printable ASCII")
            }
            value.writeInteger(byte)
        }
        throw Self.malformed("a quoted string does not end")
    }

    /// The octets of a literal that was gathered.
    mutating func literal(isBinary: Bool) throws(StrictRefusal) -> IMAPString {
        let literal = try announcement(isBinary: isBinary)
        guard let octets = literal.octets, octets.readableBytes == literal.announcement.length else {
            throw Self.malformed("a literal is too long to be an argument")
        }
        guard isBinary || !octets.readableBytesView.contains(0) else { throw Self.malformed("a NUL stands in a literal") }
        return IMAPString(octets, form: isBinary ? .literal8 : .literal)
    }

    /// A literal whose octets are somebody else's business, and its length.
    mutating func message() throws(StrictRefusal) -> IMAPText.Literal { try announcement(isBinary: isAt("~")) }

    /// `{n}`, `{n+}`, and with `isBinary` `~{n}`, at the end of its line.
    private mutating func announcement(isBinary: Bool) throws(StrictRefusal) -> IMAPText.Literal {
        if isBinary { try expect("~") }
        try expect("{")
        let length = try number64()
        let isNonSynchronising = skip("+")
        try expect("}")
        guard position + 1 < bytes.count, bytes[position] == .carriageReturn, bytes[position + 1] == .lineFeed,
            nextLiteral < text.literals.count
        else { throw Self.malformed("a literal is announced at the end of a line") }
        position += 2
        let literal = text.literals[nextLiteral]
        nextLiteral += 1
        let announced = literal.announcement
        guard literal.position == base + position, UInt64(announced.length) == length, !announced.isMinus,
            announced.isNonSynchronising == isNonSynchronising, announced.isBinary == isBinary
        else { throw Self.malformed("a literal is not announced where it stands") }
        return literal
    }

    // MARK: - Lists

    /// `(x y z)` with at least `minimum` elements.
    mutating func list(minimum: Int = 1, _ element: (inout StrictReader) throws(StrictRefusal) -> Void) throws(StrictRefusal) {
        try expect("(")
        var count = 0
        while !isAt(")") {
            if count > 0 { try space() }
            guard count < Self.maximumElements else {
                throw Self.malformed("a list has more than \(Self.maximumElements) elements")
            }
            try element(&self)
            count += 1
        }
        position += 1
        guard count >= minimum else { throw Self.malformed("a list is empty") }
    }

    /// One astring, or several in parentheses.
    mutating func astringOrList() throws(StrictRefusal) -> [IMAPString] {
        guard isAt("(") else { return [try astring()] }
        var strings: [IMAPString] = []
        try list { reader throws(StrictRefusal) in strings.append(try reader.astring()) }
        return strings
    }

    /// One or more astrings, each with a space in front.
    mutating func astrings(minimum: Int) throws(StrictRefusal) -> [IMAPString] {
        var strings: [IMAPString] = []
        while !isAtEnd {
            try space()
            guard strings.count < Self.maximumElements else { throw Self.malformed("there are too many words") }
            strings.append(try astring())
        }
        guard strings.count >= minimum else { throw Self.malformed("an argument is missing") }
        return strings
    }

    // MARK: - Sets

    /// `1:4,7,10:*`, and `$` where a search result may be meant (RFC 5182).
    mutating func sequenceSet(mayBeSaved: Bool = true) throws(StrictRefusal) -> SequenceSet {
        let start = position
        if mayBeSaved, skip("$") { return SequenceSet(text: ByteBuffer(string: "$")) }
        repeat {
            try setNumber()
            if skip(":") { try setNumber() }
        } while skip(",")
        setOctets += position - start
        guard setOctets <= Self.maximumSet else { throw Self.malformed("a set of messages is too long") }
        return SequenceSet(text: ByteBuffer(bytes: bytes[start..<position]))
    }

    private mutating func setNumber() throws(StrictRefusal) { if !skip("*") { _ = try positive() } }
}

extension UInt8 {
    /// RFC 9051 §9 ATOM-CHAR.
    var isAtomChar: Bool { isAstringChar && self != UInt8(ascii: "]") }

    /// RFC 9051 §9 ASTRING-CHAR.
    var isAstringChar: Bool {
        guard isPrintable else { return false }
        return switch self {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "*"), UInt8(ascii: "\""),
            UInt8(ascii: "\\"):
            false
        default: true
        }
    }

    /// What a tag may be made of here; RFC 9051 has more, and servers disagree on the rest.
    var isTagChar: Bool {
        isLetter || isDigit || self == UInt8(ascii: ".") || self == UInt8(ascii: "_") || self == UInt8(ascii: "-")
    }
}
