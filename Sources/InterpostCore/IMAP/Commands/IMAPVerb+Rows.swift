// All verbs that are known, one row each.

extension IMAPVerb {
    static let all: [IMAPVerb] = session + mailboxes + messages + extensions + vendors

    /// RFC 9051 §6.1 and §6.2, RFC 2971, 4978, 5161, 5255, 8437.
    private static let session = [
        IMAPVerb("CAPABILITY", .session, [], .nothing, touches: []) { _ in .capability },
        IMAPVerb("NOOP", .session, [], .nothing, touches: [], uid: true) { _ in .noop },
        IMAPVerb("LOGOUT", .session, [], .nothing, touches: []) { _ in .logout },
        IMAPVerb("STARTTLS", .session, [], .connection, touches: []) { $0.isAtEnd ? .startTLS : nil },
        IMAPVerb("ID", .session, [.idFields], .nothing, touches: []) { $0.idFields().map(IMAPCommand.Body.id) },
        IMAPVerb("ENABLE", .session, [.words], .nothing, touches: []) { .enable($0.strings()) },
        IMAPVerb("LOGIN", .login, [.login], .nothing, touches: []) { $0.login() },
        IMAPVerb("AUTHENTICATE", .login, [.login], .nothing, touches: []) { $0.authenticate() },
        IMAPVerb("UNAUTHENTICATE", .session, [], .connection, touches: []) { _ in .unauthenticate },
        IMAPVerb("X-UNAUTHENTICATE", .session, [], .connection, touches: []) { _ in .unauthenticate },
        IMAPVerb("COMPRESS", .session, [.words], .connection, touches: []) {
            $0.keyword().map(IMAPCommand.Body.compress)
        },
        IMAPVerb("LANGUAGE", .session, [.words], .nothing, touches: []) { .language($0.strings()) },
        IMAPVerb("COMPARATOR", .session, [.words], .nothing, touches: []) { .comparator($0.strings()) },
    ]

    /// RFC 9051 §6.3, RFC 2193, 4466, 5258, 7162.
    private static let mailboxes = [
        IMAPVerb("SELECT", .read, [.mailbox, .parameters], .nothing, touches: .named) { $0.select(readOnly: false) },
        IMAPVerb("EXAMINE", .read, [.mailbox, .parameters], .nothing, touches: .named) { $0.select(readOnly: true) },
        IMAPVerb("CREATE", .folders, [.mailbox, .parameters], touches: .named) { $0.create() },
        IMAPVerb("DELETE", .folders, [.mailbox], touches: .named) { $0.mailbox().map(IMAPCommand.Body.delete) },
        IMAPVerb("RENAME", .folders, [.mailbox, .mailbox, .parameters], touches: .named) { $0.rename() },
        IMAPVerb("SUBSCRIBE", .subscribe, [.mailboxes], touches: .named) {
            $0.subscribedMailbox().map(IMAPCommand.Body.subscribe)
        },
        IMAPVerb("UNSUBSCRIBE", .subscribe, [.mailboxes], touches: .named) {
            $0.subscribedMailbox().map(IMAPCommand.Body.unsubscribe)
        },
        IMAPVerb("LIST", .read, [.listRequest], .nothing, touches: .account) { $0.listing() },
        IMAPVerb("LSUB", .read, [.listRequest], .nothing, touches: .account) { $0.listing() },
        IMAPVerb("XLIST", .read, [.listRequest], .nothing, touches: .account) { $0.listing() },
        IMAPVerb("RLIST", .read, [.listRequest], .nothing, touches: .account) { $0.listing() },
        IMAPVerb("RLSUB", .read, [.listRequest], .nothing, touches: .account) { $0.listing() },
        IMAPVerb("NAMESPACE", .session, [], .nothing, touches: []) { _ in .namespace },
        IMAPVerb("STATUS", .read, [.mailbox, .parameters], .nothing, touches: .named) { $0.status() },
        IMAPVerb("APPEND", .append, [.mailbox, .messages], touches: .named) { $0.append() },
        IMAPVerb("IDLE", .session, [], .nothing, touches: .selected) { _ in .idle },
        IMAPVerb("DONE", .session, [], .nothing, touches: []) { _ in .done },
    ]

