public import NIOCore

/// One thing that happened on the wire: exact bytes, and our reading of them.
///
/// An event is one fragment (a line, a literal chunk, a body chunk). What a command or response means stands in
/// the event of its last fragment; the ones before it are ``Meaning/part(_:)`` and ``Meaning/literal(remaining:)``.
/// Joined, the bytes of one sender's events are what that sender sent.
public struct MailEvent: Sendable {
    /// Counts from 1 in each session, both directions together.
    public var number: Int
    public var time: WireTime
    public var sender: Side
    /// Octets of this sender before this event.
    public var offset: Int
    public var bytes: ByteBuffer
    public var meaning: Meaning
    /// Where the peer broke the protocol, if it did.
    public var anomalies: [Anomaly] = []
    /// The leniencies that reading it needed; those in what is read on request are not among them.
    public var quirks = Quirks()
    /// Interpost said this in the sender's place (its own answer to STARTTLS, say).
    public var isOurs = false
    /// It does not go on to the other side.
    public var isWithheld = false
    /// The gate wrote it in the place of what the sender said.
    public var isRewritten = false

    public enum Meaning: Sendable {
        /// Framed, but not understood. It is forwarded and recorded like everything else.
        case unknown
        /// Bytes behind a passed limit, of a session that nobody reads any more.
        case opaque
        /// A line that announces a literal; the command or response goes on.
        indirect case part(LiteralStart)
        /// Octets of a literal.
        case literal(remaining: Int)

        indirect case greeting(IMAPStatus)
        indirect case command(IMAPCommand)
        indirect case response(IMAPResponse)
        indirect case status(IMAPStatus)
        indirect case completion(IMAPStatus, of: CommandRecord?)
        case continuation(ContinuationPurpose)
        /// The client's DONE, or whatever it sent instead.
        case idleDone

        indirect case pop3Greeting(POP3Reply)
        indirect case pop3Command(name: Keyword?, POP3Command)
        /// A status line with more to come behind it.
        indirect case pop3Begin(POP3Reply, answering: POP3Command)
        /// One line of a listing, or of a message.
        case pop3Listing
        case pop3Body
        /// The line that ends a reply: the status line of a short one, the terminator of a long one.
        indirect case pop3Completion(POP3Reply, of: POP3CommandRecord?)

        /// A client's line in an AUTHENTICATE or AUTH exchange. The bytes are a secret, and so are the parts of them
        /// that are given.
        indirect case saslResponse([Secret])
        /// A server's `+` line in such an exchange. The bytes are a secret.
        case saslChallenge
    }

    /// What a `+` line was for.
    public enum ContinuationPurpose: String, Sendable { case literal, idle, unexpected }

    /// The beginning of a literal, and of which command.
    public struct LiteralStart: Sendable {
        public var announcement: LiteralAnnouncement
        public var tag: ByteBuffer?
        public var name: Keyword?
    }
}

