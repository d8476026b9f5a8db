import NIOCore

/// How much of the messages that a session is about is followed, and how much of that is told.
public struct FollowingSettings: Sendable, Equatable {
    /// What acts in the log tell of a message beside its UID.
    public enum Names: String, Sendable, CaseIterable {
        case none
        case messageID = "message-id"
        /// The Message-ID and the subject.
        case subject
    }

    /// Messages of one mailbox that are remembered, the latest ones; 0 for none. Each takes up to 1 KiB.
    public var maximumMessages: Int
    /// What messages are called in the log, beside their numbers.
    public var names: Names

    /// 10,000 messages, and Message-IDs.
    public static let standard = FollowingSettings()

    /// Settings; those of ``standard`` where one is left out.
    public init(maximumMessages: Int = 10_000, names: Names = .messageID) {
        self.maximumMessages = maximumMessages
        self.names = names
    }
}

/// Keeps the view of the selected mailbox from one SELECT to the next, and tells which messages an act is about.
///
/// Sequence numbers mean what they meant when the client sent its command, so a command's messages are looked up then;
/// what the server removes is looked up as it goes.
struct MailboxFollower: Sendable {
    /// A mailbox that is being selected. Answers to `earlier` commands are still about the previous one.
    private struct Opening {
        var view: MailboxView
        /// The view before anything was said about the mailbox.
        let unread: MailboxView
        var exchange: Int?
        var earlier: Int
    }

    private struct InProgress {
        let exchange: Int?
        var messages: MessageReferences?
        /// All UIDs that the command names are those of messages that are still to come.
        var namesNone = false
    }

    /// Commands may name any number of messages: `maximumLookups` are looked up, and `maximumNames` are called by name.
    private static let maximumLookups = 1000
    private static let maximumNames = 16
    private static let maximumCommands = 1000

    private let settings: FollowingSettings
    private var view: MailboxView?
    private var opening: Opening?
    private var inProgress: [InProgress] = []
    private var removed = Removed()
    /// What an untagged COPYUID or APPENDUID said since the last command was completed.
    private var assigned: [Keyword: String] = [:]

    init(_ settings: FollowingSettings) { self.settings = settings }

    /// Messages that were removed since the last command was completed.
    private struct Removed {
        /// How many; `nil` when more are said to be gone than there were.
        var count: Int? = 0
        var uids = NumberRuns()
        var names: [MessageFacts.Identity] = []
        var isKnown = true
    }

    // MARK: - Commands

    mutating func observe(_ command: IMAPCommand, _ exchange: Int?) {
        if case .select(let mailbox, let readOnly, _) = command.body {
            let view = MailboxView(mailbox, readOnly: readOnly, maximumMessages: settings.maximumMessages)
            opening = Opening(view: view, unread: view, exchange: exchange, earlier: inProgress.count)
        }
        if inProgress.count >= Self.maximumCommands { inProgress.removeFirst() }
        var entry = InProgress(exchange: exchange)
        if let named = command.messages {
            let existing = command.usesUIDs ? withoutFuture(named) : named
            entry.namesNone = existing.text.readableBytes == 0
            entry.messages = messages(in: entry.namesNone ? named : existing, byUID: command.usesUIDs)
        }
        inProgress.append(entry)
    }

    /// The UIDs below UIDNEXT: no message has another one.
    private func withoutFuture(_ uids: SequenceSet) -> SequenceSet {
        guard let next = view?.uidNext, let past = uids.subtracting(SequenceSet("\(next):\(UInt32.max)")) else { return uids }
        return past.count == uids.count ? uids : past
    }

    /// The messages that the completed command named, those it read, and those that were removed meanwhile.
    mutating func complete(_ record: CommandRecord, _ status: IMAPStatus, _ entry: ExchangeLedger.Entry) -> ActMessages {
        var found = ActMessages()
        if let index = inProgress.firstIndex(where: { $0.exchange == record.exchange }) {
            let entry = inProgress.remove(at: index)
            (found.named, found.isEmpty) = (entry.messages, entry.namesNone)
            if let earlier = opening?.earlier, earlier > 0 { opening?.earlier = earlier - 1 }
        }
        if let command = record.command { found.leaveOut(modified: status, of: command) { messages(in: $0, byUID: $1) } }
        found.read = messages(answered: entry.readNumbers, entry.readUIDs)
        found.seen = messages(answered: entry.seenNumbers, entry.seenUIDs)
        found.removedCount = removed.count
        found.removed = takeRemoved()
        found.assigned = assigned
        assigned = [:]
        follow(status, of: record.command)
        if case .close? = record.command?.body { found.closed = takeDeleted() }
        if let opened = opening?.exchange, opened == record.exchange {
            view = status.result == .ok ? opening?.view : nil
            opening = nil
        }
        switch (record.command?.body, status.result) {
        case (.close, .ok), (.unselect, .ok), (.unauthenticate, .ok): view = nil
        default: break
        }
        return found
    }

