import NIOCore

/// Which record the octets of one side came in, asked in the order in which they are read.
struct RecordTrail: Sendable {
    private struct Step: Sendable {
        /// Octets of the side up to the end of the record.
        var end: Int
        /// The record without its octets.
        var record: CaptureRecord
    }

    private var steps: [Step] = []
    private var first = 0
    private var octets = 0

    mutating func append(_ record: CaptureRecord) {
        octets += record.bytes.readableBytes
        let head = CaptureRecord(record.kind, session: record.session, nanoseconds: record.nanoseconds, bytes: ByteBuffer())
        steps.append(Step(end: octets, record: head))
    }

    /// The record that holds the last of the first `end` octets. `end` must not decrease from one call to the next.
    mutating func record(behind end: Int) -> CaptureRecord? {
        while first < steps.count, steps[first].end < end { first += 1 }
        if first > 64 {
            steps.removeFirst(first)
            first = 0
        }
        return first < steps.count ? steps[first].record : nil
    }
}
