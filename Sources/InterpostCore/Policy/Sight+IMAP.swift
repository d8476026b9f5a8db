import NIOCore

// What of messages each IMAP command can show. What is not known shows everything.

extension StrictCommand {
    /// What an answer may show of messages, or what one may learn from it.
    var sights: Set<Sight> {
        guard case .plain = body else { return body.sights }
        // The body does not tell which verb it is.
        return switch name {
        case Keyword("UIDBATCHES"): [.count]
        case Keyword("CONVERSIONS"), Keyword("X-CANCEL"): []
        default: Sight.everything
        }
    }
}

extension IMAPCommand.Body {
    /// COPY, MOVE and APPEND show nothing by themselves: whoever looks into the mailbox that messages go to needs a sight of
    /// their own there.
    fileprivate var sights: Set<Sight> {
        switch self {
        case .select(_, _, let parameters): parameters.reduce([.count]) { $0.union(Self.sights(ofSelecting: $1.name)) }
        case .status: [.count]
        case .list(let request): request.returns.contains { $0.name == Keyword("STATUS") } ? [.count] : []
        case .search(let request): request.sights
        case .sort(let keys, let request): keys.reduce(request.sights) { $0.union(Self.sights(ofSorting: $1)) }
        case .thread(let algorithm, let request): request.sights.union(Self.sights(ofThreading: algorithm))
        case .fetch(_, let items, let modifiers):
            modifiers.reduce(items.sights) { $0.union(Self.sights(ofModifying: $1.name)) }
        // The answer has the flags, and with UNCHANGEDSINCE it tells of others'.
        case .store: [.flags]
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .id, .enable, .login, .authenticate, .compress, .language,
            .comparator, .create, .delete, .rename, .subscribe, .unsubscribe, .namespace, .append, .idle, .done, .check, .close,
            .unselect, .expunge, .copy, .move, .replace, .cancelUpdate, .getACL, .setACL, .deleteACL, .listRights, .myRights,
            .getQuota, .getQuotaRoot, .setQuota, .getMetadata, .setMetadata, .getAnnotation, .notify(nil):
            []
        case .convert, .filter, .setAnnotation, .notify, .generateURLAuth, .resetKey, .urlFetch, .applePushService, .find,
            .partial, .setReadOnly, .transfer, .maintain, .xclient, .courierACL, .plain, .vendor, .unknown, .malformed:
            Sight.everything
        }
    }

    /// QRESYNC has the server send the flags of what has changed (RFC 7162 §3.2.5).
    private static func sights(ofSelecting parameter: Keyword) -> Set<Sight> {
        switch parameter {
        case Keyword("CONDSTORE"): [.count]
        case Keyword("QRESYNC"): [.count, .flags]
        default: Sight.everything
        }
    }

    private static func sights(ofModifying name: Keyword) -> Set<Sight> {
        switch name {
        case Keyword("VANISHED"), Keyword("PARTIAL"): [.count]
        case Keyword("CHANGEDSINCE"): [.flags]
        default: Sight.everything
        }
    }

    private static func sights(ofSorting key: Keyword) -> Set<Sight> {
        switch key {
        case Keyword("REVERSE"), Keyword("SIZE"), Keyword("RELEVANCY"): [.count]
        case Keyword("ARRIVAL"): [.flags]
        case Keyword("CC"), Keyword("DATE"), Keyword("FROM"), Keyword("SUBJECT"), Keyword("TO"), Keyword("DISPLAYFROM"),
            Keyword("DISPLAYTO"):
            [.envelope]
        default: Sight.everything
        }
    }

    private static func sights(ofThreading algorithm: Keyword) -> Set<Sight> {
        switch algorithm {
        case Keyword("ORDEREDSUBJECT"): [.envelope]
        // The field References is not in the envelope.
        case Keyword("REFERENCES"), Keyword("REFS"): [.envelope, .header]
        default: Sight.everything
        }
    }
}

// MARK: - FETCH

