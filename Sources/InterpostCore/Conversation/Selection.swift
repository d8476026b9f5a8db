/// The mailbox that a SELECT or EXAMINE opened.
public struct Selection: Hashable, Sendable {
    /// The mailbox's name as the client wrote it.
    public var mailbox: MailboxName
    /// EXAMINE, or an answer with READ-ONLY (RFC 9051 §6.3.2, §6.3.3).
    public var isReadOnly: Bool

    init(mailbox: MailboxName, isReadOnly: Bool) {
        self.mailbox = mailbox
        self.isReadOnly = isReadOnly
    }

    init(_ mailbox: MailboxName, readOnly: Bool, status: IMAPStatus) {
        self.mailbox = mailbox
        isReadOnly = readOnly || status.codeName == Keyword("READ-ONLY")
    }
}