    /// A STORE may say nothing about what it did.
    private mutating func follow(_ status: IMAPStatus, of command: IMAPCommand?) {
        guard status.result == .ok, let command, case .store(let set, let request) = command.body,
            case .flags(let flags) = request.item, flags.contains(where: { $0.bytes.equalsIgnoringCase("\\DELETED") })
        else { return }
        var changed = set
        if case .modified(let modified)? = status.responseCode { changed = set.subtracting(modified) ?? set }
        var lookups = 0
        for range in changed.ranges(largest: command.usesUIDs ? nil : view?.lastSequence.map(UInt64.init)) {
            for number in range {
                lookups += 1
                guard lookups <= Self.maximumLookups, let number = UInt32(exactly: number) else { return }
                guard let uid = command.usesUIDs ? number : view?.uid(of: number) else { continue }
                view?.mark(uid, asDeleted: request.operation != .remove)
            }
        }
    }

    /// The messages that CLOSE removes, as far as they are known.
    private func takeDeleted() -> MessageReferences? {
        guard let view, !view.isReadOnly else { return nil }
        let deleted = view.deleted
        guard !deleted.isEmpty else { return nil }
        var uids = NumberRuns()
        for facts in deleted { uids.append(UInt64(facts.uid)) }
        var messages = MessageReferences(mailbox: view.mailbox, uids: uids.description)
        messages.name(deleted.prefix(Self.maximumNames).compactMap(\.identity), settings.names)
        return messages
    }

    // MARK: - Responses

    /// Whether the message of an answer is known to be `\Seen`.
    func knowsAsSeen(_ response: IMAPResponse, _ answer: FetchAnswer) -> Bool {
        let number = response.kind == .fetch ? response.number.flatMap { UInt32(exactly: $0) } : nil
        let uid = answer.uid.flatMap { UInt32(exactly: $0) } ?? number.flatMap { view?.uid(of: $0) }
        return uid.flatMap { view?.facts(of: $0)?.flags?.contains(.seen) } ?? false
    }

    mutating func observe(_ response: IMAPResponse, _ data: IMAPResponse.Data) {
        switch data {
        case .count(let number) where response.kind == .exists: change { $0.setExists(number) }
        case .count(let number) where response.kind == .expunge:
            var facts: MessageFacts?
            change { facts = $0.expunge(number) }
            note(removed: facts)
        case .vanished(let uids, earlier: false):
            var isPossible = true
            change { isPossible = $0.vanish(uids) }
            removed.count = isPossible ? removed.count.map { $0 + uids.count } : nil
            for range in uids.ranges().prefix(NumberRuns.maximumRuns) { removed.uids.append(range) }
        case .fetch(let answer):
            // The number that precedes UIDFETCH is the UID, which the answer has too.
            let sequence = response.kind == .fetch ? response.number : nil
            let flags = answer.flags?.system
            change { $0.learn(sequence: sequence, uid: answer.uid, flags: flags, identity: .init(answer)) }
        default: break
        }
    }

    mutating func observe(_ status: IMAPStatus) {
        switch status.codeName {
        case Keyword("UIDNEXT"):
            guard let word = status.codeArguments.first else { return }
            var reader = IMAPReader(IMAPText(line: word.bytes))
            if let uid = reader.number() { change { $0.setUIDNext(uid) } }
        case Keyword("CLOSED"):
            // What was said so far was about the previous mailbox (RFC 7162 §3.2.11).
            view = nil
            opening?.earlier = 0
            if let unread = opening?.unread { opening?.view = unread }
        case let name? where name == Keyword("COPYUID") || name == Keyword("APPENDUID"):
            assigned[name] = status.codeArguments.last?.description
        default: break
        }
    }

    private mutating func change(_ body: (inout MailboxView) -> Void) {
        // Neither is nil where it is changed: the condition before it says so. Changing it in place copies nothing.
        if opening?.earlier == 0 { body(&opening!.view) } else if view != nil { body(&view!) }
    }

    private mutating func note(removed facts: MessageFacts?) {
        removed.count = removed.count.map { $0 + 1 }
        guard let facts else {
            removed.isKnown = false
            return
        }
        removed.uids.append(UInt64(facts.uid))
        if let identity = facts.identity, removed.names.count < Self.maximumNames { removed.names.append(identity) }
    }

    // MARK: - Names

    private func messages(in set: SequenceSet, byUID: Bool) -> MessageReferences? {
        guard let view else { return nil }
        var messages = MessageReferences(mailbox: view.mailbox)
        var uids = NumberRuns()
        var names: [MessageFacts.Identity] = []
        var isKnown = !set.holdsSavedResult
        var lookups = 0
        for range in set.ranges(largest: byUID ? nil : view.lastSequence.map(UInt64.init)) {
            for number in range {
                lookups += 1
                guard lookups <= Self.maximumLookups, let number = UInt32(exactly: number) else {
                    isKnown = false
                    break
                }
                guard let uid = byUID ? number : view.uid(of: number) else {
                    isKnown = false
                    continue
                }
                uids.append(UInt64(uid))
                if names.count < Self.maximumNames, let identity = view.facts(of: uid)?.identity { names.append(identity) }
            }
            if lookups > Self.maximumLookups { break }
        }
        if byUID { messages.uids = set.description } else { messages.numbers = set.description }
        if !byUID, isKnown, !uids.isEmpty { messages.uids = uids.description }
        messages.name(names, settings.names)
        return messages
    }

