import NIOCore

/// What a FETCH response says about one message (RFC 9051 §7.5.2).
///
///     (UID 42 FLAGS (\Seen) RFC822.SIZE 120 BODY[] {3}␍␊abc)
///     uid 42, flags (\Seen), size 120, contents [BODY[]: 3 octets]
///
/// What every listing asks for has a field of its own, and costs no memory beyond this value.
public struct FetchAnswer: Sendable {
    /// From the item UID, or the number before UIDFETCH (RFC 9586); `nil` where the server says neither.
    public var uid: UInt64?
    /// `nil` where the server does not list the flags; empty where there are none.
    public var flags: FlagList?
    /// Octets, RFC822.SIZE.
    public var size: UInt64?
    /// MODSEQ (RFC 7162 §3.1); `nil` where the server does not say it.
    public var modSequence: UInt64?
    /// INTERNALDATE as it was written, see ``IMAPDate``; `nil` where the server does not say it.
    public var internalDate: IMAPString?
    /// Texts of the message.
    public var contents: [Content] = []
    /// All other items, in the order in which they were sent.
    public var items: [Item] = []

    /// `BODY[TEXT] {120}…`
    public struct Content: Hashable, Sendable {
        /// Which text it is: `BODY[TEXT]<0>`.
        public var item: FetchItem
        /// `nil` for NIL: there is no such part.
        public var value: IMAPString?

        /// Octets of the value; 0 for NIL.
        public var octets: Int { value?.length ?? 0 }
    }

    /// Everything else, by the RFC or the server that defines it.
    public enum Item: Hashable, Sendable {
        // RFC 9051 §7.5.2.
        case envelope(UnreadValue)
        case body(UnreadValue)
        case bodyStructure(UnreadValue)
        /// Octets of the part once it is decoded.
        case binarySize(FetchSection, UInt64)
        // RFC 5257, 5259, 8474, 8514, 8970.
        case annotation([Annotation])
        case bodyPartStructure(FetchSection, UnreadValue)
        case availableConversions(FetchSection, UnreadValue)
        case emailID(IMAPString)
        case threadID(IMAPString?)
        case saveDate(IMAPString?)
        case preview(IMAPString?)
        // Gmail.
        case gmailMessageID(UInt64)
        case gmailThreadID(UInt64)
        case gmailLabels([IMAPString])
        // Dovecot and Cyrus.
        case snippet(algorithm: IMAPString, IMAPString?)
        case guid(IMAPString)
        /// Where a message of a virtual mailbox really is: X-MAILBOX, FOLDER.
        case mailbox(MailboxName)
        case realUID(UInt64)
        case digest(IMAPString)
        case createdModSequence(UInt64)
        case uidValidity(UInt64)
        case lastUpdated(IMAPString)
        case conversation(IMAPString)
        case baseConversation(IMAPString)

        case other(FetchItem, IMAPValue?)
    }

    /// `/comment (value.priv "mine")`, RFC 5257 §4.4.
    public struct Annotation: Hashable, Sendable {
        /// The entry's name: `/comment`.
        public var entry: IMAPString
        /// `value.priv`, `size.shared`, … with their values; `nil` for NIL.
        public var attributes: [MetadataEntry]
    }

    /// Whether it reveals nothing of what the message says: no text, no excerpt, no annotation.
    public var isHarmless: Bool {
        contents.isEmpty
            && items.allSatisfy { item in
                switch item {
                case .preview, .snippet, .annotation, .other: false
                default: true
                }
            }
    }
}

// MARK: - Reading

extension FetchAnswer {
    /// - Parameters:
    ///   - number: The message's sequence number, as far as it is known.
    ///   - uid: The number before UIDFETCH (RFC 9586).
    init(_ reader: inout IMAPReader, number: UInt64? = nil, uid: UInt64? = nil) {
        let name = number ?? uid
        if name == nil { reader.note(.dataMissing) }
        readItems(&reader)
        if self.uid == nil { self.uid = uid }
    }

