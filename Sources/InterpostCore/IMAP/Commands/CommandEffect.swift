/// What has changed after the server has carried out a command.
enum CommandEffect: Sendable {
    /// Nothing in the account: the command reads, or concerns its own session.
    case nothing
    /// It depends on the arguments, or on how the mailbox was opened: FETCH, CLOSE, XTND.
    case depends
    /// Mail, mailboxes or what belongs to them.
    case changes
    /// The connection, which is each leg's own: STARTTLS, COMPRESS, UNAUTHENTICATE.
    case connection
    /// Nothing, but the answer shows a way to the same mail that bypasses this connection: GETJMAPACCESS, URLFETCH.
    case elsewhere
}
