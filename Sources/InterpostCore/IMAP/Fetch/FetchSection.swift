public import NIOCore

/// Which part of a message, and what of it: the text in the brackets of BODY and BINARY (RFC 9051 §6.4.5.1).
///
///     1.2.HEADER.FIELDS (FROM "x y")      part [1, 2], content .headerFields([FROM, x y])
public struct FetchSection: Hashable, Sendable, CustomStringConvertible {
    /// What of the part is meant: all of it, or its header, some fields, its text, its MIME header.
    public enum Content: Hashable, Sendable {
        /// `BODY[]`, `BODY[1]`
        case whole
        case header
        case headerFields([IMAPString])
        case headerFieldsNot([IMAPString])
        case text
        case mime
        /// What no RFC has, as it was written.
        case other(ByteBuffer)
    }

    /// Numbers of parts, the outermost first; empty for the message itself.
    public var part: [UInt32]
    /// What of the part is meant.
    public var content: Content

    /// A section from its pieces; the empty section, `[]`, when both are left out.
    public init(part: [UInt32] = [], content: Content = .whole) {
        self.part = part
        self.content = content
    }

    public var description: String {
        var words = part.map(\.description)
        switch content {
        case .whole: break
        case .header: words.append("HEADER")
        case .headerFields(let names): words.append("HEADER.FIELDS " + Self.list(names))
        case .headerFieldsNot(let names): words.append("HEADER.FIELDS.NOT " + Self.list(names))
        case .text: words.append("TEXT")
        case .mime: words.append("MIME")
        case .other(let bytes): words.append(String(buffer: bytes))
        }
        return words.joined(separator: ".")
    }

    private static func list(_ names: [IMAPString]) -> String {
        "(" + names.map(\.description).joined(separator: " ") + ")"
    }

    /// Reads up to the `]`, which is read too.
    init(_ reader: inout IMAPReader) {
        self.init()
        if reader.peek == .space, reader.peek(1) == UInt8(ascii: "]") { reader.skipExtraSpace() }
        if reader.skip("]") { return }
        while let number = Self.partNumber(&reader) {
            part.append(number)
            if reader.skip("]") { return }
            guard reader.skip(".") else { break }
        }
        let content = Self.content(&reader)
        let others = Self.bytes(upToBracket: &reader)
        if let content {
            self.content = content
            if others.readableBytes > 0 { reader.note(.dataLeftOver) }
        } else {
            self.content = .other(others)
        }
    }

    /// `nil` where there is something else, which is not read then.
    private static func content(_ reader: inout IMAPReader) -> Content? {
        var ahead = reader
        let content: Content
        switch ahead.keyword(stoppingAt: "] \t()\"") {
        case Keyword("HEADER"): content = .header
        case Keyword("TEXT"): content = .text
        case Keyword("MIME"): content = .mime
        case Keyword("HEADER.FIELDS"): content = .headerFields(ahead.list() ?? [])
        case Keyword("HEADER.FIELDS.NOT"): content = .headerFieldsNot(ahead.list() ?? [])
        default: return nil
        }
        reader = ahead
        return content
    }

    /// What comes before the `]`, which is passed over. A quoted string or a literal that does not belong here may hold a `]`.
    private static func bytes(upToBracket reader: inout IMAPReader) -> ByteBuffer {
        var bytes = ByteBuffer()
        while !reader.isAtEnd, !reader.skip("]") {
            if reader.peek == UInt8(ascii: "\"") || reader.peek == UInt8(ascii: "{"), let string = reader.string() {
                bytes.writeImmutableBuffer(string.bytes)
            } else {
                bytes.writeInteger(reader.peek)
                reader.advance()
            }
        }
        return bytes
    }

    private static func partNumber(_ reader: inout IMAPReader) -> UInt32? {
        guard reader.peek.isDigit else { return nil }
        var ahead = reader
        guard let number = ahead.number().flatMap(UInt32.init(exactly:)) else { return nil }
        reader = ahead
        return number
    }
}
