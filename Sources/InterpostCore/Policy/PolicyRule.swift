import NIOCore

/// One rule of a policy: when all of its conditions hold, its action is taken.
public struct PolicyRule: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        case allow
        /// With a text of the rule's own, or the usual one.
        case refuse(Denial?)
        case pretend
        /// As what changes less, where there is such a command: ``Rewrite``.
        case rewrite
        case drop
        case hold(seconds: Int)

        /// Whether more passes by this rule than without it.
        var opens: Bool { self == .allow || self == .rewrite }
    }

    /// What the log calls it, beside its number.
    public var name: String?
    public var match: PolicyMatch
    public var action: Action

    public init(name: String? = nil, match: PolicyMatch, action: Action) {
        self.name = name
        self.match = match
        self.action = action
    }
}

/// The conditions of a rule. What is not given holds always.
public struct PolicyMatch: Hashable, Sendable {
    public enum Command: Hashable, Sendable {
        case verb(Keyword, usesUIDs: Bool)
        case kind(CommandClass)
    }

    /// Flags that STORE or APPEND sets or takes away, `\Deleted`, in any case.
    public struct Flags: Hashable, Sendable {
        public var names: [String]
        /// STORE with `+FLAGS`, `-FLAGS` or `FLAGS`; all of them where none is given. APPEND counts as the last one.
        public var operations: Set<StoreRequest.Operation>

        public init(_ names: [String], operations: Set<StoreRequest.Operation> = []) {
            self.names = names
            self.operations = operations
        }
    }

    public enum TLS: Hashable, Sendable {
        case none, any
        /// `1.2`, `1.3`
        case atLeast(String)
    }

    public var mailProtocol: MailProtocol?
    public var commands: [Command] = []
    /// Of a rule that refuses, one of the mailboxes that the command touches; of one that allows, all of them.
    public var mailboxes: [MailboxPattern] = []
    public var flags: Flags?
    public var users: [TextPattern] = []
    public var clients: [AddressRange] = []
    /// URLs listened on, with `*` for anything.
    public var listeners: [TextPattern] = []
    public var tls: TLS?
    /// The message has more octets than this: that of APPEND, or of RETR and TOP where its size is known.
    public var larger: UInt64?
    public var states: [PolicyContext.State] = []
    /// At least so many logins of the session were refused.
    public var failedLogins: Int?

    public init() {}
}

extension PolicyMatch.Command {
    /// `STORE`, `UID STORE`, `DELE`: a verb of either protocol; in lower-case letters a class: `flag`, `move`.
    ///
    /// `nil` for what is neither.
    public init?(_ text: String) {
        if let kind = CommandClass(rawValue: text) {
            self = .kind(kind)
            return
        }
        let usesUIDs = text.uppercased().hasPrefix("UID ")
        let word = usesUIDs ? text.dropFirst(4) : text[...]
        guard let name = Keyword(ByteBuffer(string: String(word)).readableBytesView),
            IMAPVerb.named(name) != nil || POP3Verb.named(name) != nil
        else { return nil }
        self = .verb(name, usesUIDs: usesUIDs)
    }

    /// All verbs that are known.
    public static let names = Set(IMAPVerb.all.map(\.name.description) + POP3Verb.all.map(\.name.description)).sorted()
}

extension PolicyMatch {
    /// Whether clients bear with all of its commands being done only for show.
    public var mayBePretended: Bool {
        !commands.isEmpty
            && commands.allSatisfy { command in
                switch command {
                case .verb(let name, _): [Keyword("DELE"), Keyword("SUBSCRIBE"), Keyword("UNSUBSCRIBE")].contains(name)
                case .kind(let kind): kind == .subscribe || kind == .delete
                }
            }
    }

