import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Octets compared in constant time` {
    @Test func `are equal only if all of them are`() {
        let digest = [UInt8](0..<32)
        #expect(ConstantTime.areEqual(digest, digest))
        #expect(ConstantTime.areEqual([], []))
        #expect(!ConstantTime.areEqual(digest, Array(digest.dropLast())))
        #expect(!ConstantTime.areEqual([], [0]))
        for place in digest.indices {
            for bit in 0..<8 {
                var other = digest
                other[place] ^= 1 << bit
                #expect(!ConstantTime.areEqual(digest, other))
            }
        }
    }

    @Test func `are the readable ones of a buffer`() {
        var left = ByteBuffer(string: "xabc")
        left.moveReaderIndex(forwardBy: 1)
        #expect(ConstantTime.areEqual(left, ByteBuffer(string: "abc")))
        #expect(!ConstantTime.areEqual(left, ByteBuffer(string: "xabc")))
        #expect(!ConstantTime.areEqual(left, ByteBuffer(string: "abd")))
    }
}
