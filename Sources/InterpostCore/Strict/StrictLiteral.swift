import NIOCore

/// The `{n}` at the end of a client's line, strictly.
enum StrictLiteral {
    enum Reading: Equatable {
        /// The command ends with the line.
        case none
        case announced(LiteralAnnouncement)
        /// The line holds something that a server could take for an announcement, but that is not one.
        case malformed
    }

    /// Looks at a raw line with its end.
    ///
    ///     a LOGIN {3}␍␊        announced, 3 octets
    ///     a LOGIN "{3}"␍␊      none
    ///     a LOGIN x{3}␍␊       malformed
    ///
    /// - Parameter isFirst: Whether the line begins a command: its tag and verb are words then.
    static func announcement(endOf line: ByteBuffer, isFirst: Bool) -> Reading {
        guard line.endsInCRLF, let (brace, quoteIsOpen) = firstBrace(in: line) else { return .malformed }
        guard !quoteIsOpen else { return .malformed }
        guard let brace else { return .none }
        guard !isFirst || StrictCommand.head(of: line) != nil, let announced = marker(at: brace, in: line) else {
            return .malformed
        }
        return .announced(announced)
    }

    /// The first `{` outside quotes, and whether a quote is left open; `nil` for octets that no line can have.
    private static func firstBrace(in line: ByteBuffer) -> (index: Int?, quoteIsOpen: Bool)? {
        let view = line.readableBytesView
        var isOpen = false
        var isEscaped = false
        for index in view.startIndex..<view.endIndex - 2 {
            let byte = view[index]
            if isEscaped {
                isEscaped = false
            } else if isOpen, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isOpen.toggle()
            } else if !isOpen, byte == UInt8(ascii: "{") {
                return (index, false)
            }
        }
        return (nil, isOpen)
    }

    /// `{12}␍␊`, `~{12+}␍␊` up to the end of the line, after a space or an opening parenthesis.
    private static func marker(at brace: Int, in line: ByteBuffer) -> LiteralAnnouncement? {
        let isBinary = brace > line.readerIndex && line.byte(at: brace - 1) == UInt8(ascii: "~")
        let before = brace - (isBinary ? 2 : 1)
        guard before >= line.readerIndex, line.byte(at: before) == .space || line.byte(at: before) == UInt8(ascii: "("),
            let rest = line.getSlice(at: brace + 1, length: line.writerIndex - brace - 1)
        else { return nil }
        var reader = StrictReader(rest)
        guard let length = try? reader.number() else { return nil }
        let isNonSynchronising = reader.skip("+")
        guard reader.skip("}"), reader.skip("\r"), reader.skip("\n"), reader.isAtEnd else { return nil }
        return LiteralAnnouncement(length: Int(clamping: length), isNonSynchronising: isNonSynchronising, isBinary: isBinary)
    }
}

extension StrictReader {
    /// Octets as they are, with their line end.
    fileprivate init(_ bytes: ByteBuffer) {
        var text = IMAPText(line: ByteBuffer())
        text.bytes = bytes
        self.init(text)
    }
}

extension ByteBuffer {
    fileprivate var endsInCRLF: Bool {
        readableBytes >= 2 && byte(at: writerIndex - 1) == .lineFeed && byte(at: writerIndex - 2) == .carriageReturn
    }
}
