/// Some ASCII characters, such as those that end a word.
struct ByteSet: ExpressibleByStringLiteral, Sendable {
    static let none: ByteSet = ""
    static let wordEnds: ByteSet = " \t()\""

    /// The characters below 64, and those above.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(stringLiteral characters: StaticString) {
        for index in 0..<characters.utf8CodeUnitCount {
            let byte = unsafe characters.utf8Start[index]
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
        }
    }

    @inline(__always) func contains(_ byte: UInt8) -> Bool { byte < 128 && containsASCII(byte) }

    /// For a byte below 128.
    @inline(__always) func containsASCII(_ byte: UInt8) -> Bool {
        (byte & 64 == 0 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }
}
