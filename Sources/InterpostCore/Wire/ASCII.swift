public import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// The few things that reading a mail protocol does with single bytes. Everything here folds only A-Z and
// a-z, and never goes through `String`, whose ideas of case, equality and line ends are not the wire's.

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let dot = UInt8(ascii: ".")

    @inlinable var isDigit: Bool { self &- 0x30 < 10 }
    @inlinable var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inlinable var isLowerCase: Bool { self &- 0x61 < 26 }

    /// Neither a space nor a control character, and ASCII.
    @inline(__always) var isPrintable: Bool { self &- 0x21 < 0x5E }

    /// `a` to `z` as `A` to `Z`; every other byte as it is.
    @inlinable var uppercased: UInt8 { self &- 0x61 < 26 ? self & 0xDF : self }
}

extension UnsafeRawBufferPointer {
    /// The index of the first `byte` at or after `index`, which is not negative; or `nil`.
    func firstIndex(of byte: UInt8, from index: Int) -> Int? {
        // `index` lies inside, so the base address exists and the range is in bounds.
        guard index < count, let base = baseAddress,
            let found = unsafe memchr(base + index, CInt(byte), count - index)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - base
    }
}

extension ByteBuffer {
    /// The index of the first `byte` at or after `index`, or `nil`.
    func firstIndex(of byte: UInt8, from index: Int) -> Int? {
        unsafe withUnsafeReadableBytes { bytes in
            unsafe bytes.firstIndex(of: byte, from: index - readerIndex).map { $0 + readerIndex }
        }
    }

    /// The index of the first `byte` at or after `index` that has `next` right behind it, or `nil`. Looks at 32 bytes at a
    /// time, and as fast as memory gives them.
    func firstIndex(of byte: UInt8, before next: UInt8, from index: Int) -> Int? {
        let start = index - readerIndex
        return unsafe withUnsafeReadableBytes { bytes in
            let (firsts, seconds) = (SIMD32(repeating: byte), SIMD32(repeating: next))
            var place = start
            while place + 32 < bytes.count {
                // Both loads end before `bytes.count`.
                let here = unsafe bytes.loadUnaligned(fromByteOffset: place, as: SIMD32<UInt8>.self)
                let behind = unsafe bytes.loadUnaligned(fromByteOffset: place + 1, as: SIMD32<UInt8>.self)
                // A mask has as many bits as the vector, and none where nothing is equal.
                let found = unsafe unsafeBitCast((here .== firsts) .& (behind .== seconds), to: SIMD4<UInt64>.self)
                if found[0] | found[1] | found[2] | found[3] != 0 { break }
                place += 32
            }
            while place + 1 < bytes.count {
                if unsafe bytes[place] == byte, unsafe bytes[place + 1] == next { return readerIndex + place }
                place += 1
            }
            return nil
        }
    }

    /// The index of the first occurrence of `needle` at or after `index`, or `nil`. For short texts.
    func firstOccurrence(of needle: ByteBufferView, from index: Int) -> Int? {
        guard let first = needle.first else { return nil }
        var index = index
        while let found = firstIndex(of: first, from: index), found + needle.count <= writerIndex {
            if readableBytesView[found..<found + needle.count].elementsEqual(needle) { return found }
            index = found + 1
        }
        return nil
    }

    /// The readable bytes without the LF, CR LF or CR CR LF at their end.
    public var withoutLineEnd: ByteBuffer {
        var line = self
        line.dropLineEnd()
        return line
    }

    mutating func dropLineEnd() {
        var end = writerIndex
        if end > readerIndex, byte(at: end - 1) == .lineFeed { end -= 1 }
        while end > readerIndex, byte(at: end - 1) == .carriageReturn { end -= 1 }
        moveWriterIndex(to: end)
    }

    /// The byte at an index that the caller knows to be readable; 0 where it is not.
    @inline(__always) func byte(at index: Int) -> UInt8 { getInteger(at: index, as: UInt8.self) ?? 0 }

    /// Whether the readable bytes are `word`, letters compared without regard to case.
    /// `word` is given in upper case.
    func equalsIgnoringCase(_ word: StaticString) -> Bool {
        readableBytes == word.utf8CodeUnitCount && hasPrefixIgnoringCase(word)
    }

    /// Whether the readable bytes begin with `word`, given in upper case.
    func hasPrefixIgnoringCase(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard readableBytes >= count else { return false }
        return unsafe withUnsafeReadableBytes { bytes in
            for index in 0..<count where unsafe bytes[index].uppercased != word.utf8Start[index] { return false }
            return true
        }
    }

    /// A copy that shares no storage, for what is kept: a small slice would keep its large parent alive.
    var ownCopy: ByteBuffer { ByteBuffer(bytes: readableBytesView) }
}

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

/// A word of up to 32 ASCII bytes in upper case, packed into integers so that a name on the wire is compared
/// and looked up without an allocation: `Keyword("noop") == Keyword("NOOP")`.
public struct Keyword: Hashable, Sendable, CustomStringConvertible {
    static let maximumLength = 32

    private var high: UInt128 = 0
    private var low: UInt128 = 0

    /// `nil` when the bytes are none, more than 32, or not printable ASCII.
    init?(_ bytes: Span<UInt8>) {
        var end = 0
        self.init(in: bytes, at: &end, stoppingAt: .none)
        guard end == bytes.count else { return nil }
    }

    /// The word that stands at `position`, up to one of `stops` or the end; then `position` is behind it.
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
