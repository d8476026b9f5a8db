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
        unsafe line.withUnsafeReadableBytes { bytes in
            var index = 0
            func skipSpaces() { while index < bytes.count, unsafe bytes[index] == .space || bytes[index] == 9 { index += 1 } }
            if unsafe bytes.first == UInt8(ascii: "*") { index = 1 }
            skipSpaces()
            let start = index
            var value: UInt64 = 0
            var overflows = false
            while index < bytes.count, unsafe bytes[index].isDigit {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, overflowed) = unsafe product.addingReportingOverflow(UInt64(bytes[index] - 0x30))
                overflows = overflows || overflow || overflowed
                value = sum
                index += 1
            }
            if overflows { index = start } else if index > start { number = value }
            skipSpaces()
            let word = index
            while index < bytes.count, unsafe !Self.endsWord(bytes[index]) { index += 1 }
            name = unsafe Keyword(UnsafeRawBufferPointer(rebasing: bytes[word..<index]))
        }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte == .space || byte == 9 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "\"")
    }
}
