/// A verb whose arguments the gate reads, and how: the list of all that a policy can let pass.
///
/// A row of ``IMAPVerb`` that is exact is read as it says. Verbs of other rows are refused, whatever the policy, unless they
/// are in this list.
struct StrictVerb: Sendable {
    typealias Read = @Sendable (inout StrictReader, _ usesUIDs: Bool) throws(StrictRefusal) -> IMAPCommand.Body

    /// Whether `UID` may precede the verb.
    enum Numbers: Sendable {
        case none, either
        /// The verb has an argument only after `UID`: EXPUNGE.
        case uidArgument
    }

    let name: Keyword
    let numbers: Numbers
    let read: Read

    /// Whether `UID` may precede it.
    var takesUIDs: Bool { numbers != .none }

    static func named(_ name: Keyword) -> StrictVerb? { byName[name] }

    /// How the verb of this row is read strictly; `nil` where it is not.
    static func of(_ verb: IMAPVerb) -> StrictVerb? { byName[verb.name] ?? StrictVerb(plain: verb) }

    private static let byName = KeywordTable(keys: all.map { ($0.name, $0) })

    /// `nil` for a row that does not say that its arguments are the whole grammar.
    private init?(plain verb: IMAPVerb) {
        guard verb.isExact, let kinds = IMAPVerb.plainKinds(of: verb.arguments) else { return nil }
        name = verb.name
        numbers = verb.takesUID ? .either : .none
        read = { (reader, _) throws(StrictRefusal) in .plain(try reader.plainArguments(kinds, optional: verb.optional)) }
    }

    private init(_ name: StaticString, numbers: Numbers = .none, _ read: @escaping Read) {
        self.name = Keyword(name)
        self.numbers = numbers
        self.read = read
    }

    private static func bare(_ name: StaticString, _ body: IMAPCommand.Body) -> StrictVerb {
        StrictVerb(name) { (_, _) throws(StrictRefusal) in body }
    }

    /// Verbs with one mailbox.
    private static func mailbox(
        _ name: StaticString, _ body: @escaping @Sendable (MailboxName) -> IMAPCommand.Body
    ) -> StrictVerb {
        StrictVerb(name) { (reader, _) throws(StrictRefusal) in
            try reader.space()
            return body(try reader.mailbox())
        }
    }

    static let all: [StrictVerb] =
        bare + session + mailboxes + messages + extensions + IMAPVerb.all.compactMap(StrictVerb.init(plain:))

    private static let bare: [StrictVerb] = [
        bare("CAPABILITY", .capability), bare("NOOP", .noop), bare("LOGOUT", .logout), bare("STARTTLS", .startTLS),
        bare("UNAUTHENTICATE", .unauthenticate), bare("NAMESPACE", .namespace), bare("IDLE", .idle), bare("CHECK", .check),
        bare("CLOSE", .close), bare("UNSELECT", .unselect),
    ]

    private static let session: [StrictVerb] = [
        StrictVerb("ID") { (reader, _) throws(StrictRefusal) in try reader.id() },
        StrictVerb("ENABLE") { (reader, _) throws(StrictRefusal) in try reader.enable() },
        StrictVerb("LOGIN") { (reader, _) throws(StrictRefusal) in try reader.login() },
        StrictVerb("AUTHENTICATE") { (reader, _) throws(StrictRefusal) in try reader.authenticate() },
        StrictVerb("COMPRESS") { (reader, _) throws(StrictRefusal) in try reader.compress() },
        StrictVerb("LANGUAGE") { (reader, _) throws(StrictRefusal) in .language(try reader.astrings()) },
        StrictVerb("COMPARATOR") { (reader, _) throws(StrictRefusal) in .comparator(try reader.astrings()) },
    ]

