public import NIOCore

/// The conversation of a session, in whichever of the two protocols it is held.
///
/// One of the two, as an enum would say it; but an enum's payload cannot be changed in place, and this one is large and
/// changes with every byte.
public struct Conversation: Sendable {
    /// `nil` in a session of POP3.
    public private(set) var imap: IMAPConversation?
    /// `nil` in a session of IMAP.
    public private(set) var pop3: POP3Conversation?

    /// A conversation in which nothing was said yet.
    public init(_ mailProtocol: MailProtocol, limits: WireLimits = .standard) {
        switch mailProtocol {
        case .imap: imap = IMAPConversation(limits: limits)
        case .pop3: pop3 = POP3Conversation(limits: limits)
        }
    }

    /// The input begins after an IMAP client's login, as Dovecot's rawlogs do.
    mutating func beginBehindLogin() { imap?.beginBehindLogin() }

    /// The input begins after the greeting of a POP3 server. In IMAP, tags alone tell which command a line answers.
    mutating func beginBehindGreeting() { pop3?.sawGreeting = true }

    /// Takes bytes that `side` sent.
    public mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        imap?.receive(bytes, from: side, at: time)
        pop3?.receive(bytes, from: side, at: time)
    }

    /// The next event, or `nil` until more bytes arrive.
    public mutating func next() -> MailEvent? { imap?.next() ?? pop3?.next() }

    /// The next event of the server; what the client has sent waits to be read.
    mutating func nextOfServer() -> MailEvent? { imap?.nextOfServer() ?? pop3?.nextOfServer() }

    /// Whether the client's next bytes must wait to be read, or even to be passed on.
    public var clientWait: ClientWait { imap?.clientWait ?? pop3?.clientWait ?? .none }

    /// Octets of `side` that are in no event yet.
    public func unread(from side: Side) -> Int { imap?.unread(from: side) ?? pop3?.unread(from: side) ?? 0 }

    /// The same octets, without taking them.
    func unreadBytes(from side: Side) -> ByteBuffer {
        imap?.unreadBytes(from: side) ?? pop3?.unreadBytes(from: side) ?? ByteBuffer()
    }

    /// Octets of `side` that are in events.
    func offset(of side: Side) -> Int { imap?.offset(of: side) ?? pop3?.offset(of: side) ?? 0 }

    /// Commands that await their completion.
    var pendingCommands: Int { imap?.pendingCommands ?? pop3?.pendingCommands ?? 0 }

    /// The server has spoken first.
    public var hasGreeted: Bool { imap?.hasGreeted ?? pop3?.hasGreeted ?? false }

    /// A login is in progress: a list of capabilities that comes now holds after the login.
    var isLoggingIn: Bool { imap?.isLoggingIn ?? false }

    /// The client announced a literal that the server has not answered.
    var awaitsLiteral: Bool { imap?.awaitsLiteral ?? false }

    /// The POP3 listing that is arriving answers CAPA, or AUTH.
    var listsCapabilities: Bool { pop3?.listsCapabilities ?? false }
    var listsAUTH: Bool { pop3?.listsAUTH ?? false }

    /// A line of Interpost's own may be said to the client now without being taken for part of something else.
    var mayInterject: Bool { imap.map { !$0.isMidResponse } ?? !hasGreeted }

    /// The server is not in the middle of a response: a line of Interpost's own may go here.
    var isBetweenResponses: Bool { imap.map { !$0.isMidResponse } ?? pop3.map { !$0.isMidReply } ?? true }

    /// Takes the unread octets out, for a stream that changes its nature at this byte.
    public mutating func takeUnread(from side: Side) -> ByteBuffer {
        imap?.takeUnread(from: side) ?? pop3?.takeUnread(from: side) ?? ByteBuffer()
    }

    /// Lets go of receive buffers; called when there is nothing more to read for now.
    public mutating func settle() {
        imap?.settle()
        pop3?.settle()
    }

    /// Gives up reading: from here on everything is `.opaque`.
    public mutating func becomeOpaque() {
        imap?.becomeOpaque()
        pop3?.becomeOpaque()
    }

    /// What `side` left incomplete becomes an event as it is.
    mutating func inputEnded(of side: Side) {
        imap?.inputEnded(of: side)
        pop3?.inputEnded(of: side)
    }

    /// Interpost answers in the server's place, with one whole line.
    public mutating func answer(_ line: ByteBuffer) -> MailEvent? { imap?.answer(line) ?? pop3?.answer(line) }

    /// The client's leg became TLS: what was known about it before is void.
    public mutating func clientTLSIsUp() {
        imap?.clientTLSIsUp()
        pop3?.clientTLSIsUp()
    }

    /// The phase of the session, for time-outs.
    public var phase: SessionPhase {
        if let state = imap?.state { return isIdle ? .idle : state == .notAuthenticated ? .beforeLogin : .afterLogin }
        return pop3?.state == .authorization ? .beforeLogin : .afterLogin
    }

    /// The session's state after the last event.
    public var standing: Standing { imap?.standing ?? pop3?.standing ?? .initial }

    private var isIdle: Bool { imap?.isIdle ?? false }

    /// Nothing is in progress: a good moment to end the session.
    public var isResting: Bool { imap?.isResting ?? pop3?.isResting ?? true }
}
