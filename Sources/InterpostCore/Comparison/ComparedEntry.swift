/// Something that one side said, as it is compared: a command, a response, a line of a listing, a message.
///
///     a7 UID FETCH 4711:* (UID FLAGS)␍␊
///     text   <tag> UID FETCH u3:* (UID FLAGS)
///     shown  a7 UID FETCH 4711:* (UID FLAGS)
///
/// An entry takes little room, however large the thing is that it stands for.
package struct ComparedEntry: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case greeting, command, status, response, completion, continuation, listing, message
        /// A line of a SASL exchange.
        case sasl
        /// What ends IDLE.
        case done
        /// What nobody understands.
        case unknown
        /// What is not read any more.
        case opaque
    }

    package var side: Side
    package var kind: Kind
    /// What is compared. It is not for people: it may hold what only ``shown`` leaves out.
    package var text: [UInt8]
    /// One line for people, without secrets.
    package var shown: String
    /// Counted from 1 in a capture.
    package var session: Int
    package var time: WireTime
    /// Octets of its side before it.
    package var offset: Int
    /// Which of the client's commands it is, or completes, counted from 1.
    var command: Int?

    /// The most octets of a text that are compared one by one; the rest of a longer text is a digest.
    static let maximumText = 4096
    /// The most characters that are shown.
    static let maximumShown = 300

    /// Whether the other entry, of another session, counts as the same.
    package func isSame(as other: ComparedEntry) -> Bool {
        side == other.side && kind == other.kind && text == other.text
    }
}
