import NIOCore

/// One rule of a policy: when all of its conditions hold, its action is taken.
public struct PolicyRule: Hashable, Sendable {
    /// What becomes of a command for which the rule holds.
    public enum Action: Hashable, Sendable {
        case allow
        /// With the rule's own text; with the usual one when `nil`.
        case refuse(Denial?)
        case pretend
        /// The command passes as one that changes less (``Rewrite``). Where there is no such command, the rule does not hold.
        case rewrite
        case drop
        /// A person decides within this many seconds; after that the command is refused.
        case hold(seconds: Int)

        /// Whether more passes by this rule than without it.
        var opens: Bool { self == .allow || self == .rewrite }
        /// Whether more passes by this rule than without it, or may pass once a person says so.
        var mayLetPass: Bool { if case .hold = self { true } else { opens } }
    }

    /// The name that the log gives it, beside its number.
    public var name: String?
    /// All of these conditions must hold.
    public var match: PolicyMatch
    /// What is done then.
    public var action: Action

    /// A rule from its conditions and its action.
    public init(name: String? = nil, match: PolicyMatch, action: Action) {
        self.name = name
        self.match = match
        self.action = action
    }

    /// `rule 2`, `rule 2 (no newsletters)`
    func title(at index: Int) -> String { "rule \(index + 1)" + (name.map { " (\($0))" } ?? "") }

    func holds(for command: SubmittedCommand, in context: PolicyContext) -> Bool {
        (action != .rewrite || !command.rewrites.isEmpty) && match.holds(for: command, in: context, opens: action.opens)
    }
}

/// The conditions of a rule. A condition that is not given always holds.
public struct PolicyMatch: Hashable, Sendable {
    /// A command by its verb, or all commands of a class.
    public enum Command: Hashable, Sendable {
        case verb(Keyword, usesUIDs: Bool)
        case kind(CommandClass)
    }

    /// Flags that STORE or APPEND names, `\Deleted`, in any case.
    ///
    /// A rule that refuses holds when one of them is among what the command names; a rule that allows, when all that the
    /// command names are among them. `FLAGS` adds what it names and takes away all else: it is refused as either, and allowed
    /// only where ``operations`` has `replace`. APPEND adds.
    public struct Flags: Hashable, Sendable {
        /// `\Deleted`, `$Junk`; compared without regard to the case of ASCII letters.
        public var names: [String]
        /// STORE with `+FLAGS`, `-FLAGS` or `FLAGS`. Where none is given, a rule that allows means the first two, and a rule
        /// that refuses means all three.
        public var operations: Set<StoreRequest.Operation>

        /// Flags with the operations that are meant; see ``operations`` for none.
        public init(_ names: [String], operations: Set<StoreRequest.Operation> = []) {
            self.names = names
            self.operations = operations
        }
    }

    /// How the client's leg is encrypted: not at all, with any TLS, or with this version or a later one.
    public enum TLS: Hashable, Sendable {
        case none, any
        case atLeast(TLSProtocolVersion)
    }

    /// `nil` for both protocols.
    public var mailProtocol: MailProtocol?
    /// One of these; any command where it is empty.
    public var commands: [Command] = []
    /// A rule that refuses holds when these match one of the mailboxes that the command touches; a rule that allows, when they
    /// match all of them.
    public var mailboxes: [MailboxPattern] = []
    /// `nil` for any flags, and for commands without flags.
    public var flags: Flags?
    /// One of these has logged in, or tries to; anybody where it is empty.
    public var users: [TextPattern] = []
    /// The client's address is in one of these; any address where it is empty.
    public var clients: [AddressRange] = []
    /// URLs listened on, with `*` for anything.
    public var listeners: [TextPattern] = []
    /// `nil` for any leg, encrypted or not.
    public var tls: TLS?
    /// The message has more octets than this: that of APPEND, or of RETR and TOP where its size is known.
    public var larger: UInt64?
    /// The session is in one of these states; in any where it is empty.
    public var states: [PolicyContext.State] = []
    /// The command asks to see something of these levels: a rule that refuses holds when it asks for one of them, a rule that
    /// allows when it asks for no other. Does not hold for a command that shows nothing of messages.
    public var reads: Set<Sight> = []
    /// At least this many logins of the session were refused.
    public var failedLogins: Int?

    /// No conditions: such a rule always holds.
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
            usesUIDs
                ? StrictVerb.named(name)?.takesUIDs == true
                : IMAPVerb.named(name) != nil || POP3Verb.named(name) != nil
        else { return nil }
        self = .verb(name, usesUIDs: usesUIDs)
    }

    /// All verbs that are known.
    public static let names = Set(IMAPVerb.all.map(\.name.description) + POP3Verb.all.map(\.name.description)).sorted()
}

extension PolicyMatch {
    /// Whether clients can cope with all of its commands being done only for show.
    public var mayBePretended: Bool {
        !commands.isEmpty
            && commands.allSatisfy { command in
                switch command {
                case .verb(Keyword("STORE"), _), .kind(.flag):
                    flags.map { $0.names.allSatisfy { $0.equalsASCII("\\Seen") } } ?? false
                case .verb(let name, _): [Keyword("DELE"), Keyword("SUBSCRIBE"), Keyword("UNSUBSCRIBE")].contains(name)
                case .kind(let kind): kind == .subscribe || kind == .delete
                }
            }
    }

