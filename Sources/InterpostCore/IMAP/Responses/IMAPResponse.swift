public import NIOCore

/// One whole untagged response (RFC 9051 §7). Its kind and number are read at once; what it says is read when
/// somebody asks for ``data``, so a listing of 100,000 messages costs little while it passes.
///
///     * 12 FETCH (FLAGS (\Seen) UID 42)␍␊      kind .fetch, number 12
///
/// To add a response: a case in ``Kind``, a row in its list of names, and a reader in `IMAPResponse.reading`.
public struct IMAPResponse: Sendable {
    /// The response's name, as far as it is known.
    public enum Kind: String, Sendable, CaseIterable {
        // RFC 9051 §7.2 to §7.5.
        case capability, enabled, namespace, list, lsub, status, search, esearch, flags
        case exists, recent, expunge, fetch
        // Extensions.
        case id, language, comparator, sort, thread, vanished, uidFetch, converted, conversion
        case acl, listRights, myRights, quota, quotaRoot, metadata, annotation
        case genURLAuth, urlFetch, jmapAccess, uidBatches
        // Servers' own.
        case xlist, applePushService, vendor
        // IMAP2 and IMAP4 (RFC 1176, RFC 1730).
        case bboard, mailbox, store, copy
        case unknown
    }

    /// What kind of response it is, by its name.
    public let kind: Kind
    /// In upper case; `nil` where there is no name to read.
    public let name: Keyword?
    /// The number before EXISTS, RECENT, EXPUNGE and FETCH.
    public let number: UInt64?
    /// The bytes it was read from.
    public let text: IMAPText
    /// Octets of the text before the data, and the quirks in them.
    let headLength: Int
    private let headQuirks: Quirks

    /// Reads an untagged response of one line, with its line end or without.
    ///
    ///     * 12 FETCH (FLAGS (\Seen) UID 7)␍␊      kind .fetch, number 12
    public init(reading line: ByteBuffer) { self.init(reading: IMAPText(line: line)) }

    /// Reads an untagged response of any number of lines.
    public init(reading text: IMAPText) {
        self.text = text
        let head = ResponseHead(of: text.bytes)
        number = head.number
        name = head.name
        kind = name.map(Kind.named) ?? .unknown
        headLength = head.length
        headQuirks = head.quirks
    }

    /// The name and number of a response whose end has not come yet.
    static func beginning(_ line: ByteBuffer) -> IMAPResponse { IMAPResponse(reading: IMAPText(line: line)) }

    /// What the response says. It is read anew each time, see ``read()``.
    public var data: Data { read().data }

    /// Reads the response deeply. Costs time that grows with its length.
    public func read() -> (data: Data, quirks: Quirks) {
        // An unknown response may be anything, and nothing is odd about it.
        guard kind != .unknown else { return (.unknown, Quirks()) }
        if kind == .fetch, let number, 1...UInt64(UInt32.max) ~= number, headQuirks.isEmpty,
            let answer = FetchAnswer(plain: text, from: headLength)
        {
            return (.fetch(answer), Quirks())
        }
        var reader = IMAPReader(text, from: headLength, quirks: headQuirks)
        guard let data = read(&reader) else {
            reader.note(.dataMissing)
            return (.malformed, reader.quirks)
        }
        if !reader.endsHere() { reader.note(.dataLeftOver) }
        return (data, reader.quirks)
    }

