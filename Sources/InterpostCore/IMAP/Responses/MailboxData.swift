import NIOCore

// What a server says about mailboxes (RFC 9051 §7.3): LIST, STATUS, NAMESPACE.

/// One line of LIST, LSUB or XLIST (RFC 9051 §7.3.1, RFC 5258).
///
///     (\HasChildren) "/" "Lists" (CHILDINFO ("SUBSCRIBED"))
///     attributes [\HasChildren], separator /, name Lists, childInfo [SUBSCRIBED]
public struct ListData: Hashable, Sendable {
    /// `\Noselect`, `\HasNoChildren`, `\Sent`, …
    public var attributes: [IMAPString]
    /// One character; `nil` for a mailbox in a flat namespace.
    public var separator: IMAPString?
    /// The mailbox's name as the server wrote it.
    public var name: MailboxName
    /// Which selection criteria the mailboxes below it match.
    public var childInfo: [IMAPString] = []
    /// OLDNAME: another name by which the client, or somebody else, knew the mailbox.
    public var oldName: MailboxName?
    /// What other extensions add, by name.
    public var extensions: [ListExtension] = []
}

/// `"COLOR" ("red")` at the end of a LIST or in a NAMESPACE: a name and what belongs to it (RFC 4466 §2.1,
/// RFC 5258 §4).
public struct ListExtension: Hashable, Sendable {
    /// The name as the server wrote it: `COLOR`.
    public var name: IMAPString
    /// What belongs to the name; mostly a list.
    public var value: IMAPValue
}

/// One item of STATUS (RFC 9051 §6.3.11; RFC 7162, 7889, 8438, 8474, 9208).
public enum StatusItem: Hashable, Sendable {
    case messages(UInt64)
    case recent(UInt64)
    case unseen(UInt64)
    case uidNext(UInt64)
    case uidValidity(UInt64)
    case deleted(UInt64)
    /// Octets that EXPUNGE would free.
    case deletedStorage(UInt64)
    /// Octets.
    case size(UInt64)
    case highestModSequence(UInt64)
    case mailboxID(IMAPString)
    /// Octets of the largest message that APPEND takes; `nil` where there is no limit.
    case appendLimit(UInt64?)
    case other(Keyword, IMAPValue?)
}

/// One namespace (RFC 2342): `("#shared/" "/")`.
public struct Namespace: Hashable, Sendable {
    /// What all names in the namespace begin with; empty for the personal one of many servers.
    public var prefix: IMAPString
    /// One character; `nil` for a flat namespace.
    public var separator: IMAPString?
    /// What other extensions add, by name (RFC 2342 §5).
    public var extensions: [ListExtension] = []
}

extension IMAPReader {
    mutating func listData() -> ListData? {
        let attributes = attributes()
        guard let separator = mailboxSeparator(), let name = listedName() else { return nil }
        var data = ListData(attributes: attributes, separator: separator, name: name)
        for item in listExtensions() {
            switch Keyword(item.name.bytes.readableBytesView) {
            case Keyword("CHILDINFO"): data.childInfo = item.value.list?.compactMap(\.string) ?? []
            case Keyword("OLDNAME"): data.oldName = (item.value.list?.first?.string).map(MailboxName.init)
            default: data.extensions.append(item)
            }
        }
        return data
    }

    /// `"/"` or NIL. The outer optional says whether anything was there.
    private mutating func mailboxSeparator() -> IMAPString?? {
        skipSpaces()
        if peek == UInt8(ascii: "\""), peek(1) == UInt8(ascii: "\\"), peek(2) == UInt8(ascii: "\""), peek(3) == .space {
            // Some servers whose separator is a backslash write `"\"`, which would be the beginning of a string.
            note(.oddEscapeInQuoted)
            skip(octets: 3)
            return IMAPString(ByteBuffer(string: "\\"), form: .quoted)
        }
        guard let word = string() else { return nil }
        if word.isNIL { return .some(nil) }
        if word.length == 0 {
            note(.emptySeparator)
            return .some(nil)
        }
        if word.form == .atom { note(.atomForString) }
        return word
    }

    /// The name that follows the separator: the rest of the line, except for the list of an extension that follows the
    /// name. Servers that forget to quote a name, or a quote in it, give themselves away by what they leave after it.
    private mutating func listedName() -> MailboxName? {
        skipSpaces()
        let start = self
        if let name = mailbox(), endsListedName() { return name }
        self = start
        var name = rest
        while name.readableBytes > 0, name.byte(at: name.writerIndex - 1) == .space {
            name.moveWriterIndex(to: name.writerIndex - 1)
        }
        guard name.readableBytes > 0 else { return nil }
        skip(octets: octetsLeft)
        guard name.readableBytes > 1, name.byte(at: name.readerIndex) == UInt8(ascii: "\"") else {
            note(.nameNotQuoted)
            return MailboxName(IMAPString(name))
        }
        note(.quoteInQuoted)
        name.moveReaderIndex(forwardBy: 1)
        if name.byte(at: name.writerIndex - 1) == UInt8(ascii: "\"") { name.moveWriterIndex(to: name.writerIndex - 1) }
        return MailboxName(IMAPString(name, form: .quoted))
    }

