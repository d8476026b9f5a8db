public import NIOCore

/// A mailbox name in the one spelling by which rules compare it.
///
///     inbox → INBOX        inbox/Lists → INBOX/Lists (where / separates)        INBOX/ → none
///
/// Octets, compared as octets: names that differ in Unicode normalisation are different mailboxes (smuggling MB62).
public struct CanonicalMailbox: Hashable, Sendable, CustomStringConvertible {
    /// The name as the wire has it, in its one spelling.
    public let bytes: ByteBuffer
    /// The name in UTF-8. Each name that has a canonical form has one such text, and each such text one name.
    let text: ByteBuffer
    /// Whether its first level is INBOX.
    let isOfINBOX: Bool

    public var description: String { String(buffer: text) }

    /// `nil` for a name that is not modified UTF-7 in its one right spelling (RFC 3501 §5.1.3), holds a control character, or
    /// has a level that is empty, `.` or `..`: servers disagree on what such names mean.
    public init?(_ name: MailboxName, separator: UInt8?) {
        let octets = name.string.bytes
        guard octets.readableBytes > 0, name.string.length == octets.readableBytes else { return nil }
        let (text, quirks) = ModifiedUTF7.decode(octets)
        guard quirks.isEmpty, text.readableBytesView.allSatisfy({ $0 >= .space && $0 != 0x7F }) else { return nil }
        guard let separator else {
            isOfINBOX = name.string.isINBOX
            bytes = isOfINBOX ? ByteBuffer(string: "INBOX") : octets
            self.text = isOfINBOX ? bytes : text
            return
        }
        let levels = octets.readableBytesView.split(separator: separator, omittingEmptySubsequences: false)
        guard levels.allSatisfy({ !$0.isEmpty && !$0.elementsEqual([.dot]) && !$0.elementsEqual([.dot, .dot]) }) else {
            return nil
        }
        isOfINBOX = levels.first.map { ByteBuffer(bytes: $0).equalsIgnoringCase("INBOX") } ?? false
        bytes = isOfINBOX ? octets.withINBOXInFront : octets
        self.text = isOfINBOX ? text.withINBOXInFront : text
    }
}

extension ByteBuffer {
    /// The name with INBOX for its first five octets.
    fileprivate var withINBOXInFront: ByteBuffer {
        var name = ByteBuffer(string: "INBOX")
        name.writeBytes(readableBytesView.dropFirst(5))
        return name
    }
}
