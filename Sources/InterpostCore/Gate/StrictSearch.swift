import NIOCore

// Search programs, strictly (RFC 9051 §6.4.4, RFC 5256, and the extensions that the tolerant reader knows).

extension StrictReader {
    /// SEARCH: ` [RETURN (…)] [CHARSET x] keys`
    mutating func searchRequest() throws(StrictRefusal) -> SearchRequest {
        var request = SearchRequest()
        if skipSpaceAndWord("RETURN") { request.returns = try searchReturns(isSort: false) }
        if skipSpaceAndWord("CHARSET") { request.charset = try argument() }
        request.keys = try searchKeys()
        return request
    }

    /// SORT: ` [RETURN (…)] (criteria) charset keys`
    mutating func sort() throws(StrictRefusal) -> IMAPCommand.Body {
        var request = SearchRequest()
        if skipSpaceAndWord("RETURN") { request.returns = try searchReturns(isSort: true) }
        try space()
        var criteria: [Keyword] = []
        try list { reader throws(StrictRefusal) in
            let name = try reader.keyword()
            guard Self.sortCriteria.contains(name), name != Keyword("REVERSE") || !reader.isAt(")") else {
                throw StrictRefusal(.unsupported, reason: "this criterion is not known here")
            }
            criteria.append(name)
        }
        request.charset = try argument()
        request.keys = try searchKeys()
        return .sort(criteria, request)
    }

    private static let sortCriteria: Set<Keyword> = [
        Keyword("REVERSE"), Keyword("ARRIVAL"), Keyword("CC"), Keyword("DATE"), Keyword("FROM"), Keyword("SIZE"),
        Keyword("SUBJECT"), Keyword("TO"), Keyword("DISPLAYFROM"), Keyword("DISPLAYTO"), Keyword("RELEVANCY"), Keyword("UID"),
        Keyword("MODSEQ"),
    ]

