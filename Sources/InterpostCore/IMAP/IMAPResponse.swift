public import NIOCore

/// One whole untagged response (RFC 9051 §7). Its kind and number are read at once; what it says is read when
/// somebody asks for ``data``, so a listing of 100,000 messages costs little while it passes.
///
///     * 12 FETCH (FLAGS (\Seen) UID 42)␍␊      kind .fetch, number 12
public struct IMAPResponse: Sendable {
    /// The response's name, as far as it is known.
    public enum Kind: String, Sendable {
        case capability, enabled, id, namespace, list, lsub, xlist, status, search, esearch, flags
        case exists, recent, expunge, fetch, vanished
        case unknown
    }

    public let kind: Kind
    /// In upper case; `nil` where there is no name to read.
    public let name: Keyword?
    /// The number in front of EXISTS, RECENT, EXPUNGE and FETCH.
    public let number: UInt64?
    /// The bytes it was read from.
    public let text: IMAPText

    private static let kinds: [Keyword: Kind] = {
        let names: [(StaticString, Kind)] = [
            ("CAPABILITY", .capability), ("ENABLED", .enabled), ("ID", .id), ("NAMESPACE", .namespace), ("LIST", .list),
            ("LSUB", .lsub), ("XLIST", .xlist), ("STATUS", .status), ("SEARCH", .search), ("ESEARCH", .esearch),
            ("FLAGS", .flags), ("EXISTS", .exists), ("RECENT", .recent), ("EXPUNGE", .expunge), ("FETCH", .fetch),
            ("VANISHED", .vanished),
        ]
        return Dictionary(uniqueKeysWithValues: names.map { (Keyword($0.0), $0.1) })
    }()

    init(reading text: IMAPText) {
        self.text = text
        var reader = Self.reader(behindAsteriskOf: text)
        number = reader.number()
        name = reader.keyword()
        kind = name.flatMap { Self.kinds[$0] } ?? .unknown
    }

    /// The name and number of a response whose end has not come yet.
    static func beginning(_ line: ByteBuffer) -> IMAPResponse { IMAPResponse(reading: IMAPText(line: line)) }

    private static func reader(behindAsteriskOf text: IMAPText) -> IMAPReader {
        var reader = IMAPReader(text)
        _ = reader.skip("*")
        reader.skipSpaces()
        return reader
    }

    /// What the response says.
    public enum Data: Sendable {
        case capabilities([IMAPString])
        case enabled([IMAPString])
        case id([IMAPString])
        case namespace(ByteBuffer)
        case mailbox(MailboxName, separator: IMAPString?, attributes: [IMAPString])
        case status(MailboxName, [(item: IMAPString, value: IMAPString)])
        case numbers([UInt64])
        case flags([IMAPString])
        case count(UInt64)
        case fetch(FetchAnswer)
        case vanished(SequenceSet, earlier: Bool)
        case unknown
    }

    /// Reads the response deeply. Costs time that grows with its length.
    public func read() -> (data: Data, quirks: Quirks) {
        var reader = Self.reader(behindAsteriskOf: text)
        let data = read(&reader)
        return (data, reader.quirks)
    }

    public var data: Data { read().data }

    private func read(_ reader: inout IMAPReader) -> Data {
        let count = reader.number()
        _ = reader.keyword()
        switch kind {
        case .capability: return .capabilities(reader.strings())
        case .enabled: return .enabled(reader.strings())
        case .id: return .id(reader.list() ?? [])
        case .namespace:
            reader.skipSpaces()
            return .namespace(reader.rest)
        case .list, .lsub, .xlist:
            let attributes = reader.list() ?? []
            guard let separator = reader.nstring(), let name = reader.string() else { return .unknown }
            return .mailbox(MailboxName(name), separator: separator, attributes: attributes)
        case .status:
            guard let name = reader.string() else { return .unknown }
            let words = reader.list() ?? []
            let pairs = stride(from: 0, to: words.count - 1, by: 2).map { (item: words[$0], value: words[$0 + 1]) }
            return .status(MailboxName(name), pairs)
        case .search:
            var numbers: [UInt64] = []
            while let number = reader.number() { numbers.append(number) }
            return .numbers(numbers)
        case .flags: return .flags(reader.list() ?? [])
        case .exists, .recent, .expunge: return .count(count ?? 0)
        case .fetch: return .fetch(FetchAnswer(&reader))
        case .vanished:
            reader.skipSpaces()
            let isEarlier = reader.peek == UInt8(ascii: "(")
            if isEarlier { reader.skipValue() }
            reader.skipSpaces()
            guard let set = reader.atom() else { return .unknown }
            return .vanished(SequenceSet(text: set), earlier: isEarlier)
        case .esearch, .unknown: return .unknown
        }
    }
}

/// What a FETCH response says of one message (RFC 9051 §7.5.2), as far as every session uses it.
///
///     (UID 42 FLAGS (\Seen) RFC822.SIZE 120 BODY[] {3}␍␊abc)
///     uid 42, flags [\Seen], size 120, contents [BODY[]: 3 octets]
public struct FetchAnswer: Sendable {
    public var uid: UInt64?
    public var flags: [IMAPString]?
    /// Octets, RFC822.SIZE.
    public var size: UInt64?
    public var internalDate: IMAPString?
    /// Texts of the message that the answer carries, by what was asked for.
    public var contents: [(item: FetchItem, octets: Int)] = []
    /// Names of items that are not read further.
    public var others: [Keyword] = []
    var identity: MessageFacts.Identity? { nil }

    init(_ reader: inout IMAPReader) {
        reader.skipSpaces()
        guard reader.skip("(") else { return }
        while !reader.isAtEnd {
            reader.skipSpaces()
            if reader.skip(")") { break }
            guard let item = FetchItem.read(&reader) else {
                reader.skipWord()
                continue
            }
            switch item.name {
            case Keyword("UID"): uid = reader.number()
            case Keyword("FLAGS"): flags = reader.list()
            case Keyword("RFC822.SIZE"): size = reader.number()
            case Keyword("INTERNALDATE"): internalDate = reader.string()
            default:
                if item.carriesContent {
                    contents.append((item, (reader.nstring() ?? nil)?.length ?? 0))
                } else {
                    others.append(item.name)
                    reader.skipValue()
                }
            }
        }
    }
}
