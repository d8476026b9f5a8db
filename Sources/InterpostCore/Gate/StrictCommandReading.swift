import NIOCore

extension StrictCommand {
    /// Reads one whole command. A message of APPEND may not have come yet: its announcement is enough.
    ///
    ///     a1 noop          tag a1, NOOP
    ///     a1  noop         malformed: two spaces
    ///     a1 frob          unknown
    init(reading text: IMAPText) throws(StrictRefusal) {
        var reader = StrictReader(text)
        var tag: ByteBuffer?
        var name: CommandName?
        do throws(StrictRefusal) {
            let head = try reader.head()
            tag = head.tag
            name = CommandName(keyword: head.name, usesUIDs: head.usesUIDs)
            guard let read = StrictVerb.readers[head.name] else {
                guard IMAPVerb.named(head.name) != nil else {
                    throw StrictRefusal(.unknown, reason: "this command is not known here")
                }
                try reader.anything()
                self.init(tag: head.tag, name: head.name, usesUIDs: head.usesUIDs, body: .vendor([]))
                return
            }
            let body = try read(&reader, head.usesUIDs)
            try reader.end()
            self.init(tag: head.tag, name: head.name, usesUIDs: head.usesUIDs, body: body)
        } catch {
            throw StrictRefusal(error.kind, tag: tag ?? Self.tag(of: text.bytes), name: name, reason: error.reason)
        }
    }

    /// The tag that a line begins with.
    static func tag(of line: ByteBuffer) -> ByteBuffer? {
        let tag = line.readableBytesView.prefix(65).prefix(while: \.isTagChar)
        guard (1...64).contains(tag.count), tag.endIndex < line.writerIndex, line.byte(at: tag.endIndex) == .space else {
            return nil
        }
        return ByteBuffer(bytes: tag)
    }

    /// The tag and the verb that a command's first line begins with.
    static func head(of line: ByteBuffer) -> (tag: ByteBuffer, name: Keyword, usesUIDs: Bool)? {
        // Nothing is known of a literal yet, and none stands so far in front.
        var reader = StrictReader(IMAPText(line: ByteBuffer(bytes: line.readableBytesView.prefix(160))))
        return try? reader.head()
    }
}

extension StrictReader {
    fileprivate mutating func head() throws(StrictRefusal) -> (tag: ByteBuffer, name: Keyword, usesUIDs: Bool) {
        let tag = try atom(\.isTagChar)
        guard tag.readableBytes <= 64 else { throw Self.malformed("a tag has at most 64 characters") }
        try space()
        var name = try keyword(\.isVerbChar)
        var usesUIDs = false
        if name == Keyword("UID") {
            try space()
            name = try keyword(\.isVerbChar)
            usesUIDs = true
            guard StrictVerb.withUIDs.contains(name) else {
                throw StrictRefusal(.unknown, reason: "this command is not known behind UID")
            }
        }
        guard isAtEnd || peek == .space || peek == .carriageReturn else {
            throw Self.malformed("a verb is letters, digits, dots and hyphens")
        }
        return (tag, name, usesUIDs)
    }

    /// Well-formed words up to the end, whatever they mean.
    fileprivate mutating func anything() throws(StrictRefusal) {
        var depth = 0
        while !isAtEnd {
            if skip("(") {
                depth += 1
                guard depth <= Self.maximumDepth else { throw Self.malformed("lists are nested too deep") }
                continue
            }
            if skip(")") {
                depth -= 1
                guard depth >= 0 else { throw Self.malformed("a ) closes nothing") }
                continue
            }
            if isAt(" ") {
                try space()
                guard !isAtEnd, !isAt(" ") else { throw Self.malformed("there is a space too many") }
                continue
            }
            switch peek {
            case UInt8(ascii: "\""): _ = try quoted()
            case UInt8(ascii: "{"): _ = try literal(isBinary: false)
            case UInt8(ascii: "~"): _ = try literal(isBinary: true)
            default: _ = try atom(\.isPrintableButBrace)
            }
        }
        guard depth == 0 else { throw Self.malformed("a ( is not closed") }
        try end()
    }
}

extension UInt8 {
    fileprivate var isVerbChar: Bool { isLetter || isDigit || self == UInt8(ascii: ".") || self == UInt8(ascii: "-") }

    /// Flags, patterns and sets have more than an atom.
    fileprivate var isPrintableButBrace: Bool {
        isPrintable && self != UInt8(ascii: "{") && self != UInt8(ascii: "(") && self != UInt8(ascii: ")")
            && self != UInt8(ascii: "\"")
    }
}

/// How the arguments of each verb are read that the gate may let pass. Of the others that are known
/// (``IMAPVerb``) it is only looked at whether they are well-formed.
enum StrictVerb {
    typealias Read = @Sendable (inout StrictReader, _ usesUIDs: Bool) throws(StrictRefusal) -> IMAPCommand.Body

    static let withUIDs: Set<Keyword> = [
        Keyword("COPY"), Keyword("EXPUNGE"), Keyword("FETCH"), Keyword("MOVE"), Keyword("REPLACE"), Keyword("SEARCH"),
        Keyword("SORT"), Keyword("STORE"), Keyword("THREAD"),
    ]

    static let readers = KeywordTable<Read>(keys: (session + mailboxes + messages + extensions).map { (Keyword($0.0), $0.1) })

