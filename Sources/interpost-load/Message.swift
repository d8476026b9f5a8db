// The message that every FETCH returns: any size, without that much memory, and every byte of it known to both halves.
//
// A message repeats one block of text. The block is a prime number of bytes long, so bytes that went missing, came twice or
// came out of order do not line up with it again by chance, as they could if it were a power of two.

import Glibc

struct Message: Sendable {
    /// In bytes.
    let size: Int

    /// The longest run of bytes from `offset` that lies in one piece; empty at the end of the message.
    func withBytes<R>(from offset: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let start = offset % Self.block.count
        let count = min(Self.block.count - start, size - offset)
        return try Self.block.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
    }

    /// Whether the message has these bytes at `offset`.
    func has(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        guard bytes.count <= size - offset else { return false }
        var compared = 0
        while compared < bytes.count {
            let same = withBytes(from: offset + compared) { expected in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[compared...])
                let count = min(expected.count, rest.count)
                // `!` holds twice: neither is empty, as the loop and the guard leave bytes to compare on both sides.
                guard memcmp(expected.baseAddress!, rest.baseAddress!, count) == 0 else { return 0 }
                return count
            }
            if same == 0 { return false }
            compared += same
        }
        return true
    }

    private static let block: [UInt8] = {
        let size = 1_048_573
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var block = Array("From: load@example.com\r\nSubject: load\r\nMIME-Version: 1.0\r\n\r\n".utf8)
        block.reserveCapacity(size + 78)
        var random: UInt64 = 0x9E37_79B9_7F4A_7C15
        while block.count < size {
            for _ in 0..<76 {
                // Knuth's MMIX generator; its high bits are the good ones.
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                block.append(alphabet[Int(random >> 58)])
            }
            block += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        }
        return Array(block.prefix(size))
    }()
}
