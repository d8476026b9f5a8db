import NIOCore

extension EventValues {
    /// What an untagged response says. `nil` for one whose kind has no values, that is not read, or whose text the log does not
    /// show; but the lengths of the texts of messages and of annotations are told.
    ///
    ///     * LIST (\HasNoChildren) "/" Entw&APw-rfe␍␊
    ///     {"kind":"list","mailbox":{"name":"Entwürfe","raw":"Entw&APw-rfe"},"separator":"/","attributes":["\\HasNoChildren"]}
    /// - Parameter isStrict: Whether nothing in it was odd: where something is, a text may be where a name should be.
    init?(
        _ response: IMAPResponse, _ data: IMAPResponse.Data, isStrict: Bool, without secrets: LogRedactor, namesAreUTF8: Bool,
        limit: Int = maximumOctets
    ) {
        let isShown: Bool
        switch data {
        case .fetch(let answer): isShown = answer.isHarmless || isStrict
        case .metadata, .metadataChanged: isShown = isStrict
        default: isShown = response.kind.isHarmless
        }
        guard isShown, !secrets.finds(in: response.text) else { return nil }
        self.init(without: secrets, namesAreUTF8: namesAreUTF8, limit: limit) { $0.response(data) }
    }
}

extension ValueWriter {
    fileprivate mutating func response(_ data: IMAPResponse.Data) {
        switch data {
        case .fetch(let answer): fetched(answer)
        case .search(let numbers, let modSequence), .sort(let numbers, let modSequence): found(numbers, modSequence: modSequence)
        case .esearch(let data): found(data)
        case .thread(let threads):
            word("kind", "thread")
            self.threads("threads", threads)
        case .vanished(let uids, let earlier):
            word("kind", "vanished")
            flag("earlier", earlier)
            set("uids", uids)
        case .flags(let flags):
            word("kind", "flags")
            texts("flags", flags.flags)
        case .capabilities(let names):
            word("kind", "capabilities")
            capabilities(names)
        case .enabled(let names):
            word("kind", "enabled")
            capabilities(names)
        case .id(let fields):
            word("kind", "id")
            list("fields", fields) { field, writer in
                writer.object(nil) { writer in
                    writer.text("name", field.name)
                    writer.text("value", field.value)
                }
            }
        default: mailboxResponse(data)
        }
    }

    private mutating func mailboxResponse(_ data: IMAPResponse.Data) {
        switch data {
        case .list(let data):
            word("kind", "list")
            mailbox("mailbox", data.name)
            text("separator", data.separator)
            mailbox("old_name", data.oldName)
            texts("attributes", data.attributes)
            if !data.childInfo.isEmpty { texts("child_info", data.childInfo) }
        case .status(let name, let items):
            word("kind", "status")
            mailbox("mailbox", name)
            for item in items { status(item) }
        case .namespace(let personal, let other, let shared):
            word("kind", "namespace")
            namespaces("personal", personal)
            namespaces("other", other)
            namespaces("shared", shared)
        default: accessResponse(data)
        }
    }

    private mutating func accessResponse(_ data: IMAPResponse.Data) {
        switch data {
        case .acl(let name, let entries):
            word("kind", "acl")
            mailbox("mailbox", name)
            list("entries", entries) { entry, writer in
                writer.object(nil) { writer in
                    writer.text("identifier", entry.identifier)
                    writer.text("rights", entry.rights)
                }
            }
        case .listRights(let name, let identifier, let required, let optional):
            word("kind", "rights")
            mailbox("mailbox", name)
            text("identifier", identifier)
            text("required", required)
            texts("optional", optional)
        case .myRights(let name, let rights):
            word("kind", "rights")
            mailbox("mailbox", name)
            text("rights", rights)
        case .quota(let root, let resources):
            word("kind", "quota")
            text("root", root)
            list("resources", resources) { resource, writer in
                writer.object(nil) { writer in
                    writer.text("name", resource.resource)
                    writer.number("usage", resource.usage)
                    writer.number("limit", resource.limit)
                }
            }
        case .quotaRoot(let name, let roots):
            word("kind", "quota-root")
            mailbox("mailbox", name)
            texts("roots", roots)
        case .metadata(let name, let entries): metadata(name, entries.map { ($0.name, $0.value.map { UInt64($0.length) }) })
        case .metadataChanged(let name, let entries): metadata(name, entries.map { ($0, nil) })
        default: break
        }
    }

    private mutating func metadata(_ name: MailboxName, _ entries: [(name: IMAPString, octets: UInt64?)]) {
        word("kind", "metadata")
        mailbox("mailbox", name)
        list("entries", entries) { entry, writer in
            writer.object(nil) { writer in
                writer.text("name", entry.name)
                writer.number("octets", entry.octets)
            }
        }
    }

    mutating func capabilities(_ names: [IMAPString]) {
        list("capabilities", names) { word, writer in
            let capability = IMAPCapability(reading: word.bytes)
            writer.object(nil) { writer in
                guard let name = capability.name else { return writer.text("name", word) }
                writer.text("name", ByteBuffer(string: name.rawValue))
                switch capability.argument {
                case .number(let number): writer.text("argument", ByteBuffer(string: "\(number)"))
                case .word(let word): writer.text("argument", word)
                case .text(let text): writer.text("argument", text)
                case nil: break
                }
            }
        }
    }

    private mutating func status(_ item: StatusItem) {
        switch item {
        case .messages(let number): self.number("messages", number)
        case .recent(let number): self.number("recent", number)
        case .unseen(let number): self.number("unseen", number)
        case .uidNext(let number): self.number("uid_next", number)
        case .uidValidity(let number): self.number("uid_validity", number)
        case .deleted(let number): self.number("deleted", number)
        case .deletedStorage(let octets): number("deleted_storage", octets)
        case .size(let octets): number("size", octets)
        case .highestModSequence(let number): self.number("highest_modseq", number)
        case .mailboxID(let id): text("mailbox_id", id)
        case .appendLimit(let octets): number("append_limit", octets)
        case .other: break
        }
    }

    private mutating func namespaces(_ key: StaticString, _ namespaces: [Namespace]) {
        list(key, namespaces) { namespace, writer in
            writer.object(nil) { writer in
                writer.mailbox("prefix", MailboxName(namespace.prefix))
                writer.text("separator", namespace.separator)
            }
        }
    }
}
