import NIOCore

/// What a client believes it has marked as read, or as unread, while the server knows nothing of it (`seen: pretend`).
///
///     C: a STORE 2 +FLAGS (\Seen)␍␊     → a FETCH 2 (UID FLAGS)␍␊
///     S: * 2 FETCH (UID 7 FLAGS ())     → * 2 FETCH (UID 7 FLAGS (\Seen))
///     C: b SEARCH UNSEEN␍␊              → b SEARCH (UNSEEN NOT UID 7)␍␊
///
/// Messages are known by mailbox, UIDVALIDITY and UID, so that marks last for a session whatever is selected or expunged in it.
/// Only what differs from what the server said last is kept.
struct PretendedMarks: Sendable {
    private struct Marks: Sendable {
        var uidValidity: UInt64?
        /// Whether the client takes a message for read, by its UID.
        var isSeen: [UInt64: Bool] = [:]
    }

    /// More marks than this are not kept in a session: the client is told yes, and finds the message as it was.
    static let maximumMarks = 10_000
    /// Runs of UIDs in one search. With more of them, a search finds what the server knows.
    static let maximumRuns = 500

    private var mailboxes: [ByteBuffer: Marks] = [:]
    private var selected: ByteBuffer?
    private var count = 0

    /// Whether nothing is pretended in the selected mailbox.
    var isEmpty: Bool { selected.flatMap { mailboxes[$0] }?.isSeen.isEmpty ?? true }

    // MARK: - Where

    /// From now on UIDs are those of this mailbox. With another UIDVALIDITY than before, the same UIDs mean other messages
    /// (RFC 9051 §2.3.1.1).
    mutating func select(_ mailbox: ByteBuffer?, uidValidity: UInt64?) {
        if let selected, mailboxes[selected]?.isSeen.isEmpty == true { mailboxes[selected] = nil }
        selected = mailbox?.ownCopy
        guard let selected else { return }
        if let known = mailboxes[selected], known.uidValidity != uidValidity {
            count -= known.isSeen.count
            mailboxes[selected] = nil
        }
        mailboxes[selected, default: Marks()].uidValidity = uidValidity
    }

    // MARK: - Marks

    /// The client marks a message as `isSeen`, which the server has as `isSeenByServer`.
    mutating func mark(_ uid: UInt64, isSeen: Bool, isSeenByServer: Bool) {
        guard let selected else { return }
        let isKnown = mailboxes[selected]?.isSeen[uid] != nil
        if isSeen == isSeenByServer {
            if isKnown { count -= 1 }
            mailboxes[selected]?.isSeen[uid] = nil
        } else if isKnown || count < Self.maximumMarks {
            if !isKnown { count += 1 }
            mailboxes[selected, default: Marks()].isSeen[uid] = isSeen
        }
    }

    /// Whether the client takes the message for read; `nil` where it believes what the server says.
    func isSeen(_ uid: UInt64) -> Bool? { selected.flatMap { mailboxes[$0] }?.isSeen[uid] }

    /// How many more messages are unread for the server than for the client; negative where there are fewer.
    func unseenByServer(in mailbox: ByteBuffer) -> Int {
        mailboxes[mailbox]?.isSeen.values.reduce(0) { $1 ? $0 + 1 : $0 - 1 } ?? 0
    }

    // MARK: - Searching

    /// The search that finds on the server what the client would find if its marks were there.
    func adapted(_ request: SearchRequest) -> SearchRequest {
        guard let marks = selected.flatMap({ mailboxes[$0] })?.isSeen, !marks.isEmpty, request.sources.isEmpty else {
            return request
        }
        let seen = Self.runs(marks.lazy.filter(\.value).map(\.key))
        let unseen = Self.runs(marks.lazy.filter { !$0.value }.map(\.key))
        guard seen.count + unseen.count <= Self.maximumRuns else { return request }
        var adapted = request
        adapted.keys = request.keys.map { Self.adapted($0, seen: Self.key(seen), unseen: Self.key(unseen)) }
        return adapted
    }

    private static func adapted(_ key: SearchKey, seen: SearchKey?, unseen: SearchKey?) -> SearchKey {
        switch key {
        case .flag(let name, let isSet) where name.bytes.equalsIgnoringCase("SEEN"):
            let (added, removed) = isSet ? (seen, unseen) : (unseen, seen)
            let kept = removed.map { .and([key, .not($0)]) } ?? key
            return added.map { .or(kept, $0) } ?? kept
        case .new: return .and([.flag(IMAPString("RECENT"), isSet: true), adapted(unseenKey, seen: seen, unseen: unseen)])
        case .not(let inner): return .not(adapted(inner, seen: seen, unseen: unseen))
        case .fuzzy(let inner): return .fuzzy(adapted(inner, seen: seen, unseen: unseen))
        case .and(let keys): return .and(keys.map { adapted($0, seen: seen, unseen: unseen) })
        case .or(let left, let right):
            return .or(adapted(left, seen: seen, unseen: unseen), adapted(right, seen: seen, unseen: unseen))
        default: return key
        }
    }

    private static let unseenKey = SearchKey.flag(IMAPString("SEEN"), isSet: false)

    private static func runs(_ numbers: some Sequence<UInt64>) -> [ClosedRange<UInt64>] {
        var runs: [ClosedRange<UInt64>] = []
        for number in numbers.sorted() {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs
    }

    /// `UID 3:5,9`
    private static func key(_ runs: [ClosedRange<UInt64>]) -> SearchKey? {
        guard !runs.isEmpty else { return nil }
        let text = runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)" }
        return .uids(SequenceSet(text: ByteBuffer(string: text.joined(separator: ","))))
    }
}

/// The numbers that a sequence set names, for looking up one after another.
struct NamedNumbers: Sendable {
    private let ranges: [ClosedRange<UInt64>]
    /// `*` or `$` is in it: any number may be meant.
    private let isOpen: Bool

    init(_ set: SequenceSet) {
        let found = set.elements.map { $0.resolved(largest: nil) }
        isOpen = found.contains(nil)
        var merged: [ClosedRange<UInt64>] = []
        for range in found.compactMap(\.self).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, last.upperBound >= range.lowerBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
    }

    func contains(_ number: UInt64) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return isOpen || (low < ranges.count && ranges[low].contains(number))
    }
}
