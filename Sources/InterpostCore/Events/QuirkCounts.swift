/// How often each side needed which leniency, in a session or in many.
public struct QuirkCounts: Sendable {
    private struct Place: Hashable {
        var quirk: Quirk
        var side: Side
    }

    private var counts: [Place: Int] = [:]

    /// No quirks.
    public init() {}

    /// Whether no quirk was counted.
    public var isEmpty: Bool { counts.isEmpty }

    /// Counts one more, and says how many that makes.
    @discardableResult
    mutating func add(_ quirk: Quirk, by side: Side) -> Int {
        let place = Place(quirk: quirk, side: side)
        let count = counts[place, default: 0] + 1
        counts[place] = count
        return count
    }

    /// Adds the counts of others to these, quirk by quirk and side by side.
    public mutating func add(_ others: QuirkCounts) {
        counts.merge(others.counts) { $0 + $1 }
    }

    /// The most frequent first.
    public var sorted: [(quirk: Quirk, side: Side, count: Int)] {
        counts.map { ($0.key.quirk, $0.key.side, $0.value) }
            .sorted { ($1.2, $0.0.rawValue, $0.1.rawValue) < ($0.2, $1.0.rawValue, $1.1.rawValue) }
    }
}