    func holds(for command: SubmittedCommand, in context: PolicyContext, opens: Bool) -> Bool {
        (mailProtocol == nil || mailProtocol == context.mailProtocol)
            && (commands.isEmpty || commands.contains { $0.names(command, context.mailProtocol) })
            && (states.isEmpty || states.contains(context.state))
            && (clients.isEmpty || clients.contains { $0.contains(context.clientAddress) })
            && (users.isEmpty || context.user.map { user in users.contains { $0.matches(user) } } ?? false)
            && (listeners.isEmpty || listeners.contains { $0.matches(ByteBuffer(string: context.listener)) })
            && (failedLogins ?? 0) <= context.failedLogins
            && (tls.map { $0.holds(in: context) } ?? true)
            && (larger.map { size in command.messageSize(context).map { $0 > size } ?? false } ?? true)
            && (flags.map { $0.holds(for: command) } ?? true)
            && (mailboxes.isEmpty || holdsForMailboxes(of: command, in: context, opens: opens))
    }

    /// Whether it could hold for a command with this verb.
    func mayName(_ name: Keyword, _ mailProtocol: MailProtocol) -> Bool {
        (self.mailProtocol == nil || self.mailProtocol == mailProtocol)
            && (commands.isEmpty
                || commands.contains { command in
                    switch command {
                    case .verb(let verb, _): verb == name
                    case .kind(let kind): kind == CommandClass(name, mailProtocol)
                    }
                })
    }

    private func holdsForMailboxes(of command: SubmittedCommand, in context: PolicyContext, opens: Bool) -> Bool {
        guard case .imap(let command) = command else { return false }
        let touched = command.touches(in: context)
        func matches(_ mailbox: CanonicalMailbox?) -> Bool {
            mailbox.map { name in mailboxes.contains { $0.matches(name, separator: context.separator) } } ?? false
        }
        guard opens else { return touched.contains(where: matches) }
        return !touched.isEmpty && touched.allSatisfy(matches)
    }
}

extension PolicyMatch.Command {
    fileprivate func names(_ command: SubmittedCommand, _ mailProtocol: MailProtocol) -> Bool {
        switch self {
        case .kind(let kind): kind == CommandClass(command.name, mailProtocol)
        case .verb(let name, let usesUIDs):
            if case .imap(let imap) = command { imap.name == name && (!usesUIDs || imap.usesUIDs) } else { command.name == name }
        }
    }
}

extension PolicyMatch.TLS {
    fileprivate func holds(in context: PolicyContext) -> Bool {
        switch self {
        case .none: !context.clientIsEncrypted
        case .any: context.clientIsEncrypted
        // `TLSv1.3`; versions are compared as text, which is right up to 1.9.
        case .atLeast(let version): context.clientTLSVersion.map { $0.suffix(3) >= version } ?? false
        }
    }
}

extension PolicyMatch.Flags {
    fileprivate func holds(for command: SubmittedCommand) -> Bool {
        guard case .imap(let command) = command else { return false }
        let (flags, operation): ([IMAPString], StoreRequest.Operation)
        switch command.body {
        case .store(_, let request):
            guard case .flags(let names) = request.item else { return false }
            (flags, operation) = (names, request.operation)
        case .append(_, let messages): (flags, operation) = (messages.flatMap(\.flags), .replace)
        default: return false
        }
        guard operations.isEmpty || operations.contains(operation) else { return false }
        return flags.contains { flag in names.contains { String(buffer: flag.bytes).equalsASCII($0) } }
    }
}

extension String {
    /// Letters A to Z are equal in both cases, and nothing else is.
    func equalsASCII(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) { $0.uppercased == $1.uppercased } }
}

extension SubmittedCommand {
    fileprivate func messageSize(_ context: PolicyContext) -> UInt64? {
        switch self {
        case .imap(let command):
            if case .append(_, let messages) = command.body { UInt64(messages.reduce(0) { $0 &+ $1.octets }) } else { nil }
        case .pop3: context.messageSize
        }
    }
}

extension StrictCommand {
    /// The mailboxes that the command is about: those it names, and the selected one for what it does there. A name without
    /// a canonical form, and what cannot be told, are `nil`.
    func touches(in context: PolicyContext) -> [CanonicalMailbox?] {
        var touched = body.mailboxes.map { CanonicalMailbox($0, separator: context.separator) }
        switch body {
        case .copy, .move, .replace, .expunge, .search, .sort, .thread, .fetch, .store, .close, .unselect, .check, .uidBatches,
            .idle:
            touched.append(context.selected)
        case .list, .getQuota, .setQuota, .notify, .getAnnotation: touched.append(nil)
        default: break
        }
        return touched
    }
}
