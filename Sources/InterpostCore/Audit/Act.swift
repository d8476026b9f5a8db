import NIOCore

/// What was done to an account and its mail: the lines that an auditor asks for. Told when the server has
/// confirmed it.
public enum Act: Sendable {
    /// `method` is `LOGIN`, `PASS`, `APOP` or the SASL mechanism.
    case login(user: String?, method: String, succeeded: Bool)
    case mailboxSelected(MailboxName, readOnly: Bool, messages: UInt64?)
    case messagesRead(Messages, count: Int)
    case flagsChanged(Messages, StoreRequest.Operation, [String])
    /// Marked with `\Deleted`.
    case messagesDeleted(Messages)
    /// `count` is `nil` where the server does not say (CLOSE).
    case messagesExpunged(Messages, count: Int?)
    case messageAppended(MailboxName, flags: [String], octets: [Int])
    case messagesCopied(Messages, to: MailboxName)
    case messagesMoved(Messages, to: MailboxName)
    case mailboxCreated(MailboxName)
    case mailboxRenamed(MailboxName, to: MailboxName)
    case mailboxDeleted(MailboxName)
    case retrieved(message: UInt64, octets: Int, wholeMessage: Bool)
    case deleted(message: UInt64)
    /// QUIT carried out the deletions.
    case committed(deletions: Int)

    /// Which messages: by sequence number, by UID, or both.
    public struct Messages: Sendable {
        public var mailbox: MailboxName?
        public var numbers: String?
        public var uids: String?
    }

    /// The name in the log.
    public var name: StaticString {
        switch self {
        case .login: "login"
        case .mailboxSelected: "mailbox.selected"
        case .messagesRead: "messages.read"
        case .flagsChanged: "flags.changed"
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

/// Turns a completed command into acts.
enum ActReader {
    static func acts(of record: CommandRecord, status: IMAPStatus) -> [Act] {
        guard let command = record.command else { return [] }
        let succeeded = status.result == .ok
        switch command.body {
        case .login(let user, _):
            return [.login(user: user.description, method: "LOGIN", succeeded: succeeded)]
        case .authenticate(let mechanism, _):
            return [.login(user: record.sasl?.user, method: KnownVerbs.title(ofMechanism: mechanism), succeeded: succeeded)]
        default:
            return succeeded ? acts(of: command, record: record, status: status) : []
        }
    }

    private static func acts(
        of command: IMAPCommand, record: CommandRecord, status: IMAPStatus
    ) -> [Act] {
        let selected = record.selected
        func messages(_ set: SequenceSet?) -> Act.Messages {
            let text = set?.description
            return Act.Messages(
                mailbox: selected?.mailbox, numbers: command.usesUIDs ? nil : text, uids: command.usesUIDs ? text : nil)
        }
        switch command.body {
        case .select(let mailbox, let readOnly, _):
            let selection = Selection(mailbox, readOnly: readOnly, status: status)
            return [.mailboxSelected(mailbox, readOnly: selection.isReadOnly, messages: record.exists)]
        case .fetch:
            guard !record.readNumbers.isEmpty else { return [] }
            let read = Act.Messages(
                mailbox: selected?.mailbox, numbers: record.readNumbers.description,
                uids: record.readUIDs.isEmpty ? nil : record.readUIDs.description)
            return [.messagesRead(read, count: record.readNumbers.count)]
        case .store(let set, let request):
            guard case .flags(let flags) = request.item else { return [] }
            let names = flags.map(\.description)
            let deletes = request.operation != .remove && flags.contains { $0.bytes.equalsIgnoringCase("\\DELETED") }
            return [.flagsChanged(messages(set), request.operation, names)]
                + (deletes ? [.messagesDeleted(messages(set))] : [])
        case .expunge(let set): return [.messagesExpunged(messages(set), count: record.expunged)]
        // CLOSE removes nothing from a mailbox that is open for reading only (RFC 9051 §6.4.1).
        case .close: return selected?.isReadOnly == true ? [] : [.messagesExpunged(messages(nil), count: nil)]
        case .append(let mailbox, let messages):
            let flags = messages.first?.flags ?? []
            return [.messageAppended(mailbox, flags: flags.map(\.description), octets: messages.map(\.octets))]
        case .copy(let set, let mailbox): return [.messagesCopied(messages(set), to: mailbox)]
        case .move(let set, let mailbox): return [.messagesMoved(messages(set), to: mailbox)]
        case .create(let mailbox, _): return [.mailboxCreated(mailbox)]
        case .rename(let old, let new, _): return [.mailboxRenamed(old, to: new)]
        case .delete(let mailbox): return [.mailboxDeleted(mailbox)]
        default: return []
        }
    }

    /// `user` is the name that a USER command before this one gave.
    static func acts(of record: POP3CommandRecord, reply: POP3Reply, user: String?, deletions: Int) -> [Act] {
        let succeeded = reply.result == .ok
        switch record.command {
        case .pass: return [.login(user: user, method: "PASS", succeeded: succeeded)]
        case .apop(let name, _): return [.login(user: String(buffer: name), method: "APOP", succeeded: succeeded)]
        case .auth(let mechanism?, _):
            return [.login(user: record.sasl?.user, method: KnownVerbs.title(ofMechanism: mechanism), succeeded: succeeded)]
        case .retr(let message) where succeeded:
            return [.retrieved(message: message, octets: record.octets, wholeMessage: true)]
        case .top(let message, _) where succeeded:
            return [.retrieved(message: message, octets: record.octets, wholeMessage: false)]
        case .dele(let message) where succeeded: return [.deleted(message: message)]
        case .quit where succeeded && deletions > 0: return [.committed(deletions: deletions)]
        default: return []
        }
    }
}
