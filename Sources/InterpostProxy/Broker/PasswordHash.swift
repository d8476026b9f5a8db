import Crypto
import CryptoExtras
import Foundation
package import InterpostCore
import NIOCore

/// Makes what is kept of a password in a configuration, so that the password itself need not be there. All of it takes a while.
package enum PasswordHash {
    private static let saltOctets = 16
    private static let rounds = 10_000

    /// `$scrypt$ln=15,r=8,p=1$…`: 32 MiB and a tenth of a second for each guess (RFC 7914).
    package static func scrypt(of password: Secret) throws -> ScryptHash {
        let form = ScryptHash(
            logCost: 15, blockSize: 8, parallelism: 1, salt: randomSalt(), hash: Array(repeating: 0, count: 32))
        return try derive(form, of: password)
    }

    /// `SCRAM-SHA-256$10000:…`: quicker to guess, and for clients that prove that they know the password without saying it (RFC 7677).
    package static func scram(of password: Secret) throws -> SCRAMKeys {
        try keys(of: password, salt: randomSalt(), iterations: rounds)
    }

    /// The slow step of SCRAM.
    package static func derive(_ derivation: SCRAMDerivation) throws -> Secret {
        let key = try KDF.Insecure.PBKDF2.deriveKey(
            from: octets(of: derivation.password), salt: derivation.salt, using: .sha256, outputByteCount: 32,
            unsafeUncheckedRounds: derivation.iterations)
        return Secret(ByteBuffer(bytes: key.octets))
    }

    /// The hash of a password with the salt, the cost and the length of another one.
    static func derive(_ form: ScryptHash, of password: Secret) throws -> ScryptHash {
        var hash = form
        hash.hash = try KDF.Scrypt.deriveKey(
            from: octets(of: password), salt: form.salt, outputByteCount: form.hash.count, rounds: 1 << form.logCost,
            blockSize: form.blockSize, parallelism: form.parallelism
        ).octets
        return hash
    }

    static func keys(of password: Secret, salt: [UInt8], iterations: Int) throws -> SCRAMKeys {
        let salted = try derive(SCRAMDerivation(password: password, salt: salt, iterations: iterations))
        return SCRAMKeys(saltedPassword: salted, salt: salt, iterations: iterations)
    }

    private static func randomSalt() -> [UInt8] { (0..<saltOctets).map { _ in UInt8.random(in: .min ... .max) } }

    /// One octet for an empty password: the library needs something to point to.
    private static func octets(of password: Secret) -> [UInt8] {
        let octets = password.withExposedBytes { Array($0.readableBytesView) }
        return octets.isEmpty ? [0] : octets
    }
}

extension SymmetricKey {
    fileprivate var octets: [UInt8] { withUnsafeBytes { Array($0) } }
}
