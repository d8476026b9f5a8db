public import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// The few operations on single bytes that reading a mail protocol needs. They fold only A-Z and a-z, and never go through
// `String`, whose ideas of case, equality and line ends are not the wire's.

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
    /// The index of the first `byte` at or after `index`, or `nil`. `index` must not be negative.
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

    /// The index of the first `byte` at or after `index` that has `next` right after it, or `nil`. Compares 32 bytes at a
    /// time, as fast as memory delivers them.
    func firstIndex(of byte: UInt8, before next: UInt8, from index: Int) -> Int? {
        let start = index - readerIndex
        return unsafe withUnsafeReadableBytes { bytes in
            let (firsts, seconds) = (SIMD32(repeating: byte), SIMD32(repeating: next))
            var place = start
            while place + 32 < bytes.count {
                // Both loads end before `bytes.count`.
                let here = unsafe bytes.loadUnaligned(fromByteOffset: place, as: SIMD32<UInt8>.self)
                let behind = unsafe bytes.loadUnaligned(fromByteOffset: place + 1, as: SIMD32<UInt8>.self)
                // The mask is as wide as the vector, and all zero where nothing matches.
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

extension UInt8 {
    var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
}