/// A rule that a peer broke, found by reading leniently. Never an error: the session goes on.
public struct Anomaly: Hashable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case greetingMissing = "greeting-missing"
        case lineTooLong = "line-too-long"
        case literalTooLarge = "literal-too-large"
        case notACommand = "not-a-command"
        case malformedCommand = "malformed-command"
        case malformedResponse = "malformed-response"
        case unexpectedTag = "unexpected-tag"
        case unexpectedContinuation = "unexpected-continuation"
        case unexpectedReply = "unexpected-reply"
        case tagInUse = "tag-in-use"
        case literalNotAwaited = "literal-not-awaited"
        case literalMinus = "literal-minus"
        case idleEndedByOtherLine = "idle-ended-by-other-line"
        case mailboxDataBeforeLogin = "mailbox-data-before-login"
        case preauthenticatedInClearText = "preauthenticated-in-clear-text"
        case clearTextBehindSTARTTLS = "clear-text-behind-starttls"
        case startTLSTooLate = "starttls-too-late"
        case switchBehindUnreadOctets = "switch-behind-unread-octets"
        case tooManyPendingCommands = "too-many-pending-commands"
        case tooMuchUnread = "too-much-unread"
        case otherProtocol = "other-protocol"
        case brokenDeflate = "broken-deflate"
    }

    public var kind: Kind
    public var side: Side
    /// Octets of that side before the place.
    public var offset: Int

    public init(_ kind: Kind, side: Side, offset: Int) {
        self.kind = kind
        self.side = side
        self.offset = offset
    }

    /// What should have been, and where that is written.
    public var rule: String {
        switch kind {
        case .greetingMissing: "the server speaks first: * OK, * PREAUTH, * BYE (RFC 9051 §7.1) or +OK (RFC 1939 §3)"
        case .lineTooLong: "a line longer than limits.line is not read; the session is passed on unread from here"
        case .literalTooLarge: "a literal larger than limits.literal is not read; the session is passed on unread from here"
        case .notACommand: "a command is a verb, in IMAP with a tag before it (RFC 9051 §2.2.1, RFC 1939 §3)"
        case .malformedCommand: "the verb is known, but its arguments are not what it takes"
        case .malformedResponse: "a response is untagged (*), a completion with OK, NO or BAD, or a + line (RFC 9051 §7)"
        case .unexpectedTag: "a completion has the tag of a command in progress (RFC 9051 §2.2.2)"
        case .unexpectedContinuation: "a + line answers a literal, IDLE or a SASL exchange (RFC 9051 §7.6, RFC 5034 §4)"
        case .unexpectedReply: "a reply answers a command (RFC 1939 §3)"
        case .tagInUse: "a tag is not used again while its command is in progress (RFC 9051 §2.2.1)"
        case .literalNotAwaited: "the octets of {n} are sent after the server's + (RFC 9051 §4.3)"
        case .literalMinus:
            "{n-} is in no RFC; some servers take the octets behind it for commands (RFC 7888 §5 writes {n+})"
        case .idleEndedByOtherLine: "only DONE ends IDLE (RFC 2177 §3)"
        case .mailboxDataBeforeLogin: "a server sends mailbox data only after login (RFC 9051 §3)"
        case .preauthenticatedInClearText: "PREAUTH leaves no way to STARTTLS (RFC 9051 §11.1)"
        case .clearTextBehindSTARTTLS: "nothing stands between STARTTLS and the handshake (RFC 9051 §6.2.1, RFC 2595 §4)"
        case .startTLSTooLate:
            "STARTTLS stands alone, before login, and with no command in progress (RFC 9051 §6.2.1, RFC 2595 §4)"
        case .switchBehindUnreadOctets: "STARTTLS or COMPRESS behind octets sent before the server allowed them"
        case .tooManyPendingCommands: "more commands in progress than limits.pending-commands; the oldest are forgotten"
        case .tooMuchUnread: "the client sent more than limits.unread ahead of an answer; it is passed on unread from here"
        case .otherProtocol: "a login with the tag \\SMAP1 begins Courier's SMAP; the session is passed on unread from here"
        case .brokenDeflate: "the compressed stream is not DEFLATE (RFC 4978, RFC 1951)"
        }
    }
}

/// A command from its first line to its completion, with what came back meanwhile.
public struct CommandRecord: Sendable {
    public var tag: ByteBuffer
    public var name: Keyword
    /// `nil` while the command is not whole, and for one that was refused before it was.
    public var command: IMAPCommand?
    public var startedAt: WireTime
    /// It asks for texts of messages.
    public internal(set) var asksForText = false
    /// Untagged responses and their octets between the command and its completion.
    public var untagged = 0
    public var octets = 0
    /// Messages whose text came back, by sequence number and by UID.
    public var readNumbers = NumberRuns()
    public var readUIDs = NumberRuns()
    /// The last EXISTS.
    public var exists: UInt64?
    public var sasl: SASLExchange?
    /// The mailbox that was selected when the command was completed.
    var selected: Selection?
}

/// The same for POP3.
public struct POP3CommandRecord: Sendable {
    public var name: Keyword?
    /// Without its secrets.
    public var command: POP3Command
    public var startedAt: WireTime
    /// Lines of a listing; octets of a listing or message, of one that the client sends too (XTND XMIT).
    public var lines = 0
    public var octets = 0
    /// The lines of a CAPA or AUTH listing.
    public var listing: [ByteBuffer] = []
    public var sasl: SASLExchange?
    /// Messages that were marked as deleted when the reply came, and that QUIT deletes.
    public var deletions = 0
}
