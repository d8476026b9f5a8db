public import NIOCore

/// One thing that happened on the wire: exact bytes, and our reading of them.
///
/// An event is one fragment (a line, a literal chunk, a body chunk). What a command or response means is in the event
/// of its last fragment; the ones before it are ``Meaning/part(_:)`` and ``Meaning/literal(remaining:)``. Joined, the
/// bytes of one sender's events are what that sender sent.
public struct MailEvent: Sendable {
    // The properties are in this order so that an event is small enough to be moved in registers, which speeds up every
    // action of the relay.

    /// Counts from 1 in each session, both directions together.
    public var number: Int
    /// When bytes arrived last, from either side, before the event was read.
    public var time: WireTime
    /// Octets of this sender before this event.
    public var offset: Int
    /// 0 for none.
    private var exchangeNumber: Int
    /// The octets on the wire that this event is, line end included.
    public var bytes: ByteBuffer
    /// Who said it, or in whose place Interpost said it.
    public var sender: Side
    /// What the bytes were read as.
    public var meaning: Meaning
    /// Interpost said this in the sender's place (its own answer to STARTTLS, say).
    public var isOurs = false
    /// It does not go on to the other side.
    public var isWithheld = false
    /// The gate wrote it in place of what the sender said.
    public var isRewritten = false
    /// The session's state after this event.
    public var standing: Standing
    /// Where the peer broke the protocol, if it did.
    public var anomalies: [Anomaly] = []
    /// The leniencies that reading it needed; those in what is read on request are not among them.
    public var quirks = Quirks()

    /// The number of the event with which this event's command began; for a command in one line, the event's own number. What
    /// a server says belongs to the command that it completes or asks about, otherwise to the oldest one in progress. `nil`
    /// where there is none.
    public var exchange: Int? {
        get { exchangeNumber == 0 ? nil : exchangeNumber }
        set { exchangeNumber = newValue ?? 0 }
    }

    /// Makes an event without a conversation, for example to test one's own code.
    public init(
        number: Int, time: WireTime = WireTime(nanoseconds: 0), sender: Side, offset: Int = 0, bytes: ByteBuffer,
        meaning: Meaning, exchange: Int? = nil, standing: Standing = Standing()
    ) {
        self.number = number
        self.time = time
        self.sender = sender
        self.offset = offset
        self.bytes = bytes
        self.meaning = meaning
        exchangeNumber = exchange ?? 0
        self.standing = standing
    }

    /// What the bytes of an event were read as.
    public enum Meaning: Sendable {
        /// Framed, but not understood. It is forwarded and recorded like everything else.
        case unknown
        /// Bytes after a limit was passed, in a session that nobody reads any more.
        case opaque
        /// A line that announces a literal; the command or response goes on.
        indirect case part(LiteralStart)
        /// Octets of a literal.
        case literal(remaining: Int)

        indirect case greeting(IMAPStatus)
        indirect case command(IMAPCommand)
        indirect case response(IMAPResponse)
        /// Part of an untagged response with a line longer than the limit, which is passed over; the part with `isLast` ends
        /// the response. `name` is what it begins with: SEARCH.
        indirect case longResponse(name: Keyword?, isLast: Bool)
        indirect case status(IMAPStatus)
        /// The record is `nil` where no command in progress has the tag.
        indirect case completion(IMAPStatus, of: CommandRecord?)
        case continuation(ContinuationPurpose)
        /// The client's DONE, or whatever it sent instead.
        case idleDone

        indirect case pop3Greeting(POP3Reply)
        indirect case pop3Command(name: Keyword?, POP3Command)
        /// A status line that is followed by more lines.
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
        /// The `{n}` at the end of the line.
        public var announcement: LiteralAnnouncement
        /// `nil` for a server's literal.
        public var tag: ByteBuffer?
        /// The name of the command or response that the literal is part of.
        public var name: Keyword?
    }
}

extension MailEvent {
    /// What follows is DEFLATE (RFC 4978).
    var beginsCompression: Bool {
        switch meaning {
        case .completion(let status, let record):
            if case .compress? = record?.command?.body { status.result == .ok } else { false }
        case .pop3Completion(let reply, let record):
            if case .compress? = record?.command { reply.result == .ok } else { false }
        default: false
        }
    }
}

extension ByteBuffer {
    /// Dovecot's rawlog of a session begins with the answer to its LOGIN: `* CAPABILITY …` or `a1 OK …`.
    var isGreeting: Bool {
        let words = readableBytesView.prefix(16).split(separator: UInt8.space, maxSplits: 2)
        guard words.count > 1, words[0].elementsEqual([UInt8(ascii: "*")]) else { return false }
        let word = ByteBuffer(bytes: words[1])
        return word.equalsIgnoringCase("OK") || word.equalsIgnoringCase("PREAUTH") || word.equalsIgnoringCase("BYE")
    }
}
