package import NIOCore

/// Where a message was seen, as far as the session says it.
package struct MessageOrigin: Hashable, Sendable {
    package var mailProtocol: MailProtocol
    /// Who sent it: the server sent a message that was fetched, the client one that was stored.
    package var sender: Side
    package var time: WireTime
    /// The mailbox that was selected, or that it was stored in.
    package var mailbox: MailboxName?
    /// The sequence number, or the message number of POP3.
    package var number: UInt64?
    package var uid: UInt64?
    /// `BODY[]`, `RFC822`, `APPEND`, `RETR`.
    package var section: String

    /// A name for a file with the message, which sorts by `count` and says where it is from. Nothing in it leads out of a
    /// folder.
    ///
    ///     0001-s1-INBOX-uid17.eml, 0002-s1-Sent-append.eml, 0003-s2-pop3-n5.eml
    package func fileName(count: Int, session: Int) -> String {
        let digits = String(count)
        let name = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        let place = mailbox.map { Self.harmless($0.description) } ?? mailProtocol.rawValue
        let message = uid.map { "uid\($0)" } ?? number.map { "n\($0)" } ?? section.lowercased()
        return "\(name)-s\(session)-\(place)-\(message).eml"
    }

    /// Letters, digits, dots and hyphens of ASCII, in its first 40 characters.
    private static func harmless(_ name: String) -> String {
        let scalars = name.unicodeScalars.prefix(40).map { scalar in
            scalar.isASCII && (UInt8(ascii: scalar).isLetter || UInt8(ascii: scalar).isDigit || scalar == "." || scalar == "-")
                ? scalar : "_"
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// A piece of a message that passes, in its order.
package enum MessagePiece: Sendable, Equatable {
    case begin(MessageOrigin)
    case bytes(ByteBuffer)
    /// What was learnt about the message meanwhile, and whether all of it has passed.
    case end(MessageOrigin, isWhole: Bool)
}
