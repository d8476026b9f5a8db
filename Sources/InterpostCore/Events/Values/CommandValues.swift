import NIOCore

extension EventValues {
    /// What an IMAP command asks for. `nil` for one without arguments, and where the log does not show them: those that hold a
    /// secret or a message, that are not read, or that have too many.
    ///
    ///     a1 UID STORE 1:4 +FLAGS (\Seen)␍␊
    ///     {"kind":"store","by_uid":true,"operation":"add","silent":false,"messages":[{"first":1,"last":4}],"flags":["\\Seen"]}
    init?(_ command: IMAPCommand, without secrets: LogRedactor, namesAreUTF8: Bool, limit: Int = maximumOctets) {
        switch command.body {
        // The log shows only what was read of these; the rest of the line is a secret.
        case .login, .authenticate, .id: break
        default:
            guard command.hasHarmlessArguments, !command.quirks.contains(.argumentsLeftOver), !secrets.finds(in: command.text)
            else { return nil }
        }
        self.init(without: secrets, namesAreUTF8: namesAreUTF8, limit: limit) { $0.command(command) }
    }
}

extension ValueWriter {
    fileprivate mutating func command(_ command: IMAPCommand) {
        switch command.body {
        case .login(let user, _):
            word("kind", "login")
            text("user", user)
        case .authenticate(let mechanism, let response): authenticate(mechanism, hasResponse: response != nil)
        case .id(let fields): clientID(fields)
        case .enable(let names):
            word("kind", "enable")
            texts("capabilities", names)
        case .compress(let algorithm):
            word("kind", "compress")
            text("algorithm", algorithm)
        case .expunge(let uids?):
            word("kind", "expunge")
            set("messages", uids)
        case .fetch(let messages, let items, let modifiers): fetch(messages, items, modifiers, command)
        case .store(let messages, let request): store(messages, request, command)
        case .copy(let messages, let target), .move(let messages, let target):
            word("kind", "copy")
            flag("by_uid", command.usesUIDs)
            mailbox("to", target)
            set("messages", messages)
        case .search(let request): search(request, command)
        case .sort(let criteria, let request): search(request, criteria: criteria, command)
        case .thread(let algorithm, let request): search(request, algorithm: algorithm, command)
        default: mailboxCommand(command)
        }
    }

    mutating func authenticate(_ mechanism: Keyword, hasResponse: Bool) {
        word("kind", "authenticate")
        word("mechanism", ShowableNames.title(ofMechanism: mechanism))
        flag("initial_response", hasResponse)
    }

    /// As the log shows it: what a client says about its user is left out.
    private mutating func clientID(_ fields: [IDField]) {
        word("kind", "id")
        list("fields", fields) { field, writer in
            writer.object(nil) { writer in
                writer.text("name", field.name)
                if LogRedactor.identifies(field) { writer.text("value", field.value) }
            }
        }
    }

    private mutating func mailboxCommand(_ command: IMAPCommand) {
        switch command.body {
        case .select(let name, let readOnly, let parameters):
            word("kind", "select")
            mailbox("mailbox", name)
            flag("read_only", readOnly)
            options("parameters", parameters)
        case .create(let name, let parameters):
            word("kind", "mailbox")
            mailbox("mailbox", name)
            options("parameters", parameters)
        case .delete(let name), .subscribe(let name), .unsubscribe(let name), .getACL(let name), .myRights(let name),
            .getQuotaRoot(let name):
            word("kind", "mailbox")
            mailbox("mailbox", name)
        case .rename(let old, let new, let parameters):
            word("kind", "rename")
            mailbox("mailbox", old)
            mailbox("to", new)
            options("parameters", parameters)
        case .list(let request): listing(request)
        case .status(let name, let items):
            word("kind", "status")
            mailbox("mailbox", name)
            texts("items", items)
        case .append(let name, let messages):
            word("kind", "append")
            mailbox("mailbox", name)
            appended(messages)
        case .replace(let replaced, let name, let message):
            word("kind", "replace")
            flag("by_uid", command.usesUIDs)
            mailbox("mailbox", name)
            set("messages", replaced)
            appended([message])
        default: accessCommand(command)
        }
    }

    private mutating func accessCommand(_ command: IMAPCommand) {
        switch command.body {
        case .setACL(let name, let identifier, let rights):
            word("kind", "acl")
            mailbox("mailbox", name)
            text("identifier", identifier)
            text("rights", rights)
        case .deleteACL(let name, let identifier), .listRights(let name, let identifier):
            word("kind", "acl")
            mailbox("mailbox", name)
            text("identifier", identifier)
        case .getQuota(let root):
            word("kind", "quota")
            text("root", root)
        case .setQuota(let root, let limits):
            word("kind", "quota")
            text("root", root)
            list("limits", limits) { limit, writer in
                writer.object(nil) { writer in
                    writer.text("name", limit.resource)
                    writer.number("limit", limit.limit)
                }
            }
        case .getMetadata(let name, let entries, let parameters):
            word("kind", "metadata")
            mailbox("mailbox", name)
            texts("entries", entries)
            options("parameters", parameters)
        default: break
        }
    }

    private mutating func listing(_ request: ListRequest) {
        word("kind", "list")
        mailbox("reference", MailboxName(request.reference))
        list("patterns", request.patterns) { $1.mailbox(nil, MailboxName($0)) }
        options("selection", request.selection)
        options("returns", request.returns)
    }

    private mutating func appended(_ messages: [AppendedMessage]) {
        list("appended", messages) { message, writer in
            writer.object(nil) { writer in
                writer.number("octets", UInt64(clamping: message.octets))
                writer.date("internal_date", message.internalDate)
                writer.texts("flags", message.flags)
            }
        }
    }

    private mutating func fetch(
        _ messages: SequenceSet, _ items: [FetchItem], _ modifiers: [IMAPOption], _ command: IMAPCommand
    ) {
        word("kind", "fetch")
        flag("by_uid", command.usesUIDs)
        list("items", items) { item, writer in writer.object(nil) { $0.fetchItem(item) } }
        options("modifiers", modifiers)
        set("messages", messages)
    }

    private mutating func store(_ messages: SequenceSet, _ request: StoreRequest, _ command: IMAPCommand) {
        // What is stored beside flags and labels may be a text.
        switch request.item {
        case .flags, .labels: break
        case .annotations, .other: return
        }
        word("kind", "store")
        flag("by_uid", command.usesUIDs)
        word("operation", request.operation.rawValue)
        flag("silent", request.isSilent)
        switch request.item {
        case .flags(let flags): texts("flags", flags)
        case .labels(let labels): list("labels", labels) { $1.mailbox(nil, MailboxName($0)) }
        case .annotations, .other: break
        }
        options("modifiers", request.modifiers)
        set("messages", messages)
    }
}
