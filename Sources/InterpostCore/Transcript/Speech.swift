import NIOCore

/// Whose line something is, and in which protocol: for dumps that do not say what they hold.
///
///     * OK ready␍␊          IMAP, server
///     a1 LOGIN …␍␊          IMAP, client
///     -ERR no␍␊             POP3, server
///     what is this␍␊        nil
struct Speech: Equatable {
    var mailProtocol: MailProtocol
    var side: Side

    init?(of line: ByteBuffer) {
        let line = line.withoutLineEnd
        if line.byte(at: line.readerIndex) == UInt8(ascii: "*") {
            let isResponse = IMAPStatus(reading: line) != nil || IMAPResponse(reading: IMAPText(line: line)).kind != .unknown
            guard isResponse else { return nil }
            self = Speech(.imap, .server)
        } else if POP3Reply.isStatus(line) {
            self = Speech(.pop3, .server)
        } else if let status = IMAPStatus(reading: line), status.result == .ok || status.result == .no || status.result == .bad {
            self = Speech(.imap, .server)
        } else if let verb = line.firstWord, KnownVerbs.contains(verb, in: .pop3) {
            self = Speech(.pop3, .client)
        } else if let (_, verb) = IMAPCommand.beginning(line), KnownVerbs.contains(verb, in: .imap) {
            self = Speech(.imap, .client)
        } else {
            return nil
        }
    }

    private init(_ mailProtocol: MailProtocol, _ side: Side) {
        self.mailProtocol = mailProtocol
        self.side = side
    }

    /// What the first of some lines shows that shows anything.
    static func first(in lines: some Sequence<ByteBuffer>, from side: Side?) -> Speech? {
        for line in lines {
            if let speech = Speech(of: line), side == nil || speech.side == side { return speech }
        }
        return nil
    }
}

extension POP3Reply {
    /// `+OK` or `-ERR`, and nothing glued to it.
    fileprivate static func isStatus(_ line: ByteBuffer) -> Bool {
        for word: StaticString in ["+OK", "-ERR"] where line.hasPrefixIgnoringCase(word) {
            let next = line.readerIndex + word.utf8CodeUnitCount
            return next == line.writerIndex || line.byte(at: next) == .space
        }
        return false
    }
}

extension ByteBuffer {
    fileprivate var firstWord: Keyword? {
        Keyword(Array(readableBytesView.prefix { $0 != .space }).span)
    }
}
