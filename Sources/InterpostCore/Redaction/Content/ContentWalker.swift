import NIOCore

/// Goes through one command or response, line by line and literal by literal, and maps what is due in place.
///
///     * 1 FETCH (ENVELOPE (NIL {9}␍␊      the literal is the subject: words
///     Geheimnis NIL …) UID 7)␍␊           the rest goes on where the first line ended
///
/// It needs less of the grammar than the readers of events do, and knows no errors: what it does not recognise is a string.
struct ContentWalker: Sendable {
    /// How the octets of the literal that was announced are mapped.
    private enum Literal {
        case kept
        case words(TextMapper)
        case name(NameMapper)
        case message
    }

    private let mappers: ContentMappers
    private var frames: [ContentFrame] = []
    /// How many lists are open beyond the deepest frame: everything in them is read as if it were in that frame.
    private var excess = 0
    private var literal = Literal.kept
    private var message: MessageMapper?
    /// A literal was announced, and the command or response goes on.
    private(set) var isActive = false
    /// In the brackets of an item's name.
    private var item: [UInt8]?
    private var partial = PartialMessages()
    /// The names that were mapped last: servers repeat them in texts for people.
    private(set) var names = MappedNames()
    /// Which of them are remembered.
    private let remembers: @Sendable (ContentRole) -> Bool
    /// As much as has come of a name that comes as a literal.
    private var literalName: (name: [UInt8], pseudonym: [UInt8]) = ([], [])
    private var remembersLiteral = false

    /// Deeper than the readers go.
    private static let maximumDepth = 200

    init(_ mappers: ContentMappers, remembering remembers: @escaping @Sendable (ContentRole) -> Bool = { _ in false }) {
        self.mappers = mappers
        self.remembers = remembers
    }

    /// - Parameter number: That of the message, in an answer to FETCH.
    mutating func begin(_ shape: ContentShape, number: UInt64? = nil) {
        frames = [ContentFrame(shape)]
        partial.number = number
        (item, excess) = (nil, 0)
        isActive = true
    }

    mutating func end() {
        frames.removeAll(keepingCapacity: true)
        (literal, message, isActive, item) = (.kept, nil, false, nil)
    }

    /// Whether there is anything to look for.
    var isIdle: Bool { if frames.count == 1, case .kept = frames[0].shape { true } else { frames.isEmpty } }

    /// Octets of the literal that was announced last. Says whether they may have changed.
    mutating func mapLiteral(_ bytes: inout MutableSpan<UInt8>) -> Bool {
        let range = 0..<bytes.count
        switch literal {
        case .kept: return false
        case .words(var mapper):
            mapper.map(&bytes, in: range)
            literal = .words(mapper)
        case .name(var mapper):
            let isKept = remembersLiteral && literalName.name.count + bytes.count <= MappedNames.maximumLength
            if isKept { literalName.name += range.map { bytes[$0] } }
            mapper.map(&bytes, in: range)
            if isKept { literalName.pseudonym += range.map { bytes[$0] } }
            literal = .name(mapper)
        case .message: message?.map(&bytes, in: range)
        }
        return true
    }

    /// A line, or what is left of it from `start` on. Says whether it may have changed.
    /// - Parameter announces: Whether the `{n}` at its end announces a literal.
    mutating func mapLine(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int, announces: Bool) -> Bool {
        var end = end
        if case .message = literal, let message { partial.store(message) }
        if case .name = literal, !literalName.name.isEmpty {
            names.append(literalName.name, literalName.pseudonym)
            literalName = ([], [])
        }
        while end > start, bytes[end - 1] == .lineFeed || bytes[end - 1] == .carriageReturn { end -= 1 }
        let marker = announces ? Self.marker(&bytes, from: start, to: end) : end
        var index = start
        var ends = QuotedEnds()
        var hasChanged = false
        while index < marker, !frames.isEmpty {
            if item != nil {
                takeItem(&bytes, &index, to: marker)
                continue
            }
            switch bytes[index] {
            case .space, 9: index += 1
            case UInt8(ascii: "("):
                let shape = frames[frames.count - 1].list()
                if frames.count < Self.maximumDepth { frames.append(ContentFrame(shape)) } else { excess += 1 }
                index += 1
            case UInt8(ascii: ")"):
                if excess > 0 { excess -= 1 } else if frames.count > 1 { frames.removeLast() }
                index += 1
            case UInt8(ascii: "\""):
                let range = quoted(&bytes, &index, to: marker, &ends)
                if take(&bytes, range, .quoted) { hasChanged = true }
            default:
                if frames[frames.count - 1].expectsItem {
                    item = []
                    continue
                }
                let first = index
                while index < marker, !ByteSet.wordEnds.contains(bytes[index]) { index += 1 }
                if take(&bytes, first..<index, .atom) { hasChanged = true }
            }
        }
        if announces { announceLiteral(Self.length(&bytes, from: marker, to: end)) }
        return hasChanged
    }