    /// RFC 9051 §6.4, RFC 5256, 5259, 5267, 6851, 7377, 8508.
    private static let messages = [
        IMAPVerb("CHECK", .session, [], .nothing, touches: .selected) { _ in .check },
        IMAPVerb("CLOSE", .expunge, [], .depends, touches: .selected) { _ in .close },
        IMAPVerb("UNSELECT", .session, [], .nothing, touches: .selected) { _ in .unselect },
        IMAPVerb("EXPUNGE", .expunge, [.set], touches: .selected, uid: true) { .expunge($0.sequenceSet()) },
        IMAPVerb("SEARCH", .read, [.searchKeys], .nothing, touches: .selected, uid: true) { $0.search() },
        IMAPVerb("ESEARCH", .read, [.searchKeys], .nothing, touches: .selected, uid: true) { $0.search() },
        IMAPVerb("SORT", .read, [.word, .searchKeys], .nothing, touches: .selected, uid: true) { $0.sort() },
        IMAPVerb("THREAD", .read, [.word, .word, .searchKeys], .nothing, touches: .selected, uid: true) { $0.thread() },
        IMAPVerb("FETCH", .read, [.words], .depends, touches: .selected, uid: true) { $0.fetch() },
        IMAPVerb("STORE", .flag, [.stored], touches: .selected, uid: true) { $0.store() },
        IMAPVerb("COPY", .copy, [.set, .mailbox], touches: [.named, .selected], uid: true) { $0.copy() },
        IMAPVerb("MOVE", .move, [.set, .mailbox], touches: [.named, .selected], uid: true) { $0.move() },
        IMAPVerb("XMOVE", .move, [.set, .mailbox], touches: [.named, .selected], uid: true) { $0.move() },
        IMAPVerb("REPLACE", .append, [.set, .mailbox, .messages], touches: [.named, .selected], uid: true) { $0.replace() },
        IMAPVerb("CONVERT", .read, [.words], .nothing, touches: .selected, uid: true) { $0.convert() },
        IMAPVerb("CONVERSIONS", .read, [.quoted, .quoted], .nothing, touches: [], exact: true),
        IMAPVerb("CANCELUPDATE", .session, [.words], .nothing, touches: []) { .cancelUpdate(tags: $0.strings()) },
        IMAPVerb("UIDBATCHES", .read, [.count, .range], .nothing, touches: .selected, optional: 1, exact: true),
        IMAPVerb("FILTER", .other, [.script], touches: .selected, uid: true) { $0.filter() },
    ]

    /// RFC 4314, 4467, 5464, 5465, 9208, 9698, and ANNOTATEMORE.
    private static let extensions = [
        IMAPVerb("GETACL", .read, [.mailbox], .nothing, touches: .named) { $0.mailbox().map(IMAPCommand.Body.getACL) },
        IMAPVerb("SETACL", .rights, [.mailbox, .user, .word], touches: .named) { $0.setACL() },
        IMAPVerb("DELETEACL", .rights, [.mailbox, .user], touches: .named) {
            $0.nameAndIdentifier().map(IMAPCommand.Body.deleteACL)
        },
        IMAPVerb("LISTRIGHTS", .read, [.mailbox, .user], .nothing, touches: .named) {
            $0.nameAndIdentifier().map(IMAPCommand.Body.listRights)
        },
        IMAPVerb("MYRIGHTS", .read, [.mailbox], .nothing, touches: .named) { $0.mailbox().map(IMAPCommand.Body.myRights) },
        // A quota root may have the same name as a mailbox.
        IMAPVerb("GETQUOTA", .read, [.mailbox], .nothing, touches: .account) { $0.string().map(IMAPCommand.Body.getQuota) },
        IMAPVerb("GETQUOTAROOT", .read, [.mailbox], .nothing, touches: .named) {
            $0.mailbox().map(IMAPCommand.Body.getQuotaRoot)
        },
        IMAPVerb("SETQUOTA", .quota, [.mailbox, .parameters], touches: .account) { $0.setQuota() },
        IMAPVerb("GETMETADATA", .read, [.metadataRequest], .nothing, touches: .named) { $0.getMetadata() },
        IMAPVerb("SETMETADATA", .metadata, [.mailbox, .entries], touches: .named) { $0.setMetadata() },
        // The name may be a pattern.
        IMAPVerb("GETANNOTATION", .read, [.mailbox, .words], .nothing, touches: [.named, .account]) { $0.getAnnotation() },
        IMAPVerb("SETANNOTATION", .metadata, [.mailbox, .text, .entries], touches: [.named, .account]) { reader in
            reader.mailbox().map { .setAnnotation($0, reader.remainingValues()) }
        },
        IMAPVerb("NOTIFY", .session, [.notifyGroups], .nothing, touches: .account) { $0.notify() },
        IMAPVerb("GENURLAUTH", .other, [.urls]) { $0.generateURLAuth() },
        IMAPVerb("RESETKEY", .other, [.mailbox, .words]) { reader in
            let mailbox = reader.mailbox()
            return .resetKey(mailbox, mechanisms: reader.keywords())
        },
        IMAPVerb("URLFETCH", .read, [.urls], .elsewhere) { $0.urlFetch() },
        IMAPVerb("GETJMAPACCESS", .read, [], .elsewhere, touches: .account, exact: true),
        IMAPVerb("XAPPLEPUSHSERVICE", .other, [.pushService]) { $0.applePushService() },
    ]

