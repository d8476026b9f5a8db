import NIOCore

// Arguments of the commands that concern whole mailboxes, strictly (RFC 9051 §6.3, RFC 5258, 6154, 7162, 8508).

extension StrictReader {
    /// A name without control characters and octets above 127.
    mutating func mailbox(orEmpty: Bool = false) throws(StrictRefusal) -> MailboxName {
        let name = try astring()
        guard orEmpty || name.length > 0 else { throw .malformed("a mailbox without a name") }
        guard name.bytes.readableBytesView.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw .malformed("an octet that cannot stand in a mailbox name")
        }
        return MailboxName(name)
    }

    /// `name [(CONDSTORE QRESYNC (67890007 20050715194045000 41,43:211 (1,5 41,60)))]`
    mutating func select(readOnly: Bool) throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let name = try mailbox()
        guard !isAtEnd else { return .select(name, readOnly: readOnly, parameters: []) }
        try space()
        let parameters = try list { (reader) throws(StrictRefusal) in
            switch try reader.keyword() {
            case Keyword("CONDSTORE"): return IMAPOption(name: Keyword("CONDSTORE"), argument: nil)
            case Keyword("QRESYNC"):
                try reader.space()
                return IMAPOption(name: Keyword("QRESYNC"), argument: .list(try reader.knownState()))
            default: throw .unsupported("a parameter that is not known")
            }
        }
        return .select(name, readOnly: readOnly, parameters: parameters)
    }

    /// What a client knows of a mailbox (RFC 7162 §3.2.5).
    private mutating func knownState() throws(StrictRefusal) -> [IMAPValue] {
        try expect("(", or: "no list where one belongs")
        var known: [IMAPValue] = [.number(try number(from: 1))]
        try space()
        known.append(.number(try number(upTo: .maximumModSequence, from: 1)))
        if peek == .space, peek(1) != UInt8(ascii: "(") {
            try space()
            known.append(.string(IMAPString(try sequenceSet(ofKnown: true).text)))
        }
        if peek == .space {
            try space()
            try expect("(", or: "no list where one belongs")
            let numbers = try sequenceSet(ofKnown: true).text
            try space()
            known.append(.list([.string(IMAPString(numbers)), .string(IMAPString(try sequenceSet(ofKnown: true).text))]))
            try expect(")", or: "a list without an end")
        }
        try expect(")", or: "a list without an end")
        return known
    }

    /// `name [(USE (\Sent))]`
    mutating func create() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let name = try mailbox()
        guard !isAtEnd else { return .create(name, parameters: []) }
        try space()
        let parameters = try list { (reader) throws(StrictRefusal) in
            guard try reader.keyword() == Keyword("USE") else { throw .unsupported("a parameter that is not known") }
            try reader.space()
            let uses = try reader.list(orEmpty: true) { (reader) throws(StrictRefusal) in IMAPValue.string(try reader.flag()) }
            return IMAPOption(name: Keyword("USE"), argument: .list(uses))
        }
        return .create(name, parameters: parameters)
    }

    mutating func rename() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let old = try mailbox()
        try space()
        return .rename(old, to: try mailbox(), parameters: [])
    }

    /// `"" *`, as LSUB has it.
    mutating func plainList() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let reference = try mailbox(orEmpty: true).string
        try space()
        return .list(ListRequest(reference: reference, patterns: [try pattern()]))
    }

    /// `[(SUBSCRIBED)] "" (INBOX "a/%") [RETURN (CHILDREN STATUS (MESSAGES))]`
    mutating func listMailboxes() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        var selection: [IMAPOption] = []
        if peek == UInt8(ascii: "(") {
            selection = try list(orEmpty: true) { (reader) throws(StrictRefusal) in try reader.selectionOption() }
            try space()
        }
        let reference = try mailbox(orEmpty: true).string
        try space()
        let patterns = try oneOrList { (reader) throws(StrictRefusal) in try reader.pattern() }
        var request = ListRequest(selection: selection, reference: reference, patterns: patterns)
        if !isAtEnd {
            try space()
            guard try skipWord("RETURN") else { throw .malformed("more arguments than the command takes") }
            request.returns = try list(orEmpty: true) { (reader) throws(StrictRefusal) in try reader.returnOption() }
        }
        return .list(request)
    }

    /// A name in which `*` and `%` need no quotes.
    private mutating func pattern() throws(StrictRefusal) -> IMAPString {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "{") { return try mailbox(orEmpty: true).string }
        return IMAPString(try word(of: .pattern))
    }

    private static let selectionOptions: Set = [
        Keyword("SUBSCRIBED"), Keyword("REMOTE"), Keyword("RECURSIVEMATCH"), Keyword("SPECIAL-USE"),
    ]

    private mutating func selectionOption() throws(StrictRefusal) -> IMAPOption {
        let name = try keyword()
        guard Self.selectionOptions.contains(name) else { throw .unsupported("a selection option that is not known") }
        return IMAPOption(name: name, argument: nil)
    }

    private mutating func returnOption() throws(StrictRefusal) -> IMAPOption {
        let name = try keyword()
        switch name {
        case Keyword("SUBSCRIBED"), Keyword("CHILDREN"), Keyword("SPECIAL-USE"), Keyword("MYRIGHTS"):
            return IMAPOption(name: name, argument: nil)
        case Keyword("STATUS"):
            try space()
            let items = try statusItems().map { IMAPValue.string(IMAPString($0.description)) }
            return IMAPOption(name: name, argument: .list(items))
        case Keyword("METADATA"):
            try space()
            let entries = try list { (reader) throws(StrictRefusal) in IMAPValue.string(try reader.metadataEntry()) }
            return IMAPOption(name: name, argument: .list(entries))
        default: throw .unsupported("a return option that is not known")
        }
    }

    mutating func status() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let name = try mailbox()
        try space()
        return .status(name, try statusItems())
    }

    private static let knownStatusItems: Set = [
        Keyword("MESSAGES"), Keyword("RECENT"), Keyword("UIDNEXT"), Keyword("UIDVALIDITY"), Keyword("UNSEEN"),
        Keyword("DELETED"), Keyword("SIZE"), Keyword("HIGHESTMODSEQ"), Keyword("MAILBOXID"), Keyword("APPENDLIMIT"),
        Keyword("DELETED-STORAGE"), Keyword("X-SIZE"), Keyword("X-GUID"),
    ]

    private mutating func statusItems() throws(StrictRefusal) -> [Keyword] {
        try list { (reader) throws(StrictRefusal) in
            let name = try reader.keyword()
            guard Self.knownStatusItems.contains(name) else { throw .unsupported("a status item that is not known") }
            return name
        }
    }

    mutating func append() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let name = try mailbox()
        try space()
        return .append(name, [try message()])
    }

    mutating func replace() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let start = position
        _ = try number(from: 1)
        let set = SequenceSet(text: slice(from: start))
        try space()
        let name = try mailbox()
        try space()
        return .replace(set, name, try message())
    }

    /// `[(\Seen)] ["17-Jul-1996 02:44:25 -0700"] {310}`, with the octets or before they come.
    private mutating func message() throws(StrictRefusal) -> AppendedMessage {
        var message = AppendedMessage()
        if peek == UInt8(ascii: "(") {
            message.flags = try flagList()
            try space()
        }
        if peek == UInt8(ascii: "\"") {
            message.internalDate = try dateTime()
            try space()
        }
        if peek.isLetter { throw .unsupported("a message that is not a literal") }
        let announcement = try announcedLiteral(allowsBinary: true).announcement
        message.parts = [announcement.isBinary ? .binary(octets: announcement.length) : .text(octets: announcement.length)]
        if peek == .space { throw .unsupported("more than one message") }
        return message
    }
}

extension IMAPValue {
    /// A number as an atom.
    static func number(_ value: UInt64) -> IMAPValue { .string(IMAPString("\(value)")) }
}

extension UInt64 {
    /// RFC 7162 §7: 63 bits.
    static let maximumModSequence = UInt64(Int64.max)
}
