import NIOCore

/// The messages that a client of IMAP stores.
struct AppendedMessages: Sendable {
    private var literals: AppendedLiterals?
    private var role = AppendedLiterals.Role.other
    private var open: MessageOrigin?
    /// The list that the pieces of the open message are in.
    private var catenated: Int?

    /// A line that announces a literal.
    mutating func begin(_ event: MailEvent, _ give: (MessagePiece) -> Void) {
        var line = event.bytes.withoutAnnouncement
        if literals == nil {
            guard let (name, length) = IMAPCommand.head(of: event.bytes), name == Keyword("APPEND") || name == Keyword("REPLACE")
            else { return }
            literals = AppendedLiterals(name)
            line.moveReaderIndex(forwardBy: min(length, line.readableBytes))
        }
        guard let role = literals?.read(line) else { return }
        self.role = role
        closeList(give)
        switch role {
        case .other: return
        case .piece where open != nil && catenated == literals?.lists: return
        case .message, .piece:
            end(isWhole: true, isLast: false, give)
            let origin = MessageOrigin(
                mailProtocol: .imap, sender: .client, time: event.time, mailbox: literals?.mailbox,
                section: literals?.verb.description ?? "APPEND")
            open = origin
            catenated = if case .piece = role { literals?.lists } else { nil }
            give(.begin(origin))
        }
    }

    mutating func literal(_ bytes: ByteBuffer, remaining: Int, _ give: (MessagePiece) -> Void) {
        guard case .other = role else {
            guard open != nil else { return }
            if bytes.readableBytes > 0 { give(.bytes(bytes)) }
            if remaining == 0, catenated == nil { end(isWhole: true, isLast: false, give) }
            return
        }
        literals?.read(literal: bytes)
    }

    /// The command is over with this line.
    mutating func end(with line: ByteBuffer, _ give: (MessagePiece) -> Void) {
        _ = literals?.read(line.withoutLineEnd)
        closeList(give)
        end(isWhole: true, isLast: true, give)
    }

    /// The command is broken off.
    mutating func breakOff(_ give: (MessagePiece) -> Void) { end(isWhole: false, isLast: true, give) }

    /// The list of CATENATE has ended, and with it the message.
    private mutating func closeList(_ give: (MessagePiece) -> Void) {
        guard let closed = literals?.closed, closed.list == catenated, let open else { return }
        give(.end(open, isWhole: !closed.hasURL))
        self.open = nil
    }

    private mutating func end(isWhole: Bool, isLast: Bool, _ give: (MessagePiece) -> Void) {
        if let open { give(.end(open, isWhole: isWhole && catenated == nil)) }
        open = nil
        guard isLast else { return }
        (literals, role) = (nil, .other)
    }
}

extension ByteBuffer {
    /// A line without the `{n}`, `~{n}` at its end.
    var withoutAnnouncement: ByteBuffer {
        var line = withoutLineEnd
        guard let brace = line.readableBytesView.lastIndex(of: UInt8(ascii: "{")) else { return line }
        line.moveWriterIndex(to: brace)
        if line.readableBytes > 0, line.byte(at: brace - 1) == UInt8(ascii: "~") { line.moveWriterIndex(to: brace - 1) }
        return line
    }
}
