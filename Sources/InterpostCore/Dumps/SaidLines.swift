import NIOCore

/// Cuts what two sides say into the lines of a transcript.
///
/// Pieces of a line that one side says one after another are one line; where the other side speaks in between, or a line is
/// longer than readers take, it is written in pieces.
struct SaidLines: Sendable {
    struct Line: Sendable {
        var side: Side
        var bytes: ByteBuffer
    }

    /// Octets of a wire line that are written in one line of the transcript: readers take some more, each as `\xNN`.
    static let maximumLine = 1 << 20

    private var pending = ByteBuffer()
    private var side = Side.server

    /// Takes what was said next, and returns the lines that it completes.
    mutating func take(_ turn: SessionTurn) -> [Line] {
        var lines: [Line] = []
        if turn.side != side, let line = finish() { lines.append(line) }
        side = turn.side
        var rest = turn.bytes
        while rest.readableBytes > 0 {
            let feed = rest.firstIndex(of: .lineFeed, from: rest.readerIndex)
            let length = feed.map { $0 - rest.readerIndex + 1 } ?? rest.readableBytes
            guard let piece = rest.readSlice(length: min(length, Self.maximumLine - pending.readableBytes)) else { return lines }
            pending.writeImmutableBuffer(piece)
            let isOver = pending.byte(at: pending.writerIndex - 1) == .lineFeed || pending.readableBytes == Self.maximumLine
            if isOver, let line = finish() { lines.append(line) }
        }
        return lines
    }

    /// What is left of a line; `nil` for none.
    mutating func finish() -> Line? {
        guard pending.readableBytes > 0 else { return nil }
        defer { pending = ByteBuffer() }
        return Line(side: side, bytes: pending)
    }
}
