import NIOCore

// Arguments of commands about the session and about mailboxes, strictly. Each reads the space in front of it.

extension StrictReader {
    mutating func argument() throws(StrictRefusal) -> IMAPString {
        try space()
        return try astring()
    }

    mutating func mailbox() throws(StrictRefusal) -> MailboxName { MailboxName(try argument().checkedName()) }

    mutating func atoms() throws(StrictRefusal) -> [IMAPString] {
        var atoms: [IMAPString] = []
        repeat {
            try space()
            guard atoms.count < 100 else { throw Self.malformed("there are too many words") }
            atoms.append(IMAPString(try atom()))
        } while !isAtEnd
        return atoms
    }

    mutating func identity() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        if skipWord("NIL") { return .id([]) }
        var fields: [IDField] = []
        try list(minimum: 0) { reader throws(StrictRefusal) in
            let name = try reader.string()
            try reader.space()
            let value = try reader.nstring()
            guard name.length <= 30, value?.length ?? 0 <= 1024, fields.count < 30 else {
                throw Self.malformed("a field of ID is too long, or there are more than 30 (RFC 2971 section 3.3)")
            }
            fields.append(IDField(name: name, value: value))
        }
        return .id(fields)
    }

    mutating func login() throws(StrictRefusal) -> IMAPCommand.Body {
        let user = try argument()
        return .login(user: user, password: Secret(try argument().bytes))
    }

    mutating func authenticate() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let mechanism = try keyword()
        guard !isAtEnd else { return .authenticate(mechanism: mechanism, initialResponse: nil) }
        try space()
        let response = try atom()
        guard response.equalsIgnoringCase("=") || Base64.decode(response.readableBytesView) != nil else {
            throw Self.malformed("an initial response is base64, or =")
        }
        return .authenticate(mechanism: mechanism, initialResponse: Secret(response))
    }

    mutating func select(readOnly: Bool) throws(StrictRefusal) -> IMAPCommand.Body {
        let mailbox = try mailbox()
        var parameters: [IMAPOption] = []
        if !isAtEnd {
            try space()
            try list { reader throws(StrictRefusal) in
                switch try reader.keyword() {
                case Keyword("CONDSTORE"): parameters.append(IMAPOption(name: Keyword("CONDSTORE"), argument: nil))
                case Keyword("QRESYNC"):
                    try reader.space()
                    parameters.append(IMAPOption(name: Keyword("QRESYNC"), argument: try reader.resynchronisation()))
                default: throw StrictRefusal(.unsupported, reason: "this parameter is not known here")
                }
            }
        }
        return .select(mailbox, readOnly: readOnly, parameters: parameters)
    }

    /// `(uidvalidity modseq [uids] [(numbers uids)])` (RFC 7162 §3.2.5)
    private mutating func resynchronisation() throws(StrictRefusal) -> IMAPValue {
        try expect("(")
        var values = [IMAPValue(number: try positive())]
        try space()
        values.append(IMAPValue(number: try number64()))
        if isAt(" "), !isAtSpace(before: "(") {
            try space()
            values.append(.string(IMAPString(try sequenceSet(mayBeSaved: false).text)))
        }
        if skip(" ") {
            try expect("(")
            let numbers = try sequenceSet(mayBeSaved: false)
            try space()
            let uids = try sequenceSet(mayBeSaved: false)
            try expect(")")
            values.append(.list([.string(IMAPString(numbers.text)), .string(IMAPString(uids.text))]))
        }
        try expect(")")
        return .list(values)
    }

    mutating func create() throws(StrictRefusal) -> IMAPCommand.Body {
        let mailbox = try mailbox()
        guard !isAtEnd else { return .create(mailbox, parameters: []) }
        try space()
        try expect("(")
        guard skipWord("USE") else { throw StrictRefusal(.unsupported, reason: "this parameter is not known here") }
        try space()
        var uses: [IMAPValue] = []
        try list { reader throws(StrictRefusal) in uses.append(.string(try reader.flag())) }
        try expect(")")
        return .create(mailbox, parameters: [IMAPOption(name: Keyword("USE"), argument: .list(uses))])
    }

    // MARK: - LIST

    mutating func listRequest(isExtended: Bool) throws(StrictRefusal) -> ListRequest {
        var selection: [IMAPOption] = []
        if isExtended, isAtSpace(before: "(") {
            try space()
            selection = try options(["SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"], minimum: 0)
        }
        var request = ListRequest(selection: selection, reference: try argument().checkedName(), patterns: [])
        try space()
        if isExtended, isAt("(") {
            try list { reader throws(StrictRefusal) in request.patterns.append(try reader.pattern()) }
        } else {
            request.patterns = [try pattern()]
        }
        if isExtended, skipSpaceAndWord("RETURN") {
            try space()
            try list(minimum: 0) { reader throws(StrictRefusal) in request.returns.append(try reader.returnOption()) }
        }
        return request
    }

    private mutating func options(_ known: [StaticString], minimum: Int) throws(StrictRefusal) -> [IMAPOption] {
        var options: [IMAPOption] = []
        try list(minimum: minimum) { reader throws(StrictRefusal) in
            let name = try reader.keyword()
            guard known.contains(where: { Keyword($0) == name }) else {
                throw StrictRefusal(.unsupported, reason: "this option is not known here")
            }
            options.append(IMAPOption(name: name, argument: nil))
        }
        return options
    }

    private mutating func returnOption() throws(StrictRefusal) -> IMAPOption {
        let name = try keyword()
        switch name {
        case Keyword("SUBSCRIBED"), Keyword("CHILDREN"), Keyword("SPECIAL-USE"), Keyword("MYRIGHTS"):
            return IMAPOption(name: name, argument: nil)
        case Keyword("STATUS"):
            try space()
            return IMAPOption(name: name, argument: .list(try statusItems().map { .string(IMAPString($0.description)) }))
        default: throw StrictRefusal(.unsupported, reason: "this option is not known here")
        }
    }

    /// A mailbox name that may have wildcards outside of quotes.
    private mutating func pattern() throws(StrictRefusal) -> IMAPString {
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "{"): try astring().checkedName()
        default:
            IMAPString(try atom { $0.isAstringChar || $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "*") })
        }
    }

    private static let statusItems: Set<Keyword> = [
        Keyword("MESSAGES"), Keyword("RECENT"), Keyword("UIDNEXT"), Keyword("UIDVALIDITY"), Keyword("UNSEEN"), Keyword("DELETED"),
        Keyword("SIZE"), Keyword("HIGHESTMODSEQ"), Keyword("MAILBOXID"), Keyword("APPENDLIMIT"), Keyword("DELETED-STORAGE"),
        Keyword("X-SIZE"), Keyword("X-GUID"),
    ]

    mutating func statusItems() throws(StrictRefusal) -> [Keyword] {
        var items: [Keyword] = []
        try list { reader throws(StrictRefusal) in
            let name = try reader.keyword()
            guard Self.statusItems.contains(name) else {
                throw StrictRefusal(.unsupported, reason: "this item is not known here")
            }
            items.append(name)
        }
        return items
    }

    // MARK: - Quota and metadata

    mutating func setQuota() throws(StrictRefusal) -> IMAPCommand.Body {
        let root = try argument()
        try space()
        var limits: [QuotaLimit] = []
        try list(minimum: 0) { reader throws(StrictRefusal) in
            let resource = try reader.keyword()
            try reader.space()
            limits.append(QuotaLimit(resource: resource, limit: try reader.number64()))
        }
        return .setQuota(root: root, limits: limits)
    }

    mutating func getMetadata() throws(StrictRefusal) -> IMAPCommand.Body {
        var options: [IMAPOption] = []
        if isAtSpace(before: "(") {
            try space()
            try list { reader throws(StrictRefusal) in
                let name = try reader.keyword()
                try reader.space()
                switch name {
                case Keyword("MAXSIZE"): options.append(IMAPOption(name: name, argument: IMAPValue(number: try reader.number())))
                case Keyword("DEPTH"):
                    let depth = try reader.keyword()
                    guard [Keyword("0"), Keyword("1"), Keyword("INFINITY")].contains(depth) else {
                        throw Self.malformed("DEPTH is 0, 1 or infinity")
                    }
                    options.append(IMAPOption(name: name, argument: .string(IMAPString(depth.description))))
                default: throw StrictRefusal(.unsupported, reason: "this option is not known here")
                }
            }
        }
        let mailbox = try mailbox()
        try space()
        return .getMetadata(mailbox, entries: try astringOrList(), options: options)
    }

    mutating func setMetadata() throws(StrictRefusal) -> IMAPCommand.Body {
        let mailbox = try mailbox()
        try space()
        var entries: [MetadataEntry] = []
        try list { reader throws(StrictRefusal) in
            let name = try reader.astring()
            try reader.space()
            entries.append(MetadataEntry(name: name, value: try reader.nstring(mayBeBinary: true)))
        }
        return .setMetadata(mailbox, entries)
    }

    mutating func getAnnotation() throws(StrictRefusal) -> IMAPCommand.Body {
        let mailbox = try mailbox()
        try space()
        let entries = try astringOrList()
        try space()
        return .getAnnotation(mailbox, entries: entries, attributes: try astringOrList())
    }

    // MARK: - Others

    /// NOTIFY NONE. What NOTIFY SET asks for is pushed past every rule, so that it is known is enough.
    mutating func notify() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        guard skipWord("NONE") else { throw StrictRefusal(.unsupported, reason: "only NOTIFY NONE is known here") }
        return .notify(nil)
    }

    mutating func tagsInQuotes() throws(StrictRefusal) -> [IMAPString] {
        var tags: [IMAPString] = []
        repeat {
            try space()
            let tag = try quoted()
            guard tag.bytes.readableBytesView.allSatisfy(\.isTagChar), tags.count < 100 else {
                throw Self.malformed("a tag is letters and digits")
            }
            tags.append(tag)
        } while !isAtEnd
        return tags
    }

    mutating func uidBatches() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let size = try positive()
        guard !isAtEnd else { return .uidBatches(size: size, range: nil) }
        try space()
        return .uidBatches(size: size, range: try sequenceSet(mayBeSaved: false))
    }
}

extension IMAPValue {
    init(number: UInt64) { self = .string(IMAPString("\(number)")) }
}

extension IMAPString {
    /// A name without control characters and octets beyond ASCII; those are for modified UTF-7 (RFC 9051 §5.1.3).
    fileprivate func checkedName() throws(StrictRefusal) -> IMAPString {
        guard bytes.readableBytesView.allSatisfy({ $0 >= .space && $0 < 0x7F }) else {
            throw StrictRefusal(.malformed, reason: "the name of a mailbox is not modified UTF-7")
        }
        return self
    }
}
