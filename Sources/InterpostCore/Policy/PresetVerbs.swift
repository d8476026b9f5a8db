extension Policy.Preset {
    /// Whether a command with this verb may pass, if its arguments do not speak against it.
    func mayPass(_ name: Keyword, _ mailProtocol: MailProtocol) -> Bool {
        switch (self, mailProtocol) {
        case (.observe, .imap): !Self.legs.contains(name)
        case (_, .imap): Self.reading.contains(name) || changing.contains(name)
        case (.observe, .pop3): Self.maildrop.contains(name) || name == Keyword("DELE")
        case (_, .pop3): Self.maildrop.contains(name)
        }
    }

    /// What is each leg's own business, and would hide the session or void what is known of it.
    private static let legs: Set<Keyword> = [Keyword("STARTTLS"), Keyword("COMPRESS"), Keyword("UNAUTHENTICATE")]

    /// What changes nothing, some of it once it is rewritten.
    private static let reading: Set<Keyword> = [
        Keyword("CAPABILITY"), Keyword("NOOP"), Keyword("LOGOUT"), Keyword("ID"), Keyword("ENABLE"), Keyword("LOGIN"),
        Keyword("AUTHENTICATE"), Keyword("SELECT"), Keyword("EXAMINE"), Keyword("LIST"), Keyword("LSUB"), Keyword("XLIST"),
        Keyword("NAMESPACE"), Keyword("STATUS"), Keyword("IDLE"), Keyword("CHECK"), Keyword("UNSELECT"), Keyword("CLOSE"),
        Keyword("SEARCH"), Keyword("ESEARCH"), Keyword("SORT"), Keyword("THREAD"), Keyword("FETCH"), Keyword("CANCELUPDATE"),
        Keyword("GETACL"), Keyword("LISTRIGHTS"), Keyword("MYRIGHTS"), Keyword("GETQUOTA"), Keyword("GETQUOTAROOT"),
        Keyword("GETMETADATA"), Keyword("GETANNOTATION"), Keyword("LANGUAGE"), Keyword("COMPARATOR"), Keyword("CONVERSIONS"),
        Keyword("UIDBATCHES"), Keyword("NOTIFY"),
    ]

    /// What of the rest may pass.
    private var changing: Set<Keyword> {
        switch self {
        case .observe, .readOnly: []
        case .noDelete: Self.addingVerbs
        case .organise: Self.organisingVerbs
        }
    }

    private static let addingVerbs: Set<Keyword> = [
        Keyword("STORE"), Keyword("COPY"), Keyword("APPEND"), Keyword("CREATE"), Keyword("SUBSCRIBE"), Keyword("UNSUBSCRIBE"),
    ]

    private static let organisingVerbs: Set<Keyword> = [
        Keyword("STORE"), Keyword("COPY"), Keyword("MOVE"), Keyword("CREATE"), Keyword("RENAME"), Keyword("SUBSCRIBE"),
        Keyword("UNSUBSCRIBE"),
    ]

    /// POP3 without deleting.
    private static let maildrop: Set<Keyword> = [
        Keyword("USER"), Keyword("PASS"), Keyword("APOP"), Keyword("AUTH"), Keyword("CAPA"), Keyword("QUIT"), Keyword("STAT"),
        Keyword("LIST"), Keyword("UIDL"), Keyword("RETR"), Keyword("TOP"), Keyword("NOOP"), Keyword("RSET"), Keyword("LAST"),
        Keyword("UTF8"), Keyword("LANG"),
    ]
}