    /// The messages about which the server has said something, by the numbers that it used.
    private func messages(answered numbers: NumberRuns, _ uids: NumberRuns) -> MessageReferences? {
        guard !numbers.isEmpty else {
            guard !uids.isEmpty else { return nil }
            return messages(in: SequenceSet(text: ByteBuffer(string: uids.description)), byUID: true)
                ?? MessageReferences(uids: uids.description)
        }
        var messages = MessageReferences(mailbox: view?.mailbox, numbers: numbers.description)
        let byNumber = view.flatMap { view in
            self.messages(in: SequenceSet(text: ByteBuffer(string: numbers.description)), byUID: false)
        }
        messages.uids = uids.isEmpty ? byNumber?.uids : uids.description
        messages.messageIDs = byNumber?.messageIDs ?? []
        messages.subjects = byNumber?.subjects ?? []
        return messages
    }

    private mutating func takeRemoved() -> MessageReferences {
        defer { removed = Removed() }
        var messages = MessageReferences(mailbox: view?.mailbox)
        if removed.isKnown, !removed.uids.isEmpty { messages.uids = removed.uids.description }
        messages.name(removed.names, settings.names)
        return messages
    }
}

extension IMAPResponse.Kind {
    /// Whether it says something about the messages of the selected mailbox.
    var isFollowed: Bool {
        switch self {
        case .exists, .expunge, .vanished, .fetch, .uidFetch: true
        default: false
        }
    }
}

extension MessageFacts.Identity {
    /// What an ENVELOPE or a header in the answer says; `nil` where neither came.
    init?(_ answer: FetchAnswer) {
        for case .envelope(let envelope) in answer.items {
            var reader = envelope.reader
            let (messageID, subject) = Envelope.identity(of: &reader)
            self.init(messageID, subject)
            return
        }
        for content in answer.contents where Self.beginsWithHeader(content.item) {
            guard let value = content.value else { continue }
            let fields = HeaderFields(value.bytes)
            let (messageID, subject) = (fields.messageID, fields.subject)
            guard messageID != nil || subject != nil else { continue }
            self.init(messageID, subject)
            return
        }
        return nil
    }

    /// Whether the item's text is the message's own header, or begins with it.
    private static func beginsWithHeader(_ item: FetchItem) -> Bool {
        guard item.partial.map({ $0.offset == 0 }) ?? true else { return false }
        guard let section = item.section else { return item.name != Keyword("RFC822.TEXT") }
        guard section.part.isEmpty else { return false }
        switch section.content {
        case .whole, .header, .headerFields, .headerFieldsNot: return true
        case .text, .mime, .other: return false
        }
    }

    /// Kept as copies, because a small slice would keep a large buffer.
    init(_ messageID: ByteBuffer?, _ subject: ByteBuffer?) {
        func kept(_ text: ByteBuffer?) -> ByteBuffer? {
            text.map { ByteBuffer(bytes: $0.readableBytesView.prefix(Self.maximumLength)) }
        }
        self.messageID = kept(messageID)
        self.subject = kept(subject)
    }
}

/// Which messages a completed command was about, in three senses.
struct ActMessages: Sendable {
    /// Those it named.
    var named: MessageReferences?
    /// Those whose text came back.
    var read: MessageReferences?
    /// Those that this marked as read.
    var seen: MessageReferences?
    /// Those that were removed while it was in progress.
    var removed: MessageReferences?
    /// How many were removed; `nil` where that cannot be known.
    var removedCount: Int? = 0
    /// Those that CLOSE removed: the ones known to be marked as deleted.
    var closed: MessageReferences?
    /// The UIDs that messages got, by the code that said so before the completion.
    var assigned: [Keyword: String] = [:]
    /// None of the named messages was changed.
    var isEmpty = false

    /// A STORE with UNCHANGEDSINCE leaves out the messages that MODIFIED names (RFC 7162 §3.1.3).
    fileprivate mutating func leaveOut(
        modified status: IMAPStatus, of command: IMAPCommand, find: (SequenceSet, Bool) -> MessageReferences?
    ) {
        guard case .modified(let modified)? = status.responseCode, case .store(let set, _) = command.body else { return }
        guard let rest = set.subtracting(modified) else {
            // Which messages were changed cannot be told, only that it was not all of those named.
            named = MessageReferences(mailbox: named?.mailbox)
            return
        }
        if rest.text.readableBytes == 0 { isEmpty = true }
        named =
            find(rest, command.usesUIDs)
            ?? MessageReferences(
                mailbox: named?.mailbox, numbers: command.usesUIDs ? nil : rest.description,
                uids: command.usesUIDs ? rest.description : nil)
    }
}

extension MessageReferences {
    fileprivate mutating func name(_ identities: [MessageFacts.Identity], _ names: FollowingSettings.Names) {
        guard names != .none else { return }
        messageIDs = identities.compactMap { $0.messageID.map { String(buffer: $0) } }
        if names == .subject { subjects = identities.compactMap { $0.subject.map { EncodedWords.decode($0) } } }
    }
}
