import Crypto
import NIOCore

/// The computations of SCRAM-SHA-256 (RFC 5802 §3, RFC 7677), except for the slow one.
///
///     ClientKey = HMAC(SaltedPassword, "Client Key")      StoredKey = SHA-256(ClientKey)
///     ServerKey = HMAC(SaltedPassword, "Server Key")      ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage)
enum SCRAM {
    /// Octets of a key, a proof and a signature.
    static let keyLength = 32

    static func clientKey(_ saltedPassword: Secret) -> [UInt8] { key("Client Key", saltedPassword) }

    static func serverKey(_ saltedPassword: Secret) -> [UInt8] { key("Server Key", saltedPassword) }

    static func storedKey(_ clientKey: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: clientKey)) }

    /// What both sides have said, which the proof and the signature are about.
    static func authMessage(_ clientFirstBare: [UInt8], _ serverFirst: [UInt8], _ clientFinalWithoutProof: [UInt8]) -> [UInt8] {
        let comma = Array(",".utf8)
        return clientFirstBare + comma + serverFirst + comma + clientFinalWithoutProof
    }

    /// What a client proves with, and a server signs with: `HMAC(key, AuthMessage)`.
    static func signature(_ key: [UInt8], of authMessage: [UInt8]) -> [UInt8] { hmac(key, authMessage) }

    static func proof(clientKey: [UInt8], authMessage: [UInt8]) -> [UInt8] {
        xor(clientKey, signature(storedKey(clientKey), of: authMessage))
    }

    /// Whether the proof was made by somebody who knows the password of these keys.
    static func isRight(proof: [UInt8], keys: SCRAMKeys, authMessage: [UInt8]) -> Bool {
        let clientKey = xor(proof, signature(keys.storedKey, of: authMessage))
        return ConstantTime.areEqual(storedKey(clientKey), keys.storedKey)
    }

    static func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    private static func key(_ name: String, _ saltedPassword: Secret) -> [UInt8] {
        hmac(saltedPassword.withExposedBytes { Array($0.readableBytesView) }, Array(name.utf8))
    }

    private static func xor(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }
}

/// The slow step of SCRAM, for those who do it outside the core: PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2), 32 octets long.
///
///     SaltedPassword = PBKDF2(password, salt, iterations)
package struct SCRAMDerivation: Sendable, Equatable {
    package var password: Secret
    package var salt: [UInt8]
    package var iterations: Int

    package init(password: Secret, salt: [UInt8], iterations: Int) {
        self.password = password
        self.salt = salt
        self.iterations = iterations
    }
}

extension SCRAMKeys {
    /// The keys of a password from which the salted password was made: what a ``SCRAMDerivation`` gives.
    package init(saltedPassword: Secret, salt: [UInt8], iterations: Int) {
        self.init(
            iterations: iterations, salt: salt, storedKey: SCRAM.storedKey(SCRAM.clientKey(saltedPassword)),
            serverKey: SCRAM.serverKey(saltedPassword))
    }

    /// Keys of nobody, always the same for one name: a client that asks for a name that does not exist cannot tell (RFC 5802 §9).
    /// No password fits them.
    ///
    /// - Parameters:
    ///   - key: A secret of at least 16 octets that stays the same; whoever knows it tells such names apart.
    ///   - iterations: As many as those who exist have.
    package static func madeUp(for name: String, key: [UInt8], iterations: Int = rounds.lowerBound) -> SCRAMKeys {
        func made(_ purpose: String) -> [UInt8] { SCRAM.hmac(key, Array("\(purpose)\0\(name)".utf8)) }
        return SCRAMKeys(
            iterations: iterations, salt: Array(made("salt").prefix(16)), storedKey: made("stored key"),
            serverKey: made("server key"))
    }
}