    /// Whether the line ends here, or with one more list.
    private func endsListedName() -> Bool {
        var ahead = self
        guard !ahead.isAtEnd else { return true }
        guard ahead.peek == .space || ahead.peek == 9 else { return false }
        ahead.skipSpaces()
        if ahead.peek == UInt8(ascii: "(") { ahead.skipValue() }
        return ahead.endsHere()
    }

    /// `("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("Work"))`; empty where there is no list.
    private mutating func listExtensions() -> [ListExtension] {
        guard isAtList else { return [] }
        var extensions: [ListExtension] = []
        readList { $0.appendExtension(to: &extensions) }
        return extensions
    }

    private mutating func appendExtension(to extensions: inout [ListExtension]) {
        guard let name = string() else { return }
        guard let value = value() else { return note(.valueMissing) }
        extensions.append(ListExtension(name: name, value: value))
    }

    /// `mailbox (MESSAGES 231 UIDNEXT 44292)`
    mutating func statusData() -> IMAPResponse.Data? {
        guard let mailbox = statusName() else { return nil }
        var items: [StatusItem] = []
        readList { reader in
            if let name = reader.keyword() { reader.appendStatusItem(name, to: &items) }
        }
        return .status(mailbox, items)
    }

    /// A name that is not quoted goes up to the last parenthesis: `Deleted Items (MESSAGES 0)`.
    private mutating func statusName() -> MailboxName? {
        skipSpaces()
        let start = self
        guard let name = mailbox() else { return nil }
        if name.string.form != .atom || isAtList { return name }
        let line = start.rest
        let view = line.readableBytesView
        guard let parenthesis = view.lastIndex(of: UInt8(ascii: "(")),
            let end = view[..<parenthesis].lastIndex(where: { $0 != .space }),
            let bytes = line.getSlice(at: line.readerIndex, length: end + 1 - line.readerIndex)
        else { return name }
        self = start
        skip(octets: parenthesis - line.readerIndex)
        note(.nameNotQuoted)
        return MailboxName(IMAPString(bytes))
    }

    private mutating func appendStatusItem(_ name: Keyword, to items: inout [StatusItem]) {
        func number(_ item: (UInt64) -> StatusItem, _ kind: NumberKind = .number64) {
            if let number = dueNumber(kind) { items.append(item(number)) }
        }
        switch name {
        case Keyword("MESSAGES"): number(StatusItem.messages, .number)
        case Keyword("RECENT"): number(StatusItem.recent, .number)
        case Keyword("UNSEEN"): number(StatusItem.unseen, .number)
        case Keyword("UIDNEXT"): number(StatusItem.uidNext, .nonZero)
        case Keyword("UIDVALIDITY"): number(StatusItem.uidValidity, .nonZero)
        case Keyword("DELETED"): number(StatusItem.deleted, .number)
        case Keyword("DELETED-STORAGE"): number(StatusItem.deletedStorage)
        case Keyword("SIZE"): number(StatusItem.size)
        // 0 says that the mailbox keeps no mod-sequences (RFC 7162 §3.1.7).
        case Keyword("HIGHESTMODSEQ"): number(StatusItem.highestModSequence)
        case Keyword("APPENDLIMIT") where skipNIL(): items.append(.appendLimit(nil))
        case Keyword("APPENDLIMIT"): number(StatusItem.appendLimit)
        case Keyword("MAILBOXID"): if let id = objectID() { items.append(.mailboxID(id)) }
        default:
            let value = value()
            if value == nil { note(.valueMissing) }
            items.append(.other(name, value))
        }
    }

    /// `(F2212ea87)`, RFC 8474 §4.
    mutating func objectID() -> IMAPString? {
        if !isAtList { note(.wordForList) }
        return list()?.first
    }

    mutating func namespaceData() -> IMAPResponse.Data? {
        guard let personal = namespaces() else { return nil }
        guard let other = namespaces(), let shared = namespaces() else {
            note(.valueMissing)
            return .namespace(personal: personal, other: [], shared: [])
        }
        return .namespace(personal: personal, other: other, shared: shared)
    }

    /// `(("" "/")("#mh/" "/"))`, or NIL for none.
    private mutating func namespaces() -> [Namespace]? {
        if skipNIL() { return [] }
        guard isAtList else { return nil }
        var namespaces: [Namespace] = []
        readList { reader in
            guard reader.skip("("), let prefix = reader.string(), let separator = reader.mailboxSeparator() else {
                return
            }
            var namespace = Namespace(prefix: prefix, separator: separator)
            reader.readToListEnd { $0.appendExtension(to: &namespace.extensions) }
            namespaces.append(namespace)
        }
        if namespaces.isEmpty { note(.listForNIL) }
        return namespaces
    }
}