    private mutating func readItems(_ reader: inout IMAPReader) {
        reader.skipSpaces()
        var depth = reader.skip("(") ? 1 : 0
        if depth == 0 { reader.note(.wordForList) }
        var isFirst = true
        while true {
            if !isFirst, reader.peek > .space, reader.peek != UInt8(ascii: ")") { reader.note(.missingSpace) }
            reader.skipSpaces()
            if reader.isAtEnd { break }
            if reader.skipListEnd() {
                depth -= 1
                if depth <= 0 { return }
            } else if reader.skip("(") {
                // Domino puts an item in parentheses of its own.
                reader.note(.itemInList)
                depth += 1
                isFirst = true
                continue
            } else {
                readItem(&reader)
            }
            isFirst = false
        }
        if depth > 0 { reader.note(.parenthesisNotClosed) }
    }

    private mutating func readItem(_ reader: inout IMAPReader) {
        guard let name = reader.keyword(stoppingAt: .fetchNameEnds) else { return reader.skipWord() }
        if reader.peek == UInt8(ascii: "[") || reader.peek == UInt8(ascii: "<") {
            return readSection(of: name, &reader)
        }
        if reader.peek == UInt8(ascii: "(") { reader.note(.missingSpace) }
        guard let read = Self.readers[name] else { return readContent(of: FetchItem(name: name), &reader) }
        read(&self, &reader)
    }

    fileprivate static func set<Value>(_ field: inout Value?, to value: Value?, _ reader: inout IMAPReader) {
        if field != nil { reader.note(.itemTwice) }
        if let value { field = value }
    }

    private mutating func readSection(of name: Keyword, _ reader: inout IMAPReader) {
        var item = FetchItem(name: name)
        item.readSection(&reader)
        guard let section = item.section, !item.carriesContent else { return readContent(of: item, &reader) }
        switch name {
        case Keyword("BINARY.SIZE"):
            if let size = reader.dueNumber() { items.append(.binarySize(section, size)) }
        case Keyword("BODYPARTSTRUCTURE"):
            if let value = reader.unreadValue() { items.append(.bodyPartStructure(section, value)) }
        default: if let value = reader.unreadValue() { items.append(.availableConversions(section, value)) }
        }
    }

    private mutating func readContent(of item: FetchItem, _ reader: inout IMAPReader) {
        guard item.carriesContent else {
            let value = reader.value()
            if value == nil { reader.note(.valueMissing) }
            items.append(.other(item, value))
            return
        }
        // A conversion that failed has a list that says why in the place of the value (RFC 5259 §8).
        if reader.peekBehindSpaces == UInt8(ascii: "("), let value = reader.value() {
            items.append(.other(item, value))
            return
        }
        // Yandex leaves the value out when there is none.
        guard let value = reader.nstring() else {
            reader.note(.valueMissing)
            contents.append(Content(item: item))
            return
        }
        if value?.form == .atom { reader.note(.atomForString) }
        let isMessage = item.section == FetchSection() && item.partial == nil || item.name == Keyword("RFC822")
        if isMessage, value?.length ?? 0 == 0 { reader.note(.nilForMessage) }
        contents.append(Content(item: item, value: value))
    }
}

extension FetchAnswer {
    private typealias Read = @Sendable (inout FetchAnswer, inout IMAPReader) -> Void
    private typealias ReadItem = @Sendable (inout IMAPReader) -> Item?

    private static let readers = KeywordTable<Read>(fieldReaders + itemReaders.map { ($0.0, reader(of: $0.0, $0.1)) })

    private static let fieldReaders: [(StaticString, Read)] = [
        ("UID", { set(&$0.uid, to: $1.dueNumber(.nonZero), &$1) }),
        ("FLAGS", { set(&$0.flags, to: $1.flagList(), &$1) }),
        ("RFC822.SIZE", { set(&$0.size, to: $1.dueNumber(), &$1) }),
        ("INTERNALDATE", { set(&$0.internalDate, to: $1.dueString(), &$1) }),
        ("MODSEQ", { set(&$0.modSequence, to: $1.modSequence(), &$1) }),
    ]

