import NIOCore

/// SEARCH, ESEARCH, and the search part of SORT, THREAD and FILTER (RFC 9051 §6.4.4, RFC 4731, 5267, 7377).
///
///     RETURN (MIN COUNT) CHARSET UTF-8 UNSEEN FROM "anna"
///     returns [MIN, COUNT], charset UTF-8, keys [UNSEEN, FROM anna]
public struct SearchRequest: Hashable, Sendable {
    /// `IN (mailboxes "a" subtree "b")` of ESEARCH: where to search.
    public var sources: [IMAPValue] = []
    /// `RETURN (…)`; `nil` where the word is missing.
    public var returns: [IMAPOption]?
    /// `nil` where the client names none.
    public var charset: IMAPString?
    /// All of them must hold.
    public var keys: [SearchKey] = []
}

/// One key of a search program (RFC 9051 §6.4.4; RFC 5032, 5182, 5257, 5466, 6203, 7162, 8474, 8514; X-GM-EXT-1).
public indirect enum SearchKey: Hashable, Sendable {
    /// How a message's date compares with the day of the key, without regard to time of day and zone.
    public enum Comparison: String, Sendable { case before, on, since }
    /// Which of a message's dates: INTERNALDATE, the `Date:` field, when it was saved here.
    public enum DateKind: String, Sendable { case `internal`, sent, saved }

    case all
    /// `SEEN`, `UNSEEN`, `KEYWORD $Junk`, `UNKEYWORD $Junk`.
    case flag(IMAPString, isSet: Bool)
    case new, old
    /// `FROM "x"`, `HEADER Message-ID "x"`.
    case header(IMAPString, contains: IMAPString)
    case body(IMAPString)
    case text(IMAPString)
    case date(DateKind, Comparison, IMAPString)
    case saveDateSupported
    /// Octets.
    case larger(UInt64)
    /// Octets.
    case smaller(UInt64)
    /// WITHIN: seconds.
    case older(UInt64)
    /// WITHIN: seconds.
    case younger(UInt64)
    /// `1:4`, `$`.
    case messages(SequenceSet)
    case uids(SequenceSet)
    case modSequence(UInt64, entry: IMAPString?, type: Keyword?)
    case filter(IMAPString)
    case annotation(entry: IMAPString, attribute: IMAPString, contains: IMAPString)
    case emailID(IMAPString)
    case threadID(IMAPString)
    /// Gmail's search language, as it was typed.
    case gmailQuery(IMAPString)
    case gmailLabel(IMAPString)
    case gmailMessage(IMAPString)
    case gmailThread(IMAPString)
    case not(SearchKey)
    case or(SearchKey, SearchKey)
    case fuzzy(SearchKey)
    case and([SearchKey])
    /// A key of an extension that is not known; what follows it is read as separate keys.
    case other(IMAPString)

    /// Keys that are nested deeper are passed over.
    static let maximumDepth = 64
}

extension IMAPReader {
    /// - Parameter hasCharset: SORT and THREAD always name the charset, without the word CHARSET.
    mutating func searchRequest(hasCharset: Bool) -> SearchRequest? {
        var request = SearchRequest()
        if skipWord("IN") { request.sources = value()?.list ?? [] }
        if skipWord("RETURN") { request.returns = options() }
        if hasCharset || skipWord("CHARSET") {
            guard let charset = string() else { return nil }
            request.charset = charset
        }
        // `CHARSET` may come before `RETURN` in what old clients send.
        if request.returns == nil, skipWord("RETURN") { request.returns = options() }
        request.keys = searchKeys(depth: 0)
        return request.keys.isEmpty ? nil : request
    }

    mutating func sort() -> IMAPCommand.Body? {
        let returns = skipWord("RETURN") ? options() : nil
        guard isAtList, let criteria = keywordList(), var request = searchRequest(hasCharset: true) else { return nil }
        if returns != nil { request.returns = returns }
        return .sort(criteria, request)
    }

    mutating func thread() -> IMAPCommand.Body? {
        let returns = skipWord("RETURN") ? options() : nil
        guard let algorithm = keyword(), var request = searchRequest(hasCharset: true) else { return nil }
        if returns != nil { request.returns = returns }
        return .thread(algorithm: algorithm, request)
    }

    /// Passes over a word if it is the next one.
    mutating func skipWord(_ word: StaticString) -> Bool {
        var ahead = self
        guard ahead.keyword() == Keyword(word) else { return false }
        self = ahead
        return true
    }

    private mutating func searchKeys(depth: Int) -> [SearchKey] {
        var keys: [SearchKey] = []
        while !endsHere(), peek != UInt8(ascii: ")") {
            if let key = searchKey(depth: depth) { keys.append(key) } else { break }
        }
        return keys
    }

    private mutating func searchKey(depth: Int) -> SearchKey? {
        skipSpaces()
        guard depth < SearchKey.maximumDepth else {
            note(.nestedTooDeep)
            skipValue()
            return .and([])
        }
        if skip("(") {
            let keys = searchKeys(depth: depth + 1)
            if !skip(")") { note(.parenthesisNotClosed) }
            return .and(keys)
        }
        guard let word = string() else { return nil }
        guard word.form == .atom, let name = Keyword(word.bytes.readableBytesView) else { return .other(word) }
        if let read = Self.searchKeys[name] { return read(&self, depth) }
        let first = word.bytes.byte(at: word.bytes.readerIndex)
        if first.isDigit || first == UInt8(ascii: "*") || first == UInt8(ascii: "$") {
            return .messages(SequenceSet(text: word.bytes))
        }
        return .other(word)
    }

