import NIOCore

/// A word of up to 32 ASCII bytes in upper case, packed into integers so that a name on the wire is compared
/// and looked up without an allocation: `Keyword("noop") == Keyword("NOOP")`.
///
///     if command.name == "FETCH" { … }
public struct Keyword: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    static let maximumLength = 32

    private var high: UInt128 = 0
    private var low: UInt128 = 0

    /// `nil` when there are no bytes, more than 32, or bytes that are not printable ASCII.
    init?(_ bytes: Span<UInt8>) {
        var end = 0
        self.init(in: bytes, at: &end, stoppingAt: .none)
        guard end == bytes.count else { return nil }
    }

    /// The word at `position`, up to one of `stops` or the end; afterwards `position` is past it.
    init?(in bytes: Span<UInt8>, at position: inout Int, stoppingAt stops: ByteSet) {
        let start = position
        var index = start
        // Most words have up to eight letters, and 64-bit shifts are the cheap ones.
        var first: UInt64 = 0
        let behindFirst = min(bytes.count, start + 8)
        while index < behindFirst, bytes[index].isPrintable, !stops.containsASCII(bytes[index]) {
            first = first << 8 | UInt64(bytes[index].uppercased)
            index += 1
        }
        low = UInt128(first)
        if index == behindFirst {
            let behindLast = min(bytes.count, start + Self.maximumLength)
            while index < behindLast, bytes[index].isPrintable, !stops.containsASCII(bytes[index]) {
                append(bytes[index])
                index += 1
            }
        }
        guard index > start, index == bytes.count || stops.contains(bytes[index]) else { return nil }
        position = index
    }

    init?(_ bytes: ByteBufferView) {
        guard bytes.count <= Self.maximumLength else { return nil }
        self.init(Array(bytes).span)
    }

    /// For names known when the program is written; longer ones are cut at 32 bytes.
    init(_ word: StaticString) {
        for index in 0..<min(Self.maximumLength, word.utf8CodeUnitCount) { unsafe append(word.utf8Start[index]) }
    }

    /// `nil` for a text that is not such a word: empty, longer than 32 octets, or not printable ASCII.
    public init?(_ word: some StringProtocol) { self.init(Array(word.utf8).span) }

    /// For names known when the program is written; longer ones are cut at 32 octets.
    public init(stringLiteral word: StaticString) { self.init(word) }

    @inline(__always) private mutating func append(_ byte: UInt8) {
        high = high << 8 | low >> 120
        low = low << 8 | UInt128(byte.uppercased)
    }

    /// All of the word in 64 bits, the best mixed ones on top; for ``KeywordTable``.
    var mixed: UInt64 {
        let folded = low ^ high
        let half = UInt64(truncatingIfNeeded: folded) ^ UInt64(truncatingIfNeeded: folded >> 64) &* 0x9E37_79B9_7F4A_7C15
        return (half ^ half >> 29) &* 0xBF58_476D_1CE4_E5B9
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// Appends the word, in upper case.
    func append(to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: Self.maximumLength) { word in
            for index in 0..<count { word.append(self[index]) }
        }
    }

    private var count: Int { high != 0 ? 32 - high.leadingZeroBitCount / 8 : 16 - low.leadingZeroBitCount / 8 }

    private subscript(index: Int) -> UInt8 {
        let behind = count - 1 - index
        return UInt8(truncatingIfNeeded: behind < 16 ? low >> UInt128(8 * behind) : high >> UInt128(8 * (behind - 16)))
    }

    public var description: String {
        unsafe String(unsafeUninitializedCapacity: count) { word in
            for index in 0..<count { unsafe word[index] = self[index] }
            return count
        }
    }
}
