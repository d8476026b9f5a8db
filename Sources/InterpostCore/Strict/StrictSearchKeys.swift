import NIOCore

// The keys of a search program, strictly (RFC 9051 §6.4.4; RFC 5032, 5182, 5466, 6203, 7162, 8474, 8514; X-GM-EXT-1).

extension SearchKey {
    /// Keys that KEYWORD must not name: they are words of their own.
    static let systemFlags: Set = [
        Keyword("ANSWERED"), Keyword("DELETED"), Keyword("DRAFT"), Keyword("FLAGGED"), Keyword("RECENT"), Keyword("SEEN"),
    ]
}

extension StrictReader {
    /// How deep NOT, OR, FUZZY and parentheses may be nested. Mail programs nest one OR in another for each field of a search.
    static let maximumOperators = 100

    mutating func searchProgram() throws(StrictRefusal) -> [SearchKey] {
        var keys: [SearchKey] = []
        while true {
            keys.append(try searchKey(depth: 0, lists: 0))
            if isAtEnd { return keys }
            try space()
        }
    }

    private mutating func searchKey(depth: Int, lists: Int) throws(StrictRefusal) -> SearchKey {
        try countElement()
        guard depth <= Self.maximumOperators, lists <= Self.maximumDepth else {
            throw .malformed("search keys that are nested too deep")
        }
        if peek == UInt8(ascii: "(") {
            return .and(
                try list { (reader) throws(StrictRefusal) in try reader.searchKey(depth: depth + 1, lists: lists + 1) })
        }
        if peek.isDigit || peek == UInt8(ascii: "$") || isAtStar { return .messages(try sequenceSet()) }
        let name = try keyword()
        switch name {
        case Keyword("NOT"):
            try space()
            return .not(try searchKey(depth: depth + 1, lists: lists))
        case Keyword("FUZZY"):
            try space()
            return .fuzzy(try searchKey(depth: depth + 1, lists: lists))
        case Keyword("OR"):
            try space()
            let left = try searchKey(depth: depth + 1, lists: lists)
            try space()
            return .or(left, try searchKey(depth: depth + 1, lists: lists))
        default: break
        }
        if let key = Self.wordKeys[name] { return key }
        guard peek == .space else { throw .unsupported("a search key that is not known") }
        return try argument(of: name)
    }

    private var isAtStar: Bool { peek == UInt8(ascii: "*") }

    private static let wordKeys: [Keyword: SearchKey] = {
        var keys: [Keyword: SearchKey] = [
            Keyword("ALL"): .all, Keyword("NEW"): .new, Keyword("OLD"): .old,
            Keyword("SAVEDATESUPPORTED"): .saveDateSupported,
        ]
        for flag in ["ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN"] as [StaticString] {
            keys[Keyword(flag)] = .flag(IMAPString(flag.description), isSet: true)
        }
        keys[Keyword("RECENT")] = .flag(IMAPString("RECENT"), isSet: true)
        for (name, flag) in [
            ("UNANSWERED", "ANSWERED"), ("UNDELETED", "DELETED"), ("UNDRAFT", "DRAFT"), ("UNFLAGGED", "FLAGGED"),
            ("UNSEEN", "SEEN"),
        ] as [(StaticString, String)] {
            keys[Keyword(name)] = .flag(IMAPString(flag), isSet: false)
        }
        return keys
    }()

    private static let fields: Set = [Keyword("BCC"), Keyword("CC"), Keyword("FROM"), Keyword("SUBJECT"), Keyword("TO")]

    private static let dates: [Keyword: (SearchKey.DateKind, SearchKey.Comparison)] = [
        Keyword("BEFORE"): (.internal, .before), Keyword("ON"): (.internal, .on), Keyword("SINCE"): (.internal, .since),
        Keyword("SENTBEFORE"): (.sent, .before), Keyword("SENTON"): (.sent, .on), Keyword("SENTSINCE"): (.sent, .since),
        Keyword("SAVEDBEFORE"): (.saved, .before), Keyword("SAVEDON"): (.saved, .on), Keyword("SAVEDSINCE"): (.saved, .since),
    ]

