package import NIOCore

/// Writes messages one after the other as an mbox file (RFC 4155), in the form that is called mboxrd: lines end in LF, and one
/// more `>` precedes those that begin with `From `, `>From `, `>>From ` and so on.
///
///     From MAILER-DAEMON Mon Nov 23 06:02:05 2026
///     Subject: hello
///
///     >From me
package struct MboxWriter: Sendable {
    /// Octets of a line after which it is written in pieces.
    private static let maximumLine = 1 << 16

    private var line = ByteBuffer()
    private var isAtLineStart = true

    package init() {}

    /// A message begins, and went by at this time.
    package mutating func begin(at time: WireTime, to file: inout ByteBuffer) {
        file.writeString("From MAILER-DAEMON \(time.asctime)\n")
    }

    package mutating func write(_ bytes: ByteBuffer, to file: inout ByteBuffer) {
        line.writeImmutableBuffer(bytes)
        while let feed = line.firstIndex(of: .lineFeed, from: line.readerIndex),
            let whole = line.readSlice(length: feed - line.readerIndex + 1)
        {
            put(whole, to: &file)
        }
        // A CR at its end may be followed by the LF.
        if line.readableBytes > Self.maximumLine, let piece = line.readSlice(length: line.readableBytes - 1) {
            put(piece, to: &file)
        }
        line.discardReadBytes()
    }

    /// The message is over. An empty line follows it.
    package mutating func end(to file: inout ByteBuffer) {
        put(line, to: &file)
        file.writeString(isAtLineStart ? "\n" : "\n\n")
        line.clear()
        isAtLineStart = true
    }

    private mutating func put(_ piece: ByteBuffer, to file: inout ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        let bytes = piece.readableBytesView
        if isAtLineStart, bytes.drop(while: { $0 == UInt8(ascii: ">") }).starts(with: "From ".utf8) { file.writeString(">") }
        isAtLineStart = bytes.last == .lineFeed
        let isCRLF = bytes.suffix(2).elementsEqual([.carriageReturn, .lineFeed])
        file.writeBytes(isCRLF ? bytes.dropLast(2) : bytes)
        if isCRLF { file.writeString("\n") }
    }
}