    /// THREAD: ` algorithm charset keys`
    mutating func thread() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let algorithm = try keyword()
        guard [Keyword("ORDEREDSUBJECT"), Keyword("REFERENCES"), Keyword("REFS")].contains(algorithm) else {
            throw StrictRefusal(.unsupported, reason: "this algorithm is not known here")
        }
        var request = SearchRequest()
        request.charset = try argument()
        request.keys = try searchKeys()
        return .thread(algorithm: algorithm, request)
    }

    private mutating func searchReturns(isSort: Bool) throws(StrictRefusal) -> [IMAPOption] {
        try space()
        var options: [IMAPOption] = []
        try list(minimum: 0) { reader throws(StrictRefusal) in
            let name = try reader.keyword()
            switch name {
            case Keyword("MIN"), Keyword("MAX"), Keyword("ALL"), Keyword("COUNT"), Keyword("SAVE"), Keyword("RELEVANCY"):
                options.append(IMAPOption(name: name, argument: nil))
            case Keyword("PARTIAL"):
                try reader.space()
                options.append(IMAPOption(name: name, argument: .string(IMAPString(try reader.partialRange()))))
            default: throw StrictRefusal(.unsupported, reason: "this option is not known here")
            }
        }
        return options
    }

    private mutating func searchKeys() throws(StrictRefusal) -> [SearchKey] {
        var keys: [SearchKey] = []
        repeat {
            try space()
            guard keys.count < Self.maximumElements else { throw Self.malformed("there are too many search keys") }
            keys.append(try searchKey(depth: 0))
        } while !isAtEnd
        return keys
    }

    private mutating func searchKey(depth: Int) throws(StrictRefusal) -> SearchKey {
        guard depth < Self.maximumDepth else { throw Self.malformed("search keys are nested too deep") }
        if isAt("(") {
            var keys: [SearchKey] = []
            try list { reader throws(StrictRefusal) in keys.append(try reader.searchKey(depth: depth + 1)) }
            return .and(keys)
        }
        if peek.isDigit || isAt("*") || isAt("$") { return .messages(try sequenceSet()) }
        let name = try keyword()
        if let (flag, isSet) = Self.flags[name] { return .flag(flag, isSet: isSet) }
        if Self.fields.contains(name) { return .header(IMAPString(name.description), contains: try argument()) }
        if let (kind, comparison) = Self.dates[name] { return .date(kind, comparison, try dateArgument()) }
        switch name {
        case Keyword("ALL"): return .all
        case Keyword("NEW"): return .new
        case Keyword("OLD"): return .old
        case Keyword("KEYWORD"): return .flag(try keywordFlag(), isSet: true)
        case Keyword("UNKEYWORD"): return .flag(try keywordFlag(), isSet: false)
        case Keyword("BODY"): return .body(try argument())
        case Keyword("TEXT"): return .text(try argument())
        case Keyword("HEADER"):
            // In quotes, so that it is told apart from FROM and its like.
            let field = try argument()
            return .header(IMAPString(field.bytes, form: .quoted), contains: try argument())
        case Keyword("LARGER"): return .larger(try numberArgument())
        case Keyword("SMALLER"): return .smaller(try numberArgument())
        case Keyword("OLDER"): return .older(try numberArgument())
        case Keyword("YOUNGER"): return .younger(try numberArgument())
        case Keyword("UID"): return .uids(try set())
        case Keyword("MODSEQ"): return try modSequence()
        case Keyword("FILTER"): return .filter(try argument())
        case Keyword("EMAILID"): return .emailID(try argument())
        case Keyword("THREADID"): return .threadID(try argument())
        case Keyword("SAVEDATESUPPORTED"): return .saveDateSupported
        case Keyword("X-GM-RAW"): return .gmailQuery(try argument())
        case Keyword("X-GM-LABELS"): return .gmailLabel(try argument())
        case Keyword("X-GM-MSGID"): return .gmailMessage(try argument())
        case Keyword("X-GM-THRID"): return .gmailThread(try argument())
        case Keyword("NOT"):
            try space()
            return .not(try searchKey(depth: depth + 1))
        case Keyword("FUZZY"):
            try space()
            return .fuzzy(try searchKey(depth: depth + 1))
        case Keyword("OR"):
            try space()
            let left = try searchKey(depth: depth + 1)
            try space()
            return .or(left, try searchKey(depth: depth + 1))
        default: throw StrictRefusal(.unsupported, reason: "this search key is not known here")
        }
    }

    private static let flags: [Keyword: (IMAPString, isSet: Bool)] = [
        Keyword("ANSWERED"): ("ANSWERED", true), Keyword("DELETED"): ("DELETED", true), Keyword("DRAFT"): ("DRAFT", true),
        Keyword("FLAGGED"): ("FLAGGED", true), Keyword("RECENT"): ("RECENT", true), Keyword("SEEN"): ("SEEN", true),
        Keyword("UNANSWERED"): ("ANSWERED", false), Keyword("UNDELETED"): ("DELETED", false),
        Keyword("UNDRAFT"): ("DRAFT", false),
        Keyword("UNFLAGGED"): ("FLAGGED", false), Keyword("UNSEEN"): ("SEEN", false),
    ].mapValues { (IMAPString($0.0), $0.1) }

    static let fields: Set<Keyword> = [Keyword("BCC"), Keyword("CC"), Keyword("FROM"), Keyword("SUBJECT"), Keyword("TO")]

    private static let dates: [Keyword: (SearchKey.DateKind, SearchKey.Comparison)] = [
        Keyword("BEFORE"): (.internal, .before), Keyword("ON"): (.internal, .on), Keyword("SINCE"): (.internal, .since),
        Keyword("SENTBEFORE"): (.sent, .before), Keyword("SENTON"): (.sent, .on), Keyword("SENTSINCE"): (.sent, .since),
        Keyword("SAVEDBEFORE"): (.saved, .before), Keyword("SAVEDON"): (.saved, .on), Keyword("SAVEDSINCE"): (.saved, .since),
    ]

    /// A keyword that is called like a key for a system flag would be read as that key.
    private mutating func keywordFlag() throws(StrictRefusal) -> IMAPString {
        try space()
        let name = try atom()
        guard let word = Keyword(name.readableBytesView) else { throw Self.malformed("a word is too long") }
        guard Self.flags[word] == nil else { throw StrictRefusal(.unsupported, reason: "a keyword is called like a system flag") }
        return IMAPString(name)
    }

    private mutating func numberArgument() throws(StrictRefusal) -> UInt64 {
        try space()
        return try number64()
    }

    /// `1-Feb-1994`, with or without quotes.
    private mutating func dateArgument() throws(StrictRefusal) -> IMAPString {
        try space()
        let date = isAt("\"") ? try quoted() : IMAPString(try atom())
        guard date.bytes.matches("99-aaa-9999") || date.bytes.matches("9-aaa-9999") else {
            throw Self.malformed("a date is not spelled as one")
        }
        return IMAPString(date.bytes)
    }

    private mutating func modSequence() throws(StrictRefusal) -> SearchKey {
        try space()
        if peek.isDigit { return .modSequence(try number64(), entry: nil, type: nil) }
        let entry = try quoted()
        try space()
        let type = try keyword()
        guard [Keyword("PRIV"), Keyword("SHARED"), Keyword("ALL")].contains(type) else {
            throw Self.malformed("a type of entry is priv, shared or all")
        }
        return .modSequence(try numberArgument(), entry: entry, type: type)
    }
}
