import NIOCore

/// The messages that a server of IMAP sends.
struct FetchedMessages: Sendable {
    /// A message of which there may be more to come.
    private struct Open {
        var origin: MessageOrigin
        /// Octets that went by, where it comes in pieces.
        var pieces: UInt64?
        /// All of its octets went by; what its answer says after them is still to come.
        var isWhole = false
    }

    private(set) var leftOut = 0
    private var open: Open?
    /// The response that is arriving: its number, if it is one to FETCH.
    private var answer: (number: UInt64?, isFetch: Bool)?
    /// The item whose literal is arriving, if it is a message.
    private var item: FetchItem?
    /// Octets that the client asked for in one piece.
    private var asked: UInt64?

    /// A command of the client.
    mutating func note(_ command: IMAPCommand) {
        guard case .fetch(_, let items, _) = command.body else { return }
        if let count = items.first(where: { $0.isMessage && $0.partial != nil })?.partial?.count { asked = count }
    }

    /// A line that announces a literal.
    mutating func begin(
        _ event: MailEvent, _ start: MailEvent.LiteralStart, in mailbox: MailboxName?, _ give: (MessagePiece) -> Void
    ) {
        if answer == nil {
            let response = IMAPResponse.beginning(event.bytes)
            answer = (response.number, response.kind == .fetch || response.kind == .uidFetch)
        }
        item = nil
        guard let answer, answer.isFetch, let item = FetchItem(announcedBy: event.bytes.withoutAnnouncement), item.isMessage
        else {
            return
        }
        if begin(item, octets: start.announcement.length, number: answer.number, at: event.time, in: mailbox, give) {
            self.item = item
        }
    }

    mutating func literal(_ bytes: ByteBuffer, remaining: Int, _ give: (MessagePiece) -> Void) {
        guard item != nil else { return }
        if bytes.readableBytes > 0 { give(.bytes(bytes)) }
        if remaining == 0 { item = nil }
    }

    /// A response is whole.
    mutating func end(
        _ response: IMAPResponse, at time: WireTime, in mailbox: MailboxName?, _ give: (MessagePiece) -> Void
    ) {
        answer = nil
        guard response.kind == .fetch || response.kind == .uidFetch, case .fetch(let fetch) = response.data else { return }
        // Messages in quotes are in no other event.
        for content in fetch.contents where content.item.isMessage {
            guard let value = content.value, value.form == .quoted,
                begin(content.item, octets: value.length, number: response.number, at: time, in: mailbox, give)
            else { continue }
            if value.bytes.readableBytes > 0 { give(.bytes(value.bytes)) }
        }
        guard fetch.contents.contains(where: \.item.isMessage) else { return }
        if let uid = fetch.uid { open?.origin.uid = uid }
        if open?.isWhole == true { close(give) }
    }

    /// Nothing more comes.
    mutating func finish(_ give: (MessagePiece) -> Void) {
        if item != nil { open?.isWhole = false }
        close(give)
        (answer, item) = (nil, nil)
    }

    /// Says whether the octets that follow belong to a message.
    private mutating func begin(
        _ item: FetchItem, octets: Int, number: UInt64?, at time: WireTime, in mailbox: MailboxName?,
        _ give: (MessagePiece) -> Void
    ) -> Bool {
        var section = item
        section.partial = nil
        let origin = MessageOrigin(
            mailProtocol: .imap, sender: .server, time: time, mailbox: mailbox, number: number, section: section.description)
        if let partial = item.partial {
            let count = UInt64(clamping: octets)
            if let open, let pieces = open.pieces, pieces == partial.offset, open.origin.isSameMessage(as: origin) {
                self.open?.pieces = pieces &+ count
            } else {
                close(give)
                guard partial.offset == 0 else {
                    leftOut += 1
                    return false
                }
                open = Open(origin: origin, pieces: count)
                give(.begin(origin))
            }
            open?.isWhole = asked.map { count < $0 } ?? (count == 0)
            return true
        }
        close(give)
        open = Open(origin: origin, isWhole: true)
        give(.begin(origin))
        return true
    }

    private mutating func close(_ give: (MessagePiece) -> Void) {
        if let open { give(.end(open.origin, isWhole: open.isWhole)) }
        open = nil
    }
}

extension MessageOrigin {
    fileprivate func isSameMessage(as other: MessageOrigin) -> Bool {
        number == other.number && mailbox == other.mailbox && section == other.section
    }
}

extension FetchItem {
    /// The item at the end of a line: `* 3 FETCH (UID 17 BODY[]<0> `
    fileprivate init?(announcedBy line: ByteBuffer) {
        var end = line.writerIndex
        while end > line.readerIndex, line.byte(at: end - 1) == .space { end -= 1 }
        var start = end
        while start > line.readerIndex, !ByteSet.wordEnds.contains(line.byte(at: start - 1)) { start -= 1 }
        guard let word = line.getSlice(at: start, length: end - start) else { return nil }
        var reader = IMAPReader(IMAPText(line: word))
        guard let item = FetchItem.read(&reader), reader.isAtEnd else { return nil }
        self = item
    }

    /// Whether it is a whole message, and not a part of one or a header.
    fileprivate var isMessage: Bool {
        switch name {
        case Keyword("BODY"), Keyword("BODY.PEEK"), Keyword("BINARY"), Keyword("BINARY.PEEK"): section == FetchSection()
        case Keyword("RFC822"), Keyword("RFC822.PEEK"): section == nil
        default: false
        }
    }
}
