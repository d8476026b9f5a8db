import NIOCore

// What servers say for extensions: rights, quota, annotations, URLs, conversions, push services.

/// Who may do what (RFC 4314 §3.6): `fred rwipsldexta`.
public struct ACLEntry: Hashable, Sendable {
    /// A user or a group; after a `-`, the rights are those that it is denied (RFC 4314 §2).
    public var identifier: IMAPString
    /// Letters of RFC 4314 §2.1; servers may add digits of their own.
    public var rights: IMAPString
}

/// How much of a resource is used (RFC 9208 §4.2.1): `STORAGE 10 512`, in units of 1024 octets.
public struct QuotaUsage: Hashable, Sendable {
    /// `STORAGE`, `MESSAGE`, … (RFC 9208 §5), in upper case.
    public var resource: Keyword
    /// In the units of the resource.
    public var usage: UInt64
    /// In the units of the resource.
    public var limit: UInt64
}

/// What one URL of URLFETCH stands for (RFC 4467 §7, RFC 5524 §3).
public struct URLContent: Hashable, Sendable {
    /// A secret: a signed URL is a key to the message.
    public var url: Secret
    /// `nil` for NIL, when the server does not give it out, and where the answer has ``items``.
    public var content: IMAPString?
    /// `(BODYPARTSTRUCTURE (…)) (BINARY ~{3}…)`
    public var items: [IMAPOption] = []
}

/// One pair of XAPPLEPUSHSERVICE: `"aps-topic" "com.apple.mail.XServer.x"`. The topic identifies this account's devices.
public struct ApplePushField: Hashable, Sendable {
    /// `aps-version`, `aps-topic`.
    public var name: IMAPString
    /// A secret: see above.
    public var value: Secret
}

extension IMAPReader {
    /// `INBOX fred rwipslda david lrs`
    mutating func acl() -> IMAPResponse.Data? {
        guard let mailbox = mailbox() else { return nil }
        var entries: [ACLEntry] = []
        while let identifier = string() {
            guard let rights = string() else {
                note(.valueMissing)
                break
            }
            entries.append(ACLEntry(identifier: identifier, rights: rights))
        }
        return .acl(mailbox, entries)
    }

    /// `INBOX fred la r swicdkxte`
    mutating func listRights() -> IMAPResponse.Data? {
        guard let mailbox = mailbox(), let identifier = string() else { return nil }
        return .listRights(mailbox, identifier: identifier, required: string(), optional: strings())
    }

    mutating func myRights() -> IMAPResponse.Data? {
        guard let mailbox = mailbox(), let rights = string() else { return nil }
        return .myRights(mailbox, rights)
    }

    /// `"" (STORAGE 10 512)`
    mutating func quota() -> IMAPResponse.Data? {
        guard let root = string() else { return nil }
        var resources: [QuotaUsage] = []
        guard !skipNIL() else {
            note(.nilForList)
            return .quota(root: root, resources)
        }
        readList { reader in
            guard let resource = reader.keyword() else { return }
            guard let usage = reader.dueNumber(), let limit = reader.dueNumber() else { return }
            resources.append(QuotaUsage(resource: resource, usage: usage, limit: limit))
        }
        return .quota(root: root, resources)
    }

    mutating func quotaRoot() -> IMAPResponse.Data? {
        guard let mailbox = mailbox() else { return nil }
        return .quotaRoot(mailbox, roots: strings())
    }

    /// `"INBOX" (/private/comment "mine")`, or only names when somebody has changed the entries (RFC 5464 §4.4).
    mutating func metadata() -> IMAPResponse.Data? {
        guard let mailbox = mailbox() else { return nil }
        guard isAtList else { return .metadataChanged(mailbox, entries: strings()) }
        return .metadata(mailbox, metadataEntries())
    }

    /// `"INBOX" "/comment" ("value.priv" "mine")`, from the draft that became RFC 5464.
    mutating func annotation() -> IMAPResponse.Data? {
        guard let mailbox = mailbox(), let entry = string() else { return nil }
        return .annotation(mailbox, entry: entry, metadataEntries())
    }

    /// `(name value name value)`
    mutating func metadataEntries() -> [MetadataEntry] {
        var entries: [MetadataEntry] = []
        readList { reader in
            guard let name = reader.string() else { return }
            guard let value = reader.nstring() else { return reader.note(.valueMissing) }
            entries.append(MetadataEntry(name: name, value: value))
        }
        return entries
    }

    mutating func generatedURLs() -> IMAPResponse.Data? {
        let urls = strings().map { Secret($0.bytes) }
        return urls.isEmpty ? nil : .genURLAuth(urls)
    }

    /// `"imap://…" {28}…`, `"imap://…" (BODY {28}…)`, `"imap://…" NIL`
    mutating func fetchedURLs() -> IMAPResponse.Data? {
        var contents: [URLContent] = []
        while let url = string() {
            var content = URLContent(url: Secret(url.bytes))
            if isAtList {
                while isAtList { content.items += urlItems() }
            } else if let value = nstring() {
                content.content = value
            } else {
                note(.valueMissing)
            }
            contents.append(content)
        }
        return contents.isEmpty ? nil : .urlFetch(contents)
    }

    private mutating func urlItems() -> [IMAPOption] {
        var items: [IMAPOption] = []
        readList { reader in
            if let name = reader.keyword() { items.append(IMAPOption(name: name, argument: reader.value())) }
        }
        return items
    }

    /// `(TAG "b001") (UID 3 BINARY[1] ~{3}…)`
    mutating func converted(number: UInt64?) -> IMAPResponse.Data? {
        let tag = correlator()
        return isAtList ? .converted(tag: tag, FetchAnswer(&self, number: number)) : nil
    }

    /// `"image/gif" "image/jpeg" ("pix-x" "pix-y")`
    mutating func conversion() -> IMAPResponse.Data? {
        guard let source = string(), let target = string() else { return nil }
        return .conversion(from: source, to: target, parameters: isAtList ? list() ?? [] : [])
    }

    /// `i;unicode-casemap ("i;ascii-numeric" "i;octet")`
    mutating func comparator() -> IMAPResponse.Data? {
        let active = isAtList ? nil : string()
        let available = isAtList ? list() ?? [] : []
        return active == nil && available.isEmpty ? nil : .comparator(active, available: available)
    }

    /// `"aps-version" "2" "aps-topic" "com.apple.mail.XServer.x"`
    mutating func applePushFields() -> [ApplePushField] {
        var fields: [ApplePushField] = []
        while let name = string() {
            guard let value = string() else {
                note(.valueMissing)
                break
            }
            fields.append(ApplePushField(name: name, value: Secret(value.bytes)))
        }
        return fields
    }
}
