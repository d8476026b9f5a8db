import NIOCore

/// The checksum of IPv4 and TCP: the complement of the sum of all 16-bit words, with end-around carry (RFC 1071).
///
///     45 00 00 28 …      0x4500 + 0x0028 + …, carries added, complemented
struct InternetChecksum: Sendable {
    private var sum: UInt64 = 0

    /// Adds octets that begin at an even place. A last octet without its neighbour counts as followed by a zero.
    mutating func add(_ bytes: ByteBuffer) {
        var rest = bytes
        while let word = rest.readInteger(as: UInt16.self) { sum += UInt64(word) }
        if let last = rest.readInteger(as: UInt8.self) { sum += UInt64(last) << 8 }
    }

    mutating func add(_ word: UInt16) { sum += UInt64(word) }

    mutating func add(_ word: UInt32) { sum += UInt64(word >> 16) + UInt64(word & 0xFFFF) }

    var value: UInt16 {
        var folded = sum
        while folded > 0xFFFF { folded = folded >> 16 + folded & 0xFFFF }
        return ~UInt16(truncatingIfNeeded: folded)
    }
}
