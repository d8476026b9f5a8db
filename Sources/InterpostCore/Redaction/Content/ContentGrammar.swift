import NIOCore

/// What stands behind the names of commands, responses and codes, where it is more than numbers and words of the protocol.
enum ContentGrammar {
    static func shape(ofCommand name: Keyword) -> ContentShape {
        commands[name] ?? (IMAPVerb.named(name)?.hasHarmlessArguments == true ? .kept : .each(.unknown))
    }

    static func shape(ofResponse response: IMAPResponse) -> ContentShape {
        if response.kind == .unknown || response.kind == .vendor { return .each(.unknown) }
        return response.name.flatMap { responses[$0] } ?? .kept
    }

    static func shape(ofCode name: Keyword) -> ContentShape { codes[name] ?? .kept }

    private static let mailbox = ContentSlot(.mailbox)
    private static let user = ContentSlot(.user)
    private static let oneMailbox = ContentShape.sequence([mailbox, .kept])
    /// What is left over of a name that should have been quoted, a partition, a server.
    private static let others = ContentSlot(.unknown, list: .kept)
    private static let onlyMailbox = ContentShape.sequence([mailbox, others])
    private static let twoMailboxes = ContentShape.sequence([mailbox, mailbox, others])
    private static let secondMailbox = ContentShape.sequence([.kept, mailbox, others])
    private static let ofUser = ContentShape.sequence([mailbox, user, .kept])
    private static let metadata = ContentShape.sequence([mailbox, ContentSlot(.kept, list: .named(.metadata)), .kept])
    private static let annotation = ContentShape.sequence([
        mailbox, .kept, ContentSlot(.kept, list: .named(.metadata)), .kept,
    ])

    private static let commands = KeywordTable<ContentShape>([
        ("SELECT", onlyMailbox), ("EXAMINE", onlyMailbox), ("BBOARD", onlyMailbox), ("XMEID", onlyMailbox),
        ("CREATE", onlyMailbox), ("DELETE", onlyMailbox), ("LOCALCREATE", onlyMailbox), ("LOCALDELETE", onlyMailbox),
        ("SUBSCRIBE", .each(.mailbox)), ("UNSUBSCRIBE", .each(.mailbox)),
        ("RENAME", twoMailboxes), ("XRENAME", twoMailboxes), ("STATUS", oneMailbox),
        ("LIST", .listRequest), ("LSUB", .listRequest), ("XLIST", .listRequest), ("RLIST", .listRequest),
        ("RLSUB", .listRequest), ("FIND", secondMailbox),
        ("APPEND", .appended(mailboxAt: 0)),
        ("LOCALAPPEND", .appended(mailboxAt: 0)),
        ("REPLACE", .appended(mailboxAt: 1)),
        ("COPY", secondMailbox), ("MOVE", secondMailbox), ("XMOVE", secondMailbox),
        ("STORE", .stored),
        ("SEARCH", .search(skipping: 0)), ("ESEARCH", .search(skipping: 0)), ("SORT", .search(skipping: 1)),
        ("THREAD", .search(skipping: 2)), ("FILTER", .filter),
        ("GETACL", oneMailbox), ("SETACL", ofUser), ("DELETEACL", ofUser), ("LISTRIGHTS", ofUser), ("MYRIGHTS", oneMailbox),
        ("GETQUOTA", oneMailbox), ("SETQUOTA", oneMailbox), ("GETQUOTAROOT", oneMailbox),
        ("GETMETADATA", .getMetadata), ("SETMETADATA", metadata), ("GETANNOTATION", oneMailbox),
        ("SETANNOTATION", annotation), ("NOTIFY", .notified), ("RESETKEY", oneMailbox), ("ID", .sequence([idFields])),
        ("XAPPLEPUSHSERVICE", .pushService), ("XFER", onlyMailbox), ("DUMP", onlyMailbox), ("RECONSTRUCT", onlyMailbox),
        ("UNDUMP", .sequence([mailbox, ContentSlot(.unknown)])), ("MUPDATEPUSH", onlyMailbox), ("XWARMUP", onlyMailbox),
        ("XBACKUP", onlyMailbox), ("ACL", .each(.unknown)),
        // What is secret in these, others take care of.
        ("XCLIENT", .kept), ("GENURLAUTH", .kept), ("URLFETCH", .kept),
    ])

    private static let idFields = ContentSlot(.kept, list: .named(.id))

    private static let responses = KeywordTable<ContentShape>([
        ("FETCH", .named(.fetch)), ("STORE", .named(.fetch)), ("UIDFETCH", .named(.fetch)),
        ("FLAGS", .each(.flag)), ("LIST", .listed), ("LSUB", .listed), ("XLIST", .listed), ("STATUS", .status),
        ("ESEARCH", .sequence([ContentSlot(.kept, list: .named(.correlator)), .kept])),
        ("ID", .sequence([idFields])), ("NAMESPACE", .namespaces), ("ACL", .rights), ("LISTRIGHTS", ofUser),
        ("MYRIGHTS", oneMailbox), ("QUOTA", oneMailbox), ("QUOTAROOT", .each(.mailbox)), ("METADATA", metadata),
        ("ANNOTATION", annotation), ("CONVERTED", .converted), ("URLFETCH", .urlFetched), ("BBOARD", oneMailbox),
        ("MAILBOX", oneMailbox),
    ])

    private static let codes = KeywordTable<ContentShape>([
        ("PERMANENTFLAGS", .each(.flag)), ("MAILBOXID", .each(.identifier)), ("NEWNAME", .each(.mailbox)),
    ])
}
