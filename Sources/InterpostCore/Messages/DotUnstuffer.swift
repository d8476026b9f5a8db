import NIOCore

/// Takes off the dots that POP3 puts before lines that begin with one (RFC 1939 §3), however a message is cut.
///
///     ..␍␊.first␍␊end.␍␊      .␍␊first␍␊end.␍␊
struct DotUnstuffer: Sendable {
    private var isAtLineStart = true

    mutating func unstuff(_ chunk: ByteBuffer) -> ByteBuffer {
        var rest = chunk
        if isAtLineStart, rest.readableBytes > 0, rest.byte(at: rest.readerIndex) == .dot { rest.moveReaderIndex(forwardBy: 1) }
        if chunk.readableBytes > 0 { isAtLineStart = chunk.byte(at: chunk.writerIndex - 1) == .lineFeed }
        var text = ByteBuffer()
        while let feed = rest.firstIndex(of: .lineFeed, before: .dot, from: rest.readerIndex) {
            guard let lines = rest.readSlice(length: feed - rest.readerIndex + 1) else { break }
            text.writeImmutableBuffer(lines)
            rest.moveReaderIndex(forwardBy: 1)
        }
        guard text.readableBytes > 0 else { return rest }
        text.writeImmutableBuffer(rest)
        return text
    }
}
