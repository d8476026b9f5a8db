import NIOCore

/// A verb of the client, and how its arguments are read: the list of all that Interpost knows.
///
/// The list holds what RFCs define and what servers are known to answer to; the reference page `IMAPCommands` shows an
/// example of each.
struct IMAPVerb: Sendable {
    typealias Read = @Sendable (inout IMAPReader) -> IMAPCommand.Body?

    let name: Keyword
    /// Arguments of the others may hold a secret, a message or a script, and are never shown.
    let hasHarmlessArguments: Bool
    /// `UID` may stand in front of it.
    let takesUID: Bool
    /// `nil` for arguments that are not what the verb takes.
    let read: Read

    static func named(_ name: Keyword) -> IMAPVerb? { byName[name] }

    private static let byName = KeywordTable(keys: all.map { ($0.name, $0) })

    private init(_ name: StaticString, shown: Bool = true, uid: Bool = false, _ read: @escaping Read) {
        self.name = Keyword(name)
        hasHarmlessArguments = shown
        takesUID = uid
        self.read = read
    }

    private static func vendor(_ name: StaticString) -> IMAPVerb {
        IMAPVerb(name, shown: false, uid: true) { .vendor($0.remainingValues()) }
    }

    static let all: [IMAPVerb] = session + mailboxes + messages + extensions + vendors

    /// RFC 9051 §6.1 and §6.2, RFC 2971, 4978, 5161, 5255, 8437.
    private static let session = [
        IMAPVerb("CAPABILITY") { _ in .capability },
        IMAPVerb("NOOP", uid: true) { _ in .noop },
        IMAPVerb("LOGOUT") { _ in .logout },
        IMAPVerb("STARTTLS") { $0.isAtEnd ? .startTLS : nil },
        IMAPVerb("ID") { $0.idFields().map(IMAPCommand.Body.id) },
        IMAPVerb("ENABLE") { .enable($0.strings()) },
        IMAPVerb("LOGIN") { $0.login() },
        IMAPVerb("AUTHENTICATE") { $0.authenticate() },
        IMAPVerb("UNAUTHENTICATE") { _ in .unauthenticate },
        IMAPVerb("X-UNAUTHENTICATE") { _ in .unauthenticate },
        IMAPVerb("COMPRESS") { $0.keyword().map(IMAPCommand.Body.compress) },
        IMAPVerb("LANGUAGE") { .language($0.strings()) },
        IMAPVerb("COMPARATOR") { .comparator($0.strings()) },
    ]

    /// RFC 9051 §6.3, RFC 2193, 4466, 5258, 7162.
    private static let mailboxes = [
        IMAPVerb("SELECT") { $0.select(readOnly: false) },
        IMAPVerb("EXAMINE") { $0.select(readOnly: true) },
        IMAPVerb("CREATE") { $0.create() },
        IMAPVerb("DELETE") { $0.mailbox().map(IMAPCommand.Body.delete) },
        IMAPVerb("RENAME") { $0.rename() },
        IMAPVerb("SUBSCRIBE") { $0.subscribedMailbox().map(IMAPCommand.Body.subscribe) },
        IMAPVerb("UNSUBSCRIBE") { $0.subscribedMailbox().map(IMAPCommand.Body.unsubscribe) },
        IMAPVerb("LIST") { $0.listRequest().map(IMAPCommand.Body.list) },
        IMAPVerb("LSUB") { $0.listRequest().map(IMAPCommand.Body.list) },
        IMAPVerb("XLIST") { $0.listRequest().map(IMAPCommand.Body.list) },
        IMAPVerb("RLIST") { $0.listRequest().map(IMAPCommand.Body.list) },
        IMAPVerb("RLSUB") { $0.listRequest().map(IMAPCommand.Body.list) },
        IMAPVerb("NAMESPACE") { _ in .namespace },
        IMAPVerb("STATUS") { $0.status() },
        IMAPVerb("APPEND") { $0.append() },
        IMAPVerb("IDLE") { _ in .idle },
        IMAPVerb("DONE") { _ in .done },
    ]

    /// RFC 9051 §6.4, RFC 5256, 5259, 5267, 6851, 7377, 8508.
    private static let messages = [
        IMAPVerb("CHECK") { _ in .check },
        IMAPVerb("CLOSE") { _ in .close },
        IMAPVerb("UNSELECT") { _ in .unselect },
        IMAPVerb("EXPUNGE", uid: true) { .expunge($0.sequenceSet()) },
        IMAPVerb("SEARCH", uid: true) { $0.searchRequest(hasCharset: false).map(IMAPCommand.Body.search) },
        IMAPVerb("ESEARCH", uid: true) { $0.searchRequest(hasCharset: false).map(IMAPCommand.Body.search) },
        IMAPVerb("SORT", uid: true) { $0.sort() },
        IMAPVerb("THREAD", uid: true) { $0.thread() },
        IMAPVerb("FETCH", uid: true) { $0.fetch() },
        IMAPVerb("STORE", uid: true) { $0.store() },
        IMAPVerb("COPY", uid: true) { reader in
            guard let set = reader.sequenceSet(), let mailbox = reader.mailbox() else { return nil }
            return .copy(set, to: mailbox)
        },
        IMAPVerb("MOVE", uid: true) { $0.move() },
        IMAPVerb("XMOVE", uid: true) { $0.move() },
        IMAPVerb("REPLACE", uid: true) { $0.replace() },
        IMAPVerb("CONVERT", uid: true) { $0.convert() },
        IMAPVerb("CONVERSIONS") { reader in
            guard let source = reader.string(), let target = reader.string() else { return nil }
            return .conversions(from: source, to: target)
        },
        IMAPVerb("CANCELUPDATE") { .cancelUpdate(tags: $0.strings()) },
        IMAPVerb("UIDBATCHES") { reader in
            reader.number().map { .uidBatches(size: $0, range: reader.sequenceSet()) }
        },
        IMAPVerb("FILTER", shown: false, uid: true) { $0.filter() },
    ]

