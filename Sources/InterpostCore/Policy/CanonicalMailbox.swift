public import NIOCore

/// A mailbox name in the one spelling by which rules compare it.
///
///     inbox → INBOX        inbox/Lists → INBOX/Lists (where / separates)        INBOX/ → none
///
/// Octets, compared as octets: names that differ in Unicode normalisation are different mailboxes (smuggling MB62).
public struct CanonicalMailbox: Hashable, Sendable, CustomStringConvertible {
    public let bytes: ByteBuffer

    public var description: String { String(buffer: ModifiedUTF7.decode(bytes).text) }

    /// `nil` for a name that is not modified UTF-7 in its one right spelling (RFC 3501 §5.1.3), holds a control character, or
    /// has a level that is empty, `.` or `..`: servers disagree on what such names mean.
    public init?(_ name: MailboxName, separator: UInt8?) {
        let octets = name.string.bytes
        guard octets.readableBytes > 0, name.string.length == octets.readableBytes else { return nil }
        let (text, quirks) = ModifiedUTF7.decode(octets)
        guard quirks.isEmpty, text.readableBytesView.allSatisfy({ $0 >= .space && $0 != 0x7F }) else { return nil }
        guard let separator else {
            bytes = name.string.isINBOX ? ByteBuffer(string: "INBOX") : octets
            return
        }
        let levels = octets.readableBytesView.split(separator: separator, omittingEmptySubsequences: false)
        guard levels.allSatisfy({ !$0.isEmpty && !$0.elementsEqual([.dot]) && !$0.elementsEqual([.dot, .dot]) }) else {
            return nil
        }
        guard let first = levels.first, ByteBuffer(bytes: first).equalsIgnoringCase("INBOX") else {
            bytes = octets
            return
        }
        var canonical = ByteBuffer(string: "INBOX")
        canonical.writeBytes(octets.readableBytesView[first.endIndex...])
        bytes = canonical
    }
}

/// Names of mailboxes, with `*` for anything and `%` for anything within one level, as LIST has them (RFC 9051 §6.3.9).
///
///     Lists/*      Lists/swift, Lists/swift/evolution; not Lists
///     INBOX        in any case
public struct MailboxPattern: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]
    public let description: String

    /// - Parameter text: As people write it: `Entwürfe`, not `Entw&APw-rfe`.
    public init(_ text: String) {
        description = text
        var bytes = Array(buffer: ModifiedUTF7.encode(text))
        let head = ByteBuffer(bytes: bytes.prefix(5))
        if head.equalsIgnoringCase("INBOX"), bytes.count == 5 || !(bytes[5].isLetter || bytes[5].isDigit) {
            bytes.replaceSubrange(0..<5, with: "INBOX".utf8)
        }
        self.bytes = bytes
    }

    /// - Parameter separator: What `%` stops at; at nothing where it is not known.
    public func matches(_ mailbox: CanonicalMailbox, separator: UInt8?) -> Bool {
        Wildcards.matches(bytes, Array(buffer: mailbox.bytes)) { $0 != separator }
    }
}

/// Names of users with `*` for anything, compared as octets.
public struct TextPattern: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) { description = text }

    public func matches(_ text: ByteBuffer) -> Bool {
        Wildcards.matches(Array(description.utf8), Array(buffer: text)) { _ in false }
    }
}

enum Wildcards {
    /// Takes time that grows with the product of the two lengths at most.
    static func matches(_ pattern: [UInt8], _ text: [UInt8], percentTakes: (UInt8) -> Bool) -> Bool {
        var reachable = [Bool](repeating: false, count: text.count + 1)
        reachable[0] = true
        for byte in pattern {
            if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "%") {
                for index in 0..<text.count where reachable[index] && !reachable[index + 1] {
                    reachable[index + 1] = byte == UInt8(ascii: "*") || percentTakes(text[index])
                }
            } else {
                for index in stride(from: text.count, to: 0, by: -1) {
                    reachable[index] = reachable[index - 1] && text[index - 1] == byte
                }
                reachable[0] = false
            }
        }
        return reachable[text.count]
    }
}
