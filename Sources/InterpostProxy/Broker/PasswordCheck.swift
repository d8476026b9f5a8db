import Crypto
import CryptoExtras
import Foundation
package import InterpostCore
import NIOCore

/// Compares what a client says with what is known of its secret. It only computes, a tenth of a second for a slow hash: it belongs on a
/// thread pool, not on an event loop.
///
/// How long it takes depends on the proof and on the length of what the client says, not on where that differs.
package enum PasswordCheck {
    /// Whether the secret is the one that the proof was made of.
    ///
    /// - Throws: Where the hash cannot be computed, for want of memory. Then the client is not to be let in.
    package static func matches(_ secret: Secret, _ proof: ClientRecord.Proof) throws -> Bool {
        let said = secret.withExposedBytes { Array($0.readableBytesView) }
        switch proof {
        case .token(let digest): return isEqual(Array(SHA256.hash(data: said)), digest)
        case .scrypt(let hash):
            // An empty password costs as much as any other, and is none.
            let derived = try PasswordHash.derive(
                from: said.isEmpty ? [0] : said, salt: hash.salt, count: hash.hash.count, logCost: hash.logCost,
                blockSize: hash.blockSize, parallelism: hash.parallelism)
            return isEqual(derived, hash.hash) && !said.isEmpty
        case .scram(let keys):
            let derived = try PasswordHash.keys(of: said.isEmpty ? [0] : said, salt: keys.salt, iterations: keys.iterations)
            return isEqual(derived.storedKey, keys.storedKey) && !said.isEmpty
        }
    }

    /// Looks at all octets, wherever they differ.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count, !left.isEmpty else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Makes what is kept of a password in a configuration, so that the password itself need not be there.
package enum PasswordHash {
    private static let saltOctets = 16

    /// `$scrypt$ln=15,r=8,p=1$…`: 32 MiB and a tenth of a second for each guess (RFC 7914).
    package static func scrypt(of password: Secret) throws -> ScryptHash {
        let (logCost, blockSize, parallelism) = (15, 8, 1)
        let salt = randomSalt()
        let hash = try derive(
            from: octets(of: password), salt: salt, count: 32, logCost: logCost, blockSize: blockSize, parallelism: parallelism)
        return ScryptHash(logCost: logCost, blockSize: blockSize, parallelism: parallelism, salt: salt, hash: hash)
    }

    /// `SCRAM-SHA-256$10000:…`: quicker to guess, and for clients that prove that they know the password without saying it (RFC 7677).
    package static func scram(of password: Secret) throws -> SCRAMKeys {
        try keys(of: octets(of: password), salt: randomSalt(), iterations: 10_000)
    }

    private static func randomSalt() -> [UInt8] { (0..<saltOctets).map { _ in UInt8.random(in: .min ... .max) } }

    private static func octets(of password: Secret) throws -> [UInt8] {
        let octets = password.withExposedBytes { Array($0.readableBytesView) }
        guard !octets.isEmpty else { throw CryptoKitError.incorrectParameterSize }
        return octets
    }

    /// - Parameter password: Not empty: the library needs an octet to point to.
    static func derive(
        from password: [UInt8], salt: [UInt8], count: Int, logCost: Int, blockSize: Int, parallelism: Int
    ) throws -> [UInt8] {
        try KDF.Scrypt.deriveKey(
            from: password, salt: salt, outputByteCount: count, rounds: 1 << logCost, blockSize: blockSize,
            parallelism: parallelism
        ).octets
    }

    /// StoredKey and ServerKey (RFC 5802 §3).
    static func keys(of password: [UInt8], salt: [UInt8], iterations: Int) throws -> SCRAMKeys {
        let salted = try KDF.Insecure.PBKDF2.deriveKey(
            from: password, salt: salt, using: .sha256, outputByteCount: 32, unsafeUncheckedRounds: iterations)
        func key(_ name: String) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: salted))
        }
        return SCRAMKeys(
            iterations: iterations, salt: salt, storedKey: Array(SHA256.hash(data: key("Client Key"))),
            serverKey: key("Server Key"))
    }
}

extension SymmetricKey {
    fileprivate var octets: [UInt8] { withUnsafeBytes { Array($0) } }
}
