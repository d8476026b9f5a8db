import NIOCore

/// What a policy looks at in one command, found in one place. A new body needs a case here, or the core does not build.
///
///     RENAME a b                       mailboxes a, b
///     FETCH 1 BODY[]                   items BODY[], rewrites peek
///     STORE 1 +FLAGS (\Deleted)        store
struct JudgedParts {
    /// Whether any rule may let it pass. A command that nobody has read cannot be written anew. The gate does not pass what
    /// would hide the session, make what is known of it void, or have the server speak unasked; and it cannot pass on the
    /// message of REPLACE.
    var mayPass = true
    /// Whether its arguments were read, so that what it names is known.
    var isRead = true
    /// The mailboxes that it names, as the client spelled them.
    var mailboxes: [MailboxName] = []
    /// The root of a quota, which may have the name of a mailbox.
    var quotaRoot: IMAPString?
    /// What STORE changes.
    var store: StoreRequest?
    /// What APPEND adds.
    var appended: [AppendedMessage]?
    var search: SearchRequest?
    /// What FETCH asks for.
    var items: [FetchItem] = []
    /// Whether it also affects the mailboxes below those that it names.
    var spreads = false
    /// Whether it is a POP3 command that reads or deletes one message, whose size may matter.
    var isOfOneMessage = false
    /// The commands that may take its place and change less.
    var rewrites: Set<Rewrite> = []

    static let closed = JudgedParts(mayPass: false)
    static let unread = JudgedParts(mayPass: false, isRead: false)
}

extension IMAPCommand.Body {
    var parts: JudgedParts {
        switch self {
        case .capability, .noop, .logout, .id, .enable, .login, .authenticate, .language, .comparator, .list, .namespace, .idle,
            .check, .unselect, .expunge, .cancelUpdate, .notify(nil):
            JudgedParts()
        case .plain(let arguments): JudgedParts(mailboxes: arguments.mailboxes)
        case .select(let name, let readOnly, _): JudgedParts(mailboxes: [name], rewrites: readOnly ? [] : [.examine])
        case .create(let name, _), .delete(let name), .subscribe(let name), .unsubscribe(let name), .status(let name, _),
            .copy(_, let name), .move(_, let name), .getACL(let name), .setACL(let name, _, _), .deleteACL(let name, _),
            .listRights(let name, _), .myRights(let name), .getQuotaRoot(let name), .getAnnotation(let name, _, _):
            JudgedParts(mailboxes: [name])
        case .rename(let old, let new, _): JudgedParts(mailboxes: [old, new], spreads: true)
        case .append(let name, let messages): JudgedParts(mailboxes: [name], appended: messages)
        // The empty name is the server itself (RFC 5464 §4.2).
        case .getMetadata(let name, _, _), .setMetadata(let name, _):
            JudgedParts(mailboxes: name.string.bytes.readableBytes == 0 ? [] : [name])
        case .getQuota(let root), .setQuota(let root, _): JudgedParts(quotaRoot: root)
        case .store(_, let request): JudgedParts(store: request)
        case .fetch(_, let items, _):
            JudgedParts(items: items, rewrites: items.contains(where: \.setsSeen) ? [.peek] : [])
        case .search(let request), .sort(_, let request), .thread(_, let request): JudgedParts(search: request)
        case .close: JudgedParts(rewrites: [.unselect])
        case .replace(_, let name, _): JudgedParts(mayPass: false, mailboxes: [name])
        case .notify(let request?): JudgedParts(mayPass: false, mailboxes: request.groups.flatMap(\.mailboxes))
        case .startTLS, .compress, .unauthenticate, .done: .closed
        case .convert, .filter, .setAnnotation, .generateURLAuth, .resetKey, .urlFetch, .applePushService, .find, .partial,
            .setReadOnly, .transfer, .maintain, .xclient, .courierACL, .vendor, .unknown, .malformed:
            .unread
        }
    }
}

extension POP3Command {
    var parts: JudgedParts {
        switch self {
        case .user, .pass, .apop, .auth, .quit, .stat, .noop, .rset, .list, .uidl, .capa, .utf8, .lang, .last: JudgedParts()
        case .retr: JudgedParts(isOfOneMessage: true, rewrites: [.top])
        case .top, .dele: JudgedParts(isOfOneMessage: true)
        case .stls, .compress: .closed
        case .rpop, .xtnd, .xclient, .xoip, .help, .xsender, .gurl, .mdef, .idle, .host, .vendor, .unknown, .malformed: .unread
        }
    }
}

extension SubmittedCommand {
    var parts: JudgedParts {
        switch self {
        case .imap(let command): command.body.parts
        case .pop3(_, let command): command.parts
        }
    }
}