    func holds(for command: SubmittedCommand, in context: PolicyContext, opens: Bool) -> Bool {
        (mailProtocol == nil || mailProtocol == context.mailProtocol)
            && (commands.isEmpty || commands.contains { $0.names(command, context.mailProtocol, opens: opens) })
            && (states.isEmpty || states.contains(context.state))
            && (clients.isEmpty || holdsForAddress(in: context, opens: opens))
            && (users.isEmpty || holdsForUser(in: context, opens: opens))
            && (listeners.isEmpty || listeners.contains { $0.matches(context.listener) })
            && (failedLogins ?? 0) <= context.failedLogins
            && (tls.map { $0.holds(in: context) } ?? true)
            && (larger.map { size in command.messageSize(context).map { $0 > size } ?? command.mayBeLarge(opens) } ?? true)
            && (flags.map { $0.holds(for: command, opens: opens) } ?? true)
            && (reads.isEmpty || holdsForSights(of: command, opens: opens))
            && (mailboxes.isEmpty || holdsForMailboxes(of: command, in: context, opens: opens))
    }

    /// Whether it names the command by its verb, and not only by what it is.
    func namesVerb(of command: SubmittedCommand, _ mailProtocol: MailProtocol) -> Bool {
        commands.contains { if case .verb = $0 { $0.names(command, mailProtocol, opens: false) } else { false } }
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

    private func holdsForAddress(in context: PolicyContext, opens: Bool) -> Bool {
        guard let address = context.clientAddress else { return !opens }
        return clients.contains { $0.contains(address) }
    }

    /// Servers differ in whether the case of a name matters, and do not always show who logged in. Where that leaves a doubt,
    /// a rule that refuses holds.
    private func holdsForUser(in context: PolicyContext, opens: Bool) -> Bool {
        guard let user = context.user else { return !opens && context.state != .notAuthenticated }
        return users.contains { $0.matches(user, inAnyCase: !opens) }
    }

    private func holdsForSights(of command: SubmittedCommand, opens: Bool) -> Bool {
        let sights = command.sights
        return opens ? !sights.isEmpty && sights.isSubset(of: reads) : !sights.isDisjoint(with: reads)
    }

    private func holdsForMailboxes(of command: SubmittedCommand, in context: PolicyContext, opens: Bool) -> Bool {
        guard case .imap(let command) = command else { return false }
        let touched = command.touches(in: context)
        // RENAME takes along what is below.
        let spreads = command.body.parts.spreads
        func matches(_ mailbox: CanonicalMailbox?) -> Bool {
            guard let mailbox else { return false }
            let isNamed = mailboxes.contains { $0.matches(mailbox, separator: context.separator) }
            guard spreads else { return isNamed }
            return opens
                ? isNamed && mailboxes.contains { $0.matchesAll(below: mailbox, separator: context.separator) }
                : isNamed || mailboxes.contains { $0.mayMatch(below: mailbox, separator: context.separator) }
        }
        guard opens else { return touched.mayBeAny || touched.names.contains(where: matches) }
        return !touched.mayBeAny && !touched.names.isEmpty && touched.names.allSatisfy(matches)
    }
}

extension PolicyMatch.Command {
    /// A rule that lets a class pass is not meant for verbs that lead around the gate: those have to be named.
    fileprivate func names(_ command: SubmittedCommand, _ mailProtocol: MailProtocol, opens: Bool) -> Bool {
        switch self {
        case .kind(let kind): kind == CommandClass(command.name, mailProtocol) && !(opens && command.leadsElsewhere)
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
        case .atLeast(let version): context.clientTLSVersion.map { $0 >= version } ?? false
        }
    }
}

extension PolicyMatch.Flags {
    fileprivate func holds(for command: SubmittedCommand, opens: Bool) -> Bool {
        let parts = command.parts
        if let request = parts.store {
            guard case .flags(let flags) = request.item else { return false }
            return opens ? allows(flags, request.operation) : touches(flags, request.operation)
        }
        guard let flags = parts.appended?.flatMap(\.flags) else { return false }
        return opens ? allows(flags, .add) : touches(flags, .add)
    }

    private func allows(_ flags: [IMAPString], _ operation: StoreRequest.Operation) -> Bool {
        guard operations.contains(operation) || (operations.isEmpty && operation != .replace) else { return false }
        return !flags.isEmpty && flags.allSatisfy { flag in names.contains { flag.isFlag($0) } }
    }

    private func touches(_ flags: [IMAPString], _ operation: StoreRequest.Operation) -> Bool {
        let isNamed = flags.contains { flag in names.contains { flag.isFlag($0) } }
        guard operation == .replace else { return isNamed && (operations.isEmpty || operations.contains(operation)) }
        let (adds, removes) = (operations.isEmpty || operations != [.remove], operations.isEmpty || operations.contains(.remove))
        return isNamed && adds || removes && names.contains { name in !flags.contains { $0.isFlag(name) } }
    }
}

extension IMAPString {
    fileprivate func isFlag(_ name: String) -> Bool { String(buffer: bytes).equalsASCII(name) }
}

extension String {
    /// Compares with the case of A to Z ignored, and of nothing else.
    func equalsASCII(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) { $0.uppercased == $1.uppercased } }
}

extension SubmittedCommand {
    fileprivate var leadsElsewhere: Bool {
        switch self {
        case .imap(let command): IMAPVerb.named(command.name)?.effect == .elsewhere
        case .pop3: false
        }
    }

    /// Whether it may be about a large message, because the size is not known.
    fileprivate func mayBeLarge(_ opens: Bool) -> Bool { !opens && parts.isOfOneMessage }

    fileprivate func messageSize(_ context: PolicyContext) -> UInt64? {
        switch self {
        case .imap(let command): command.body.parts.appended.map { UInt64($0.reduce(0) { $0 &+ $1.octets }) }
        case .pop3: context.messageSize
        }
    }
}
