/// What a policy says to one command.
public enum Verdict: Hashable, Sendable {
    /// It goes on, written anew.
    case allow
    /// The client is told no; the server hears nothing.
    case refuse(Denial)
    /// The client is told yes; the server hears nothing.
    case pretend
    /// It goes on as another command that changes less.
    case rewrite(Set<Rewrite>)
    /// Both connections end.
    case drop
    /// A person decides within this many seconds; after that it is refused.
    case hold(seconds: Int)
}

/// How a client is told no.
///
///     a NO [NOPERM] This mailbox is read-only here␍␊
///     -ERR [SYS/PERM] Messages cannot be deleted here␍␊
public struct Denial: Hashable, Sendable {
    /// The response code (RFC 5530, RFC 3206), without brackets; the usual one when `nil`.
    public var code: String?
    /// What a user of a mail program can understand.
    public var text: String

    /// A refusal with the usual code where none is given.
    public init(code: String? = nil, text: String) {
        self.code = code
        self.text = text
    }
}

/// A command that takes another's place.
public enum Rewrite: String, Hashable, Sendable, CaseIterable {
    /// SELECT becomes EXAMINE.
    case examine
    /// BODY[…] becomes BODY.PEEK[…], BINARY[…] BINARY.PEEK[…], RFC822 BODY.PEEK[]; answers are named as the client asked.
    case peek
    /// CLOSE becomes UNSELECT, which expunges nothing.
    case unselect
    /// RETR n becomes TOP n 2147483647, which marks nothing as read.
    case top
}

/// What a policy decided about one command, and by which rule.
public struct PolicyDecision: Hashable, Sendable {
    /// `rule 2`, `rule 2 (no newsletters)`, `preset read-only`, `hidden mailboxes`.
    public var rule: String
    /// What the policy says to the command.
    public var verdict: Verdict

    /// A decision by the rule that is named.
    public init(rule: String, verdict: Verdict) {
        self.rule = rule
        self.verdict = verdict
    }
}
