package import NIOCore

/// Compares octets in a time that does not tell where they differ, for digests, proofs and other secrets.
///
///     ConstantTime.areEqual(proof, expected)      looks at each octet, whatever the ones before it were
package enum ConstantTime {
    /// The lengths are compared first: how long a digest is, everybody knows.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    package static func areEqual(_ left: ByteBuffer, _ right: ByteBuffer) -> Bool {
        areEqual(Array(left.readableBytesView), Array(right.readableBytesView))
    }
}
