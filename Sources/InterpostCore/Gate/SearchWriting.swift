import NIOCore

// Search programs as the gate writes them.

extension CommandWriter {
    /// - Parameter hasCharset: SORT and THREAD name the charset always, and without the word.
    mutating func write(_ request: SearchRequest, hasCharset: Bool) {
        write(returns: request.returns)
        if let charset = request.charset {
            if !hasCharset { raw(" CHARSET") }
            argument(charset)
        }
        for key in request.keys {
            raw(" ")
            write(key)
        }
    }

    mutating func write(returns options: [IMAPOption]?) {
        guard let options else { return }
        raw(" RETURN (")
        for (index, option) in options.enumerated() {
            if index > 0 { raw(" ") }
            raw(option.name.description)
            if let range = option.argument?.string { word(range.bytes) }
        }
        raw(")")
    }

    private mutating func write(_ key: SearchKey) {
        switch key {
        case .all: raw("ALL")
        case .new: raw("NEW")
        case .old: raw("OLD")
        case .flag(let flag, let isSet): write(flag, isSet: isSet)
        case .header(let field, let text):
            if field.form == .atom, let name = Keyword(field.bytes.readableBytesView), StrictReader.fields.contains(name) {
                raw(name.description)
            } else {
                raw("HEADER")
                argument(field)
            }
            argument(text)
        case .body(let text): write("BODY", text)
        case .text(let text): write("TEXT", text)
        case .date(let kind, let comparison, let date):
            raw("\(kind.prefix)\(comparison.word)")
            word(date.bytes)
        case .saveDateSupported: raw("SAVEDATESUPPORTED")
        case .larger(let octets): raw("LARGER \(octets)")
        case .smaller(let octets): raw("SMALLER \(octets)")
        case .older(let seconds): raw("OLDER \(seconds)")
        case .younger(let seconds): raw("YOUNGER \(seconds)")
        case .messages(let set): raw(set.text)
        case .uids(let set):
            raw("UID")
            word(set.text)
        case .modSequence(let value, let entry, let type):
            raw("MODSEQ")
            if let entry, let type {
                quoted(entry.bytes)
                word(type)
            }
            raw(" \(value)")
        case .filter(let name): write("FILTER", name)
        case .annotation(let entry, let attribute, let text):
            write("ANNOTATION", entry)
            argument(attribute)
            argument(text)
        case .emailID(let id): write("EMAILID", id)
        case .threadID(let id): write("THREADID", id)
        case .gmailQuery(let query): write("X-GM-RAW", query)
        case .gmailLabel(let label): write("X-GM-LABELS", label)
        case .gmailMessage(let id): write("X-GM-MSGID", id)
        case .gmailThread(let id): write("X-GM-THRID", id)
        case .not(let key):
            raw("NOT ")
            write(key)
        case .or(let left, let right):
            raw("OR ")
            write(left)
            raw(" ")
            write(right)
        case .fuzzy(let key):
            raw("FUZZY ")
            write(key)
        case .and(let keys):
            raw("(")
            for (index, key) in keys.enumerated() {
                if index > 0 { raw(" ") }
                write(key)
            }
            raw(")")
        case .other(let word): argument(word)
        }
    }

    private mutating func write(_ name: String, _ text: IMAPString) {
        raw(name)
        argument(text)
    }

    private mutating func write(_ flag: IMAPString, isSet: Bool) {
        switch Keyword(flag.bytes.readableBytesView) {
        case Keyword("RECENT") where !isSet: raw("OLD")
        case let name? where Self.systemKeys.contains(name): raw((isSet ? "" : "UN") + name.description)
        default:
            raw(isSet ? "KEYWORD" : "UNKEYWORD")
            word(flag.bytes)
        }
    }

    private static let systemKeys: Set<Keyword> = [
        Keyword("ANSWERED"), Keyword("DELETED"), Keyword("DRAFT"), Keyword("FLAGGED"), Keyword("RECENT"), Keyword("SEEN"),
    ]
}

extension SearchKey.DateKind {
    fileprivate var prefix: String {
        switch self {
        case .internal: ""
        case .sent: "SENT"
        case .saved: "SAVED"
        }
    }
}

extension SearchKey.Comparison {
    fileprivate var word: String { rawValue.uppercased() }
}
