import NIOCore

/// The beginning of an untagged response, which is looked at in every line that a server sends.
///
///     * 12 FETCH (FLAGS (\Seen))      number 12, name FETCH
///
/// One pass over the bytes, with nothing kept: what ``IMAPReader`` makes of them, without an `IMAPReader`.
struct ResponseHead {
    /// The number in front of the name.
    var number: UInt64?
    /// The response's name; `nil` where there is none that can be read.
    var name: Keyword?

    init(of line: ByteBuffer) {
        let bytes = line.readableBytesUInt8Span
        var index = 0
        func skipSpaces(_ index: inout Int, _ bytes: Span<UInt8>) {
            while index < bytes.count, bytes[index] == .space || bytes[index] == 9 { index += 1 }
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: "*") { index = 1 }
        skipSpaces(&index, bytes)
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
        if overflows { index = start } else if index > start { number = value }
        skipSpaces(&index, bytes)
        let word = index
        let ends = ByteSet.wordEnds
        while index < bytes.count, !ends.contains(bytes[index]) { index += 1 }
        name = Keyword(bytes.extracting(word..<index))
    }
}
