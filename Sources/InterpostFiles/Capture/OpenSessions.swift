import InterpostCore

/// Which sessions of a capture may still go on. A tool holds what it needs of a session only that long, so that sessions that
/// never end do not fill the memory.
///
/// A header begins another run of the program (<doc:CaptureFile>), in which none of the earlier sessions goes on. And where
/// more than ``maximum`` are open at once, those that have been silent longest are taken to be over: a relay has 10,000
/// sessions at most, unless told otherwise.
struct OpenSessions {
    static let maximum = 20_000

    /// The number of the last record of each.
    private var last: [Int: Int] = [:]
    private var count = 0
    /// How many were taken to be over because there were too many.
    private(set) var setAside = 0

    /// Takes note of the next record, and gives the sessions that are over before it, in their order.
    mutating func over(before record: CaptureRecord) -> [Int] {
        guard record.kind != .header else {
            defer { last = [:] }
            return last.keys.sorted()
        }
        guard record.session > 0 else { return [] }
        count += 1
        last[record.session] = record.endsSession ? nil : count
        guard last.count > Self.maximum else { return [] }
        // Half of them at once, so that it is not done for each one that follows.
        let silent = last.sorted { $0.value < $1.value }.prefix(Self.maximum / 2).map(\.key).sorted()
        for session in silent { last[session] = nil }
        setAside += silent.count
        return silent
    }

    /// What a person is told about those that were taken to be over; `nil` where none were.
    var complaint: String? {
        guard setAside > 0 else { return nil }
        return "more than \(Self.maximum) sessions go on at once: \(setAside) were taken for over where they were silent longest"
    }
}
