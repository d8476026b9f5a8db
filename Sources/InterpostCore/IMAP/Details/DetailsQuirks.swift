import NIOCore

// What is read on request has quirks that nobody learns of without asking. Here they are asked for: everything in a
// command or response that has a deep reader is given to that reader, and only the quirks are kept.

extension UnreadValue {
    /// For ENVELOPE: `nil` where the value is no list. The quirks are those of this value alone.
    public func envelope() -> (envelope: Envelope?, quirks: Quirks) {
        var reader = reader
        let envelope = Envelope.read(&reader)
        return (envelope, reader.quirks)
    }

    /// For BODY and BODYSTRUCTURE.
    public func bodyStructure() -> (body: BodyStructure?, quirks: Quirks) {
        var reader = reader
        let body = BodyStructure.read(&reader)
        return (body, reader.quirks)
    }
}

extension IMAPResponse.Data {
    /// The quirks of envelopes, body structures, dates, mailbox names and sets in it. Costs time that grows with its length.
    /// - Parameter utf8: Whether mailbox names are in UTF-8, see ``MailboxName/read(utf8:)``.
    public func deepQuirks(utf8: Bool = false) -> Quirks {
        var found = DeepQuirks(utf8: utf8)
        switch self {
        case .fetch(let answer), .converted(_, let answer): found.add(answer)
        case .list(let data):
            found.add(data.name)
            data.oldName.map { found.add($0) }
        case .status(let name, _), .acl(let name, _), .listRights(let name, _, _, _), .myRights(let name, _),
            .quotaRoot(let name, _), .metadata(let name, _), .metadataChanged(let name, _), .annotation(let name, _, _),
            .mailbox(let name):
            found.add(name)
        case .vanished(let set, _): found.add(set)
        case .uidBatches(_, let set): set.map { found.add($0) }
        case .esearch(let data):
            data.mailbox.map { found.add($0) }
            for case .all(let set) in data.items { found.add(set) }
            for case .partial(_, let set?) in data.items { found.add(set) }
        default: break
        }
        return found.quirks
    }
}

extension ResponseCode {
    /// The quirks of the sets in it.
    public var deepQuirks: Quirks {
        switch self {
        case .appendUID(_, let set), .modified(let set): return set.quirks
        case .copyUID(_, let source, let target):
            var quirks = source.quirks
            quirks.formUnion(target.quirks)
            return quirks
        default: return Quirks()
        }
    }
}

extension IMAPCommand {
    /// The quirks of dates, mailbox names and sets in it. Costs time that grows with its length.
    /// - Parameter utf8: Whether mailbox names are in UTF-8, see ``MailboxName/read(utf8:)``.
    public func deepQuirks(utf8: Bool = false) -> Quirks {
        var found = DeepQuirks(utf8: utf8)
        mailbox.map { found.add($0) }
        messages.map { found.add($0) }
        switch body {
        case .rename(_, let name, _): found.add(name)
        case .append(_, let messages): for message in messages { message.internalDate.map { found.add(date: $0) } }
        case .replace(_, _, let message): message.internalDate.map { found.add(date: $0) }
        case .search(let request), .sort(_, let request), .thread(_, let request), .filter(_, let request):
            for key in request.keys { found.add(key) }
        default: break
        }
        return found.quirks
    }
}

private struct DeepQuirks {
    let utf8: Bool
    var quirks = Quirks()

    init(utf8: Bool) { self.utf8 = utf8 }

    mutating func add(_ name: MailboxName) { quirks.formUnion(name.read(utf8: utf8).quirks) }

    mutating func add(_ set: SequenceSet) { quirks.formUnion(set.quirks) }

    mutating func add(date: IMAPString) { quirks.formUnion(IMAPDate.read(date.bytes).quirks) }

    mutating func add(_ answer: FetchAnswer) {
        answer.internalDate.map { add(date: $0) }
        for item in answer.items {
            switch item {
            case .envelope(let value): quirks.formUnion(value.envelope().quirks)
            case .body(let value), .bodyStructure(let value), .bodyPartStructure(_, let value):
                quirks.formUnion(value.bodyStructure().quirks)
            case .saveDate(let date?): add(date: date)
            default: break
            }
        }
    }

    /// Keys are nested no deeper than ``SearchKey/maximumDepth``.
    mutating func add(_ key: SearchKey) {
        switch key {
        case .date(_, _, let date): add(date: date)
        case .messages(let set), .uids(let set): add(set)
        case .not(let key), .fuzzy(let key): add(key)
        case .or(let first, let second):
            add(first)
            add(second)
        case .and(let keys): for key in keys { add(key) }
        default: break
        }
    }
}
