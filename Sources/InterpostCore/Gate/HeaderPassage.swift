import NIOCore

/// Passes on the header of a message, and not what a POP3 server may send after it.
///
///     C: TOP 1 0␍␊      S: Subject: x␍␊ ␍␊ Hello␍␊      → Subject: x␍␊ ␍␊
struct HeaderPassage: Sendable {
    private enum State { case atLineStart, afterCarriageReturn, inLine, ended }
    private var state = State.atLineStart

    /// The octets of the chunk that belong to the header, or to the empty line after it.
    mutating func passed(of chunk: ByteBuffer) -> ByteBuffer {
        for (count, octet) in chunk.readableBytesView.enumerated() {
            switch (state, octet) {
            case (.ended, _): return chunk.word(chunk.readerIndex..<chunk.readerIndex + count)
            case (.atLineStart, .lineFeed), (.afterCarriageReturn, .lineFeed): state = .ended
            case (.atLineStart, .carriageReturn): state = .afterCarriageReturn
            case (_, .lineFeed): state = .atLineStart
            default: state = .inLine
            }
        }
        return chunk
    }
}
