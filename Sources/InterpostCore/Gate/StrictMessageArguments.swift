import NIOCore

// Arguments of commands about messages, strictly, searching apart. Each reads the space in front of it.

extension StrictReader {
    mutating func set() throws(StrictRefusal) -> SequenceSet {
        try space()
        return try sequenceSet()
    }

    /// `\Seen`, `$Junk`; not `\*`, which only servers say.
    mutating func flag() throws(StrictRefusal) -> IMAPString {
        let isSystem = skip("\\")
        var name = try atom()
        guard isSystem else { return IMAPString(name) }
        var flag = ByteBuffer(string: "\\")
        flag.writeBuffer(&name)
        return IMAPString(flag)
    }

    private mutating func flagList() throws(StrictRefusal) -> [IMAPString] {
        var flags: [IMAPString] = []
        try list(minimum: 0) { reader throws(StrictRefusal) in flags.append(try reader.flag()) }
        return flags
    }

    // MARK: - APPEND

    mutating func appendedMessage() throws(StrictRefusal) -> AppendedMessage {
        var message = AppendedMessage()
        try space()
        if isAt("(") {
            message.flags = try flagList()
            try space()
        }
        if isAt("\"") {
            message.internalDate = try dateTime()
            try space()
        }
        guard isAt("{") || isAt("~") else { throw StrictRefusal(.unsupported, reason: "a message is one literal") }
        let isBinary = isAt("~")
        let literal = try self.message()
        let length = literal.announcement.length
        message.parts = [isBinary ? .binary(octets: length) : .text(octets: length)]
        return message
    }

    /// `"17-Jul-1996 02:44:25 -0700"` (RFC 9051 §9 date-time)
    private mutating func dateTime() throws(StrictRefusal) -> IMAPString {
        let date = try quoted()
        guard date.bytes.matches("99-aaa-9999 99:99:99 s9999", mayPadDay: true) else {
            throw Self.malformed("a date is not spelled as one")
        }
        return date
    }

    // MARK: - FETCH

    mutating func fetch() throws(StrictRefusal) -> IMAPCommand.Body {
        let set = try set()
        try space()
        var items: [FetchItem] = []
        if isAt("(") {
            try list { reader throws(StrictRefusal) in
                let item = try reader.fetchItem()
                guard item.expansion.isEmpty else { throw Self.malformed("a macro stands alone") }
                items.append(item)
            }
        } else {
            items = [try fetchItem()]
        }
        guard !isAtEnd else { return .fetch(set, items, modifiers: []) }
        try space()
        return .fetch(set, items, modifiers: try fetchModifiers())
    }

    private static let plainItems: Set<Keyword> = [
        Keyword("ALL"), Keyword("FAST"), Keyword("FULL"), Keyword("BODY"), Keyword("BODYSTRUCTURE"), Keyword("ENVELOPE"),
        Keyword("FLAGS"), Keyword("INTERNALDATE"), Keyword("RFC822"), Keyword("RFC822.HEADER"), Keyword("RFC822.SIZE"),
        Keyword("RFC822.TEXT"), Keyword("UID"), Keyword("MODSEQ"), Keyword("EMAILID"), Keyword("THREADID"),
        Keyword("SAVEDATE"), Keyword("PREVIEW"), Keyword("SNIPPET"), Keyword("X-GM-MSGID"), Keyword("X-GM-THRID"),
        Keyword("X-GM-LABELS"), Keyword("X-GUID"),
    ]

