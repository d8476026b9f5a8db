public import NIOCore

/// What a command, a response or a completion says, as JSON for programs: the field `values` of an event.
///
///     * 12 FETCH (UID 42 FLAGS (\Seen))␍␊
///     {"kind":"fetch","uid":42,"flags":["\\Seen"]}
///
/// It is free of secrets and of the text of messages, and only there where the event shows the line's text, too. Every object
/// is one of those in `Config/events.schema.json`.
public struct EventValues: Hashable, Sendable {
    /// Octets of ``json``, at most.
    public static let maximumOctets = 65_536
    /// Objects and lists inside one another, at most.
    public static let maximumDepth = 40

    /// One object (RFC 8259) in UTF-8.
    public let json: ByteBuffer
    /// More was said than is here: ``maximumOctets`` or ``maximumDepth`` is reached. What is here is whole, and in its order
    /// the first part of it.
    public let isTruncated: Bool

    /// `nil` where `write` wrote nothing.
    init?(
        without secrets: LogRedactor, namesAreUTF8: Bool = false, limit: Int = maximumOctets,
        _ write: (inout ValueWriter) -> Void
    ) {
        var writer = ValueWriter(redactor: secrets, namesAreUTF8: namesAreUTF8, limit: limit)
        write(&writer)
        guard writer.hasMembers else { return nil }
        json = ByteBuffer(bytes: writer.finish())
        isTruncated = writer.isTruncated
    }
}
