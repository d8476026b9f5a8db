import Crypto
package import InterpostCore
import NIOCore

/// The secret of a token: 160 random bits, and 20 more that say whether it was typed as it was shown.
///
///     ip-4k2m9x-0c7tqw-hz1b8n-r5vd3e-y6pjga-fs04mk
///
/// Letters and digits are those of Crockford's base32, in lower case, without the ones that look like others: i, l, o, u. It is said to
/// its client once. The program keeps its SHA-256, which is enough: nobody can guess 160 bits.
package struct TokenSecret: Sendable {
    private static let prefix = "ip"
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let groupLength = 6
    private static let randomOctets = 20
    /// Letters for the random bits, and letters for the check.
    private static let (letters, checkLetters) = (32, 4)

    /// As it is shown.
    package let text: Secret
    /// SHA-256 of its text.
    package let digest: [UInt8]

    /// A secret that nobody has had.
    package init(using generator: inout some RandomNumberGenerator) {
        let octets = (0..<Self.randomOctets).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let body = Self.spell(octets)
        let spelled = body + Self.check(body)
        var text = ByteBuffer(string: Self.prefix)
        for start in stride(from: 0, to: spelled.count, by: Self.groupLength) {
            text.writeStaticString("-")
            text.writeBytes(spelled[start..<min(start + Self.groupLength, spelled.count)])
        }
        self.text = Secret(text)
        digest = Self.digest(of: self.text)
    }

    /// What is kept of a secret that somebody says.
    package static func digest(of secret: Secret) -> [UInt8] {
        secret.withExposedBytes { Array(SHA256.hash(data: Array($0.readableBytesView))) }
    }

    /// Whether a text is such a secret without a mistake in it. It says nothing about whether there is a token with it.
    package static func isWhole(_ secret: Secret) -> Bool {
        secret.withExposedBytes { bytes in
            let groups = bytes.readableBytesView.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            let spelled = groups.dropFirst().joined()
            guard groups.count == 1 + (letters + checkLetters) / groupLength, groups[0].elementsEqual(prefix.utf8),
                groups.dropFirst().allSatisfy({ $0.count == groupLength }), spelled.allSatisfy(alphabet.contains)
            else { return false }
            return Array(spelled.suffix(checkLetters)) == check(Array(spelled.prefix(letters)))
        }
    }

    /// Five bits a letter, the most significant ones first.
    private static func spell(_ octets: some Sequence<UInt8>) -> [UInt8] {
        var (letters, bits, count): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for octet in octets {
            bits = bits << 8 | UInt32(octet)
            count += 8
            while count >= 5 {
                count -= 5
                letters.append(alphabet[Int(bits >> count & 31)])
            }
            bits &= 1 << count - 1
        }
        return letters
    }

    private static func check(_ letters: [UInt8]) -> [UInt8] {
        Array(spell(SHA256.hash(data: letters)).prefix(checkLetters))
    }
}
