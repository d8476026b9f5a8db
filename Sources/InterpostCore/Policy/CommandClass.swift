/// Commands by what they do, for rules and for what a refusal says.
public enum CommandClass: String, Hashable, Sendable, CaseIterable {
    case session, login, read, flag, delete, expunge, append, copy, move, folders, subscribe, rights, quota, metadata, other

    /// The class of an IMAP verb, or of a POP3 one.
    public init(_ name: Keyword, _ mailProtocol: MailProtocol) {
        self = (mailProtocol == .imap ? Self.imap : Self.pop3)[name] ?? .other
    }

    private static let imap = table([
        .session: [
            "CAPABILITY", "NOOP", "LOGOUT", "ID", "ENABLE", "STARTTLS", "COMPRESS", "UNAUTHENTICATE", "LANGUAGE", "COMPARATOR",
            "NAMESPACE", "IDLE", "CHECK", "UNSELECT", "NOTIFY", "CANCELUPDATE",
        ],
        .login: ["LOGIN", "AUTHENTICATE"],
        .read: [
            "SELECT", "EXAMINE", "LIST", "LSUB", "XLIST", "STATUS", "SEARCH", "ESEARCH", "SORT", "THREAD", "FETCH", "GETACL",
            "LISTRIGHTS", "MYRIGHTS", "GETQUOTA", "GETQUOTAROOT", "GETMETADATA", "GETANNOTATION", "CONVERSIONS", "UIDBATCHES",
        ],
        .flag: ["STORE"], .expunge: ["EXPUNGE", "CLOSE"], .append: ["APPEND", "REPLACE", "LOCALAPPEND"], .copy: ["COPY"],
        .move: ["MOVE", "XMOVE"],
        .folders: ["CREATE", "DELETE", "RENAME", "LOCALCREATE", "LOCALDELETE", "XRENAME"],
        .subscribe: ["SUBSCRIBE", "UNSUBSCRIBE"],
        .rights: ["SETACL", "DELETEACL", "ACL"], .quota: ["SETQUOTA"], .metadata: ["SETMETADATA", "SETANNOTATION"],
    ])

    private static let pop3 = table([
        .session: ["CAPA", "STLS", "QUIT", "NOOP", "RSET", "UTF8", "LANG"],
        .login: ["USER", "PASS", "APOP", "AUTH"],
        .read: ["STAT", "LIST", "UIDL", "RETR", "TOP", "LAST"],
        .delete: ["DELE"],
    ])

    private static func table(_ classes: [CommandClass: [StaticString]]) -> KeywordTable<CommandClass> {
        KeywordTable(keys: classes.flatMap { kind, names in names.map { (Keyword($0), kind) } })
    }

    /// What is said to the user of a mail program whose command is not let pass.
    func denial(of title: String, _ preset: Policy.Preset) -> Denial {
        let mailbox = preset == .readOnly ? "This mailbox is read-only here" : "This is not allowed here"
        let what =
            switch self {
            case .flag: "marks cannot be changed"
            case .delete, .expunge: "messages cannot be deleted"
            case .append: "messages cannot be added"
            case .copy: "messages cannot be copied"
            case .move: "messages cannot be moved"
            case .folders: "folders cannot be made, renamed or deleted"
            case .subscribe: "subscriptions cannot be changed"
            case .rights: "access rights cannot be changed"
            case .quota: "quotas cannot be changed"
            case .metadata: "annotations cannot be changed"
            case .session, .login, .read, .other: "\(title) is not offered"
            }
        return Denial(text: "\(mailbox): \(what)")
    }
}
