import NIOCore

// FETCH, strictly (RFC 9051 §6.4.5, RFC 3516, 7162, 8474, 8514, 8970, 9394).

extension StrictReader {
    private static let macros: Set = [Keyword("ALL"), Keyword("FAST"), Keyword("FULL")]

    /// Items that are one word.
    private static let plainItems: Set = [
        Keyword("BODYSTRUCTURE"), Keyword("ENVELOPE"), Keyword("FLAGS"), Keyword("INTERNALDATE"), Keyword("RFC822"),
        Keyword("RFC822.HEADER"), Keyword("RFC822.SIZE"), Keyword("RFC822.TEXT"), Keyword("UID"), Keyword("MODSEQ"),
        Keyword("EMAILID"), Keyword("THREADID"), Keyword("SAVEDATE"), Keyword("X-GM-MSGID"), Keyword("X-GM-THRID"),
        Keyword("X-GM-LABELS"), Keyword("X-GUID"), Keyword("X-MAILBOX"), Keyword("X-REAL-UID"), Keyword("X-SAVEDATE"),
        Keyword("DIGEST.SHA1"),
    ]

    /// `1:4 (FLAGS BODY.PEEK[]) [(CHANGEDSINCE 12 VANISHED)]`; several items may lack their parentheses, as curl's users and
    /// others write them.
    mutating func fetch(usesUIDs: Bool) throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let set = try sequenceSet()
        try space()
        let isList = peek == UInt8(ascii: "(")
        var items = try oneOrList { (reader) throws(StrictRefusal) in try reader.fetchItem(maybeMacro: !isList) }
        while !isList, !isAtEnd, peek(1) != UInt8(ascii: "(") {
            try space()
            try countElement()
            items.append(try fetchItem(maybeMacro: false))
        }
        guard items.count == 1 || !items.contains(where: { Self.macros.contains($0.name) }) else {
            throw .malformed("a macro beside other items")
        }
        guard !isAtEnd else { return .fetch(set, items, modifiers: []) }
        try space()
        let modifiers = try fetchModifiers()
        if modifiers.contains(where: { $0.name == Keyword("VANISHED") }),
            !usesUIDs || !modifiers.contains(where: { $0.name == Keyword("CHANGEDSINCE") })
        {
            throw .malformed("VANISHED without what it needs")
        }
        return .fetch(set, items, modifiers: modifiers)
    }

    private mutating func fetchModifiers() throws(StrictRefusal) -> [IMAPOption] {
        try list { (reader) throws(StrictRefusal) in
            let name = try reader.keyword()
            switch name {
            case Keyword("VANISHED"): return IMAPOption(name: name, argument: nil)
            case Keyword("CHANGEDSINCE"):
                try reader.space()
                return IMAPOption(name: name, argument: .number(try reader.number(upTo: .maximumModSequence, from: 1)))
            case Keyword("PARTIAL"):
                try reader.space()
                let range = try reader.numberRange(mayCountFromEnd: true)
                return IMAPOption(name: name, argument: .string(IMAPString(range)))
            default: throw .unsupported("a modifier that is not known")
            }
        }
    }

    private mutating func fetchItem(maybeMacro: Bool) throws(StrictRefusal) -> FetchItem {
        let name = try keyword(of: .fetchName)
        var item = FetchItem(name: name)
        switch name {
        case _ where Self.plainItems.contains(name): break
        case _ where Self.macros.contains(name):
            guard maybeMacro else { throw .malformed("a macro in a list") }
        case Keyword("BODY") where peek != UInt8(ascii: "["): break
        case Keyword("BODY"), Keyword("BODY.PEEK"):
            item.section = try section(mayHaveText: true)
            item.partial = try partial()
        case Keyword("BINARY"), Keyword("BINARY.PEEK"):
            item.section = try section(mayHaveText: false)
            item.partial = try partial()
        case Keyword("BINARY.SIZE"): item.section = try section(mayHaveText: false)
        case Keyword("PREVIEW"), Keyword("SNIPPET"): item.arguments = try previewArguments()
        default: throw .unsupported("an item that is not known")
        }
        return item
    }

    /// `(LAZY)`, the argument of PREVIEW; modifiers of the command may come in its place.
    private mutating func previewArguments() throws(StrictRefusal) -> [IMAPValue] {
        let first = peek(2).uppercased
        guard peek == .space, peek(1) == UInt8(ascii: "("), first == UInt8(ascii: "L") || first == UInt8(ascii: "F") else {
            return []
        }
        try space()
        let words = try list { (reader) throws(StrictRefusal) in
            let name = try reader.keyword()
            guard [Keyword("LAZY"), Keyword("FUZZY"), Keyword("LAZY=FUZZY")].contains(name) else {
                throw StrictRefusal.unsupported("an argument that is not known")
            }
            return IMAPValue.string(IMAPString(name.description))
        }
        return [.list(words)]
    }

    /// `[1.2.HEADER.FIELDS (FROM)]`, `[]`
    private mutating func section(mayHaveText: Bool) throws(StrictRefusal) -> FetchSection {
        try expect("[", or: "an item without a section")
        var section = FetchSection()
        guard !skip("]") else { return section }
        while peek.isDigit {
            try countElement()
            section.part.append(UInt32(truncatingIfNeeded: try number(from: 1)))
            if skip("]") { return section }
            try expect(".", or: "a part that is none")
        }
        guard mayHaveText else { throw .malformed("a part that is none") }
        section.content = try sectionText(isOfPart: !section.part.isEmpty)
        try expect("]", or: "a section without an end")
        return section
    }

    private mutating func sectionText(isOfPart: Bool) throws(StrictRefusal) -> FetchSection.Content {
        switch try keyword(of: .fetchName) {
        case Keyword("HEADER"): return .header
        case Keyword("TEXT"): return .text
        case Keyword("MIME") where isOfPart: return .mime
        case Keyword("HEADER.FIELDS"):
            try space()
            return .headerFields(try fieldNames())
        case Keyword("HEADER.FIELDS.NOT"):
            try space()
            return .headerFieldsNot(try fieldNames())
        default: throw .malformed("a section that is none")
        }
    }

    private mutating func fieldNames() throws(StrictRefusal) -> [IMAPString] {
        try list { (reader) throws(StrictRefusal) in try reader.fieldName() }
    }

    /// The name of a field of a header.
    mutating func fieldName() throws(StrictRefusal) -> IMAPString {
        let name = try astring()
        let bytes = name.bytes.readableBytesView
        guard !bytes.isEmpty, bytes.allSatisfy(StrictCharacters.fieldName.contains) else {
            throw .malformed("a field name that is none")
        }
        return name
    }

    /// `<0.1024>`, if it is here.
    private mutating func partial() throws(StrictRefusal) -> FetchItem.Partial? {
        guard skip("<") else { return nil }
        let offset = try number()
        try expect(".", or: "a range of octets without a length")
        let count = try number(from: 1)
        try expect(">", or: "a range of octets without an end")
        return FetchItem.Partial(offset: offset, count: count)
    }
}
