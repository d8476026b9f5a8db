/// Which messages: by sequence number, by UID, or both.
public struct MessageReferences: Sendable {
    public var mailbox: MailboxName?
    public var numbers: String?
    public var uids: String?
    /// Message-IDs that were seen on the wire; there may be fewer of them than messages.
    public var messageIDs: [String] = []
    public var subjects: [String] = []
}

/// A message of a POP3 maildrop.
public struct MaildropReference: Sendable {
    public var number: UInt64
    /// Its unique-id, once UIDL has shown it.
    public var uid: String?
    /// Its Message-ID, where its header has passed by.
    public var messageID: String?
    public var subject: String?
}
