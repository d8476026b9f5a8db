import NIOCore

// Arguments of the commands of extensions, strictly (RFC 4314, 5267, 5464, 9208, ANNOTATEMORE).

extension StrictReader {
    mutating func mailboxAndIdentifier() throws(StrictRefusal) -> (MailboxName, IMAPString) {
        try space()
        let name = try mailbox()
        try space()
        return (name, try astring())
    }

    mutating func setAndMailbox() throws(StrictRefusal) -> (SequenceSet, MailboxName) {
        try space()
        let set = try sequenceSet()
        try space()
        return (set, try mailbox())
    }

    mutating func cancelUpdate() throws(StrictRefusal) -> IMAPCommand.Body {
        var tags: [IMAPString] = []
        repeat {
            try space()
            try countElement()
            tags.append(try quoted())
        } while !isAtEnd
        return .cancelUpdate(tags: tags)
    }

    /// `1:10`
    mutating func numberRange(mayCountFromEnd: Bool = false) throws(StrictRefusal) -> ByteBuffer {
        let start = position
        let countsFromEnd = mayCountFromEnd && skip("-")
        _ = try number(from: 1)
        try expect(":", or: "no range where one belongs")
        if countsFromEnd { try expect("-", or: "a range with two directions") }
        _ = try number(from: 1)
        return slice(from: start)
    }

    /// `"" (STORAGE 512)`
    mutating func setQuota() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let root = try astring()
        try space()
        let limits = try list(orEmpty: true) { (reader) throws(StrictRefusal) in
            let resource = try reader.keyword()
            try reader.space()
            return QuotaLimit(resource: resource, limit: try reader.number(upTo: UInt64(Int64.max)))
        }
        return .setQuota(root: root, limits: limits)
    }

    /// `[(MAXSIZE 1024 DEPTH infinity)] INBOX (/private/comment)`
    mutating func getMetadata() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        var options: [IMAPOption] = []
        if peek == UInt8(ascii: "(") {
            options = try list { (reader) throws(StrictRefusal) in try reader.metadataOption() }
            try space()
        }
        let name = try mailbox(orEmpty: true)
        try space()
        let entries = try oneOrList { (reader) throws(StrictRefusal) in try reader.metadataEntry() }
        return .getMetadata(name, entries: entries, options: options)
    }

    private mutating func metadataOption() throws(StrictRefusal) -> IMAPOption {
        let name = try keyword()
        switch name {
        case Keyword("MAXSIZE"):
            try space()
            return IMAPOption(name: name, argument: .number(try number()))
        case Keyword("DEPTH"):
            try space()
            let depth = try keyword()
            guard depth == Keyword("0") || depth == Keyword("1") || depth == Keyword("INFINITY") else {
                throw .malformed("a depth that is none")
            }
            return IMAPOption(name: name, argument: .string(IMAPString(depth.description.lowercased())))
        default: throw .unsupported("an option that is not known")
        }
    }

    /// `/private/comment`, always written as a string.
    mutating func metadataEntry() throws(StrictRefusal) -> IMAPString {
        let entry = try astring()
        let bytes = entry.bytes.readableBytesView
        guard bytes.first == UInt8(ascii: "/"), bytes.allSatisfy(StrictCharacters.astring.contains) else {
            throw .malformed("an entry that does not begin with a slash, or holds what it cannot")
        }
        return IMAPString(entry.bytes, form: .quoted)
    }

    mutating func setMetadata() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let name = try mailbox(orEmpty: true)
        try space()
        let entries = try list { (reader) throws(StrictRefusal) in
            let entry = try reader.metadataEntry()
            try reader.space()
            return MetadataEntry(name: entry, value: try reader.nstring(allowsBinary: true))
        }
        return .setMetadata(name, entries)
    }

    /// `INBOX "/comment" ("value.priv" "size.priv")`; a name with wildcards could be any mailbox, and is refused.
    mutating func getAnnotation() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let name = try mailbox(orEmpty: true)
        guard !name.string.bytes.readableBytesView.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "%") }) else {
            throw .unsupported("a mailbox name with wildcards")
        }
        try space()
        let entries = try oneOrList { (reader) throws(StrictRefusal) in try reader.string() }
        try space()
        let attributes = try oneOrList { (reader) throws(StrictRefusal) in try reader.string() }
        return .getAnnotation(name, entries: entries, attributes: attributes)
    }
}
