import NIOCore

/// Takes out of a session the messages that pass as a whole, while they pass.
///
///     * 3 FETCH (BODY[] {120}␍␊… UID 17)␍␊      a message of the server, number 3, UID 17
///     a APPEND Sent {80}␍␊…                       a message of the client, for Sent
///     S: +OK␍␊From: …␍␊..␍␊.␍␊                   one that RETR asked for, without the stuffed dots
///
/// Headers, texts and parts alone are not messages. Pieces of a message (`BODY[]<0>`) are joined where each goes on where the
/// one before it ended, up to one that is shorter than was asked for. Memory does not grow with what passes.
package struct MessageExtractor: Sendable {
    private var fetched = FetchedMessages()
    private var appended = AppendedMessages()
    private var retrieved: (origin: MessageOrigin, dots: DotUnstuffer)?
    private var submitted: (origin: MessageOrigin, dots: DotUnstuffer)?

    package init() {}

    /// Pieces of messages that are left out, because what precedes them did not go by.
    package var leftOut: Int { fetched.leftOut }

    /// Takes the next event of a session in which `mailbox` is selected, and gives what it holds of its sender's messages.
    package mutating func observe(_ event: MailEvent, in mailbox: MailboxName?, _ give: (MessagePiece) -> Void) {
        switch event.meaning {
        case .part(let start):
            if event.sender == .client {
                appended.begin(event, give)
            } else {
                fetched.begin(event, start, in: mailbox, give)
            }
        case .literal(let remaining):
            if event.sender == .client {
                appended.literal(event.bytes, remaining: remaining, give)
            } else {
                fetched.literal(event.bytes, remaining: remaining, give)
            }
        case .command(let command):
            appended.end(with: event.bytes, give)
            fetched.note(command)
        case .response(let response): fetched.end(response, at: event.time, in: mailbox, give)
        case .completion(_, let record):
            // A literal that was refused does not come.
            if record?.command == nil { appended.breakOff(give) }
        case .pop3Begin, .pop3Body, .pop3Completion: observePOP3(event, give)
        default: break
        }
    }

    /// The session is over: messages that have not ended are not whole.
    package mutating func finish(_ give: (MessagePiece) -> Void) {
        fetched.finish(give)
        appended.breakOff(give)
        for message in [retrieved, submitted] { if let message { give(.end(message.origin, isWhole: false)) } }
        (retrieved, submitted) = (nil, nil)
    }

    private mutating func observePOP3(_ event: MailEvent, _ give: (MessagePiece) -> Void) {
        switch event.meaning {
        case .pop3Begin(_, answering: .retr(let number)):
            let origin = MessageOrigin(mailProtocol: .pop3, sender: .server, time: event.time, number: number, section: "RETR")
            retrieved = (origin, DotUnstuffer())
            give(.begin(origin))
        case .pop3Begin(_, answering: .xtnd(.xmit)):
            let origin = MessageOrigin(mailProtocol: .pop3, sender: .client, time: event.time, section: "XMIT")
            submitted = (origin, DotUnstuffer())
            give(.begin(origin))
        case .pop3Body where event.sender == .client:
            guard let message = submitted else { return }
            guard event.bytes.readableBytesView.elementsEqual(".\r\n".utf8) else {
                return give(.bytes(submitted?.dots.unstuff(event.bytes) ?? event.bytes))
            }
            submitted = nil
            give(.end(message.origin, isWhole: true))
        case .pop3Body:
            if let bytes = retrieved?.dots.unstuff(event.bytes), bytes.readableBytes > 0 { give(.bytes(bytes)) }
        case .pop3Completion:
            guard let message = retrieved else { return }
            retrieved = nil
            give(.end(message.origin, isWhole: true))
        default: break
        }
    }
}
