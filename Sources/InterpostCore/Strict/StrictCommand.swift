public import NIOCore

/// One whole IMAP command in the grammar that the gate accepts, which is narrower than what servers take.
///
///     a1 uid fetch 1:4 (body[])␍␊     tag a1, name FETCH, usesUIDs, body .fetch(1:4, [BODY[]])
///
/// It shares its values with ``IMAPCommand``, and none of its leniency: what goes to the server is written from this value
/// alone, so that nothing a client put between or behind the words goes along.
public struct StrictCommand: Sendable {
    public var tag: ByteBuffer
    /// In upper case, without `UID`.
    public var name: Keyword
    public var usesUIDs: Bool
    public var body: IMAPCommand.Body

    public init(tag: ByteBuffer, name: Keyword, usesUIDs: Bool = false, body: IMAPCommand.Body) {
        self.tag = tag
        self.name = name
        self.usesUIDs = usesUIDs
        self.body = body
    }

    /// `UID FETCH`, `NOOP`.
    public var title: CommandName { CommandName(keyword: name, usesUIDs: usesUIDs) }
}

/// Why a line or a command is none that the gate accepts.
public struct StrictRefusal: Error, Hashable, Sendable {
    public enum Kind: String, Sendable {
        /// The octets are not what the grammar has.
        case malformed
        /// No such verb is known.
        case unknown
        /// The verb is known, but not what stands behind it: an item, an option, a modifier.
        case unsupported
    }

    public var kind: Kind
    /// Where one could be read: the answer goes to it.
    public var tag: ByteBuffer?
    public var name: CommandName?
    /// For people, without anything that the client said: `two spaces`, `a number with a leading zero`.
    public var reason: String

    public init(_ kind: Kind, tag: ByteBuffer? = nil, name: CommandName? = nil, reason: String) {
        self.kind = kind
        self.tag = tag
        self.name = name
        self.reason = reason
    }
}
