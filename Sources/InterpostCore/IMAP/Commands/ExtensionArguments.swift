import NIOCore

// Arguments of the commands that extensions bring: quota, metadata, notifications, URLs, push services.

/// One resource of SETQUOTA (RFC 9208 §4.1.3): `STORAGE 512`.
public struct QuotaLimit: Hashable, Sendable {
    /// `STORAGE`, `MESSAGE`, … (RFC 9208 §5), in upper case.
    public var resource: Keyword
    /// In the units of the resource: 1024 octets for STORAGE.
    public var limit: UInt64
}

/// One entry of SETMETADATA (RFC 5464 §4.3): `/private/comment "My comment"`; NIL removes it.
public struct MetadataEntry: Hashable, Sendable {
    /// `/private/comment`, `/shared/comment`.
    public var name: IMAPString
    /// `nil` where the client sent NIL: the entry is to be removed.
    public var value: IMAPString?
}

/// NOTIFY SET (RFC 5465 §6).
///
///     SET STATUS (SELECTED MessageNew (FLAGS) MessageExpunge) (SUBTREE Lists MessageNew)
public struct NotifyRequest: Hashable, Sendable {
    /// One group of mailboxes, with the events that the client wants to hear of: `(SUBTREE Lists MessageNew)`.
    public struct Group: Hashable, Sendable {
        /// SELECTED, SELECTED-DELAYED, INBOXES, PERSONAL, SUBSCRIBED, SUBTREE, MAILBOXES.
        public var filter: Keyword
        /// The mailboxes of SUBTREE and MAILBOXES; empty for the other filters.
        public var mailboxes: [MailboxName] = []
        /// No events: NONE.
        public var events: [Event] = []
    }

    /// One event, and what is fetched with it: `MessageNew (FLAGS)`.
    public struct Event: Hashable, Sendable {
        /// `MESSAGENEW`, `FLAGCHANGE`, … (RFC 5465 §5), in upper case.
        public var name: Keyword
        /// What MessageNew fetches.
        public var items: [FetchItem] = []
    }

    /// `STATUS`: the server is to send a STATUS of the mailboxes at once.
    public var wantsStatus: Bool
    /// At least one, in the order in which they were sent.
    public var groups: [Group]
}

/// One pair of GENURLAUTH (RFC 4467 §7): a URL to be signed, and how.
public struct URLMechanism: Hashable, Sendable {
    /// A secret: a URL may name a user, a server and a message.
    public var url: Secret
    /// `INTERNAL`, in upper case.
    public var mechanism: Keyword
}

/// One URL of URLFETCH (RFC 4467 §7, RFC 5524 §3): `"imap://…"`, or `("imap://…" BODY BINARY)`.
public struct URLPart: Hashable, Sendable {
    /// A secret: a signed URL is a key to the message.
    public var url: Secret
    /// `BODY`, `BINARY`, `BODYPARTSTRUCTURE` (RFC 5524); empty for a URL alone.
    public var items: [Keyword] = []
}

extension IMAPReader {
    mutating func setQuota() -> IMAPCommand.Body? {
        guard let root = string(), isAtList, let words = list() else { return nil }
        let limits = stride(from: 0, to: words.count - 1, by: 2).compactMap { index -> QuotaLimit? in
            var number = IMAPReader(IMAPText(line: words[index + 1].bytes))
            guard let resource = Keyword(words[index].bytes.readableBytesView), let limit = number.number() else { return nil }
            return QuotaLimit(resource: resource, limit: limit)
        }
        return limits.count * 2 == words.count ? .setQuota(root: root, limits: limits) : nil
    }