    private typealias ReadKey = @Sendable (inout IMAPReader, _ depth: Int) -> SearchKey?

    private static let searchKeys: [Keyword: ReadKey] = {
        var keys: [Keyword: ReadKey] = [
            Keyword("ALL"): { _, _ in .all },
            Keyword("NEW"): { _, _ in .new },
            Keyword("OLD"): { _, _ in .old },
            Keyword("KEYWORD"): { reader, _ in reader.string().map { .flag($0, isSet: true) } },
            Keyword("UNKEYWORD"): { reader, _ in reader.string().map { .flag($0, isSet: false) } },
            Keyword("BODY"): { reader, _ in reader.string().map(SearchKey.body) },
            Keyword("TEXT"): { reader, _ in reader.string().map(SearchKey.text) },
            Keyword("HEADER"): { reader, _ in
                guard let field = reader.string(), let text = reader.string() else { return nil }
                return .header(field, contains: text)
            },
            Keyword("LARGER"): { reader, _ in reader.number().map(SearchKey.larger) },
            Keyword("SMALLER"): { reader, _ in reader.number().map(SearchKey.smaller) },
            Keyword("OLDER"): { reader, _ in reader.number().map(SearchKey.older) },
            Keyword("YOUNGER"): { reader, _ in reader.number().map(SearchKey.younger) },
            Keyword("UID"): { reader, _ in reader.sequenceSet().map(SearchKey.uids) },
            Keyword("MODSEQ"): { reader, _ in reader.modSequenceKey() },
            Keyword("FILTER"): { reader, _ in reader.string().map(SearchKey.filter) },
            Keyword("ANNOTATION"): { reader, _ in
                guard let entry = reader.string(), let attribute = reader.string(), let text = reader.string() else { return nil }
                return .annotation(entry: entry, attribute: attribute, contains: text)
            },
            Keyword("EMAILID"): { reader, _ in reader.string().map(SearchKey.emailID) },
            Keyword("THREADID"): { reader, _ in reader.string().map(SearchKey.threadID) },
            Keyword("SAVEDATESUPPORTED"): { _, _ in .saveDateSupported },
            Keyword("X-GM-RAW"): { reader, _ in reader.string().map(SearchKey.gmailQuery) },
            Keyword("X-GM-LABELS"): { reader, _ in reader.string().map(SearchKey.gmailLabel) },
            Keyword("X-GM-MSGID"): { reader, _ in reader.string().map(SearchKey.gmailMessage) },
            Keyword("X-GM-THRID"): { reader, _ in reader.string().map(SearchKey.gmailThread) },
            Keyword("NOT"): { reader, depth in reader.searchKey(depth: depth + 1).map(SearchKey.not) },
            Keyword("FUZZY"): { reader, depth in reader.searchKey(depth: depth + 1).map(SearchKey.fuzzy) },
            Keyword("OR"): { reader, depth in
                guard let left = reader.searchKey(depth: depth + 1), let right = reader.searchKey(depth: depth + 1) else {
                    return nil
                }
                return .or(left, right)
            },
        ]
        for name in ["ANSWERED", "DELETED", "DRAFT", "FLAGGED", "RECENT", "SEEN"] as [StaticString] {
            let flag = IMAPString(name.description)
            keys[Keyword(name)] = { _, _ in .flag(flag, isSet: true) }
        }
        for (name, flag) in [
            ("UNANSWERED", "ANSWERED"), ("UNDELETED", "DELETED"), ("UNDRAFT", "DRAFT"), ("UNFLAGGED", "FLAGGED"),
            ("UNSEEN", "SEEN"),
        ] as [(StaticString, String)] {
            let flag = IMAPString(flag)
            keys[Keyword(name)] = { _, _ in .flag(flag, isSet: false) }
        }
        for name in ["BCC", "CC", "FROM", "SUBJECT", "TO"] as [StaticString] {
            let field = IMAPString(name.description)
            keys[Keyword(name)] = { reader, _ in reader.string().map { .header(field, contains: $0) } }
        }
        let dates: [(StaticString, SearchKey.DateKind, SearchKey.Comparison)] = [
            ("BEFORE", .internal, .before), ("ON", .internal, .on), ("SINCE", .internal, .since),
            ("SENTBEFORE", .sent, .before), ("SENTON", .sent, .on), ("SENTSINCE", .sent, .since),
            ("SAVEDBEFORE", .saved, .before), ("SAVEDON", .saved, .on), ("SAVEDSINCE", .saved, .since),
        ]
        for (name, kind, comparison) in dates {
            keys[Keyword(name)] = { reader, _ in reader.string().map { .date(kind, comparison, $0) } }
        }
        return keys
    }()

    /// `MODSEQ ["/flags/\\draft" all] 620162338` (RFC 7162 §3.1.5)
    private mutating func modSequenceKey() -> SearchKey? {
        if let value = number() { return .modSequence(value, entry: nil, type: nil) }
        guard let entry = string(), let type = keyword(), let value = number() else { return nil }
        return .modSequence(value, entry: entry, type: type)
    }
}
