import NIOCore

/// The mailbox that is selected, as far as the session has revealed it: which UID each sequence number stands for, and what
/// has passed by about each message.
///
/// A reading of what passes, never a promise: what the server did not say is not known. Memory is bounded by the limit
/// that it is made with, whatever the peers send.
///
///     * 3 FETCH (UID 17 FLAGS (\Seen) ENVELOPE (…))␍␊      3 is 17, seen, with its Message-ID
///     a STORE 3 +FLAGS (\Deleted)␍␊                        is about UID 17
struct MailboxView: Sendable {
    let mailbox: MailboxName
    let isReadOnly: Bool
    private var numbers: SequenceNumbers
    private var facts: MessageFactsCache

    /// - Parameter maximumMessages: How many messages are followed.
    init(_ mailbox: MailboxName, readOnly: Bool, maximumMessages: Int) {
        self.mailbox = mailbox
        isReadOnly = readOnly
        numbers = SequenceNumbers(maximumRuns: maximumMessages)
        facts = MessageFactsCache(maximumCount: maximumMessages)
    }

    mutating func setExists(_ count: UInt64) { numbers.setExists(UInt32(clamping: count)) }

    mutating func setUIDNext(_ uid: UInt64) { if let uid = UInt32(exactly: uid) { numbers.setUIDNext(uid) } }

    /// Takes what a FETCH answer says. Returns the message's UID, if that is known now.
    @discardableResult
    mutating func learn(sequence: UInt64?, uid: UInt64?, flags: MessageFacts.Flags?, identity: MessageFacts.Identity?) -> UInt32?
    {
        let number = sequence.flatMap { UInt32(exactly: $0) }
        let named = uid.flatMap { UInt32(exactly: $0) }
        if let number, let named { numbers.learn(sequence: number, uid: named) }
        guard let found = named ?? number.flatMap(numbers.uid(of:)), found > 0 else { return nil }
        if flags != nil || identity != nil {
            facts.update(found) { facts in
                if let flags { facts.flags = flags }
                if let identity { facts.identity = identity }
            }
        }
        return found
    }

    /// `n EXPUNGE`. Returns what was known about the message.
    mutating func expunge(_ sequence: UInt64) -> MessageFacts? {
        guard let number = UInt32(exactly: sequence), let uid = numbers.expunge(number) else { return nil }
        defer { facts.remove(uid) }
        return facts[uid] ?? MessageFacts(uid: uid)
    }

    /// `VANISHED`, without EARLIER. Returns whether there can have been that many messages.
    mutating func vanish(_ uids: SequenceSet) -> Bool {
        for (index, range) in uids.ranges().enumerated() {
            // Each range costs time that grows with what is known.
            guard index < Self.maximumVanishedRanges, let lower = UInt32(exactly: range.lowerBound),
                let upper = UInt32(exactly: range.upperBound)
            else {
                numbers.forget()
                return false
            }
            facts.remove(lower...upper)
            guard numbers.vanish(lower...upper) else { return false }
        }
        return true
    }

    /// What a STORE with `\Deleted` did.
    mutating func mark(_ uid: UInt32, asDeleted isDeleted: Bool) {
        facts.update(uid) { facts in
            if isDeleted {
                facts.flags = (facts.flags ?? []).union(.deleted)
            } else {
                facts.flags?.remove(.deleted)
            }
        }
    }

    /// The messages that are known to be marked as deleted.
    var deleted: [MessageFacts] { facts.all { $0.flags?.contains(.deleted) == true } }

    private static let maximumVanishedRanges = 256

    func uid(of sequence: UInt32) -> UInt32? { numbers.uid(of: sequence) }

    func facts(of uid: UInt32) -> MessageFacts? { facts[uid] }

    /// The UID that the next message will get, if that is known.
    var uidNext: UInt32? { numbers.uidNext }

    /// The number that `*` stands for.
    var lastSequence: UInt32? { numbers.exists }
}
