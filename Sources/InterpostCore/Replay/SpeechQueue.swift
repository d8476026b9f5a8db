import NIOCore

/// What the server is about to say, in order, and when.
struct SpeechQueue: Sendable {
    private struct Item {
        var bytes: ByteBuffer
        var due: WireTime
        var kind: Utterance.Kind
    }

    /// Octets that are put together, so that short lines are not sent one by one.
    private static let maximumPiece = 1 << 16

    private var items: [Item] = []
    private var first = 0

    var isEmpty: Bool { first == items.count }

    /// When the next piece is due.
    var due: WireTime? { isEmpty ? nil : items[first].due }

    /// Nothing overtakes what was put in before.
    mutating func append(_ bytes: ByteBuffer, _ kind: Utterance.Kind, due: WireTime) {
        let due = items.last.map { isEmpty ? due : max($0.due, due) } ?? due
        items.append(Item(bytes: bytes, due: due, kind: kind))
    }

    /// The client spoke: what the server would still have said unasked does not wait any longer.
    mutating func hurry(at time: WireTime) {
        var earliest = time
        for index in items.indices[first...] {
            if items[index].kind == .push { items[index].due = min(items[index].due, earliest) }
            earliest = max(earliest, items[index].due)
        }
    }

    /// All that is due and may be said in one piece. A completion ends it: COMPRESS begins behind one.
    mutating func take(at time: WireTime) -> ByteBuffer {
        var piece = ByteBuffer()
        while !isEmpty, items[first].due <= time {
            let item = items[first]
            if piece.readableBytes > 0, piece.readableBytes + item.bytes.readableBytes > Self.maximumPiece { break }
            first += 1
            if piece.readableBytes == 0 { piece = item.bytes } else { piece.writeImmutableBuffer(item.bytes) }
            if item.kind == .completion { break }
        }
        if isEmpty { (items, first) = ([], 0) }
        return piece
    }
}
