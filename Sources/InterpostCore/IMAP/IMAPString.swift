public import NIOCore

/// A value that IMAP lets a sender spell in three ways (RFC 9051 §4.3): `foo`, `"foo"` and `{3}␍␊foo` are equal.
public struct IMAPString: Hashable, Sendable, CustomStringConvertible {
    /// How a value was spelled on the wire. Values that differ only in this are equal.
    public enum Form: Sendable {
        case atom, quoted, literal
        /// `~{n}`: NUL is allowed in it (RFC 3516).
        case literal8
    }

    /// The value, without quotes and backslashes; for a long literal that was not kept, its beginning.
    public var bytes: ByteBuffer
    /// How it was spelled.
    public var form: Form
    /// Octets of the value: more than `bytes` holds where a long literal was not kept.
    public var length: Int

    /// A value of these octets. `length` is their number when left out; it is larger where only a beginning is kept.
    public init(_ bytes: ByteBuffer, form: Form = .atom, length: Int? = nil) {
        self.bytes = bytes
        self.form = form
        self.length = length ?? bytes.readableBytes
    }

    /// The UTF-8 of a text, in the form of an atom whatever its letters.
    public init(_ text: String) { self.init(ByteBuffer(string: text)) }

    public static func == (left: Self, right: Self) -> Bool {
        left.bytes == right.bytes && left.length == right.length
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The value as text; invalid UTF-8 is replaced. For people, not for comparing.
    public var description: String {
        length > bytes.readableBytes ? "[\(length) octets]" : String(buffer: bytes)
    }

    var isINBOX: Bool { bytes.equalsIgnoringCase("INBOX") }
}

/// The name of a mailbox, as bytes. `INBOX` in any case is one mailbox (RFC 9051 §5.1); all else is compared
/// octet by octet, never as a Swift `String`.
public struct MailboxName: Hashable, Sendable, CustomStringConvertible {
    /// The name as it was sent: modified UTF-7, or UTF-8 where that is enabled.
    public var string: IMAPString

    /// A name as the wire has it.
    public init(_ string: IMAPString) { self.string = string }
    /// A name as the wire has it, given as text: nothing is encoded.
    public init(_ text: String) { string = IMAPString(text) }

    public static func == (left: Self, right: Self) -> Bool {
        left.string == right.string || (left.string.isINBOX && right.string.isINBOX)
    }

    public func hash(into hasher: inout Hasher) {
        if string.isINBOX { hasher.combine("INBOX") } else { hasher.combine(string) }
    }

    public var description: String { string.isINBOX ? "INBOX" : string.description }

    /// The name as people write it: `Entwürfe` for `Entw&APw-rfe`. One that is not spelled right stays as it is.
    package var decoded: String {
        let (text, quirks) = ModifiedUTF7.decode(string.bytes)
        return quirks.isEmpty && string.length == string.bytes.readableBytes && !string.isINBOX
            ? String(buffer: text) : description
    }
}