    /// `nil` where the one part is missing without which the response says nothing.
    private func read(_ reader: inout IMAPReader) -> Data? {
        switch kind {
        case .fetch, .store: .fetch(FetchAnswer(&reader, number: reader.judged(number)))
        case .uidFetch: .fetch(FetchAnswer(&reader, uid: reader.judged(number)))
        case .exists, .recent, .expunge, .copy: reader.count(number, kind == .expunge || kind == .copy ? .nonZero : .number)
        case .flags: .flags(reader.flagList())
        case .list, .lsub, .xlist: reader.listData().map(Data.list)
        case .status: reader.statusData()
        case .search: reader.searchData(Data.search)
        case .sort: reader.searchData(Data.sort)
        case .esearch: .esearch(ESearchData(&reader))
        case .thread: .thread(reader.threads())
        case .vanished: reader.vanished()
        case .uidBatches: reader.uidBatches()
        case .capability: .capabilities(reader.strings())
        case .enabled: .enabled(reader.strings())
        case .id: reader.idFields().map(Data.id)
        case .language: reader.list().map(Data.languages)
        case .comparator: reader.comparator()
        case .namespace: reader.namespaceData()
        case .acl: reader.acl()
        case .listRights: reader.listRights()
        case .myRights: reader.myRights()
        case .quota: reader.quota()
        case .quotaRoot: reader.quotaRoot()
        case .metadata: reader.metadata()
        case .annotation: reader.annotation()
        case .genURLAuth: reader.generatedURLs()
        case .urlFetch: reader.fetchedURLs()
        case .converted: reader.converted(number: number)
        case .conversion: reader.conversion()
        case .jmapAccess: reader.string().map(Data.jmapAccess)
        case .applePushService: .applePushService(reader.applePushFields())
        case .bboard, .mailbox: reader.mailbox().map(Data.mailbox)
        case .vendor: .vendor(reader.remainingValues())
        case .unknown: .unknown
        }
    }
}

extension IMAPResponse.Kind {
    private static let names: [(StaticString, IMAPResponse.Kind)] =
        [
            ("CAPABILITY", .capability), ("ENABLED", .enabled), ("NAMESPACE", .namespace), ("LIST", .list),
            ("LSUB", .lsub), ("STATUS", .status), ("SEARCH", .search), ("ESEARCH", .esearch), ("FLAGS", .flags),
            ("EXISTS", .exists),
            ("RECENT", .recent), ("EXPUNGE", .expunge), ("FETCH", .fetch), ("ID", .id), ("LANGUAGE", .language),
            ("COMPARATOR", .comparator), ("SORT", .sort), ("THREAD", .thread), ("VANISHED", .vanished),
            ("UIDFETCH", .uidFetch), ("CONVERTED", .converted), ("CONVERSION", .conversion), ("ACL", .acl),
            ("LISTRIGHTS", .listRights), ("MYRIGHTS", .myRights), ("QUOTA", .quota), ("QUOTAROOT", .quotaRoot),
            ("METADATA", .metadata), ("ANNOTATION", .annotation), ("GENURLAUTH", .genURLAuth), ("URLFETCH", .urlFetch),
            ("JMAPACCESS", .jmapAccess), ("UIDBATCHES", .uidBatches), ("XLIST", .xlist),
            ("XAPPLEPUSHSERVICE", .applePushService), ("BBOARD", .bboard), ("MAILBOX", .mailbox), ("STORE", .store),
            ("COPY", .copy),
        ] + vendors.map { ($0, .vendor) }

    /// Answers to commands of Cyrus, Netscape, Sun and others that are documented nowhere.
    private static let vendors: [StaticString] = [
        "ACCEPTABLE", "ACCOUNT-URL", "NETSCAPE", "SNIPPET", "SYNCAPPLY", "SYNCGET", "SYNCRESTART", "SYNCRESTORE",
        "VERSION", "XCONVMETA", "XCONVMULTISORT", "XCONVUPDATES", "XFOREVER", "XSENDER", "XSTATS",
    ]

    private static let byName = KeywordTable(names)

    fileprivate static func named(_ name: Keyword) -> IMAPResponse.Kind { byName[name] ?? .unknown }

    /// What a server says only after the client has logged in to it.
    var isMailboxData: Bool {
        switch self {
        case .list, .lsub, .xlist, .status, .search, .esearch, .sort, .thread, .flags, .exists, .recent, .expunge,
            .fetch, .uidFetch, .vanished, .uidBatches, .converted, .acl, .listRights, .myRights, .quota, .quotaRoot, .metadata,
            .annotation, .genURLAuth, .urlFetch, .applePushService, .bboard, .mailbox, .store, .copy:
            true
        case .capability, .enabled, .id, .language, .comparator, .namespace, .conversion, .jmapAccess, .vendor,
            .unknown:
            false
        }
    }

    /// Whether its text never holds a token, an annotation or a message. FETCH may: see ``FetchAnswer/isHarmless``.
    var isHarmless: Bool {
        switch self {
        case .metadata, .annotation, .genURLAuth, .urlFetch, .applePushService, .converted, .vendor, .unknown: false
        default: true
        }
    }
}
