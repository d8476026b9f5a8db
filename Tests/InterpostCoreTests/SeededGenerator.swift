import NIOCore

/// SplitMix64: the same numbers for the same seed, so that a failing case can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// `count` bytes of an alphabet, drawn one by one.
    mutating func bytes(_ count: Int, of alphabet: [UInt8]) -> [UInt8] {
        (0..<count).map { _ in alphabet.randomElement(using: &self) ?? 0 }
    }

    /// The bytes in pieces, cut at random places; some pieces are empty.
    mutating func pieces(of bytes: [UInt8]) -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        var start = 0
        while start < bytes.count {
            let length = min(
                bytes.count - start, Int.random(in: 0...Int.random(in: 1...12, using: &self), using: &self))
            pieces.append(ByteBuffer(bytes: bytes[start..<start + length]))
            start += length
        }
        return pieces
    }
}
