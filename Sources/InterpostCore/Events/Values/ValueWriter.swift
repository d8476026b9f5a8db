import NIOCore

// Strategy: the object is written member by member, and each write counts what it would add. What does not fit is taken back
// up to a place where what is left is whole: a member without which its object says nothing takes that object with it, an
// element of a list takes only itself. After that nothing more is written, so whatever is missing is missing at the end.

/// Writes the values of one event as JSON, free of secrets, up to a number of octets.
struct ValueWriter {
    private static let brace = (UInt8(ascii: "{"), UInt8(ascii: "}"))
    private static let bracket = (UInt8(ascii: "["), UInt8(ascii: "]"))

    private var bytes: [UInt8] = [UInt8(ascii: "{")]
    /// Brackets that are not closed yet.
    private var depth = 1
    /// Names of the members of the object that is open.
    private var keys: Set<String> = []
    private var isFirst = true
    /// What is open lacks something that did not fit.
    private var isBroken = false
    private(set) var isTruncated = false
    private let redactor: LogRedactor
    private let namesAreUTF8: Bool
    private let limit: Int

    init(redactor: LogRedactor, namesAreUTF8: Bool, limit: Int) {
        self.redactor = redactor
        self.namesAreUTF8 = namesAreUTF8
        self.limit = limit
    }

    var hasMembers: Bool { !isFirst }

    /// Closes the object.
    mutating func finish() -> [UInt8] {
        bytes.append(Self.brace.1)
        return bytes
    }

    // MARK: - Members, and with `nil` for a key elements of a list

    mutating func number(_ key: StaticString?, _ number: UInt64?) {
        guard let number else { return }
        append(key) { $0.append(jsonNumber: Int64(clamping: number)) }
    }

    mutating func flag(_ key: StaticString?, _ value: Bool) { append(key) { $0.append(text: value ? "true" : "false") } }

    /// A word of Interpost's own.
    mutating func word(_ key: StaticString?, _ word: String) {
        var word = word
        append(key) { bytes in word.withUTF8 { unsafe bytes.append(jsonString: UnsafeRawBufferPointer($0)) } }
    }

    /// What a peer said, without secrets, and cut where the log's texts are.
    mutating func text(_ key: StaticString?, _ text: ByteBuffer?) {
        guard let text else { return }
        let shown = redactor.cleanOfURLs(text)
        append(key) { bytes in unsafe shown.withUnsafeReadableBytes { unsafe bytes.append(jsonString: $0) } }
    }

    /// Writes the size of a long literal that was not kept.
    mutating func text(_ key: StaticString?, _ string: IMAPString?) {
        guard let string else { return }
        text(key, string.length > string.bytes.readableBytes ? ByteBuffer(string: string.description) : string.bytes)
    }

    mutating func text(_ key: StaticString?, _ word: Keyword?) { text(key, word.map { ByteBuffer(string: $0.description) }) }

    mutating func texts(_ key: StaticString, _ strings: [IMAPString]) { list(key, strings) { $1.text(nil, $0) } }

    mutating func texts(_ key: StaticString, _ words: [Keyword]) { list(key, words) { $1.text(nil, $0) } }

    mutating func numbers(_ key: StaticString, _ numbers: [UInt64]) { list(key, numbers) { $1.number(nil, $0) } }

    /// An object that says nothing without one of its members.
    mutating func object(_ key: StaticString?, _ write: (inout Self) -> Void) {
        nest(key, Self.brace, isWhole: true, write)
    }

    /// An object of which the first members say something without the rest.
    mutating func loose(_ key: StaticString?, _ write: (inout Self) -> Void) {
        nest(key, Self.brace, isWhole: false, write)
    }

    /// - Parameter write: Writes one element.
    mutating func list<Element>(
        _ key: StaticString, _ elements: some Sequence<Element>, _ write: (Element, inout Self) -> Void
    ) {
        nest(key, Self.bracket, isWhole: false) { writer in
            for element in elements {
                let (start, wasFirst) = (writer.bytes.count, writer.isFirst)
                write(element, &writer)
                if writer.isBroken { writer.goBack(to: start, isFirst: wasFirst) }
                if writer.isTruncated { return }
            }
        }
    }

    // MARK: - What IMAP's values have in common

    /// `{"name":"Entwürfe","raw":"Entw&APw-rfe"}`
    mutating func mailbox(_ key: StaticString?, _ name: MailboxName?) {
        guard let name else { return }
        let isUTF8 = namesAreUTF8
        object(key) { writer in
            writer.text("name", ByteBuffer(string: name.displayName(utf8: isUTF8)))
            writer.text("raw", name.string)
        }
    }

