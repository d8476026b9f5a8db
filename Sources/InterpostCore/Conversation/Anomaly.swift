/// A rule that a peer broke, found by reading leniently. Never an error: the session goes on.
public struct Anomaly: Hashable, Sendable {
    /// The rule that was broken. The raw value is its name in logs.
    public enum Kind: String, Sendable, CaseIterable {
        case greetingMissing = "greeting-missing"
        case lineTooLong = "line-too-long"
        case responseTooLong = "response-too-long"
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

    /// Which rule was broken.
    public var kind: Kind
    /// The side that broke the rule.
    public var side: Side
    /// Octets of that side before the place.
    public var offset: Int

    /// An anomaly of `side`, after this many of its octets.
    public init(_ kind: Kind, side: Side, offset: Int) {
        self.kind = kind
        self.side = side
        self.offset = offset
    }

    /// What should have been, and where that is written.
    public var rule: String {
        switch kind {
        case .greetingMissing: "the server speaks first: * OK, * PREAUTH, * BYE (RFC 9051 §7.1) or +OK (RFC 1939 §3)"
        case .lineTooLong:
            "a line longer than limits.line, or limits.response, is not read; the session is passed on unread from here"
        case .responseTooLong: "a response with a line longer than limits.response is passed on unread up to its end"
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
            "{n-} is in no RFC; some servers take the octets that follow it for commands (RFC 7888 §5 writes {n+})"
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
