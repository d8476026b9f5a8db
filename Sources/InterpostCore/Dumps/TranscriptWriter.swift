package import NIOCore

/// Writes what was said as ``Transcript`` reads it, octet by octet the same.
///
///     * OK ready␍␊          S: * OK ready
///     a NOOP␊               C: a NOOP\x0A\
///     a NOOP\␍␊             C: a NOOP\x5C
///
/// Pieces of a line that one side says one after another are one line.
package struct TranscriptWriter: Sendable {
    private var lines = SaidLines()

    package init() {}

    package mutating func write(_ turn: SessionTurn, to text: inout ByteBuffer) {
        for line in lines.take(turn) { Self.write(line, to: &text) }
    }

    /// Writes what is left of a line.
    package mutating func finish(to text: inout ByteBuffer) {
        if let line = lines.finish() { Self.write(line, to: &text) }
    }

    static func write(_ line: SaidLines.Line, to text: inout ByteBuffer) {
        text.writeString(line.side == .client ? "C: " : "S: ")
        let bytes = line.bytes.readableBytesView
        let isWhole = bytes.suffix(2).elementsEqual([.carriageReturn, .lineFeed])
        let wire = isWhole ? bytes.dropLast(2) : bytes
        // In a line that is not UTF-8, or that would move a terminal's cursor, all octets above ASCII are written as \xNN.
        let said = String(validating: wire, as: UTF8.self)
        let isShown = said?.unicodeScalars.allSatisfy { $0.isASCII || TerminalText.isShown($0) } ?? false
        var rest = wire
        while let index = rest.firstIndex(where: { isOutsideOfText($0) || $0 >= 0x80 && !isShown || $0 == UInt8(ascii: "\\") }) {
            text.writeBytes(rest[..<index])
            let next = index + 1 < wire.endIndex ? wire[index + 1] : nil
            if wire[index] == UInt8(ascii: "\\"), !isRead(before: next) {
                text.writeInteger(wire[index])
            } else {
                text.writeEscape(wire[index])
            }
            rest = wire[(index + 1)...]
        }
        text.writeBytes(rest)
        text.writeString(isWhole ? "\n" : "\\\n")
    }

    private static func isOutsideOfText(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// A backslash at the end, or before an x, means something.
    private static func isRead(before next: UInt8?) -> Bool { next == nil || next == UInt8(ascii: "x") }
}

extension ByteBuffer {
    /// `\x0A`
    fileprivate mutating func writeEscape(_ byte: UInt8) {
        let digits = String(byte, radix: 16, uppercase: true)
        writeString(digits.count < 2 ? "\\x0\(digits)" : "\\x\(digits)")
    }
}
