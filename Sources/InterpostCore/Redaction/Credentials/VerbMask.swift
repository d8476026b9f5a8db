public import NIOCore

/// Hides the verbs of one direction of a session, wherever its octets are cut, so that a secret that has the name of a verb is not
/// found in every command.
///
///     PASS pass␍␊            ···· pass␍␊
///     a UID FETCH 1 x␍␊      a ··· ····· 1 x␍␊
///
/// Only words that are verbs, in the places of verbs, are hidden. Literals and messages are looked at as if they were lines:
/// a line in them that begins as a command does has one word hidden.
public struct VerbMask: Sendable {
    private let mailProtocol: MailProtocol
    /// The word of the line that is being read, from 0, and its octets.
    private var index = 0
    private var word: [UInt8] = []

    /// A mask at the beginning of what a client says in this protocol.
    public init(_ mailProtocol: MailProtocol) { self.mailProtocol = mailProtocol }

    /// The octets to look at in place of these. A word that may be a verb is held back until it has ended.
    public mutating func next(_ bytes: ByteBuffer) -> ByteBuffer {
        var seen = ByteBuffer()
        seen.reserveCapacity(bytes.readableBytes + word.count)
        for byte in bytes.readableBytesView {
            let ends = byte == .space || byte == .carriageReturn || byte == .lineFeed
            if !ends, mayBeVerb, word.count <= Self.longest {
                word.append(byte)
                continue
            }
            end(into: &seen)
            seen.writeInteger(byte)
            if byte == .lineFeed { index = 0 } else if byte == .space { index += 1 }
        }
        return seen
    }

    /// What was held back.
    public mutating func rest() -> ByteBuffer {
        var seen = ByteBuffer()
        end(into: &seen)
        return seen
    }

    private var mayBeVerb: Bool { mailProtocol == .pop3 ? index == 0 : index == 1 || index == 2 }

    private mutating func end(into seen: inout ByteBuffer) {
        guard !word.isEmpty else { return }
        if let name = Keyword(ByteBuffer(bytes: word).readableBytesView), isVerb(name) {
            seen.writeRepeatingByte(0, count: word.count)
        } else {
            // What follows another word is no verb.
            if index == 1 { index = 3 }
            seen.writeBytes(word)
        }
        word = []
    }

    private func isVerb(_ name: Keyword) -> Bool {
        switch mailProtocol {
        case .imap: IMAPVerb.named(name) != nil || name == Keyword("UID")
        case .pop3: POP3Verb.named(name) != nil
        }
    }

    private static let longest = 32
}
