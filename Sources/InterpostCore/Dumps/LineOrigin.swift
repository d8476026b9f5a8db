import NIOCore

/// Whose line something is, and in which protocol: for dumps that do not say what they hold.
///
///     * OK ready␍␊          IMAP, server
///     a1 LOGIN …␍␊          IMAP, client
///     -ERR no␍␊             POP3, server
///     what is this␍␊        nil
struct LineOrigin: Equatable {
    var mailProtocol: MailProtocol
    var side: Side

    init?(of line: ByteBuffer) {
        let line = line.withoutLineEnd
        if line.byte(at: line.readerIndex) == UInt8(ascii: "*") {
            guard line.isUntagged else { return nil }
            self = LineOrigin(.imap, .server)
        } else if POP3Reply.isStatus(line) {
            self = LineOrigin(.pop3, .server)
        } else if let status = IMAPStatus(reading: line), status.result == .ok || status.result == .no || status.result == .bad {
            self = LineOrigin(.imap, .server)
        } else if let verb = line.firstWord, ShowableNames.contains(verb, in: .pop3) {
            self = LineOrigin(.pop3, .client)
        } else if let (tag, verb) = IMAPCommand.beginning(line), tag.isPrintable, ShowableNames.contains(verb, in: .imap) {
            self = LineOrigin(.imap, .client)
        } else {
            return nil
        }
    }

    init(_ mailProtocol: MailProtocol, _ side: Side) {
        self.mailProtocol = mailProtocol
        self.side = side
    }

    /// What is shown by the first line that shows anything.
    static func first(in lines: some Sequence<ByteBuffer>, from side: Side?) -> LineOrigin? {
        for line in lines {
            if let origin = LineOrigin(of: line), side == nil || origin.side == side { return origin }
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
    /// A status or a known response. In lower case it might be a list of things that somebody wrote down.
    fileprivate var isUntagged: Bool {
        let head = readableBytesView.dropFirst().prefix { $0 != UInt8(ascii: "(") && $0 != UInt8(ascii: "[") }
        let name = head.drop { $0 == .space || $0.isDigit }.prefix { $0 != .space }
        guard name.allSatisfy({ $0.uppercased == $0 }) else { return false }
        return IMAPStatus(reading: self) != nil || IMAPResponse(reading: IMAPText(line: self)).kind != .unknown
    }

    fileprivate var isPrintable: Bool { readableBytesView.allSatisfy { $0 > 0x20 && $0 < 0x7F } }

    fileprivate var firstWord: Keyword? {
        Keyword(Array(readableBytesView.prefix { $0 != .space }).span)
    }
}