    private mutating func fetchItem() throws(StrictRefusal) -> FetchItem {
        let name = try keyword { $0.isAtomChar && $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "<") }
        if isAt("[") { return try sectionedItem(name) }
        guard Self.plainItems.contains(name) else { throw StrictRefusal(.unsupported, reason: "this item is not known here") }
        var item = FetchItem(name: name)
        if name == Keyword("PREVIEW") || name == Keyword("SNIPPET"), isAtSpace(before: "(") {
            var ahead = self
            try ahead.space()
            // Behind a single item the command's modifiers may stand as well.
            if ahead.skip("("), ahead.skipWord(name == Keyword("PREVIEW") ? "LAZY" : "LAZY=FUZZY") || ahead.skipWord("FUZZY"),
                ahead.skip(")")
            {
                let start = position + 2
                self = ahead
                let word = ByteBuffer(bytes: bytes[start..<position - 1].map(\.uppercased))
                item.arguments = [.list([.string(IMAPString(word))])]
            }
        }
        return item
    }

    /// `BODY.PEEK[1.HEADER.FIELDS (Subject)]<0.100>`
    private mutating func sectionedItem(_ name: Keyword) throws(StrictRefusal) -> FetchItem {
        let isBinary: Bool
        switch name {
        case Keyword("BODY"), Keyword("BODY.PEEK"): isBinary = false
        case Keyword("BINARY"), Keyword("BINARY.PEEK"), Keyword("BINARY.SIZE"): isBinary = true
        default: throw StrictRefusal(.unsupported, reason: "this item is not known here")
        }
        try expect("[")
        var section = FetchSection()
        while peek.isDigit {
            guard section.part.count < 50 else { throw Self.malformed("a part is nested too deep") }
            section.part.append(UInt32(truncatingIfNeeded: try positive()))
            guard skip(".") else { break }
            guard peek.isDigit || (!isBinary && peek.isLetter) else { throw Self.malformed("a section ends in a dot") }
        }
        if !isAt("]"), !isBinary { section.content = try sectionText(isInPart: !section.part.isEmpty) }
        try expect("]")
        var item = FetchItem(name: name, section: section)
        if skip("<") {
            guard name != Keyword("BINARY.SIZE") else { throw Self.malformed("BINARY.SIZE is of a whole part") }
            let offset = try number64()
            try expect(".")
            item.partial = FetchItem.Partial(offset: offset, count: try number64())
            try expect(">")
            guard item.partial?.count != 0 else { throw Self.malformed("a number is 0") }
        }
        return item
    }

    private mutating func sectionText(isInPart: Bool) throws(StrictRefusal) -> FetchSection.Content {
        switch try keyword({ $0.isLetter || $0 == .dot }) {
        case Keyword("HEADER"): return .header
        case Keyword("TEXT"): return .text
        case Keyword("MIME") where isInPart: return .mime
        case Keyword("HEADER.FIELDS"): return .headerFields(try headerNames())
        case Keyword("HEADER.FIELDS.NOT"): return .headerFieldsNot(try headerNames())
        default: throw Self.malformed("this section is none")
        }
    }

    private mutating func headerNames() throws(StrictRefusal) -> [IMAPString] {
        try space()
        var names: [IMAPString] = []
        try list { reader throws(StrictRefusal) in names.append(try reader.astring()) }
        return names
    }

    private mutating func fetchModifiers() throws(StrictRefusal) -> [IMAPOption] {
        var modifiers: [IMAPOption] = []
        try list { reader throws(StrictRefusal) in
            let name = try reader.keyword()
            switch name {
            case Keyword("CHANGEDSINCE"):
                try reader.space()
                modifiers.append(IMAPOption(name: name, argument: IMAPValue(number: try reader.number64())))
            case Keyword("VANISHED"): modifiers.append(IMAPOption(name: name, argument: nil))
            case Keyword("PARTIAL"):
                try reader.space()
                modifiers.append(IMAPOption(name: name, argument: .string(IMAPString(try reader.partialRange()))))
            default: throw StrictRefusal(.unsupported, reason: "this modifier is not known here")
            }
        }
        return modifiers
    }

    /// `1:100`, `-1:-30` (RFC 9394)
    mutating func partialRange() throws(StrictRefusal) -> ByteBuffer {
        let start = position
        let isBackwards = skip("-")
        _ = try positive()
        try expect(":")
        if isBackwards { try expect("-") }
        _ = try positive()
        return ByteBuffer(bytes: bytes[start..<position])
    }

    // MARK: - STORE

    mutating func store() throws(StrictRefusal) -> IMAPCommand.Body {
        let set = try set()
        try space()
        var modifiers: [IMAPOption] = []
        if isAt("(") {
            try list { reader throws(StrictRefusal) in
                guard try reader.keyword() == Keyword("UNCHANGEDSINCE") else {
                    throw StrictRefusal(.unsupported, reason: "this modifier is not known here")
                }
                try reader.space()
                modifiers.append(IMAPOption(name: Keyword("UNCHANGEDSINCE"), argument: IMAPValue(number: try reader.number64())))
            }
            try space()
        }
        let operation: StoreRequest.Operation = skip("+") ? .add : skip("-") ? .remove : .replace
        let name = try keyword()
        try space()
        let item: StoreRequest.Item
        switch name {
        case Keyword("FLAGS"), Keyword("FLAGS.SILENT"): item = .flags(isAt("(") ? try flagList() : try looseFlags())
        case Keyword("X-GM-LABELS"), Keyword("X-GM-LABELS.SILENT"):
            var labels: [IMAPString] = []
            try list(minimum: 0) { reader throws(StrictRefusal) in
                labels.append(reader.isAt("\\") ? try reader.flag() : try reader.astring())
            }
            item = .labels(labels)
        default: throw StrictRefusal(.unsupported, reason: "this item is not known here")
        }
        let isSilent = name == Keyword("FLAGS.SILENT") || name == Keyword("X-GM-LABELS.SILENT")
        return .store(set, StoreRequest(operation: operation, item: item, isSilent: isSilent, modifiers: modifiers))
    }

    private mutating func looseFlags() throws(StrictRefusal) -> [IMAPString] {
        var flags = [try flag()]
        while skip(" ") {
            guard flags.count < Self.maximumElements else { throw Self.malformed("there are too many flags") }
            flags.append(try flag())
        }
        return flags
    }
}

extension ByteBuffer {
    /// Whether the octets have a form: `9` for a digit, `a` for a letter, `s` for a sign, others for themselves. A day may have a
    /// space for its first digit.
    func matches(_ form: StaticString, mayPadDay: Bool = false) -> Bool {
        guard readableBytes == form.utf8CodeUnitCount else { return false }
        return zip(readableBytesView, ByteBuffer(staticString: form).readableBytesView).enumerated().allSatisfy { place, pair in
            switch pair.1 {
            case UInt8(ascii: "9"): pair.0.isDigit || (place == 0 && mayPadDay && pair.0 == .space)
            case UInt8(ascii: "a"): pair.0.isLetter
            case UInt8(ascii: "s"): pair.0 == UInt8(ascii: "+") || pair.0 == UInt8(ascii: "-")
            default: pair.0 == pair.1
            }
        }
    }
}
