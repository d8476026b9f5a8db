import NIOCore

/// What the server is about to say, in order, and when.
///
/// Holds one entry for each turn of the client, however much is said to it: the words are those of the recording, and get
/// their tags when they are said.
struct UtteranceQueue: Sendable {
    private struct Item {
        var said: ArraySlice<Utterance>
        var recordedTag: ByteBuffer?
        var tag: ByteBuffer?
        /// When the client spoke.
        var base: WireTime
        /// When it spoke the next time: what was said unasked does not wait any longer.
        var hurriedAt: WireTime?
    }

    /// Octets that are put together, so that short lines are not sent one by one.
    private static let maximumPiece = 1 << 16

    private var items: [Item] = []
    private var first = 0
    private var hurried = 0
    /// Nothing overtakes what was said before.
    private var latest = WireTime(nanoseconds: Int64.min)

    var isEmpty: Bool { first == items.count }
    var count: Int { items.count - first }

    mutating func append(_ said: [Utterance], tag: ByteBuffer?, insteadOf recorded: ByteBuffer?, at base: WireTime) {
        guard !said.isEmpty else { return }
        items.append(Item(said: said[...], recordedTag: recorded, tag: tag, base: base))
    }

    /// The client spoke.
    mutating func hurry(at time: WireTime) {
        for index in max(first, hurried)..<items.count { items[index].hurriedAt = time }
        hurried = items.count
    }

    /// When the next piece is due.
    func due(_ options: ReplayOptions) -> WireTime? {
        guard !isEmpty, let next = items[first].said.first else { return nil }
        let item = items[first]
        let (sum, overflow) = item.base.nanoseconds.addingReportingOverflow(options.delay(next.delay))
        var due = WireTime(nanoseconds: overflow ? Int64.max : sum)
        if next.kind == .push, let hurriedAt = item.hurriedAt { due = min(due, hurriedAt) }
        return max(latest, due)
    }

    /// Everything that is due and may be said in one piece. A completion ends it: COMPRESS begins after one.
    mutating func take(at time: WireTime, _ options: ReplayOptions, tags: [ByteBuffer: ByteBuffer]) -> ByteBuffer {
        var piece = ByteBuffer()
        while let due = due(options), due <= time, let next = items[first].said.first {
            let item = items[first]
            let bytes = next.rendered { name in
                if let tag = item.tag, name == item.recordedTag { return tag }
                return tags[name] ?? name
            }
            if piece.readableBytes > 0, piece.readableBytes + bytes.readableBytes > Self.maximumPiece { break }
            latest = due
            items[first].said.removeFirst()
            if items[first].said.isEmpty { removeFirst() }
            if piece.readableBytes == 0 { piece = bytes } else { piece.writeImmutableBuffer(bytes) }
            if next.kind == .completion { break }
        }
        return piece
    }

    private mutating func removeFirst() {
        items[first].said = []
        first += 1
        guard isEmpty || first > 1000 else { return }
        items.removeFirst(first)
        hurried = max(0, hurried - first)
        first = 0
    }
}
