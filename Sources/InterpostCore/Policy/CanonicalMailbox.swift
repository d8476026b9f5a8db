public import NIOCore

/// A mailbox name in the one spelling by which rules compare it.
///
///     inbox → INBOX        inbox/Lists → INBOX/Lists (where / separates)        INBOX/ → none
///
/// Octets, compared as octets: names that differ in Unicode normalisation are different mailboxes (smuggling MB62).
public struct CanonicalMailbox: Hashable, Sendable, CustomStringConvertible {
    public let bytes: ByteBuffer

    public var description: String { String(buffer: bytes) }
}
