import NIOCore

// Flags, dates and STORE, strictly (RFC 9051 §6.4.6 and §9, RFC 7162, X-GM-EXT-1).

extension StrictReader {
    /// `\Seen`, `$Junk`; what only a server says, `\Recent` and `\*`, is refused.
    mutating func flag() throws(StrictRefusal) -> IMAPString {
        let start = position
        _ = skip("\\")
        _ = try word(of: .atom)
        let flag = slice(from: start)
        guard !flag.equalsIgnoringCase("\\RECENT") else { throw .malformed("a flag that no client can set") }
        return IMAPString(flag)
    }

    /// `(\Seen $Junk)`, `()`
    mutating func flagList() throws(StrictRefusal) -> [IMAPString] {
        try list(orEmpty: true) { (reader) throws(StrictRefusal) in try reader.flag() }
    }

    /// `1:4 [(UNCHANGEDSINCE 12)] +FLAGS.SILENT (\Seen)`; the parentheses may be left out.
    mutating func store() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let set = try sequenceSet()
        try space()
        var modifiers: [IMAPOption] = []
        if peek == UInt8(ascii: "(") {
            modifiers = try list { (reader) throws(StrictRefusal) in
                guard try reader.keyword() == Keyword("UNCHANGEDSINCE") else {
                    throw .unsupported("a modifier that is not known")
                }
                try reader.space()
                return IMAPOption(
                    name: Keyword("UNCHANGEDSINCE"), argument: .number(try reader.number(upTo: .maximumModSequence)))
            }
            try space()
        }
        let operation: StoreRequest.Operation = skip("+") ? .add : skip("-") ? .remove : .replace
        let name = try keyword()
        try space()
        let isSilent = name == Keyword("FLAGS.SILENT") || name == Keyword("X-GM-LABELS.SILENT")
        return .store(
            set,
            StoreRequest(operation: operation, item: try storedItem(name), isSilent: isSilent, modifiers: modifiers))
    }

    private mutating func storedItem(_ name: Keyword) throws(StrictRefusal) -> StoreRequest.Item {
        switch name {
        case Keyword("FLAGS"), Keyword("FLAGS.SILENT"): .flags(try storedFlags())
        case Keyword("X-GM-LABELS"), Keyword("X-GM-LABELS.SILENT"): .labels(try storedLabels())
        default: throw .unsupported("an item that cannot be stored")
        }
    }

    private mutating func storedFlags() throws(StrictRefusal) -> [IMAPString] {
        if peek == UInt8(ascii: "(") { return try flagList() }
        var flags: [IMAPString] = []
        while true {
            try countElement()
            flags.append(try flag())
            if isAtEnd { return flags }
            try space()
        }
    }

    /// System labels have the form of flags; labels of the user are names of mailboxes.
    private mutating func storedLabels() throws(StrictRefusal) -> [IMAPString] {
        try oneOrList { (reader) throws(StrictRefusal) in
            reader.peek == UInt8(ascii: "\\") ? try reader.flag() : try reader.mailbox().string.quotedIfFlag
        }
    }

    // MARK: Dates

    /// `1-Feb-1994`, with quotes or without; as an atom with the month as the RFC writes it.
    mutating func date() throws(StrictRefusal) -> IMAPString {
        let isQuoted = skip("\"")
        let text = try word(of: .date)
        if isQuoted { try expect("\"", or: "a date that is none") }
        guard let date = StrictDate(Array(text.readableBytesView), daysHaveTwoDigits: false) else {
            throw .malformed("a date that is none")
        }
        return IMAPString(date.text)
    }

    /// `"17-Jul-1996 02:44:25 -0700"`
    private mutating func dateTimeBytes() throws(StrictRefusal) -> [UInt8] { Array(try quoted().bytes.readableBytesView) }

    mutating func dateTime() throws(StrictRefusal) -> IMAPString {
        let bytes = try dateTimeBytes()
        guard bytes.count == 26, let date = StrictDate(Array(bytes[..<11]), daysHaveTwoDigits: true),
            StrictDate.isTime(bytes[11...])
        else { throw .malformed("a date that is none") }
        var text = ByteBuffer(string: date.text)
        text.writeBytes(bytes[11...])
        return IMAPString(text, form: .quoted)
    }
}

extension IMAPString {
    /// A name that looks like a flag keeps its quotes.
    fileprivate var quotedIfFlag: IMAPString { form == .atom ? self : IMAPString(bytes, form: .quoted) }
}

/// A day as IMAP writes it: `1-Feb-1994`, or `01-Feb-1994` and ` 1-Feb-1994` before a time.
struct StrictDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    let text: String

    init?(_ bytes: [UInt8], daysHaveTwoDigits: Bool) {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].count == 4, parts[2].allSatisfy(\.isDigit), parts[1].count == 3,
            let month = Self.months.first(where: { $0.utf8.map(\.uppercased) == parts[1].map(\.uppercased) })
        else { return nil }
        var day = parts[0]
        guard day.count == 2 || day.count == 1 && !daysHaveTwoDigits else { return nil }
        if daysHaveTwoDigits, day.first == .space { day = day.dropFirst() }
        guard day.allSatisfy(\.isDigit), let number = Self.number(day), 1...31 ~= number,
            let year = Self.number(parts[2])
        else { return nil }
        let digits = number < 10 && daysHaveTwoDigits ? "0\(number)" : "\(number)"
        text = "\(digits)-\(month)-" + String(repeating: "0", count: 4 - "\(year)".utf8.count) + "\(year)"
    }

    /// ` 02:44:25 -0700`
    static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
        let form = Array(" 00:00:00 +0000".utf8)
        guard bytes.count == form.count else { return false }
        for (byte, expected) in zip(bytes, form) {
            switch expected {
            case UInt8(ascii: "0"): guard byte.isDigit else { return false }
            case UInt8(ascii: "+"): guard byte == expected || byte == UInt8(ascii: "-") else { return false }
            default: guard byte == expected else { return false }
            }
        }
        func pair(_ offset: Int) -> Int { number(bytes[(bytes.startIndex + offset)...].prefix(2)) ?? 99 }
        return pair(1) <= 23 && pair(4) <= 59 && pair(7) <= 60 && pair(11) <= 23 && pair(13) <= 59
    }

    /// A number of at most four digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        digits.isEmpty ? nil : digits.prefix(4).reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    }
}
