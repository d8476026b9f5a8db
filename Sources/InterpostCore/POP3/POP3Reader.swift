import NIOCore

/// Reads one line of POP3 word by word, leniently, and notes each leniency that was needed.
///
///     ␠DELE  0001␍␊      words DELE, 1; leading-space, extra-space, leading-zero
struct POP3Reader: Sendable {
    /// What has not been read.
    private(set) var rest: ByteBuffer
    private(set) var quirks = Quirks()
    private var isAtStart = true

    init(_ line: ByteBuffer) { rest = line.withoutLineEnd }

    private var peek: UInt8? { rest.readableBytes > 0 ? rest.byte(at: rest.readerIndex) : nil }

    mutating func note(_ quirk: Quirk) { quirks.insert(quirk) }

    /// Nothing but blanks is left.
    var isAtEnd: Bool { rest.readableBytesView.allSatisfy(\.isBlank) }

    /// The next word; `nil` at the end.
    mutating func word() -> ByteBuffer? {
        skipBlanks()
        let length = rest.readableBytesView.prefix { !$0.isBlank }.count
        guard length > 0 else { return nil }
        return rest.readSlice(length: length)
    }

    /// The next word as a name; `nil`, and nothing is read, where it is not a name.
    mutating func keyword() -> Keyword? {
        var ahead = self
        guard let word = ahead.word(), let keyword = Keyword(word.readableBytesView) else { return nil }
        self = ahead
        return keyword
    }

    /// The name that the line begins with, which is customarily written in upper case.
    mutating func name() -> Keyword? {
        skipBlanks()
        if rest.readableBytesView.prefix(while: { !$0.isBlank }).contains(where: { $0 != $0.uppercased }) {
            note(.lowerCaseKeyword)
        }
        return word().flatMap { Keyword($0.readableBytesView) }
    }

    /// The next word as a number; `nil`, and nothing is read, where it is not a number or does not fit in 64 bits.
    mutating func number() -> UInt64? {
        var ahead = self
        guard let word = ahead.word() else { return nil }
        var value: UInt64 = 0
        for byte in word.readableBytesView {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(UInt64(byte &- 0x30))
            guard byte.isDigit, !overflow, !overflowed else { return nil }
            value = sum
        }
        if word.readableBytes > 1, word.byte(at: word.readerIndex) == UInt8(ascii: "0") { ahead.note(.leadingZero) }
        self = ahead
        return value
    }

    /// The number of a message, which is not 0.
    mutating func message() -> UInt64? {
        guard let number = number() else { return nil }
        if number == 0 { note(.messageNumberZero) }
        return number
    }

    /// All words that are left.
    mutating func words() -> [ByteBuffer] {
        var words: [ByteBuffer] = []
        while let word = word() { words.append(word) }
        return words
    }

    /// Everything after the one space that separates it: a password may begin and end with spaces.
    mutating func text() -> ByteBuffer {
        if let separator = peek, separator.isBlank {
            if separator != .space { note(.tabForSpace) }
            rest.moveReaderIndex(forwardBy: 1)
            if peek == .space { note(.spaceBeginsArgument) }
        }
        defer { rest.moveReaderIndex(to: rest.writerIndex) }
        return rest
    }

    /// Everything up to the end, except for blanks at the start.
    mutating func remainder() -> ByteBuffer {
        skipBlanks()
        defer { rest.moveReaderIndex(to: rest.writerIndex) }
        return rest
    }

    /// Called when all that is understood has been read: what is left has no meaning.
    mutating func finish(leftover: Quirk) {
        guard rest.readableBytes > 0 else { return }
        skipBlanks()
        if rest.readableBytes > 0 { note(leftover) }
    }

    private mutating func skipBlanks() {
        var count = 0
        while let blank = peek, blank.isBlank {
            if blank != .space { note(.tabForSpace) }
            rest.moveReaderIndex(forwardBy: 1)
            count += 1
        }
        if count > 0, isAtStart {
            note(.leadingSpace)
        } else if count > 0, rest.readableBytes == 0 {
            note(.trailingSpace)
        } else if count > 1 {
            note(.extraSpace)
        }
        isAtStart = false
    }
}

extension UInt8 {
    /// A space or a tab.
    fileprivate var isBlank: Bool { self == .space || self == 9 }
}
