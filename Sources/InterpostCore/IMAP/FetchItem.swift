public import NIOCore

/// One item of a FETCH request or answer (RFC 9051 §6.4.5, §7.5.2).
public struct FetchItem: Hashable, Sendable, CustomStringConvertible {
    /// The item without section and partial: `FLAGS`, `BODY`, `BODY.PEEK`, `RFC822.SIZE`.
    public var name: Keyword
    /// What stands in brackets: `BODY[HEADER.FIELDS (SUBJECT)]` has `HEADER.FIELDS (SUBJECT)`, `BODY[]` has nothing
    /// but is not `BODY`.
    public var section: ByteBuffer?
    /// `0.1024` of `BODY[]<0.1024>`.
    public var partial: ByteBuffer?

    /// Whether asking for this makes the server set `\Seen` (as specified, and as measured).
    public var setsSeen: Bool {
        switch name {
        case Keyword("BODY"), Keyword("BINARY"): section != nil
        case Keyword("RFC822"), Keyword("RFC822.TEXT"): true
        default: false
        }
    }

    /// Whether the answer carries text of the message: a body, a part, a header.
    public var carriesContent: Bool {
        section != nil && name != Keyword("BINARY.SIZE")
            || [Keyword("RFC822"), Keyword("RFC822.TEXT"), Keyword("RFC822.HEADER")].contains(name)
    }

    /// Whether that is more than a header: reading it is reading the message.
    public var carriesText: Bool {
        guard carriesContent, name != Keyword("RFC822.HEADER") else { return false }
        let section = section.map { String(buffer: $0).uppercased() } ?? ""
        return !section.contains("HEADER") && !section.hasSuffix("MIME")
    }

    public var description: String {
        var text = name.description
        if let section { text += "[\(String(buffer: section))]" }
        if let partial { text += "<\(String(buffer: partial))>" }
        return text
    }

    static func read(_ reader: inout IMAPReader) -> FetchItem? {
        guard let name = reader.keyword(stoppingAt: " \t()\"[<") else { return nil }
        var item = FetchItem(name: name)
        if reader.skip("[") {
            var section = ByteBuffer()
            var depth = 0
            // A section may hold a list of header names, quoted or as literals, with any character but these.
            while !reader.isAtEnd, depth > 0 || reader.peek != UInt8(ascii: "]") {
                if reader.peek == UInt8(ascii: "\"") || reader.peek == UInt8(ascii: "{"), let string = reader.string() {
                    section.writeImmutableBuffer(string.bytes)
                    continue
                }
                if reader.peek == UInt8(ascii: "(") { depth += 1 }
                if reader.peek == UInt8(ascii: ")") { depth -= 1 }
                section.writeInteger(reader.peek)
                reader.advance()
            }
            _ = reader.skip("]")
            item.section = section
        }
        if reader.skip("<") {
            item.partial = reader.atom(stoppingAt: "> ()")
            _ = reader.skip(">")
        }
        return item
    }

    static func readList(_ reader: inout IMAPReader) -> [FetchItem] {
        reader.skipSpaces()
        guard reader.skip("(") else { return read(&reader).map { [$0] } ?? [] }
        var items: [FetchItem] = []
        while !reader.isAtEnd {
            reader.skipSpaces()
            if reader.skip(")") { break }
            if reader.peek == UInt8(ascii: "(") {
                reader.skipValue()
            } else if let item = read(&reader) {
                items.append(item)
            } else {
                reader.skipWord()
            }
        }
        return items
    }
}