    private static let mailboxes: [StrictVerb] = [
        StrictVerb("SELECT") { (reader, _) throws(StrictRefusal) in try reader.select(readOnly: false) },
        StrictVerb("EXAMINE") { (reader, _) throws(StrictRefusal) in try reader.select(readOnly: true) },
        StrictVerb("CREATE") { (reader, _) throws(StrictRefusal) in try reader.create() },
        mailbox("DELETE") { .delete($0) },
        StrictVerb("RENAME") { (reader, _) throws(StrictRefusal) in try reader.rename() },
        mailbox("SUBSCRIBE") { .subscribe($0) },
        mailbox("UNSUBSCRIBE") { .unsubscribe($0) },
        StrictVerb("LIST") { (reader, _) throws(StrictRefusal) in try reader.listMailboxes() },
        StrictVerb("LSUB") { (reader, _) throws(StrictRefusal) in try reader.plainList() },
        StrictVerb("XLIST") { (reader, _) throws(StrictRefusal) in try reader.plainList() },
        StrictVerb("STATUS") { (reader, _) throws(StrictRefusal) in try reader.status() },
        StrictVerb("APPEND") { (reader, _) throws(StrictRefusal) in try reader.append() },
    ]

    private static let messages: [StrictVerb] = [
        StrictVerb("EXPUNGE", numbers: .uidArgument) { (reader, _) throws(StrictRefusal) in
            try reader.space()
            return .expunge(try reader.sequenceSet())
        },
        StrictVerb("SEARCH", numbers: .either) { (reader, _) throws(StrictRefusal) in try reader.search() },
        StrictVerb("ESEARCH") { (reader, _) throws(StrictRefusal) in try reader.multimailboxSearch() },
        StrictVerb("SORT", numbers: .either) { (reader, _) throws(StrictRefusal) in try reader.sort() },
        StrictVerb("THREAD", numbers: .either) { (reader, _) throws(StrictRefusal) in try reader.thread() },
        StrictVerb("FETCH", numbers: .either) { (reader, usesUIDs) throws(StrictRefusal) in
            try reader.fetch(usesUIDs: usesUIDs)
        },
        StrictVerb("STORE", numbers: .either) { (reader, _) throws(StrictRefusal) in try reader.store() },
        StrictVerb("COPY", numbers: .either) { (reader, _) throws(StrictRefusal) in
            let (set, mailbox) = try reader.setAndMailbox()
            return .copy(set, to: mailbox)
        },
        StrictVerb("MOVE", numbers: .either) { (reader, _) throws(StrictRefusal) in
            let (set, mailbox) = try reader.setAndMailbox()
            return .move(set, to: mailbox)
        },
        StrictVerb("REPLACE", numbers: .either) { (reader, _) throws(StrictRefusal) in try reader.replace() },
        StrictVerb("CANCELUPDATE") { (reader, _) throws(StrictRefusal) in try reader.cancelUpdate() },
    ]

    private static let extensions: [StrictVerb] = [
        mailbox("GETACL") { .getACL($0) },
        StrictVerb("SETACL") { (reader, _) throws(StrictRefusal) in
            let (mailbox, identifier) = try reader.mailboxAndIdentifier()
            try reader.space()
            return .setACL(mailbox, identifier: identifier, rights: try reader.astring())
        },
        StrictVerb("DELETEACL") { (reader, _) throws(StrictRefusal) in
            let (mailbox, identifier) = try reader.mailboxAndIdentifier()
            return .deleteACL(mailbox, identifier: identifier)
        },
        StrictVerb("LISTRIGHTS") { (reader, _) throws(StrictRefusal) in
            let (mailbox, identifier) = try reader.mailboxAndIdentifier()
            return .listRights(mailbox, identifier: identifier)
        },
        mailbox("MYRIGHTS") { .myRights($0) },
        StrictVerb("GETQUOTA") { (reader, _) throws(StrictRefusal) in
            try reader.space()
            return .getQuota(root: try reader.astring())
        },
        mailbox("GETQUOTAROOT") { .getQuotaRoot($0) },
        StrictVerb("SETQUOTA") { (reader, _) throws(StrictRefusal) in try reader.setQuota() },
        StrictVerb("GETMETADATA") { (reader, _) throws(StrictRefusal) in try reader.getMetadata() },
        StrictVerb("SETMETADATA") { (reader, _) throws(StrictRefusal) in try reader.setMetadata() },
        StrictVerb("GETANNOTATION") { (reader, _) throws(StrictRefusal) in try reader.getAnnotation() },
        StrictVerb("NOTIFY") { (reader, _) throws(StrictRefusal) in
            try reader.space()
            guard try reader.keyword() == Keyword("NONE") else { throw .unsupported("notifications other than none") }
            return .notify(nil)
        },
    ]
}
