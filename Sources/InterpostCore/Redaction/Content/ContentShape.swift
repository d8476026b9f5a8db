import NIOCore

/// What the values of a list, or the arguments of a command or response, are.
indirect enum ContentShape: Sendable {
    case kept
    /// Strings, however deep in lists, are all the same.
    case each(ContentRole)
    /// The first values have slots of their own; the last slot holds for all the values that follow.
    case sequence([ContentSlot])
    /// A name and its value, by turns.
    case named(ContentTable)
    case envelope
    case body
    /// `(("" "/")("#shared/" "/"))`
    case namespaces
    case namespace
    /// `(\HasChildren) "/" name (extensions)`
    case listed
    /// `(SUBSCRIBED) reference pattern RETURN (…)`
    case listRequest
    /// `(MAXSIZE 1024) mailbox entries`
    case getMetadata
    /// `mailbox (MESSAGES 3)`
    case status
    /// `INBOX fred lrs ann l`
    case rights
    /// Keys of a search, after this many words that are not keys.
    case search(skipping: Int)
    /// `mailbox (flags) "date" {n}`, and what may replace the literal; the mailbox comes after this many values.
    case appended(mailboxAt: Int)
    case catenated
    case stored
    case notified
    case converted
    case urlFetched
    case pushService
    case filter
}

/// What may be in one place: a string, or a list.
struct ContentSlot: Sendable {
    var string: ContentRole
    var list: ContentShape

    init(_ string: ContentRole, list: ContentShape? = nil) {
        self.string = string
        self.list = list ?? (string == .kept ? .kept : .each(string))
    }

    static let kept = ContentSlot(.kept)
}

/// Lists of names and values, and what each name has.
enum ContentTable: Sendable {
    case fetch
    /// Parameters in BODYSTRUCTURE: `("NAME" "x.txt")`, and `("ATTACHMENT" ("FILENAME" "x.txt"))`.
    case parameters
    case statusItems
    case id
    /// `(TAG "a" MAILBOX "x")`
    case correlator
    case listExtensions
    /// `(value.priv "mine")`
    case metadata
    case annotations

    func slot(_ name: [UInt8]) -> ContentSlot {
        switch self {
        case .fetch: Self.fetchSlot(name)
        case .parameters:
            switch HeaderTreatment.ofParameter(name.prefix { $0 != UInt8(ascii: "*") }) {
            case .kept: ContentSlot(.kept, list: .named(.parameters))
            case .boundary: ContentSlot(.boundary, list: .named(.parameters))
            case .text, .parameters: ContentSlot(.words, list: .named(.parameters))
            }
        case .statusItems: Self.isName("MAILBOXID", name) ? ContentSlot(.identifier) : .kept
        case .id:
            Self.harmlessIDFields.contains { Self.isName($0, name) } ? .kept : ContentSlot(.searched)
        case .correlator: Self.isName("MAILBOX", name) ? ContentSlot(.mailbox) : .kept
        case .listExtensions: Self.isName("OLDNAME", name) ? ContentSlot(.mailbox) : .kept
        case .metadata: ContentSlot(.searched)
        case .annotations: ContentSlot(.searched, list: .named(.metadata))
        }
    }

    private static let harmlessIDFields: [StaticString] = ["NAME", "VERSION", "VENDOR", "SUPPORT-URL"]

    static func isName(_ word: StaticString, _ name: [UInt8]) -> Bool {
        name.count == word.utf8CodeUnitCount && ByteBuffer(bytes: name).equalsIgnoringCase(word)
    }

    private static func fetchSlot(_ name: [UInt8]) -> ContentSlot {
        var reader = IMAPReader(IMAPText(line: ByteBuffer(bytes: name)))
        guard let item = FetchItem.read(&reader) else { return .kept }
        if item.carriesContent { return ContentSlot(.message(start(of: item)), list: .each(.text)) }
        return fetchItems[item.name] ?? (item.section == nil ? ContentSlot(.unknown) : .kept)
    }

    private static func start(of item: FetchItem) -> MessageMapper.Start {
        if let partial = item.partial, partial.offset > 0 { return .unknown }
        guard let section = item.section else { return item.carriesText && item.name != Keyword("RFC822") ? .text : .header }
        return switch section.content {
        case .header, .headerFields, .headerFieldsNot, .mime: .header
        case .whole: section.part.isEmpty ? .header : .text
        case .text: .text
        case .other: .unknown
        }
    }

    private static let fetchItems = KeywordTable<ContentSlot>([
        ("UID", .kept), ("RFC822.SIZE", .kept), ("INTERNALDATE", .kept), ("MODSEQ", .kept), ("SAVEDATE", .kept),
        ("X-SAVEDATE", .kept), ("X-REAL-UID", .kept), ("CREATEDMODSEQ", .kept), ("UIDVALIDITY", .kept),
        ("LASTUPDATED", .kept),
        ("FLAGS", ContentSlot(.flag)),
        ("ENVELOPE", ContentSlot(.words, list: .envelope)),
        ("BODY", ContentSlot(.words, list: .body)),
        ("BODYSTRUCTURE", ContentSlot(.words, list: .body)),
        ("BODYPARTSTRUCTURE", ContentSlot(.words, list: .body)),
        ("PREVIEW", ContentSlot(.text)),
        ("SNIPPET", ContentSlot(.text, list: .sequence([.kept, ContentSlot(.text)]))),
        ("X-GM-LABELS", ContentSlot(.label)),
        ("X-GM-MSGID", ContentSlot(.number)), ("X-GM-THRID", ContentSlot(.number)),
        ("X-MAILBOX", ContentSlot(.mailbox)), ("FOLDER", ContentSlot(.mailbox)),
        ("EMAILID", ContentSlot(.identifier)), ("THREADID", ContentSlot(.identifier)), ("X-GUID", ContentSlot(.identifier)),
        ("DIGEST.SHA1", ContentSlot(.identifier)), ("CID", ContentSlot(.identifier)), ("BASECID", ContentSlot(.identifier)),
        ("ANNOTATION", ContentSlot(.searched, list: .named(.annotations))),
    ])
}