    /// The argument that follows a key's name.
    private mutating func argument(of name: Keyword) throws(StrictRefusal) -> SearchKey {
        try space()
        if Self.fields.contains(name) { return .header(IMAPString(name.description), contains: try searchedString()) }
        if let (kind, comparison) = Self.dates[name] { return .date(kind, comparison, try date()) }
        switch name {
        case Keyword("BODY"): return .body(try searchedString())
        case Keyword("TEXT"): return .text(try searchedString())
        case Keyword("HEADER"): return try headerKey()
        case Keyword("KEYWORD"): return .flag(try keywordFlag(), isSet: true)
        case Keyword("UNKEYWORD"): return .flag(try keywordFlag(), isSet: false)
        case Keyword("UID"): return .uids(try sequenceSet())
        case Keyword("LARGER"): return .larger(try number(upTo: UInt64(Int64.max)))
        case Keyword("SMALLER"): return .smaller(try number(upTo: UInt64(Int64.max)))
        case Keyword("OLDER"): return .older(try number(from: 1))
        case Keyword("YOUNGER"): return .younger(try number(from: 1))
        case Keyword("MODSEQ"): return try modSequenceKey()
        case Keyword("FILTER"): return .filter(try astring())
        case Keyword("EMAILID"): return .emailID(try objectID())
        case Keyword("THREADID"): return .threadID(try objectID())
        case Keyword("X-GM-RAW"): return .gmailQuery(try searchedString())
        case Keyword("X-GM-LABELS"): return .gmailLabel(try gmailLabel())
        case Keyword("X-GM-MSGID"): return .gmailMessage(try gmailNumber())
        case Keyword("X-GM-THRID"): return .gmailThread(try gmailNumber())
        default: throw .unsupported("a search key that is not known")
        }
    }

    /// A flag without a backslash.
    private mutating func keywordFlag() throws(StrictRefusal) -> IMAPString {
        let flag = try word(of: .atom)
        if let name = Keyword(flag.readableBytesView), SearchKey.systemFlags.contains(name) {
            throw .unsupported("a keyword with the name of a search key")
        }
        return IMAPString(flag)
    }

    /// `Subject "x"`: the form of the field tells it from the key SUBJECT.
    private mutating func headerKey() throws(StrictRefusal) -> SearchKey {
        let field = IMAPString(try fieldName().bytes, form: .quoted)
        try space()
        return .header(field, contains: try searchedString())
    }

    /// `["/flags/\\draft" all] 620162338` (RFC 7162 §3.1.5)
    private mutating func modSequenceKey() throws(StrictRefusal) -> SearchKey {
        guard peek == UInt8(ascii: "\"") else {
            return .modSequence(try number(upTo: .maximumModSequence), entry: nil, type: nil)
        }
        let entry = try quoted()
        try space()
        let type = try keyword()
        guard [Keyword("PRIV"), Keyword("SHARED"), Keyword("ALL")].contains(type) else {
            throw .malformed("a type of entry that is none")
        }
        try space()
        return .modSequence(try number(upTo: .maximumModSequence), entry: entry, type: type)
    }

    private static let maximumObjectID = 255

    private mutating func objectID() throws(StrictRefusal) -> IMAPString {
        let id = try word(of: .objectID)
        guard id.readableBytes <= Self.maximumObjectID else { throw .malformed("an identifier that is too long") }
        return IMAPString(id)
    }

    private mutating func gmailNumber() throws(StrictRefusal) -> IMAPString {
        IMAPString("\(try number(upTo: .max))")
    }

    private mutating func gmailLabel() throws(StrictRefusal) -> IMAPString {
        if peek == UInt8(ascii: "\\") { return try flag() }
        let label = try astring()
        return label.form == .atom ? label : IMAPString(label.bytes, form: .quoted)
    }
}
