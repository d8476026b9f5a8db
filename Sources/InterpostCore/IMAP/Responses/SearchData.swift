import NIOCore

// What a server says about messages that it found or that are gone: SEARCH, SORT, ESEARCH, THREAD, VANISHED, UIDBATCHES.

/// The answer to SEARCH RETURN, SORT RETURN and ESEARCH (RFC 4731, 5267, 6203, 7377, 9394).
///
///     (TAG "A285") UID MIN 7 MAX 3800
///     tag A285, usesUIDs, items [min(7), max(3800)]
public struct ESearchData: Hashable, Sendable {
    /// One result, by its name: `MIN 7`, `COUNT 12`, `ALL 1:3`.
    public enum Item: Hashable, Sendable {
        case min(UInt64)
        case max(UInt64)
        case count(UInt64)
        case all(SequenceSet)
        case modSequence(UInt64)
        /// The positions of the results, and which messages they are; `nil` when there are none.
        case partial(range: PartialRange, SequenceSet?)
        /// Scores from 1 to 100, in the order of the results.
        case relevancy([UInt64])
        /// Messages that match now, or no longer; positions are those of SORT's order.
        case addTo([Change])
        case removeFrom([Change])
        case other(Keyword, IMAPValue?)
    }

    /// `(23 1705)`: where in the result, and which messages.
    public struct Change: Hashable, Sendable {
        /// In the order of the result, as the server counts it (RFC 5267).
        public var position: UInt64
        /// The messages that are added or removed there; UIDs where ``ESearchData/usesUIDs`` says so.
        public var messages: SequenceSet
    }

    /// The tag of the command that is answered; `nil` where the server does not say it.
    public var tag: IMAPString?
    /// The mailbox, in an answer to MULTISEARCH.
    public var mailbox: MailboxName?
    /// The UIDVALIDITY of ``mailbox``, in an answer to MULTISEARCH; otherwise `nil`.
    public var uidValidity: UInt64?
    /// `UID`: messages are named by their UIDs, not by sequence numbers.
    public var usesUIDs = false
    /// The results in the order in which they were sent.
    public var items: [Item] = []

    init(_ reader: inout IMAPReader) {
        var data = (mailbox: MailboxName?.none, uidValidity: UInt64?.none)
        tag = reader.correlator { reader, name in
            switch name {
            case Keyword("MAILBOX"): data.mailbox = reader.mailbox()
            case Keyword("UIDVALIDITY"): data.uidValidity = reader.dueNumber(.nonZero)
            default: break
            }
        }
        (mailbox, uidValidity) = data
        usesUIDs = reader.skipWord("UID")
        while !reader.endsHere() {
            if let name = reader.keyword() { appendItem(name, &reader) } else { reader.skipValue() }
        }
    }

    private mutating func appendItem(_ name: Keyword, _ reader: inout IMAPReader) {
        func number(_ kind: IMAPReader.NumberKind, _ item: (UInt64) -> Item) -> Item? { reader.dueNumber(kind).map(item) }
        let item: Item? =
            switch name {
            case Keyword("MIN"): number(.nonZero, Item.min)
            case Keyword("MAX"): number(.nonZero, Item.max)
            case Keyword("COUNT"): number(.number, Item.count)
            case Keyword("MODSEQ"): number(.number64, Item.modSequence)
            case Keyword("ALL"): reader.sequenceSet().map(Item.all)
            case Keyword("PARTIAL"): Self.partial(&reader)
            case Keyword("RELEVANCY"): .relevancy(reader.numberList())
            case Keyword("ADDTO"): .addTo(Self.changes(&reader))
            case Keyword("REMOVEFROM"): .removeFrom(Self.changes(&reader))
            default: .other(name, reader.value())
            }
        if let item { items.append(item) } else { reader.note(.valueMissing) }
    }

