package import NIOCore

/// Writes what was said as ``Transcript`` reads it, octet by octet the same.
///
///     * OK ready␍␊          S: * OK ready
///     a NOOP␊               C: a NOOP\x0A\
///     a NOOP\␍␊             C: a NOOP\x5C
///
/// Pieces of a line that one side says one after another are one line.
package struct TranscriptWriter: Sendable {
    /// Octets of a wire line that are written in one line of the transcript: readers take some more, each as `\xNN`.
    static let maximumLine = 1 << 20

    private var line = ByteBuffer()
    private var side = Side.server

    package init() {}

    package mutating func write(_ turn: SessionTurn, to text: inout ByteBuffer) {
        if turn.side != side { finish(to: &text) }
        side = turn.side
        var rest = turn.bytes
        while rest.readableBytes > 0 {
            let feed = rest.firstIndex(of: .lineFeed, from: rest.readerIndex)
            let length = feed.map { $0 - rest.readerIndex + 1 } ?? rest.readableBytes
            guard let piece = rest.readSlice(length: min(length, Self.maximumLine - line.readableBytes)) else { return }
            line.writeImmutableBuffer(piece)
            if line.byte(at: line.writerIndex - 1) == .lineFeed || line.readableBytes == Self.maximumLine { finish(to: &text) }
        }
    }

    /// Writes what is left of a line.
    package mutating func finish(to text: inout ByteBuffer) {
        guard line.readableBytes > 0 else { return }
        text.writeString(side == .client ? "C: " : "S: ")
        let bytes = line.readableBytesView
        let isWhole = bytes.suffix(2).elementsEqual([.carriageReturn, .lineFeed])
        let wire = isWhole ? bytes.dropLast(2) : bytes
        // Of a line that is not UTF-8, or that would move a terminal's cursor, all octets above ASCII are written as \xNN.
        let said = String(validating: wire, as: UTF8.self)
        let isShown = said?.unicodeScalars.allSatisfy { $0.isASCII || TerminalText.isShown($0) } ?? false
        for index in wire.indices {
            let byte = wire[index]
            let next = index + 1 < wire.endIndex ? wire[index + 1] : nil
            if byte < 0x20 || byte == 0x7F || byte >= 0x80 && !isShown || byte == UInt8(ascii: "\\") && Self.isRead(before: next)
            {
                text.writeEscape(byte)
            } else {
                text.writeInteger(byte)
            }
        }
        text.writeString(isWhole ? "\n" : "\\\n")
        line.clear()
    }

    /// A backslash at the end, or in front of an x, means something.
    private static func isRead(before next: UInt8?) -> Bool { next == nil || next == UInt8(ascii: "x") }
}

extension ByteBuffer {
    /// `\x0A`
    fileprivate mutating func writeEscape(_ byte: UInt8) {
        let digits = String(byte, radix: 16, uppercase: true)
        writeString(digits.count < 2 ? "\\x0\(digits)" : "\\x\(digits)")
    }
}
