extension IMAPVerb {
    /// What is in one place after a verb. Redaction follows from it, and for plain arguments so do reading and writing.
    ///
    ///     SETACL INBOX fred +lrs      .mailbox, .user, .word
    ///     LIST "" *                   .listRequest
    ///
    /// What follows the last place belongs to no argument, and is taken for anything.
    enum Argument: Sendable {
        /// One value, which every reader finds alike.
        case plain(PlainArgument.Kind)
        /// Words of the protocol, numbers, sets and lists of them, to the end.
        case words
        /// Parameters in parentheses, to the end; a word without them may be anything.
        case parameters
        /// Names of mailboxes, to the end.
        case mailboxes
        /// Names that people gave to something, in an undocumented order, to the end.
        case names
        /// A list of fields and their values (RFC 2971).
        case idFields
        /// A list of entries and their values, which are notes of users (RFC 5464).
        case entries

        // All that is left, in a grammar of its own.
        /// `(SUBSCRIBED) "" (INBOX "a/%") RETURN (CHILDREN)`
        case listRequest
        /// `(MAXSIZE 1024) INBOX (/private/comment)`
        case metadataRequest
        /// `(\Seen) "17-Jul-1996 02:44:25 -0700" {310}`
        case messages
        /// `1:4 +FLAGS (\Seen)`
        case stored
        /// `UNSEEN FROM fred`
        case searchKeys
        /// `SET (SELECTED (MessageNew))`
        case notifyGroups
        /// `SIEVE SCRIPT {n} ALL`
        case script
        /// Keys and values that identify a person and a device.
        case pushService
        /// A name and a password, or what a mechanism has in their place.
        case login
        /// URLs, which may carry tokens.
        case urls
        /// What a proxy says about its client.
        case secret
        /// Nobody has documented it.
        case unknown

        static let word = plain(.word)
        static let count = plain(.count)
        static let range = plain(.range)
        static let set = plain(.set)
        static let mailbox = plain(.mailbox)
        static let user = plain(.user)
        static let text = plain(.text)
        static let quoted = plain(.quoted)

        /// Whether it may be shown in a log, once the password of a login is left out.
        var isHarmless: Bool {
            switch self {
            case .plain, .words, .parameters, .mailboxes, .names, .idFields, .listRequest, .metadataRequest, .messages, .stored,
                .searchKeys, .notifyGroups, .login:
                true
            case .entries, .script, .pushService, .urls, .secret, .unknown: false
            }
        }
    }

    /// What a verb touches. What its arguments name beyond that, as in a search of other mailboxes, is found in the arguments.
    struct Reach: OptionSet, Sendable {
        let rawValue: UInt8

        /// The mailboxes among its arguments.
        static let named = Reach(rawValue: 1)
        /// The selected mailbox.
        static let selected = Reach(rawValue: 2)
        /// The account: none of its mailboxes, or all of them by a pattern.
        static let account = Reach(rawValue: 4)
        /// Any mailbox, and nobody can say which.
        static let everything = Reach(rawValue: 8)
    }

    /// The kinds of the arguments; `nil` where one is not plain.
    static func plainKinds(of arguments: [Argument]) -> [PlainArgument.Kind]? {
        var kinds: [PlainArgument.Kind] = []
        for argument in arguments {
            guard case .plain(let kind) = argument else { return nil }
            kinds.append(kind)
        }
        return kinds
    }
}
