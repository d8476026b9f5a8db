import NIOCore

/// Speaks for the side of a session that there are no bytes of, so that those of the other side can be read.
///
///     C: a LOGIN anna {6}␍␊      the octets follow, so the server must have sent `+`
///     C: sesame␍␊
///     C: b NOOP␍␊
///
///     S: +OK␍␊                   a list or a message follows, so the client must have asked for one
///     S: 1 120␍␊
///     S: .␍␊
///
/// What it says is not told to anybody.
struct MissingSide: Sendable {
    enum Said { case nothing, waits }

    /// The side whose bytes are there.
    let speaker: Side
    /// No more bytes will come.
    var hasEnded = false
    private let mailProtocol: MailProtocol
    /// The tag of the last command that waits for more than its completion.
    private var tag = ByteBuffer()

    init(_ mailProtocol: MailProtocol, speaker: Side) {
        self.mailProtocol = mailProtocol
        self.speaker = speaker
    }

    /// Whether it is a rule that the speaker only seems to break, because nobody answers.
    func causes(_ kind: Anomaly.Kind) -> Bool {
        switch kind {
        case .unexpectedTag, .unexpectedContinuation, .unexpectedReply, .mailboxDataBeforeLogin: speaker == .server
        case .literalNotAwaited, .tagInUse: speaker == .client
        default: false
        }
    }

    /// Completes what the speaker asked for, so that nothing piles up. What must wait for the speaker's next bytes waits.
    mutating func answer(_ event: MailEvent, in conversation: inout Conversation) {
        guard speaker == .client else { return }
        switch event.meaning {
        case .command(let command):
            tag = command.tag
            switch command.body {
            case .authenticate, .idle, .startTLS, .compress: break
            default: refuse(in: &conversation)
            }
        case .idleDone: refuse(in: &conversation)
        case .pop3Command(_, .stls), .pop3Command(_, .auth(mechanism: .some, _)): break
        case .pop3Command: refuse(in: &conversation)
        default: break
        }
    }

    /// Says what has to be said before more of the speaker's bytes can be read.
    mutating func speak(to conversation: inout Conversation) -> Said {
        let unread = conversation.unreadBytes(from: speaker)
        guard unread.readableBytes > 0 else { return .nothing }
        return speaker == .client ? serve(unread, in: &conversation) : ask(before: unread, in: &conversation)
    }

    // MARK: - In the server's place

    private func serve(_ unread: ByteBuffer, in conversation: inout Conversation) -> Said {
        switch conversation.clientWait {
        case .none: return .nothing
        case .reading:
            // IMAP waits for other things, too; POP3 only for a challenge.
            guard conversation.imap.map({ $0.clientMode == .awaitingChallenge }) ?? true else {
                say("+ go on\r\n", in: &conversation)
                return .nothing
            }
            guard let line = firstLine(of: unread) else { return .waits }
            // A SASL response is base64 or `*`; a command has a verb.
            if isCommand(line) { refuse(in: &conversation) } else { say("+ \r\n", in: &conversation) }
            return .nothing
        case .passing:
            // TLS and DEFLATE do not look like a command.
            guard let line = firstLine(of: unread) else { return .waits }
            guard isCommand(line) else {
                conversation.becomeOpaque()
                return .nothing
            }
            refuse(in: &conversation)
            return .nothing
        }
    }

    private func refuse(in conversation: inout Conversation) {
        say(mailProtocol == .imap ? String(buffer: tag) + " NO\r\n" : "-ERR\r\n", in: &conversation)
    }

    private func say(_ line: String, in conversation: inout Conversation) {
        _ = conversation.answer(ByteBuffer(string: line))
    }

    private func isCommand(_ line: ByteBuffer) -> Bool {
        let origin = LineOrigin(of: line)
        return origin?.side == .client && origin?.mailProtocol == mailProtocol
    }

    // MARK: - In the client's place

    /// Whether a POP3 reply goes on after its status line depends on the command. What follows shows what it was.
    private func ask(before unread: ByteBuffer, in conversation: inout Conversation) -> Said {
        guard mailProtocol == .pop3, conversation.pendingCommands == 0, unread.hasPrefixIgnoringCase("+OK") else {
            return .nothing
        }
        guard let line = firstLine(of: unread), let next = follower(of: line, in: unread) else {
            return hasEnded ? .nothing : .waits
        }
        if !conversation.hasGreeted {
            // A greeting has one line: this is the reply to a command.
            guard next == .more else { return .nothing }
            conversation.beginBehindGreeting()
        }
        let isWhole = next == .statusLine
        conversation.receive(ByteBuffer(string: isWhole ? "NOOP\r\n" : "RETR 1\r\n"), from: .client, at: WireTime(nanoseconds: 0))
        return .nothing
    }

    private enum Follower { case statusLine, more }

    /// What follows the first line; `nil` when that cannot be told yet.
    private func follower(of line: ByteBuffer, in unread: ByteBuffer) -> Follower? {
        var rest = unread
        rest.moveReaderIndex(forwardBy: line.readableBytes)
        if rest.readableBytes == 0 { return hasEnded ? .statusLine : nil }
        if rest.hasPrefixIgnoringCase("+OK") || rest.hasPrefixIgnoringCase("-ERR") { return .statusLine }
        return rest.readableBytes < 4 && !hasEnded ? nil : .more
    }

    private func firstLine(of unread: ByteBuffer) -> ByteBuffer? {
        guard let feed = unread.firstIndex(of: .lineFeed, from: unread.readerIndex) else { return nil }
        return unread.getSlice(at: unread.readerIndex, length: feed - unread.readerIndex + 1)
    }
}