    /// RFC 4314, 4467, 5464, 5465, 9208, 9698, and ANNOTATEMORE.
    private static let extensions = [
        IMAPVerb("GETACL") { $0.mailbox().map(IMAPCommand.Body.getACL) },
        IMAPVerb("SETACL") { reader in
            guard let mailbox = reader.mailbox(), let identifier = reader.string(), let rights = reader.string() else {
                return nil
            }
            return .setACL(mailbox, identifier: identifier, rights: rights)
        },
        IMAPVerb("DELETEACL") { reader in
            guard let mailbox = reader.mailbox(), let identifier = reader.string() else { return nil }
            return .deleteACL(mailbox, identifier: identifier)
        },
        IMAPVerb("LISTRIGHTS") { reader in
            guard let mailbox = reader.mailbox(), let identifier = reader.string() else { return nil }
            return .listRights(mailbox, identifier: identifier)
        },
        IMAPVerb("MYRIGHTS") { $0.mailbox().map(IMAPCommand.Body.myRights) },
        IMAPVerb("GETQUOTA") { $0.string().map(IMAPCommand.Body.getQuota) },
        IMAPVerb("GETQUOTAROOT") { $0.mailbox().map(IMAPCommand.Body.getQuotaRoot) },
        IMAPVerb("SETQUOTA") { $0.setQuota() },
        IMAPVerb("GETMETADATA") { $0.getMetadata() },
        IMAPVerb("SETMETADATA", shown: false) { $0.setMetadata() },
        IMAPVerb("GETANNOTATION") { reader in
            guard let mailbox = reader.mailbox(), let entries = reader.stringOrList(), let names = reader.stringOrList() else {
                return nil
            }
            return .getAnnotation(mailbox, entries: entries, attributes: names)
        },
        IMAPVerb("SETANNOTATION", shown: false) { reader in
            reader.mailbox().map { .setAnnotation($0, reader.remainingValues()) }
        },
        IMAPVerb("NOTIFY") { $0.notify() },
        IMAPVerb("GENURLAUTH", shown: false) { $0.generateURLAuth() },
        IMAPVerb("RESETKEY") { reader in
            let mailbox = reader.mailbox()
            return .resetKey(mailbox, mechanisms: reader.keywords())
        },
        IMAPVerb("URLFETCH", shown: false) { $0.urlFetch() },
        IMAPVerb("GETJMAPACCESS") { _ in .getJMAPAccess },
        IMAPVerb("XAPPLEPUSHSERVICE", shown: false) { $0.applePushService() },
    ]

    /// Servers' own, and IMAP2bis and IMAP3.
    private static let vendors =
        [
            IMAPVerb("FIND") { reader in
                guard let kind = reader.keyword(), let pattern = reader.string() else { return nil }
                return .find(kind: kind, pattern: pattern)
            },
            IMAPVerb("BBOARD") { $0.select(readOnly: false) },
            IMAPVerb("XMEID") { $0.select(readOnly: false) },
            IMAPVerb("PARTIAL") { $0.partial() },
            IMAPVerb("READONLY") { _ in .setReadOnly(true) },
            IMAPVerb("READWRITE") { _ in .setReadOnly(false) },
            IMAPVerb("XFER") { $0.transfer() },
            IMAPVerb("XRENAME") { $0.rename() },
            IMAPVerb("LOCALCREATE") { $0.create() },
            IMAPVerb("LOCALDELETE") { $0.mailbox().map(IMAPCommand.Body.delete) },
            IMAPVerb("LOCALAPPEND") { $0.append() },
            IMAPVerb("DUMP") { $0.maintain() },
            IMAPVerb("UNDUMP", shown: false) { $0.maintain() },
            IMAPVerb("RECONSTRUCT") { $0.maintain() },
            IMAPVerb("MUPDATEPUSH") { $0.maintain() },
            IMAPVerb("XWARMUP") { $0.maintain() },
            IMAPVerb("XBACKUP") { $0.maintain() },
            IMAPVerb("XKILLMY") { $0.string().map(IMAPCommand.Body.killCommands) },
            IMAPVerb("X-CANCEL") { $0.string().map(IMAPCommand.Body.cancel) },
            IMAPVerb("XCLIENT", shown: false) { .xclient($0.strings()) },
            IMAPVerb("ACL") { reader in
                reader.keyword().map { .courierACL(action: $0, reader.strings()) }
            },
        ]
        + [
            "BACKENDAUTHENTICATE", "FLAGS", "GETUSERGROUP", "NETSCAPE", "RACLMODSEQ", "SCAN", "SELECT.FLAGS",
            "SELECT.VERSION", "SET.FLAGS", "SETUSERGROUP", "SYNCAPPLY", "SYNCGET", "SYNCRESTART", "SYNCRESTORE",
            "UNSETUSERGROUP", "UPGRADESIEVE", "VERSION", "X-STATE", "X-ZIMBRA-ADD-ACCOUNT-LOGGER", "X-ZIMBRA-FLUSHCACHE",
            "X-ZIMBRA-RELOADLC", "XATOM", "XAUDIT", "XCONVFETCH", "XCONVMETA", "XCONVMULTISORT", "XCONVSORT",
            "XCONVUPDATES", "XFOREVER", "XPROXY", "XPROXY3", "XREFRESH", "XRUNANNOTATOR", "XSENDER", "XSERVERINFO",
            "XSNIPPETS", "XSTATS", "XUID", "XUM1", "XYZZY",
        ].map(vendor)
}
