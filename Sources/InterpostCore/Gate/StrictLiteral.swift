import NIOCore

/// Whether the end of a client's line announces a literal, strictly.
///
///     a LOGIN {4}␍␊      announced
///     a LOGIN x{4}␍␊     malformed: no space in front of it
///     a LOGIN {04}␍␊     malformed
enum StrictLiteral {
    enum Reading: Equatable, Sendable {
        case none
        case announced(LiteralAnnouncement)
        case malformed
    }

    private static let maximumDigits = 19

    /// - Parameter isFirst: The line begins a command, so a tag and a verb stand in front of its literal.
    static func announcement(endOf line: ByteBuffer, isFirst: Bool) -> Reading {
        let bytes = line.readableBytesView
        guard bytes.suffix(2).elementsEqual([.carriageReturn, .lineFeed]) else {
            return bytes.dropLast().last == UInt8(ascii: "}") ? .malformed : .none
        }
        var rest = bytes.dropLast(2)
        guard rest.last == UInt8(ascii: "}") else { return .none }
        rest = rest.dropLast()
        let isNonSynchronising = rest.last == UInt8(ascii: "+")
        if isNonSynchronising { rest = rest.dropLast() }
        let digits = rest.suffix(while: \.isDigit)
        rest = rest[..<digits.startIndex]
        guard !digits.isEmpty, digits.count <= maximumDigits, rest.last == UInt8(ascii: "{"),
            digits.first != UInt8(ascii: "0") || digits.count == 1, let length = Int(String(decoding: digits, as: UTF8.self))
        else { return .malformed }
        rest = rest.dropLast()
        let isBinary = rest.last == UInt8(ascii: "~")
        if isBinary { rest = rest.dropLast() }
        guard rest.last == .space || rest.last == UInt8(ascii: "("), !isInQuotes(rest) else { return .malformed }
        if isFirst, StrictCommand.head(of: line) == nil { return .malformed }
        return .announced(LiteralAnnouncement(length: length, isNonSynchronising: isNonSynchronising, isBinary: isBinary))
    }

    private static func isInQuotes(_ bytes: ByteBufferView) -> Bool {
        var isOpen = false
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                isEscaped = false
            } else if isOpen, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isOpen.toggle()
            }
        }
        return isOpen
    }
}

extension ByteBufferView {
    fileprivate func suffix(while predicate: (UInt8) -> Bool) -> ByteBufferView {
        var start = endIndex
        while start > startIndex, predicate(self[start - 1]) { start -= 1 }
        return self[start..<endIndex]
    }
}
