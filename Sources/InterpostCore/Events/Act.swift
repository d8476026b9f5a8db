import NIOCore

/// What was done to an account and its mail: the lines that an auditor asks for. Told when the server has
/// confirmed it.
public enum Act: Sendable {
    /// `method` is `LOGIN`, `PASS`, `APOP` or the SASL mechanism; `actingAs` is whose mail it is, where that is somebody else's
    /// (RFC 4422 §2). `client` is who was let in by Interpost itself, and `account` what it logged in with then.
    case login(
        user: String?, method: String, succeeded: Bool, actingAs: String? = nil, client: String? = nil, account: String? = nil)
    /// `messages` is how many the mailbox holds; `nil` where the server did not say.
    case mailboxSelected(MailboxName, readOnly: Bool, messages: UInt64?)
    case messagesRead(MessageReferences, count: Int)
    /// `implicit` where a FETCH of texts without PEEK marked them as read.
    case flagsChanged(MessageReferences, StoreRequest.Operation, [String], implicit: Bool = false)
    /// Gmail's labels, which put a message into mailboxes and take it out of them.
    case labelsChanged(MessageReferences, StoreRequest.Operation, [String])
    /// Marked with `\Deleted`.
    case messagesDeleted(MessageReferences)
    /// `count` is `nil` where the server does not say (CLOSE), or says more than there were.
    case messagesExpunged(MessageReferences, count: Int?)
    /// `uids` where the server says which UIDs they got (RFC 4315).
    case messageAppended(MailboxName, flags: [String], octets: [Int], uids: String?)
    /// `uids` where the server says which UIDs the copies got (RFC 4315).
    case messagesCopied(MessageReferences, to: MailboxName, uids: String?)
    /// `uids` where the server says which UIDs they got (RFC 4315).
    case messagesMoved(MessageReferences, to: MailboxName, uids: String?)
    case mailboxCreated(MailboxName)
    case mailboxRenamed(MailboxName, to: MailboxName)
    case mailboxDeleted(MailboxName)
    /// `wholeMessage` for RETR; TOP gives only the beginning.
    case retrieved(MaildropReference, octets: Int, wholeMessage: Bool)
    case deleted(MaildropReference)
    /// QUIT carried out the deletions.
    case committed(deletions: Int)

    /// The name in the log.
    public var name: StaticString {
        switch self {
        case .login: "login"
        case .mailboxSelected: "mailbox.selected"
        case .messagesRead: "messages.read"
        case .flagsChanged: "flags.changed"
        case .labelsChanged: "labels.changed"
        case .messagesDeleted: "messages.deleted"
        case .messagesExpunged: "messages.expunged"
        case .messageAppended: "message.appended"
        case .messagesCopied: "messages.copied"
        case .messagesMoved: "messages.moved"
        case .mailboxCreated: "mailbox.created"
        case .mailboxRenamed: "mailbox.renamed"
        case .mailboxDeleted: "mailbox.deleted"
        case .retrieved: "message.retrieved"
        case .deleted: "message.deleted"
        case .committed: "deletions.committed"
        }
    }
}

extension Act {
    /// A login that succeeds, with whom Interpost itself has let in.
    func letIn(_ letIn: (client: String?, account: String?)) -> Act {
        guard letIn.client != nil, case .login(let user, let method, true, let actingAs, _, _) = self else { return self }
        return .login(
            user: user, method: method, succeeded: true, actingAs: actingAs, client: letIn.client, account: letIn.account)
    }

    /// A deletion of POP3, or the end of a session that carries the deletions out.
    var isDeletion: Bool {
        switch self {
        case .deleted, .committed: true
        default: false
        }
    }
}