    /// `(23500:24000 55500:56000)`, `(-1:-100 NIL)`
    private static func partial(_ reader: inout IMAPReader) -> Item? {
        guard reader.isAtList else { return nil }
        var range: PartialRange?
        var results: SequenceSet?
        reader.readList { reader in
            if range == nil {
                range = reader.string().flatMap { PartialRange($0.bytes) }
                if range == nil { reader.note(.sequenceSetSyntax) }
            } else if !reader.skipNIL() {
                results = reader.sequenceSet()
            }
        }
        return range.map { .partial(range: $0, results) }
    }

    /// `(1 2733 23 1705)`
    private static func changes(_ reader: inout IMAPReader) -> [Change] {
        var changes: [Change] = []
        reader.readList { reader in
            if let position = reader.number(), let messages = reader.sequenceSet() {
                changes.append(Change(position: position, messages: messages))
            }
        }
        return changes
    }
}

/// One thread of THREAD (RFC 5256 §4): each message is an answer to the one before it, until the thread divides.
///
///     (3 6 (4 23)(44 7 96))      messages 3, 6, then branches 4, 23 and 44, 7, 96
public struct MessageThread: Hashable, Sendable, CustomStringConvertible {
    /// Empty where the message that the branches answer is not here.
    public var messages: [UInt64] = []
    /// The threads into which this one divides after its last message; empty where it does not divide.
    public var branches: [MessageThread] = []

    /// Branches that are nested deeper are passed over.
    static let maximumDepth = 64

    public var description: String {
        let numbers = messages.map(\.description).joined(separator: " ")
        let space = numbers.isEmpty || branches.isEmpty ? "" : " "
        return "(" + numbers + space + branches.map(\.description).joined() + ")"
    }
}

extension IMAPReader {
    /// `2 5 6 7 (MODSEQ 917162500)`
    mutating func searchData(_ data: ([UInt64], UInt64?) -> IMAPResponse.Data) -> IMAPResponse.Data? {
        var numbers: [UInt64] = []
        var modSequence: UInt64?
        while !endsHere() {
            if peek == UInt8(ascii: "(") {
                readList { reader in
                    if reader.keyword() == Keyword("MODSEQ") { modSequence = reader.dueNumber() }
                }
            } else if let number = dueNumber(.nonZero) {
                numbers.append(number)
            } else if peek == UInt8(ascii: ")") {
                advance()
            }
        }
        return data(numbers, modSequence)
    }

    mutating func numberList() -> [UInt64] {
        var numbers: [UInt64] = []
        readList { reader in
            if let number = reader.dueNumber() { numbers.append(number) }
        }
        return numbers
    }

    mutating func threads() -> [MessageThread] {
        var threads: [MessageThread] = []
        while !endsHere() {
            if let thread = thread(depth: 0) { threads.append(thread) } else { skipValue() }
        }
        return threads
    }

    private mutating func thread(depth: Int) -> MessageThread? {
        guard peek == UInt8(ascii: "(") else { return nil }
        guard depth < MessageThread.maximumDepth else {
            note(.nestedTooDeep)
            skipValue()
            return MessageThread()
        }
        var thread = MessageThread()
        readList { reader in
            if let branch = reader.thread(depth: depth + 1) {
                thread.branches.append(branch)
            } else if let number = reader.dueNumber(.nonZero) {
                thread.messages.append(number)
            }
        }
        return thread
    }

    /// `(EARLIER) 300:310,405`
    mutating func vanished() -> IMAPResponse.Data? {
        let isEarlier = isAtList && list()?.first?.bytes.equalsIgnoringCase("EARLIER") == true
        return sequenceSet().map { .vanished($0, earlier: isEarlier) }
    }

    /// `(TAG "A143") 215295:99696,99695:20351,20350:1`; no range when the mailbox is empty.
    mutating func uidBatches() -> IMAPResponse.Data? {
        .uidBatches(tag: correlator(), endsHere() ? nil : sequenceSet())
    }
}
