package import NIOCore

/// One whole IMAP command in the grammar that the gate accepts, which is narrower than what servers take.
///
///     a1 uid fetch 1:4 (body[])␍␊     tag a1, name FETCH, usesUIDs, body .fetch(1:4, [BODY[]])
///
/// It shares its values with ``IMAPCommand``, and none of its leniency: what goes to the server is written from this value
/// alone, so nothing that a client put between or after the words is passed on.
package struct StrictCommand: Sendable {
    package var tag: ByteBuffer
    /// In upper case, without `UID`.
    package var name: Keyword
    package var usesUIDs: Bool
    package var body: IMAPCommand.Body

    package init(tag: ByteBuffer, name: Keyword, usesUIDs: Bool = false, body: IMAPCommand.Body) {
        self.tag = tag
        self.name = name
        self.usesUIDs = usesUIDs
        self.body = body
    }

    /// `UID FETCH`, `NOOP`.
    package var title: CommandName { CommandName(keyword: name, usesUIDs: usesUIDs) }
}

/// Why a line or a command is not one that the gate accepts.
package struct StrictRefusal: Error, Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// The octets do not match the grammar.
        case malformed
        /// No such verb is known.
        case unknown
        /// The verb is known, but not what follows it: an item, an option, a modifier.
        case unsupported
    }

    package var kind: Kind
    /// The command's tag, where one could be read. The answer bears it.
    package var tag: ByteBuffer?
    package var name: CommandName?
    /// For people, without anything that the client said: `two spaces`, `a number with a leading zero`.
    package var reason: String

    package init(_ kind: Kind, tag: ByteBuffer? = nil, name: CommandName? = nil, reason: String) {
        self.kind = kind
        self.tag = tag
        self.name = name
        self.reason = reason
    }
}
