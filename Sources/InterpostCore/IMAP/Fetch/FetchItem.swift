import NIOCore

/// One item of a FETCH request, and the name of one in its answer (RFC 9051 §6.4.5, §7.5.2).
///
///     BODY.PEEK[1.HEADER.FIELDS (SUBJECT)]<0.100>
///     name BODY.PEEK, section 1.HEADER.FIELDS (SUBJECT), partial 0.100
public struct FetchItem: Hashable, Sendable, CustomStringConvertible {
    /// `<0.1024>` of a request, `<0>` of an answer.
    public struct Partial: Hashable, Sendable, CustomStringConvertible {
        /// The first octet, from 0.
        public var offset: UInt64
        /// How many octets; an answer does not say it.
        public var count: UInt64?

        public var description: String { count.map { "\(offset).\($0)" } ?? "\(offset)" }
    }

    /// The item without section and partial: `FLAGS`, `BODY`, `BODY.PEEK`, `RFC822.SIZE`, or a macro: `FAST`.
    public var name: Keyword
    /// The text in brackets: `BODY[]` has an empty section, `BODY` has none.
    public var section: FetchSection?
    /// `nil` where all of it is meant.
    public var partial: Partial?
    /// Lists that follow the item: `PREVIEW (LAZY)`, `ANNOTATION (/comment) (value.priv)`.
    public var arguments: [IMAPValue] = []

    /// An item from its pieces; `name` without the brackets.
    public init(name: Keyword, section: FetchSection? = nil, partial: Partial? = nil, arguments: [IMAPValue] = []) {
        self.name = name
        self.section = section
        self.partial = partial
        self.arguments = arguments
    }

    /// Whether asking for this makes the server set `\Seen` (as specified, and as measured).
    public var setsSeen: Bool {
        switch name {
        case Keyword("BODY"), Keyword("BINARY"): section != nil
        case Keyword("RFC822"), Keyword("RFC822.TEXT"): true
        default: false
        }
    }

    /// Whether the answer carries text of the message: a body, a part, a header.
    public var carriesContent: Bool {
        Self.wholeItems.contains(name) || section != nil && !Self.structureItems.contains(name)
    }

    /// Whether the content is more than a header, so that reading it is reading the message.
    public var carriesText: Bool {
        guard carriesContent else { return false }
        switch section?.content {
        case .header, .headerFields, .headerFieldsNot, .mime: return false
        case .text, .whole, .other: return true
        case nil: return !Self.headerItems.contains(name)
        }
    }

    /// What a macro stands for (RFC 9051 §6.4.5); empty for an item that is not a macro.
    public var expansion: [FetchItem] {
        let fast = [
            FetchItem(name: Keyword("FLAGS")), FetchItem(name: Keyword("INTERNALDATE")),
            FetchItem(name: Keyword("RFC822.SIZE")),
        ]
        return switch name {
        case Keyword("FAST"): fast
        case Keyword("ALL"): fast + [FetchItem(name: Keyword("ENVELOPE"))]
        case Keyword("FULL"): fast + [FetchItem(name: Keyword("ENVELOPE")), FetchItem(name: Keyword("BODY"))]
        default: []
        }
    }

    public var description: String {
        var text = name.description
        if let section { text += "[\(section)]" }
        if let partial { text += "<\(partial)>" }
        for argument in arguments { text += " \(argument.written)" }
        return text
    }

    private static let headerItems: Set = [
        Keyword("RFC822.HEADER"), Keyword("RFC822.HEADER.LINES"), Keyword("RFC822.HEADER.LINES.NOT"),
    ]
    private static let wholeItems = headerItems.union([
        Keyword("RFC822"), Keyword("RFC822.TEXT"), Keyword("RFC822.PEEK"), Keyword("RFC822.TEXT.PEEK"),
    ])
    private static let structureItems: Set = [
        Keyword("BINARY.SIZE"), Keyword("BODYPARTSTRUCTURE"), Keyword("AVAILABLECONVERSIONS"),
    ]
}

// MARK: - Reading

extension FetchItem {
    /// Items that are followed by lists, and by how many.
    private static let argumentCounts: [Keyword: Int] = [
        Keyword("PREVIEW"): 1, Keyword("SNIPPET"): 1, Keyword("ANNOTATION"): 2, Keyword("RFC822.HEADER.LINES"): 1,
        Keyword("RFC822.HEADER.LINES.NOT"): 1,
    ]

    /// The items of a request: one, or several in parentheses.
    static func readList(_ reader: inout IMAPReader) -> [FetchItem] {
        guard reader.isAtList else {
            guard var item = read(&reader) else { return [] }
            // The command's modifiers may follow a single item as well.
            while item.arguments.count < argumentCounts[item.name] ?? 0, reader.isAtList, !reader.isAtFetchModifiers {
                if let list = reader.value() { item.arguments.append(list) }
            }
            var items = [item]
            // Several without their parentheses, as most servers take them.
            while reader.peekBehindSpaces != 0, reader.peekBehindSpaces != UInt8(ascii: "("), let next = read(&reader) {
                reader.note(.wordForList)
                items.append(next)
            }
            return items
        }
        var items: [FetchItem] = []
        reader.readList { reader in
            if reader.peek == UInt8(ascii: "("), !items.isEmpty {
                if let list = reader.value() { items[items.count - 1].arguments.append(list) }
            } else if let item = read(&reader) {
                items.append(item)
            }
        }
        return items
    }

    static func read(_ reader: inout IMAPReader) -> FetchItem? {
        guard let name = reader.keyword(stoppingAt: .fetchNameEnds) else { return nil }
        var item = FetchItem(name: name)
        item.readSection(&reader)
        return item
    }

    /// `[TEXT]<0.100>`, if they are at this place.
    mutating func readSection(_ reader: inout IMAPReader) {
        // Courier takes `BODY [TEXT]` for `BODY[TEXT]`, and sets \Seen.
        if reader.peek == .space, reader.peek(1) == UInt8(ascii: "[") { reader.skipExtraSpace() }
        if reader.skip("[") { section = FetchSection(&reader) }
        guard reader.skip("<") else { return }
        partial = reader.number().map { Partial(offset: $0) }
        if reader.skip(".") { partial?.count = reader.number() }
        if !reader.skip(">") { _ = reader.atom(stoppingAt: "> ()") }
        _ = reader.skip(">")
    }
}

extension ByteSet {
    static let fetchNameEnds: ByteSet = " \t()\"[<"
}

extension IMAPReader {
    /// `(CHANGEDSINCE 12 VANISHED)`, `(PARTIAL 1:10)`
    fileprivate var isAtFetchModifiers: Bool {
        var ahead = self
        ahead.skipSpaces()
        guard ahead.skip("("), let name = ahead.keyword() else { return false }
        return name == Keyword("CHANGEDSINCE") || name == Keyword("PARTIAL") || name == Keyword("VANISHED")
    }
}

extension IMAPValue {
    /// As it could have been written, without quotes.
    var written: String {
        switch self {
        case .string(let string): string.description
        case .nil: "NIL"
        case .list(let values): "(" + values.map(\.written).joined(separator: " ") + ")"
        }
    }
}
