import NIOCore

/// Writes a command anew from what it means, in the one spelling that all servers read alike.
///
///     {5}␍␊inbox      INBOX
///     a b             "a b"
///     nil             "nil"
///     ü               {2}␍␊ü
package struct CommandWriter: Sendable {
    /// The literals that a server takes without being asked (RFC 7888).
    package enum Literals: Sendable {
        case none
        /// Up to 4096 octets.
        case minus
        case plus
    }

    package var literals: Literals

    package init(literals: Literals) { self.literals = literals }

    /// `nil` for a command that is not passed on, and for one that has no spelling within the limits.
    package func write(_ command: StrictCommand) -> WrittenCommand? {
        var text = CommandText(literals: literals)
        text.word(command.tag)
        text.mark(command.usesUIDs ? " UID " : " ")
        if case .select(_, let readOnly, _) = command.body {
            text.word(Keyword(readOnly ? "EXAMINE" : "SELECT"))
        } else {
            text.word(command.name)
        }
        text.arguments(of: command.body)
        return text.finished()
    }
}

extension CommandText {
    /// A new body needs a case here, or the core does not build.
    fileprivate mutating func arguments(of body: IMAPCommand.Body) {
        switch body {
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .namespace, .idle, .check, .close, .unselect, .expunge(nil):
            break
        case .plain(let arguments): each(arguments) { text, argument in text.plain(argument) }
        case .notify(nil): mark(" NONE")
        case .id(let fields): id(fields)
        case .enable(let names): each(names) { text, name in text.word(name.bytes) }
        case .language(let words), .comparator(let words): each(words) { text, word in text.astring(word) }
        case .login(let user, let password): login(user, password)
        case .authenticate(let mechanism, let response): authenticate(mechanism, response)
        case .compress(let algorithm): each([algorithm]) { text, word in text.word(word) }
        case .select(let name, _, let parameters), .create(let name, let parameters): self.mailbox(name, parameters)
        case .delete(let name), .subscribe(let name), .unsubscribe(let name), .getACL(let name), .myRights(let name),
            .getQuotaRoot(let name):
            mailboxes(name)
        case .rename(let old, let new, let parameters): if parameters.isEmpty { mailboxes(old, new) } else { breakOff() }
        case .list(let request): self.request(request)
        case .status(let name, let items): status(name, items)
        case .append(let name, let messages): append(name, messages)
        case .replace(let set, let name, let message): replace(set, name, message)
        case .expunge(let set?): each([set]) { text, set in text.set(set) }
        case .search(let request): search(request)
        case .sort(let criteria, let request): sort(criteria, request)
        case .thread(let algorithm, let request): thread(algorithm, request)
        case .fetch(let set, let items, let modifiers): fetch(set, items, modifiers)
        case .store(let set, let request): store(set, request)
        case .copy(let set, let name), .move(let set, let name): setAndMailbox(set, name)
        case .cancelUpdate(let tags): each(tags) { text, tag in text.string(tag) }
        case .setACL(let name, let identifier, let rights): mailbox(name, words: identifier, rights)
        case .deleteACL(let name, let identifier), .listRights(let name, let identifier): mailbox(name, words: identifier)
        case .getQuota(let root): each([root]) { text, root in text.astring(root) }
        case .setQuota(let root, let limits): setQuota(root, limits)
        case .getMetadata(let name, let entries, let options): getMetadata(name, entries, options)
        case .setMetadata(let name, let entries): setMetadata(name, entries)
        case .getAnnotation(let name, let entries, let attributes): getAnnotation(name, entries, attributes)
        case .setAnnotation, .convert, .filter, .notify(.some), .generateURLAuth, .resetKey, .urlFetch, .applePushService, .find,
            .partial, .setReadOnly, .transfer, .maintain, .xclient, .courierACL, .done, .vendor, .unknown, .malformed:
            breakOff()
        }
    }

    // MARK: - The session

    private mutating func id(_ fields: [IDField]) {
        mark(" ")
        guard !fields.isEmpty else { return mark("NIL") }
        list(fields) { text, field in
            text.string(field.name)
            text.mark(" ")
            if let value = field.value { text.string(value) } else { text.mark("NIL") }
        }
    }

    private mutating func login(_ user: IMAPString, _ password: Secret) {
        mark(" ")
        astring(user)
        mark(" ")
        password.withExposedBytes { astring(IMAPString($0)) }
    }

    private mutating func authenticate(_ mechanism: Keyword, _ response: Secret?) {
        mark(" ")
        word(mechanism)
        guard let response else { return }
        mark(" ")
        response.withExposedBytes { word($0) }
    }

    // MARK: - Mailboxes

    mutating func mailbox(_ name: MailboxName) {
        if name.string.isINBOX { mark("INBOX") } else { astring(name.string) }
    }

    private mutating func mailboxes(_ names: MailboxName...) { each(names) { text, name in text.mailbox(name) } }

    private mutating func mailbox(_ name: MailboxName, words: IMAPString...) {
        mailboxes(name)
        each(words) { text, word in text.astring(word) }
    }

    private mutating func mailbox(_ name: MailboxName, _ parameters: [IMAPOption]) {
        mailboxes(name)
        guard !parameters.isEmpty else { return }
        mark(" ")
        options(parameters)
    }

    private mutating func request(_ request: ListRequest) {
        mark(" ")
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

    private mutating func status(_ name: MailboxName, _ items: [Keyword]) {
        mailboxes(name)
        mark(" ")
        list(items) { text, item in text.word(item) }
    }

    private mutating func append(_ name: MailboxName, _ messages: [AppendedMessage]) {
        mailboxes(name)
        if messages.count == 1 { message(messages[0]) } else { breakOff() }
    }

    private mutating func replace(_ set: SequenceSet, _ name: MailboxName, _ message: AppendedMessage) {
        setAndMailbox(set, name)
        self.message(message)
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

    // MARK: - Quota, metadata, annotations

    private mutating func setQuota(_ root: IMAPString, _ limits: [QuotaLimit]) {
        mark(" ")
        astring(root)
        mark(" ")
        list(limits) { text, limit in
            text.word(limit.resource)
            text.mark(" ")
            text.number(limit.limit)
        }
    }

    private mutating func getMetadata(_ name: MailboxName, _ entries: [IMAPString], _ options: [IMAPOption]) {
        if !options.isEmpty {
            mark(" ")
            self.options(options)
        }
        mailboxes(name)
        mark(" ")
        list(entries) { text, entry in text.astring(entry) }
    }

    private mutating func setMetadata(_ name: MailboxName, _ entries: [MetadataEntry]) {
        mailboxes(name)
        mark(" ")
        list(entries) { text, entry in
            text.astring(entry.name)
            text.mark(" ")
            if let value = entry.value { text.string(value) } else { text.mark("NIL") }
        }
    }

    private mutating func getAnnotation(_ name: MailboxName, _ entries: [IMAPString], _ attributes: [IMAPString]) {
        mailboxes(name)
        mark(" ")
        list(entries) { text, entry in text.string(entry) }
        mark(" ")
        list(attributes) { text, attribute in text.string(attribute) }
    }
}
