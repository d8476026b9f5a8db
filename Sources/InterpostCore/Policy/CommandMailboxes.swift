import NIOCore

extension IMAPCommand.Body {
    /// The same command with each mailbox named in its canonical spelling; `nil` where a mailbox has none and is not `listed`
    /// either. A listed mailbox keeps the name that the server gives it; to rules it is one that cannot be told.
    func canonical(separator: UInt8?, listed: ListedNames) -> IMAPCommand.Body? {
        func name(_ mailbox: MailboxName) -> MailboxName? {
            if let name = CanonicalMailbox(mailbox, separator: separator) { return MailboxName(IMAPString(name.bytes)) }
            return listed.contains(mailbox) ? MailboxName(IMAPString(mailbox.string.bytes)) : nil
        }
        switch self {
        case .select(let mailbox, let readOnly, let parameters):
            return name(mailbox).map { .select($0, readOnly: readOnly, parameters: parameters) }
        case .create(let mailbox, let parameters):
            // A separator at the end says that there will be mailboxes below it (RFC 9051 §6.3.4).
            return name(mailbox.withoutTrailing(separator)).map { .create($0, parameters: parameters) }
        case .delete(let mailbox): return name(mailbox).map(IMAPCommand.Body.delete)
        case .rename(let old, let new, let parameters):
            guard let old = name(old), let new = name(new) else { return nil }
            return .rename(old, to: new, parameters: parameters)
        case .subscribe(let mailbox): return name(mailbox).map(IMAPCommand.Body.subscribe)
        case .unsubscribe(let mailbox): return name(mailbox).map(IMAPCommand.Body.unsubscribe)
        case .status(let mailbox, let items): return name(mailbox).map { .status($0, items) }
        case .append(let mailbox, let messages): return name(mailbox).map { .append($0, messages) }
        case .copy(let set, let mailbox): return name(mailbox).map { .copy(set, to: $0) }
        case .move(let set, let mailbox): return name(mailbox).map { .move(set, to: $0) }
        case .replace(let set, let mailbox, let message): return name(mailbox).map { .replace(set, $0, message) }
        case .getACL(let mailbox): return name(mailbox).map(IMAPCommand.Body.getACL)
        case .setACL(let mailbox, let identifier, let rights):
            return name(mailbox).map { .setACL($0, identifier: identifier, rights: rights) }
        case .deleteACL(let mailbox, let identifier): return name(mailbox).map { .deleteACL($0, identifier: identifier) }
        case .listRights(let mailbox, let identifier): return name(mailbox).map { .listRights($0, identifier: identifier) }
        case .myRights(let mailbox): return name(mailbox).map(IMAPCommand.Body.myRights)
        case .getQuotaRoot(let mailbox): return name(mailbox).map(IMAPCommand.Body.getQuotaRoot)
        case .getMetadata(let mailbox, let entries, let options) where mailbox.string.bytes.readableBytes > 0:
            return name(mailbox).map { .getMetadata($0, entries: entries, options: options) }
        case .setMetadata(let mailbox, let entries) where mailbox.string.bytes.readableBytes > 0:
            return name(mailbox).map { .setMetadata($0, entries) }
        case .getAnnotation(let mailbox, let entries, let attributes) where mailbox.string.bytes.readableBytes > 0:
            return name(mailbox).map { .getAnnotation($0, entries: entries, attributes: attributes) }
        case .plain(let arguments):
            var written = arguments
            for (index, argument) in arguments.enumerated() {
                guard case .mailbox(let mailbox) = argument else { continue }
                guard let name = name(mailbox) else { return nil }
                written[index] = .mailbox(name)
            }
            return .plain(written)
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .id, .enable, .login, .authenticate, .compress, .language,
            .comparator, .list, .namespace, .idle, .done, .check, .close, .unselect, .expunge, .search, .sort, .thread, .fetch,
            .store, .convert, .cancelUpdate, .filter, .getQuota, .setQuota, .getMetadata, .setMetadata, .getAnnotation,
            .setAnnotation, .notify, .generateURLAuth, .resetKey, .urlFetch, .applePushService, .find, .partial, .setReadOnly,
            .transfer, .maintain, .xclient, .courierACL, .vendor, .unknown, .malformed:
            return self
        }
    }
}

extension MailboxName {
    fileprivate func withoutTrailing(_ separator: UInt8?) -> MailboxName {
        guard let separator, string.bytes.readableBytes > 1, string.bytes.readableBytesView.last == separator else { return self }
        return MailboxName(IMAPString(ByteBuffer(bytes: string.bytes.readableBytesView.dropLast())))
    }
}

/// Names that the server itself has listed, though they are not spelled as they should be: the latest ones.
///
///     * LIST (\HasNoChildren) "|" "&BBAEMQQyACYEMwQ0BDU-"␍␊      Yandex leaves an & in its base64
struct ListedNames: Sendable {
    private static let maximumCount = 1000

    private var names: Set<ByteBuffer> = []

    mutating func learn(_ response: IMAPResponse) {
        guard case .list(let list) = response.data, CanonicalMailbox(list.name, separator: nil) == nil else { return }
        let name = list.name.string
        guard name.length == name.bytes.readableBytes, name.bytes.readableBytesView.allSatisfy({ $0 >= .space && $0 < 0x7F })
        else { return }
        if names.count >= Self.maximumCount { names.removeAll() }
        names.insert(name.bytes.ownCopy)
    }

    func contains(_ name: MailboxName) -> Bool { names.contains(name.string.bytes) }
}

extension IMAPResponse {
    /// Whether responses of this name say something about a mailbox that they name.
    static func namesMailbox(_ name: Keyword?) -> Bool { name.map(namingMailbox.contains) == true }

    private static let namingMailbox: Set<Keyword> = [
        Keyword("LIST"), Keyword("LSUB"), Keyword("XLIST"), Keyword("STATUS"), Keyword("METADATA"), Keyword("ANNOTATION"),
        Keyword("ACL"), Keyword("LISTRIGHTS"), Keyword("MYRIGHTS"), Keyword("QUOTAROOT"), Keyword("ESEARCH"),
        Keyword("MAILBOX"), Keyword("BBOARD"),
    ]

    /// The mailbox that the response is about.
    var mailbox: MailboxName? {
        switch data {
        case .list(let list): list.name
        case .status(let name, _), .acl(let name, _), .listRights(let name, _, _, _), .myRights(let name, _),
            .quotaRoot(let name, _), .metadata(let name, _), .metadataChanged(let name, _), .annotation(let name, _, _),
            .mailbox(let name):
            name
        case .esearch(let search): search.mailbox
        default: nil
        }
    }
}
