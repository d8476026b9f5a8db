public import NIOCore

/// A sequence set as it was written, `1:4,7`, `*:4` or `$` (RFC 9051 §9, RFC 5182).
public struct SequenceSet: Hashable, Sendable, CustomStringConvertible {
    /// The set as it was written, well-formed or not.
    public var text: ByteBuffer

    public var description: String { String(buffer: text) }

    /// How many numbers it names; an element with `*` or `$` counts as one. `UInt32.max` at most.
    public var count: Int {
        var count: UInt64 = 0
        for element in elements {
            let range = element.resolved(largest: nil)
            // Kept below 32 bits, the sum cannot overflow.
            count = min(UInt64(UInt32.max), count + (range.map { $0.upperBound - $0.lowerBound } ?? 0) + 1)
        }
        return Int(truncatingIfNeeded: count)
    }
}

/// Numbers seen one after another, kept as runs: `1:100000` takes the room of one run.
public struct NumberRuns: Hashable, Sendable, CustomStringConvertible {
    static let maximumRuns = 256

    private var runs: [ClosedRange<UInt64>] = []
    private var isCutShort = false
    /// How many numbers were added.
    public private(set) var count = 0

    /// No numbers.
    public init() {}

    /// Whether no number was added.
    public var isEmpty: Bool { count == 0 }

    /// Forgets the runs beyond `maximumRuns`, but goes on counting.
    public mutating func append(_ number: UInt64) {
        // Two successive answers about the same message count as one.
        if let last = runs.last, last.contains(number) { return }
        count = count.addingSaturated(1)
        if let last = runs.last, last.upperBound < .max, last.upperBound + 1 == number {
            runs[runs.count - 1] = last.lowerBound...number
        } else if runs.count < Self.maximumRuns {
            runs.append(number...number)
        } else {
            isCutShort = true
        }
    }

    /// Appends many numbers at once.
    mutating func append(_ range: ClosedRange<UInt64>) {
        append(range.lowerBound)
        guard range.count > 1, let last = runs.last, last.upperBound == range.lowerBound else { return }
        runs[runs.count - 1] = last.lowerBound...range.upperBound
        count = count.addingSaturated(range.count - 1)
    }

    /// `1:4,7`; `…` at the end when not all were kept.
    public var description: String {
        runs.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)" }
            .joined(separator: ",") + (isCutShort ? ",…" : "")
    }
}

extension Int {
    /// The sum, or the largest number where that is larger.
    fileprivate func addingSaturated(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
