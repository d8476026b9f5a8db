import NIOCore

/// What follows the names of commands, responses and codes, where it is more than numbers and words of the protocol.
enum ContentGrammar {
    static func shape(ofCommand name: Keyword) -> ContentShape { commands[name] ?? .each(.words) }

    private static let commands = KeywordTable(keys: IMAPVerb.all.map { ($0.name, shape(of: $0.arguments)) })

    /// What follows the last place that a row describes may be anything.
    static func shape(of arguments: [IMAPVerb.Argument]) -> ContentShape {
        var slots: [ContentSlot] = []
        for argument in arguments {
            switch argument {
            case .plain(let kind): slots.append(slot(of: kind))
            case .words: return slots.isEmpty ? .kept : .sequence(slots + [.kept])
            case .parameters: return .sequence(slots + [ContentSlot(.words, list: .kept)])
            case .names, .unknown: return .sequence(slots + [anything])
            case .mailboxes: return .sequence(slots + [mailbox])
            case .idFields: slots.append(ContentSlot(.words, list: idFields.list))
            case .entries: slots.append(ContentSlot(.words, list: entries.list))
            case .listRequest: return .listRequest
            case .metadataRequest: return .getMetadata
            case .messages: return .appended(mailboxAt: slots.count - 1)
            case .stored: return .stored
            case .searchKeys: return .search(skipping: slots.count)
            case .notifyGroups: return .notified
            case .script: return .filter
            case .pushService: return .pushService
            // Others take care of what is secret in these.
            case .login, .urls, .secret: return .kept
            }
        }
        return .sequence(slots + [anything])
    }

    /// Nobody has written down what it is.
    private static let anything = ContentSlot(.words)

    private static func slot(of kind: PlainArgument.Kind) -> ContentSlot {
        switch kind {
        case .word, .count, .range, .set, .quoted: .kept
        case .mailbox: mailbox
        case .user: user
        case .text: ContentSlot(.searched)
        }
    }

    static func shape(ofResponse response: IMAPResponse) -> ContentShape {
        if response.kind == .unknown || response.kind == .vendor { return .each(.unknown) }
        return response.name.flatMap { responses[$0] } ?? .kept
    }

    static func shape(ofCode name: Keyword) -> ContentShape { codes[name] ?? .kept }

    private static let mailbox = ContentSlot(.mailbox)
    private static let user = ContentSlot(.user)
    private static let oneMailbox = ContentShape.sequence([mailbox, .kept])
    private static let ofUser = ContentShape.sequence([mailbox, user, .kept])
    private static let entries = ContentSlot(.kept, list: .named(.metadata))
    private static let metadata = ContentShape.sequence([mailbox, entries, .kept])
    private static let annotation = ContentShape.sequence([mailbox, .kept, entries, .kept])
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
