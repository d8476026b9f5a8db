import NIOCore

/// The beginning of an untagged response, which is looked at in every line that a server sends.
///
///     * 12 FETCH (FLAGS (\Seen))      number 12, name FETCH
///
/// One pass over the bytes, with nothing kept: what ``IMAPReader`` makes of them, without an `IMAPReader`.
struct ResponseHead {
    /// The number before the name.
    private(set) var number: UInt64?
    /// The response's name; `nil` where there is none that can be read.
    private(set) var name: Keyword?
    /// Octets up to the end of the name.
    private(set) var length = 0
    private(set) var quirks = Quirks()

    init(of line: ByteBuffer) {
        let bytes = line.readableBytesUInt8Span
        var index = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: "*") { index = 1 }
        skipSpace(in: bytes, at: &index)
        let start = index
        var value: UInt64 = 0
        var overflows = false
        while index < bytes.count, bytes[index].isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(UInt64(bytes[index] - 0x30))
            overflows = overflows || overflow || overflowed
            value = sum
            index += 1
        }
        if overflows {
            index = start
        } else if index > start {
            number = value
            skipSpace(in: bytes, at: &index)
        }
        let word = index
        name = Keyword(in: bytes, at: &index, stoppingAt: .wordEnds)
        length = index
        // The first two letters are enough to look at: nobody writes `FEtch`.
        if name != nil, bytes[word].isLowerCase || (word + 1 < bytes.count && bytes[word + 1].isLowerCase) {
            quirks.insert(.lowerCaseKeyword)
        }
        if index < bytes.count, bytes[index] != .space, bytes[index] != 9 { quirks.insert(.missingSpace) }
    }

    /// Passes over one space, or over what is in its place.
    private mutating func skipSpace(in bytes: Span<UInt8>, at index: inout Int) {
        if index + 1 < bytes.count, bytes[index] == .space, bytes[index + 1] > .space {
            index += 1
            return
        }
        let start = index
        while index < bytes.count, bytes[index] == .space || bytes[index] == 9 {
            if bytes[index] == 9 { quirks.insert(.tabForSpace) }
            index += 1
        }
        if index == start { quirks.insert(.missingSpace) } else if index - start > 1 { quirks.insert(.extraSpace) }
    }
}