    /// Servers' own, and IMAP2bis and IMAP3.
    private static let vendors =
        [
            IMAPVerb("FIND", .read, [.word, .mailbox], .nothing, touches: .account) { reader in
                guard let kind = reader.keyword(), let pattern = reader.string() else { return nil }
                return .find(kind: kind, pattern: pattern)
            },
            IMAPVerb("BBOARD", .read, [.mailbox, .parameters], .nothing, touches: .named) { $0.select(readOnly: false) },
            IMAPVerb("XMEID", .read, [.mailbox, .parameters], .nothing, touches: .named) { $0.select(readOnly: false) },
            IMAPVerb("PARTIAL", .read, [.words], .depends, touches: .selected) { $0.partial() },
            IMAPVerb("READONLY", .session, [], .nothing, touches: .selected) { _ in .setReadOnly(true) },
            IMAPVerb("READWRITE", .session, [], .nothing, touches: .selected) { _ in .setReadOnly(false) },
            IMAPVerb("XFER", .other, [.mailbox, .names]) { $0.transfer() },
            IMAPVerb("XRENAME", .folders, [.mailbox, .mailbox, .parameters], touches: .named) { $0.rename() },
            IMAPVerb("LOCALCREATE", .folders, [.mailbox, .parameters], touches: .named) { $0.create() },
            IMAPVerb("LOCALDELETE", .folders, [.mailbox], touches: .named) { $0.mailbox().map(IMAPCommand.Body.delete) },
            IMAPVerb("LOCALAPPEND", .append, [.mailbox, .messages], touches: .named) { $0.append() },
            IMAPVerb("DUMP", .other, [.mailbox, .parameters]) { $0.maintain() },
            IMAPVerb("UNDUMP", .other, [.mailbox, .unknown]) { $0.maintain() },
            IMAPVerb("RECONSTRUCT", .other, [.mailbox, .parameters]) { $0.maintain() },
            IMAPVerb("MUPDATEPUSH", .other, [.mailbox, .parameters]) { $0.maintain() },
            IMAPVerb("XWARMUP", .other, [.mailbox, .parameters]) { $0.maintain() },
            IMAPVerb("XBACKUP", .other, [.mailbox, .parameters]) { $0.maintain() },
            IMAPVerb("XKILLMY", .session, [.text]),
            IMAPVerb("X-CANCEL", .session, [.text], .nothing, touches: []),
            IMAPVerb("XCLIENT", .session, [.secret]) { .xclient($0.strings()) },
            IMAPVerb("ACL", .rights, [.names]) { reader in
                reader.keyword().map { .courierACL(action: $0, reader.strings()) }
            },
        ]
        + ([
            "BACKENDAUTHENTICATE", "FLAGS", "GETUSERGROUP", "NETSCAPE", "RACLMODSEQ", "SCAN", "SELECT.FLAGS",
            "SELECT.VERSION", "SET.FLAGS", "SETUSERGROUP", "SYNCAPPLY", "SYNCGET", "SYNCRESTART", "SYNCRESTORE",
            "UNSETUSERGROUP", "UPGRADESIEVE", "VERSION", "X-STATE", "X-ZIMBRA-ADD-ACCOUNT-LOGGER", "X-ZIMBRA-FLUSHCACHE",
            "X-ZIMBRA-RELOADLC", "XATOM", "XAUDIT", "XCONVFETCH", "XCONVMETA", "XCONVMULTISORT", "XCONVSORT",
            "XCONVUPDATES", "XFOREVER", "XPROXY", "XPROXY3", "XREFRESH", "XRUNANNOTATOR", "XSENDER", "XSERVERINFO",
            "XSNIPPETS", "XSTATS", "XUID", "XUM1", "XYZZY",
        ] as [StaticString]).map { IMAPVerb($0, uid: true) }
}

extension IMAPReader {
    fileprivate mutating func listing() -> IMAPCommand.Body? { listRequest().map(IMAPCommand.Body.list) }

    fileprivate mutating func search() -> IMAPCommand.Body? {
        searchRequest(hasCharset: false).map(IMAPCommand.Body.search)
    }

    fileprivate mutating func copy() -> IMAPCommand.Body? {
        guard let set = sequenceSet(), let mailbox = mailbox() else { return nil }
        return .copy(set, to: mailbox)
    }

    fileprivate mutating func nameAndIdentifier() -> (MailboxName, identifier: IMAPString)? {
        guard let mailbox = mailbox(), let identifier = string() else { return nil }
        return (mailbox, identifier)
    }

    fileprivate mutating func setACL() -> IMAPCommand.Body? {
        guard let (mailbox, identifier) = nameAndIdentifier(), let rights = string() else { return nil }
        return .setACL(mailbox, identifier: identifier, rights: rights)
    }

    fileprivate mutating func getAnnotation() -> IMAPCommand.Body? {
        guard let mailbox = mailbox(), let entries = stringOrList(), let names = stringOrList() else { return nil }
        return .getAnnotation(mailbox, entries: entries, attributes: names)
    }
}
