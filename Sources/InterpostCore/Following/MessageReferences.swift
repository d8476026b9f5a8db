/// Which messages: by sequence number, by UID, or both.
public struct MessageReferences: Sendable {
    /// `nil` where it is not known.
    public var mailbox: MailboxName?
    /// Message sequence numbers, `1:4,7`, with `…` at the end where not all were kept; `nil` where none are known.
    public var numbers: String?
    /// UIDs in the same form; `nil` where none are known.
    public var uids: String?
    /// Message-IDs that were seen on the wire; there may be fewer of them than messages.
    public var messageIDs: [String] = []
    /// Subjects that were seen on the wire; there may be fewer of them than messages.
    public var subjects: [String] = []
}

/// A message of a POP3 maildrop.
public struct MaildropReference: Sendable {
    /// Its message number in this session (RFC 1939 §4), from 1 on.
    public var number: UInt64
    /// Its unique-id, once UIDL has shown it.
    public var uid: String?
    /// Its Message-ID, where its header has passed by.
    public var messageID: String?
    /// Its subject, where its header has passed by and the settings ask for subjects.
    public var subject: String?
}