    private static let session: [(StaticString, Read)] = [
        ("CAPABILITY", { _, _ in .capability }), ("NOOP", { _, _ in .noop }), ("LOGOUT", { _, _ in .logout }),
        ("STARTTLS", { _, _ in .startTLS }), ("UNAUTHENTICATE", { _, _ in .unauthenticate }),
        ("ID", { reader, _ throws(StrictRefusal) in try reader.identity() }),
        ("ENABLE", { reader, _ throws(StrictRefusal) in .enable(try reader.atoms()) }),
        ("LOGIN", { reader, _ throws(StrictRefusal) in try reader.login() }),
        ("AUTHENTICATE", { reader, _ throws(StrictRefusal) in try reader.authenticate() }),
        (
            "COMPRESS",
            { reader, _ throws(StrictRefusal) in
                try reader.space()
                return .compress(algorithm: try reader.keyword())
            }
        ),
        ("LANGUAGE", { reader, _ throws(StrictRefusal) in .language(try reader.astrings(minimum: 0)) }),
        ("COMPARATOR", { reader, _ throws(StrictRefusal) in .comparator(try reader.astrings(minimum: 0)) }),
    ]

    private static let mailboxes: [(StaticString, Read)] = [
        ("SELECT", { reader, _ throws(StrictRefusal) in try reader.select(readOnly: false) }),
        ("EXAMINE", { reader, _ throws(StrictRefusal) in try reader.select(readOnly: true) }),
        ("CREATE", { reader, _ throws(StrictRefusal) in try reader.create() }),
        ("DELETE", { reader, _ throws(StrictRefusal) in .delete(try reader.mailbox()) }),
        (
            "RENAME",
            { reader, _ throws(StrictRefusal) in .rename(try reader.mailbox(), to: try reader.mailbox(), parameters: []) }
        ),
        ("SUBSCRIBE", { reader, _ throws(StrictRefusal) in .subscribe(try reader.mailbox()) }),
        ("UNSUBSCRIBE", { reader, _ throws(StrictRefusal) in .unsubscribe(try reader.mailbox()) }),
        ("LIST", { reader, _ throws(StrictRefusal) in .list(try reader.listRequest(isExtended: true)) }),
        ("LSUB", { reader, _ throws(StrictRefusal) in .list(try reader.listRequest(isExtended: false)) }),
        ("XLIST", { reader, _ throws(StrictRefusal) in .list(try reader.listRequest(isExtended: false)) }),
        ("NAMESPACE", { _, _ in .namespace }),
        (
            "STATUS",
            { reader, _ throws(StrictRefusal) in
                let mailbox = try reader.mailbox()
                try reader.space()
                return .status(mailbox, try reader.statusItems())
            }
        ),
        ("APPEND", { reader, _ throws(StrictRefusal) in .append(try reader.mailbox(), [try reader.appendedMessage()]) }),
        ("IDLE", { _, _ in .idle }),
    ]

    private static let messages: [(StaticString, Read)] = [
        ("CHECK", { _, _ in .check }), ("CLOSE", { _, _ in .close }), ("UNSELECT", { _, _ in .unselect }),
        ("EXPUNGE", { reader, usesUIDs throws(StrictRefusal) in .expunge(usesUIDs ? try reader.set() : nil) }),
        ("SEARCH", { reader, _ throws(StrictRefusal) in .search(try reader.searchRequest()) }),
        ("ESEARCH", { reader, _ throws(StrictRefusal) in .search(try reader.searchRequest()) }),
        ("SORT", { reader, _ throws(StrictRefusal) in try reader.sort() }),
        ("THREAD", { reader, _ throws(StrictRefusal) in try reader.thread() }),
        ("FETCH", { reader, _ throws(StrictRefusal) in try reader.fetch() }),
        ("STORE", { reader, _ throws(StrictRefusal) in try reader.store() }),
        ("COPY", { reader, _ throws(StrictRefusal) in .copy(try reader.set(), to: try reader.mailbox()) }),
        ("MOVE", { reader, _ throws(StrictRefusal) in .move(try reader.set(), to: try reader.mailbox()) }),
    ]

    private static let extensions: [(StaticString, Read)] = [
        ("GETACL", { reader, _ throws(StrictRefusal) in .getACL(try reader.mailbox()) }),
        (
            "SETACL",
            { reader, _ throws(StrictRefusal) in
                .setACL(try reader.mailbox(), identifier: try reader.argument(), rights: try reader.argument())
            }
        ),
        ("DELETEACL", { reader, _ throws(StrictRefusal) in .deleteACL(try reader.mailbox(), identifier: try reader.argument()) }),
        (
            "LISTRIGHTS",
            { reader, _ throws(StrictRefusal) in .listRights(try reader.mailbox(), identifier: try reader.argument()) }
        ),
        ("MYRIGHTS", { reader, _ throws(StrictRefusal) in .myRights(try reader.mailbox()) }),
        ("GETQUOTA", { reader, _ throws(StrictRefusal) in .getQuota(root: try reader.argument()) }),
        ("GETQUOTAROOT", { reader, _ throws(StrictRefusal) in .getQuotaRoot(try reader.mailbox()) }),
        ("SETQUOTA", { reader, _ throws(StrictRefusal) in try reader.setQuota() }),
        ("GETMETADATA", { reader, _ throws(StrictRefusal) in try reader.getMetadata() }),
        ("SETMETADATA", { reader, _ throws(StrictRefusal) in try reader.setMetadata() }),
        ("GETANNOTATION", { reader, _ throws(StrictRefusal) in try reader.getAnnotation() }),
        ("NOTIFY", { reader, _ throws(StrictRefusal) in try reader.notify() }),
        ("CANCELUPDATE", { reader, _ throws(StrictRefusal) in .cancelUpdate(tags: try reader.tagsInQuotes()) }),
        (
            "CONVERSIONS",
            { reader, _ throws(StrictRefusal) in .conversions(from: try reader.argument(), to: try reader.argument()) }
        ),
        ("UIDBATCHES", { reader, _ throws(StrictRefusal) in try reader.uidBatches() }),
    ]
}
