/// The mailbox that a SELECT or EXAMINE opened.
public struct Selection: Hashable, Sendable {
    public var mailbox: MailboxName
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
