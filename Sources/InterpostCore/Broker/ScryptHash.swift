import NIOCore

/// The scrypt hash of a password (RFC 7914) with what it was made with, as text:
///
///     $scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0$…     N is 2 to the power of ln
///
/// Salt and hash are base64 without padding. Making a hash takes time and memory, so the core does not.
package struct ScryptHash: Sendable, Equatable, CustomStringConvertible {
    /// The cost, as a power of two: 10 to 20, and less than 16 times the block size (RFC 7914 §2).
    package var logCost: Int
    /// The block size: 1 to 16, as much as the library that makes hashes takes.
    package var blockSize: Int
    /// 1 to 16.
    package var parallelism: Int
    package var salt: [UInt8]
    package var hash: [UInt8]

    /// The most octets of memory that making a hash may take.
    private static let maximumMemory = 256 << 20

    package init(logCost: Int, blockSize: Int, parallelism: Int, salt: [UInt8], hash: [UInt8]) {
        self.logCost = logCost
        self.blockSize = blockSize
        self.parallelism = parallelism
        self.salt = salt
        self.hash = hash
    }

    /// `nil` for a text that is no such hash, and for one whose parameters are out of range.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let salt = Self.decode(parts[3]),
            let hash = Self.decode(parts[4]), (8...64).contains(salt.count), (16...64).contains(hash.count)
        else { return nil }
        let values = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard values.count == 3, let logCost = Self.number("ln=", values[0], in: 10...20),
            let blockSize = Self.number("r=", values[1], in: 1...16), let parallelism = Self.number("p=", values[2], in: 1...16),
            logCost < 16 * blockSize, 128 * blockSize << logCost <= Self.maximumMemory
        else { return nil }
        self.init(logCost: logCost, blockSize: blockSize, parallelism: parallelism, salt: salt, hash: hash)
    }

    package var description: String {
        "$scrypt$ln=\(logCost),r=\(blockSize),p=\(parallelism)$\(Self.encode(salt))$\(Self.encode(hash))"
    }

    /// How long it takes to make, beside others.
    var cost: Int { (blockSize * parallelism) << logCost }

    private static func number(_ name: String, _ text: Substring, in range: ClosedRange<Int>) -> Int? {
        guard text.hasPrefix(name) else { return nil }
        let digits = text.dropFirst(name.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isDigit), let number = Int(digits), range.contains(number) else {
            return nil
        }
        return number
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Base64.decode(ByteBuffer(substring: padded).readableBytesView).map { Array($0.readableBytesView) }
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        var text = String(buffer: Base64.encode(ByteBuffer(bytes: bytes).readableBytesView))
        while text.hasSuffix("=") { text.removeLast() }
        return text
    }
}
