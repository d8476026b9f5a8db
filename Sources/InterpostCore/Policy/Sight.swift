/// How much of messages may be seen. Each level includes those before it.
///
///     sight header      FETCH 1 BODY.PEEK[HEADER] passes; FETCH 1 BODY.PEEK[] and SEARCH TEXT x do not
public enum Sight: String, Hashable, Sendable, CaseIterable, Comparable {
    /// How many messages there are, how large, and by which numbers they are known.
    case count
    /// How they are marked, labelled and dated here.
    case flags
    /// From whom, to whom, when and about what.
    case envelope
    /// Which parts they have, of which kind and size.
    case structure
    /// All fields of their headers.
    case header
    /// What there is to read: the first part. Nobody has looked whether it is a text.
    case text
    /// Everything.
    case attachment

    private var rank: Int {
        switch self {
        case .count: 0
        case .flags: 1
        case .envelope: 2
        case .structure: 3
        case .header: 4
        case .text: 5
        case .attachment: 6
        }
    }

    public static func < (one: Sight, other: Sight) -> Bool { one.rank < other.rank }

    /// What can be shown of a message only together with all else of it.
    static let message: Set<Sight> = [.envelope, .structure, .header, .text, .attachment]
    static let everything = Set(allCases)

    /// What is said to a command that asks for more.
    var denial: Denial {
        let what =
            switch self {
            case .count: "their number and size"
            case .flags: "their number, size, marks and dates"
            case .envelope: "their envelopes"
            case .structure: "their envelopes and structure"
            case .header: "their headers"
            case .text: "their headers and first part"
            case .attachment: "everything"
            }
        return Denial(text: "Of messages only \(what) may be seen here")
    }
}

extension SubmittedCommand {
    /// What of messages an answer to the command may show, or what one may learn from it. Empty for a command that is about
    /// something else.
    var sights: Set<Sight> {
        switch self {
        case .imap(let command): command.sights
        case .pop3(_, let command): command.sights
        }
    }
}

extension POP3Command {
    fileprivate var sights: Set<Sight> {
        switch self {
        case .stat, .list, .uidl: [.count]
        // The message that was read last.
        case .last: [.count, .flags]
        case .top(_, lines: 0): [.envelope, .header]
        case .retr, .top: Sight.message
        case .user, .pass, .apop, .auth, .quit, .noop, .rset, .capa, .utf8, .lang, .dele, .stls, .compress: []
        case .rpop, .xtnd, .xclient, .xoip, .help, .xsender, .gurl, .mdef, .idle, .host, .vendor, .unknown, .malformed:
            Sight.everything
        }
    }
}
