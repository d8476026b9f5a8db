import NIOCore

/// Writes a command anew from what it means, in the one spelling that all servers read alike.
///
///     {5}␍␊inbox      INBOX
///     a b             "a b"
///     nil             "nil"
///     ü               {2}␍␊ü
public struct CommandWriter: Sendable {
    /// The literals that a server takes without being asked (RFC 7888).
    public enum Literals: Sendable {
        case none
        /// Up to 4096 octets.
        case minus
        case plus
    }

    public var literals: Literals

    public init(literals: Literals) { self.literals = literals }

    /// `nil` for a command that is not passed on, and for one that has no spelling within the limits.
    public func write(_ command: StrictCommand) -> WrittenCommand? {
        var text = CommandText(literals: literals)
        text.word(command.tag)
        text.mark(command.usesUIDs ? " UID " : " ")
        switch command.body {
        case .select(_, let readOnly, _): text.word(Keyword(readOnly ? "EXAMINE" : "SELECT"))
        default: text.word(command.name)
        }
        text.arguments(of: command.body)
        return text.finished()
    }
}

extension CommandText {
    fileprivate mutating func arguments(of body: IMAPCommand.Body) {
        switch body {
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .namespace, .idle, .check, .close, .unselect,
            .expunge(nil), .getJMAPAccess, .language([]), .comparator([]):
            break
        case .notify(nil): mark(" NONE")
        case .id, .enable, .login, .authenticate, .compress, .language, .comparator: sessionArguments(of: body)
        case .select, .create, .delete, .rename, .subscribe, .unsubscribe, .list, .status, .append, .replace:
            mailboxArguments(of: body)
        case .expunge, .search, .sort, .thread, .fetch, .store, .copy, .move, .conversions, .cancelUpdate, .uidBatches:
            messageArguments(of: body)
        default: extensionArguments(of: body)
        }
    }

    private mutating func sessionArguments(of body: IMAPCommand.Body) {
        mark(" ")
        switch body {
        case .id([]): mark("NIL")
        case .id(let fields):
            list(fields) { text, field in
                text.string(field.name)
                text.mark(" ")
                if let value = field.value { text.string(value) } else { text.mark("NIL") }
            }
        case .enable(let names): words(names) { text, name in text.word(name.bytes) }
        case .login(let user, let password):
            astring(user)
            mark(" ")
            password.withExposedBytes { astring(IMAPString($0)) }
        case .authenticate(let mechanism, let response):
            word(mechanism)
            guard let response else { return }
            mark(" ")
            response.withExposedBytes { word($0) }
        case .compress(let algorithm): word(algorithm)
        case .language(let ranges): words(ranges) { text, range in text.astring(range) }
        case .comparator(let orders): words(orders) { text, order in text.astring(order) }
        default: breakOff()
        }
    }

    mutating func mailbox(_ name: MailboxName) {
        if name.string.isINBOX { mark("INBOX") } else { astring(name.string) }
    }

    private mutating func mailboxArguments(of body: IMAPCommand.Body) {
        mark(" ")
        switch body {
        case .select(let name, _, let parameters), .create(let name, let parameters):
            mailbox(name)
            if !parameters.isEmpty {
                mark(" ")
                options(parameters)
            }
        case .delete(let name), .subscribe(let name), .unsubscribe(let name): mailbox(name)
        case .rename(let old, let new, let parameters):
            mailbox(old)
            mark(" ")
            mailbox(new)
            if !parameters.isEmpty { breakOff() }
        case .list(let request): self.request(request)
        case .status(let name, let items):
            mailbox(name)
            mark(" ")
            list(items) { text, item in text.word(item) }
        case .append(let name, let messages):
            mailbox(name)
            if messages.count == 1 { message(messages[0]) } else { breakOff() }
        case .replace(let set, let name, let message):
            self.set(set)
            mark(" ")
            mailbox(name)
            self.message(message)
        default: breakOff()
        }
    }

    private mutating func request(_ request: ListRequest) {
        if !request.selection.isEmpty {
            options(request.selection)
            mark(" ")
        }
        astring(request.reference)
        mark(" ")
        if request.patterns.count == 1 {
            mailbox(MailboxName(request.patterns[0]))
        } else {
            list(request.patterns) { text, pattern in text.mailbox(MailboxName(pattern)) }
        }
        guard !request.returns.isEmpty else { return }
        mark(" RETURN ")
        options(request.returns)
    }

    private mutating func message(_ message: AppendedMessage) {
        guard message.extensions.isEmpty, message.parts.count == 1 else { return breakOff() }
        mark(" ")
        if !message.flags.isEmpty {
            list(message.flags) { text, flag in text.word(flag.bytes) }
            mark(" ")
        }
        if let date = message.internalDate {
            string(date)
            mark(" ")
        }
        self.message(message.parts[0])
    }

    private mutating func extensionArguments(of body: IMAPCommand.Body) {
        mark(" ")
        switch body {
        case .getACL(let name), .myRights(let name), .getQuotaRoot(let name): mailbox(name)
        case .setACL(let name, let identifier, let rights):
            mailbox(name)
            mark(" ")
            words([identifier, rights]) { text, word in text.astring(word) }
        case .deleteACL(let name, let identifier), .listRights(let name, let identifier):
            mailbox(name)
            mark(" ")
            astring(identifier)
        case .getQuota(let root): astring(root)
        case .setQuota(let root, let limits):
            astring(root)
            mark(" ")
            list(limits) { text, limit in
                text.word(limit.resource)
                text.mark(" ")
                text.word(ByteBuffer(string: "\(limit.limit)"))
            }
        case .getMetadata(let name, let entries, let options):
            if !options.isEmpty {
                self.options(options)
                mark(" ")
            }
            mailbox(name)
            mark(" ")
            list(entries) { text, entry in text.astring(entry) }
        case .setMetadata(let name, let entries):
            mailbox(name)
            mark(" ")
            list(entries) { text, entry in
                text.astring(entry.name)
                text.mark(" ")
                if let value = entry.value { text.string(value) } else { text.mark("NIL") }
            }
        case .getAnnotation(let name, let entries, let attributes):
            mailbox(name)
            mark(" ")
            list(entries) { text, entry in text.string(entry) }
            mark(" ")
            list(attributes) { text, attribute in text.string(attribute) }
        default: breakOff()
        }
    }
}