    /// `[(MAXSIZE 1024 DEPTH infinity)] mailbox entries`; some clients write the options after the mailbox.
    mutating func getMetadata() -> IMAPCommand.Body? {
        var options = options()
        guard let mailbox = mailbox() else { return nil }
        if options.isEmpty, isAtList {
            var ahead = self
            let found = ahead.options()
            if found.first.map({ $0.name == Keyword("MAXSIZE") || $0.name == Keyword("DEPTH") }) == true {
                options = found
                self = ahead
            }
        }
        guard let entries = stringOrList() else { return nil }
        return .getMetadata(mailbox, entries: entries, options: options)
    }

    mutating func setMetadata() -> IMAPCommand.Body? {
        guard let mailbox = mailbox(), isAtList, let words = list(), words.count.isMultiple(of: 2) else { return nil }
        let entries = stride(from: 0, to: words.count, by: 2).map { index in
            MetadataEntry(name: words[index], value: words[index + 1].isNIL ? nil : words[index + 1])
        }
        return .setMetadata(mailbox, entries)
    }

    mutating func notify() -> IMAPCommand.Body? {
        if skipWord("NONE") { return .notify(nil) }
        guard skipWord("SET") else { return nil }
        var request = NotifyRequest(wantsStatus: skipWord("STATUS"), groups: [])
        while isAtList {
            guard let group = notifyGroup() else { return nil }
            request.groups.append(group)
        }
        return request.groups.isEmpty ? nil : .notify(request)
    }

    private mutating func notifyGroup() -> NotifyRequest.Group? {
        skipSpaces()
        guard skip("("), let filter = keyword() else { return nil }
        var group = NotifyRequest.Group(filter: filter)
        if filter == Keyword("SUBTREE") || filter == Keyword("MAILBOXES") {
            guard let names = stringOrList() else { return nil }
            group.mailboxes = names.map(MailboxName.init)
        }
        if skipWord("NONE") {
            skipSpaces()
            return skip(")") ? group : nil
        }
        // The grammar has the events in parentheses of their own; the examples of RFC 5465 do too.
        skipSpaces()
        let isNested = skip("(")
        while !endsHere(), let name = keyword() {
            group.events.append(.init(name: name, items: isAtList ? FetchItem.readList(&self) : []))
        }
        if isNested, !skip(")") { note(.parenthesisNotClosed) }
        skipSpaces()
        if !skip(")") { note(.parenthesisNotClosed) }
        return group
    }

    mutating func generateURLAuth() -> IMAPCommand.Body? {
        var pairs: [URLMechanism] = []
        while let url = string() {
            guard let mechanism = keyword() else { return nil }
            pairs.append(URLMechanism(url: Secret(url.bytes), mechanism: mechanism))
        }
        return pairs.isEmpty ? nil : .generateURLAuth(pairs)
    }

    mutating func urlFetch() -> IMAPCommand.Body? {
        var parts: [URLPart] = []
        while !endsHere() {
            guard let words = stringOrList(), let url = words.first else { return nil }
            let items = words.dropFirst().compactMap { Keyword($0.bytes.readableBytesView) }
            parts.append(URLPart(url: Secret(url.bytes), items: items))
        }
        return parts.isEmpty ? nil : .urlFetch(parts)
    }

    /// `aps-version 2 aps-account-id x aps-device-token y aps-subtopic z mailboxes (INBOX Notes)`: the values identify a
    /// person and a device, so only the keys are kept.
    mutating func applePushService() -> IMAPCommand.Body? {
        var keys: [IMAPString] = []
        var mailboxes: [MailboxName] = []
        while let key = string() {
            keys.append(key)
            if isAtList { mailboxes += (list() ?? []).map(MailboxName.init) } else { _ = string() }
        }
        return keys.isEmpty ? nil : .applePushService(keys: keys, mailboxes: mailboxes)
    }

    mutating func transfer() -> IMAPCommand.Body? {
        guard let mailbox = mailbox(), let server = string() else { return nil }
        return .transfer(mailbox, server: server, partition: string())
    }

    mutating func maintain() -> IMAPCommand.Body? { mailbox().map { .maintain($0, options: remainingValues()) } }
}