extension [FetchItem] {
    fileprivate var sights: Set<Sight> { reduce([]) { $0.union($1.sights) } }
}

extension FetchItem {
    /// What the item shows, in a request or in an answer.
    var sights: Set<Sight> {
        switch name {
        case Keyword("UID"), Keyword("RFC822.SIZE"), Keyword("EMAILID"), Keyword("X-GM-MSGID"), Keyword("X-GUID"),
            Keyword("X-REAL-UID"):
            [.count]
        case Keyword("FLAGS"), Keyword("MODSEQ"), Keyword("INTERNALDATE"), Keyword("SAVEDATE"), Keyword("X-SAVEDATE"),
            Keyword("X-GM-LABELS"), Keyword("X-MAILBOX"):
            [.flags]
        case Keyword("ENVELOPE"), Keyword("THREADID"), Keyword("X-GM-THRID"): [.envelope]
        case Keyword("BODYSTRUCTURE"), Keyword("BINARY.SIZE"): [.structure]
        case Keyword("BODY") where section == nil: [.structure]
        case Keyword("RFC822.HEADER"): [.envelope, .header]
        case Keyword("PREVIEW"), Keyword("SNIPPET"): [.text]
        case Keyword("BODY"), Keyword("BODY.PEEK"), Keyword("BINARY"), Keyword("BINARY.PEEK"):
            section?.sights ?? Sight.everything
        case Keyword("FAST"), Keyword("ALL"), Keyword("FULL"): expansion.sights
        default: Sight.everything
        }
    }
}

extension FetchSection {
    /// The fields that ENVELOPE has, too (RFC 9051 §7.5.2).
    fileprivate static let envelopeFields: Set = [
        Keyword("DATE"), Keyword("SUBJECT"), Keyword("FROM"), Keyword("SENDER"), Keyword("REPLY-TO"), Keyword("TO"),
        Keyword("CC"),
        Keyword("BCC"), Keyword("IN-REPLY-TO"), Keyword("MESSAGE-ID"),
    ]

    fileprivate var sights: Set<Sight> {
        switch content {
        case .headerFields(let names) where part.isEmpty && !names.isEmpty && names.allSatisfy(\.isEnvelopeField): [.envelope]
        case .header, .headerFields, .headerFieldsNot, .mime: part.isEmpty ? [.envelope, .header] : [.header]
        // Where mail programs put what is to be read: part 1, or part 1 of that.
        case .whole where !part.isEmpty && part.allSatisfy { $0 == 1 }: [.text]
        case .whole where !part.isEmpty: [.text, .attachment]
        case .whole, .text, .other: Sight.message
        }
    }
}

extension IMAPString {
    fileprivate var isEnvelopeField: Bool {
        Keyword(bytes.readableBytesView).map(FetchSection.envelopeFields.contains) ?? false
    }
}

// MARK: - SEARCH

extension SearchRequest {
    /// A search tells of each message whether it has what is searched for.
    fileprivate var sights: Set<Sight> { keys.reduce([.count]) { $0.union($1.sights) } }
}

extension SearchKey {
    /// The strict reader bounds the depth.
    fileprivate var sights: Set<Sight> {
        switch self {
        case .all, .larger, .smaller, .messages, .uids, .emailID, .gmailMessage, .saveDateSupported: [.count]
        case .flag, .new, .old, .date(.internal, _, _), .date(.saved, _, _), .older, .younger, .modSequence, .gmailLabel: [.flags]
        case .date(.sent, _, _), .threadID, .gmailThread: [.envelope]
        case .header(let field, _): field.isEnvelopeField ? [.envelope] : [.header]
        case .body: [.text]
        case .text: [.envelope, .header, .text]
        case .filter, .annotation, .gmailQuery, .other: Sight.everything
        case .not(let key), .fuzzy(let key): key.sights
        case .or(let left, let right): left.sights.union(right.sights)
        case .and(let keys): keys.reduce([]) { $0.union($1.sights) }
        }
    }
}