    private static let itemReaders: [(StaticString, ReadItem)] = [
        ("ENVELOPE", { $0.unreadValue().map(Item.envelope) }),
        ("BODY", { $0.unreadValue().map(Item.body) }),
        ("BODYSTRUCTURE", { $0.unreadValue().map(Item.bodyStructure) }),
        ("ANNOTATION", { $0.fetchedAnnotations() }),
        ("EMAILID", { $0.objectID().map(Item.emailID) }),
        ("THREADID", { $0.skipNIL() ? .threadID(nil) : $0.objectID().map(Item.threadID) }),
        ("SAVEDATE", { $0.nstring().map(Item.saveDate) }),
        ("PREVIEW", { $0.nstring().map(Item.preview) }),
        ("X-GM-MSGID", { $0.dueNumber().map(Item.gmailMessageID) }),
        ("X-GM-THRID", { $0.dueNumber().map(Item.gmailThreadID) }),
        ("X-GM-LABELS", { $0.list().map(Item.gmailLabels) }),
        ("SNIPPET", { $0.snippet() }),
        ("X-GUID", { $0.string().map(Item.guid) }),
        ("X-MAILBOX", { $0.mailbox().map(Item.mailbox) }),
        ("X-REAL-UID", { $0.dueNumber(.nonZero).map(Item.realUID) }),
        ("X-SAVEDATE", { $0.nstring().map(Item.saveDate) }),
        ("DIGEST.SHA1", { $0.string().map(Item.digest) }),
        ("CREATEDMODSEQ", { $0.modSequence().map(Item.createdModSequence) }),
        ("FOLDER", { $0.mailbox().map(Item.mailbox) }),
        ("UIDVALIDITY", { $0.dueNumber(.nonZero).map(Item.uidValidity) }),
        ("LASTUPDATED", { $0.string().map(Item.lastUpdated) }),
        ("CID", { $0.string().map(Item.conversation) }),
        ("BASECID", { $0.string().map(Item.baseConversation) }),
    ]

    /// Keeps an item, or notes that it has no value.
    private static func reader(of name: StaticString, _ read: @escaping ReadItem) -> Read {
        let item = FetchItem(name: Keyword(name))
        return { answer, reader in
            if let found = read(&reader) {
                answer.items.append(found)
            } else {
                reader.note(.valueMissing)
                answer.items.append(.other(item, nil))
            }
        }
    }
}

extension IMAPReader {
    fileprivate mutating func dueString() -> IMAPString? {
        guard let string = string() else {
            note(.valueMissing)
            return nil
        }
        if string.form == .atom { note(.atomForString) }
        return string
    }

    /// `(624140003)`
    fileprivate mutating func modSequence() -> UInt64? {
        guard isAtList else {
            note(.wordForList)
            return dueNumber()
        }
        var number: UInt64?
        readList { number = $0.dueNumber() }
        return number
    }

    /// `(/comment (value.priv "mine") /altsubject (value.shared NIL))`
    fileprivate mutating func fetchedAnnotations() -> FetchAnswer.Item? {
        guard isAtList else { return nil }
        var annotations: [FetchAnswer.Annotation] = []
        readList { reader in
            guard let entry = reader.string() else { return }
            annotations.append(.init(entry: entry, attributes: reader.isAtList ? reader.metadataEntries() : []))
        }
        return .annotation(annotations)
    }

    /// `(FUZZY ("text"))`, `(FUZZY "text")`
    fileprivate mutating func snippet() -> FetchAnswer.Item? {
        guard let words = value()?.list, let algorithm = words.first?.string, words.count > 1 else { return nil }
        return .snippet(algorithm: algorithm, words[1].string ?? words[1].list?.first?.string)
    }
}
