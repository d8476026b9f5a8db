/// The mailbox that a SELECT or EXAMINE opened.
struct Selection: Sendable {
    var mailbox: MailboxName
    var isReadOnly: Bool

    init(mailbox: MailboxName, isReadOnly: Bool) {
        self.mailbox = mailbox
        self.isReadOnly = isReadOnly
    }

    init(_ mailbox: MailboxName, readOnly: Bool, status: IMAPStatus) {
        self.mailbox = mailbox
        isReadOnly = readOnly || status.codeName == Keyword("READ-ONLY")
    }
}