    // MARK: - Strings

    private mutating func take(_ bytes: inout MutableSpan<UInt8>, _ range: Range<Int>, _ form: ContentMappers.Form) -> Bool {
        // Longer words are not words of the protocol.
        let text = range.count <= 64 ? range.map { bytes[$0] } : []
        let role = frames[frames.count - 1].string(text, form)
        if form == .atom, ContentTable.isName("NIL", text) { return false }
        guard remembers(role) else { return mappers.map(role, &bytes, in: range, form: form) }
        let name = range.map { bytes[$0] }
        guard mappers.map(role, &bytes, in: range, form: form) else { return false }
        names.append(name, range.map { bytes[$0] })
        return true
    }

    /// What is in quotes.
    private func quoted(
        _ bytes: inout MutableSpan<UInt8>, _ index: inout Int, to end: Int, _ ends: inout QuotedEnds
    ) -> Range<Int> {
        let start = index + 1
        if frames[frames.count - 1].expectsSeparator, index + 3 < end, bytes[index + 1] == UInt8(ascii: "\\"),
            bytes[index + 2] == UInt8(ascii: "\""), bytes[index + 3] == .space
        {
            index += 3
            return start..<start
        }
        let place = ends.end(in: bytes.span, from: start, to: end).place
        let range = start..<place
        index = min(place + 1, end)
        return range
    }

    /// `BODY[HEADER.FIELDS (FROM "x y")]<0>`: up to its end, or to a literal in it.
    private mutating func takeItem(_ bytes: inout MutableSpan<UInt8>, _ index: inout Int, to end: Int) {
        var name = item ?? []
        var isInBrackets = name.contains(UInt8(ascii: "["))
        while index < end {
            let byte = bytes[index]
            if !isInBrackets, ByteSet.wordEnds.contains(byte) {
                // Courier reads `BODY [TEXT]` too.
                guard byte == .space, index + 1 < end, bytes[index + 1] == UInt8(ascii: "["), !name.isEmpty else { break }
            }
            if byte == UInt8(ascii: "[") { isInBrackets = true }
            if byte == UInt8(ascii: "]") { isInBrackets = false }
            if name.count < 1024 { name.append(byte) }
            index += 1
        }
        if isInBrackets {
            item = name
        } else {
            item = nil
            if name.isEmpty { index += 1 } else { _ = frames[frames.count - 1].string(name, .atom) }
            partial.item = name
        }
    }

    // MARK: - Literals

    /// Where `{n}` or `~{n}` begins.
    private static func marker(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int) -> Int {
        var index = end
        while index > start, bytes[index - 1] != UInt8(ascii: "{") { index -= 1 }
        if index > start { index -= 1 }
        return index > start && bytes[index - 1] == UInt8(ascii: "~") ? index - 1 : index
    }

    private static func length(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int) -> UInt64 {
        var length: UInt64 = 0
        for index in start..<end where bytes[index].isDigit { length = length &* 10 &+ UInt64(bytes[index] - 0x30) }
        return length
    }

    private mutating func announceLiteral(_ length: UInt64) {
        literal = .kept
        // A literal within the brackets of an item is the name of a field.
        guard item == nil, !frames.isEmpty else { return }
        let role = frames[frames.count - 1].string([], .literal)
        guard role.isDue(at: mappers.level) else { return }
        remembersLiteral = remembers(role)
        switch role {
        case .message(let start):
            message = partial.begin(length, atMiddle: start == .unknown) ?? mappers.message(at: start)
            literal = .message
        case .restOfMessage:
            if message == nil { message = mappers.message(at: .unknown) }
            literal = .message
        default: literal = mappers.name(role).map(Literal.name) ?? .words(TextMapper(mappers.words))
        }
    }
}