    /// `1:4,7,9:*,$` is `[{"first":1,"last":4},{"first":7,"last":7},{"first":9},{"saved":true}]`: a bound that is not there is
    /// `*`.
    mutating func set(_ key: StaticString, _ set: SequenceSet?) {
        guard let set else { return }
        list(key, set.elements) { element, writer in
            writer.object(nil) { writer in
                switch element {
                case .saved: writer.flag("saved", true)
                case .range(let first, let last):
                    if case .number(let number) = first { writer.number("first", number) }
                    if case .number(let number) = last { writer.number("last", number) }
                }
            }
        }
    }

    /// `{"text":"Grüße","raw":"=?utf-8?q?Gr=C3=BC=C3=9Fe?="}`: encoded words decoded (RFC 2047), and as it came.
    mutating func encoded(_ key: StaticString, _ string: IMAPString?) {
        guard let string else { return }
        object(key) { writer in
            if string.length > string.bytes.readableBytes {
                writer.text("text", string)
            } else {
                writer.text("text", ByteBuffer(string: EncodedWords.decode(string.bytes)))
            }
            writer.text("raw", string)
        }
    }

    /// `1996-07-17T02:44:25-07:00`, `1994-02-01`; nothing for what is not a date.
    mutating func date(_ key: StaticString, _ string: IMAPString?) {
        guard let string, let date = IMAPDate.read(string.bytes).date else { return }
        word(key, date.calendar.iso8601(zone: date.hasTime ? date.zone : nil))
    }

    /// `[{"name":"CHANGEDSINCE","argument":"12"}]`
    mutating func options(_ key: StaticString, _ options: [IMAPOption]) {
        guard !options.isEmpty else { return }
        list(key, options) { option, writer in
            writer.object(nil) { writer in
                writer.text("name", option.name)
                writer.text("argument", option.argument.map { ByteBuffer(string: $0.written) })
            }
        }
    }

    // MARK: - Keeping count

    private mutating func append(_ key: StaticString?, _ write: (inout [UInt8]) -> Void) {
        guard !isTruncated else { return isBroken = true }
        let start = bytes.count
        guard appendKey(key) else { return }
        write(&bytes)
        guard bytes.count + depth <= limit else { return breakOff(at: start) }
        isFirst = false
    }

    private mutating func nest(
        _ key: StaticString?, _ ends: (UInt8, UInt8), isWhole: Bool, _ write: (inout Self) -> Void
    ) {
        guard !isTruncated else { return isBroken = true }
        let (start, wasFirst) = (bytes.count, isFirst)
        guard appendKey(key) else { return }
        bytes.append(ends.0)
        guard depth < EventValues.maximumDepth, bytes.count + depth + 1 <= limit else { return breakOff(at: start) }
        let outerKeys = keys
        (keys, isFirst) = ([], true)
        depth += 1
        write(&self)
        depth -= 1
        keys = outerKeys
        bytes.append(ends.1)
        isFirst = false
        guard isBroken else { return }
        if isWhole {
            goBack(to: start, isFirst: wasFirst)
            isBroken = true
        } else {
            isBroken = false
        }
    }

    /// Whether the member may come: a peer that says a thing twice is heard once.
    private mutating func appendKey(_ key: StaticString?) -> Bool {
        if let key, !keys.insert(key.description).inserted { return false }
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        if let key {
            bytes.append(UInt8(ascii: "\""))
            bytes.append(text: key)
            bytes.append(text: "\":")
        }
        return true
    }

    private mutating func breakOff(at start: Int) {
        bytes.removeLast(bytes.count - start)
        isTruncated = true
        isBroken = true
    }

    private mutating func goBack(to start: Int, isFirst wasFirst: Bool) {
        bytes.removeLast(bytes.count - start)
        isFirst = wasFirst
        isBroken = false
    }
}

extension CalendarTime {
    /// `1996-07-17T02:44:25-07:00`; without a zone, given in minutes east of UTC, the day alone: `1994-02-01`.
    func iso8601(zone: Int16?) -> String {
        func padded(_ number: some BinaryInteger, _ digits: Int = 2) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        let date = "\(padded(year, 4))-\(padded(month))-\(padded(day))"
        guard let zone else { return date }
        let offset = "\(zone < 0 ? "-" : "+")\(padded(zone.magnitude / 60)):\(padded(zone.magnitude % 60))"
        return "\(date)T\(padded(hour)):\(padded(minute)):\(padded(second))\(offset)"
    }
}
