import NIOCore

// SEARCH, ESEARCH, SORT and THREAD, strictly (RFC 9051 §6.4.4, RFC 4731, 5182, 5256, 5957, 7377, 9394).

extension StrictReader {
    /// `[RETURN (MIN)] [CHARSET UTF-8] UNSEEN FROM "anna"`
    mutating func search() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        return .search(try searchRequest())
    }

    /// `[IN (mailboxes ("a" "b"))] …`
    mutating func multimailboxSearch() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        guard try skipWord("IN") else { return .search(try searchRequest()) }
        let sources = try list { (reader) throws(StrictRefusal) in try reader.source() }
        try space()
        var request = try searchRequest()
        request.sources = sources.flatMap(\.self)
        return .search(request)
    }

    /// `(REVERSE DATE) UTF-8 ALL`
    mutating func sort() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let returns = try searchReturns()
        let criteria = try sortCriteria()
        try space()
        var request = SearchRequest(returns: returns, charset: try charset())
        try space()
        request.keys = try searchProgram()
        return .sort(criteria, request)
    }

    private static let algorithms: Set = [Keyword("ORDEREDSUBJECT"), Keyword("REFERENCES"), Keyword("REFS")]

    /// `REFERENCES UTF-8 ALL`
    mutating func thread() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let algorithm = try keyword()
        guard Self.algorithms.contains(algorithm) else { throw .unsupported("an algorithm that is not known") }
        try space()
        var request = SearchRequest(charset: try charset())
        try space()
        request.keys = try searchProgram()
        return .thread(algorithm: algorithm, request)
    }

    private mutating func searchRequest() throws(StrictRefusal) -> SearchRequest {
        var request = SearchRequest(returns: try searchReturns())
        if try skipWord("CHARSET") {
            request.charset = try charset()
            try space()
        }
        request.keys = try searchProgram()
        return request
    }

    private mutating func charset() throws(StrictRefusal) -> IMAPString {
        let name = try astring()
        guard name.length > 0, name.bytes.readableBytesView.allSatisfy(StrictCharacters.astring.contains) else {
            throw .malformed("a charset that is none")
        }
        return name
    }

    private static let plainReturns: Set = [
        Keyword("MIN"), Keyword("MAX"), Keyword("ALL"), Keyword("COUNT"), Keyword("SAVE"), Keyword("RELEVANCY"),
    ]

    /// `RETURN (MIN COUNT) `, with the space that follows it; `nil` where the word is missing.
    private mutating func searchReturns() throws(StrictRefusal) -> [IMAPOption]? {
        guard try skipWord("RETURN") else { return nil }
        let returns = try list(orEmpty: true) { (reader) throws(StrictRefusal) in
            let name = try reader.keyword()
            if Self.plainReturns.contains(name) { return IMAPOption(name: name, argument: nil) }
            guard name == Keyword("PARTIAL") else { throw StrictRefusal.unsupported("a return option that is not known") }
            try reader.space()
            let range = try reader.numberRange(mayCountFromEnd: true)
            return IMAPOption(name: name, argument: .string(IMAPString(range)))
        }
        try space()
        return returns
    }

    private static let sortKeys: Set = [
        Keyword("ARRIVAL"), Keyword("CC"), Keyword("DATE"), Keyword("FROM"), Keyword("SIZE"), Keyword("SUBJECT"), Keyword("TO"),
        Keyword("DISPLAYFROM"), Keyword("DISPLAYTO"), Keyword("RELEVANCY"),
    ]

    private mutating func sortCriteria() throws(StrictRefusal) -> [Keyword] {
        let criteria = try list { (reader) throws(StrictRefusal) in
            let name = try reader.keyword()
            guard name != Keyword("REVERSE") else {
                try reader.space()
                return [name, try reader.sortKey()]
            }
            return [try reader.known(name, in: Self.sortKeys)]
        }
        return criteria.flatMap(\.self)
    }

    private mutating func sortKey() throws(StrictRefusal) -> Keyword { try known(try keyword(), in: Self.sortKeys) }

    private func known(_ name: Keyword, in names: Set<Keyword>) throws(StrictRefusal) -> Keyword {
        guard names.contains(name) else { throw .unsupported("a sort criterion that is not known") }
        return name
    }

    /// `personal`, `subtree ("a" "b")`
    private mutating func source() throws(StrictRefusal) -> [IMAPValue] {
        let name = try keyword()
        let word = IMAPValue.string(IMAPString(name.description))
        switch name {
        case Keyword("SELECTED"), Keyword("SELECTED-DELAYED"), Keyword("INBOXES"), Keyword("PERSONAL"), Keyword("SUBSCRIBED"):
            return [word]
        case Keyword("SUBTREE"), Keyword("SUBTREE-ONE"), Keyword("MAILBOXES"):
            try space()
            let names = try oneOrList { (reader) throws(StrictRefusal) in
                let name = try reader.mailbox()
                return IMAPValue.string(IMAPString(name.string.bytes, form: .quoted))
            }
            return [word, .list(names)]
        default: throw .unsupported("a source that is not known")
        }
    }
}
