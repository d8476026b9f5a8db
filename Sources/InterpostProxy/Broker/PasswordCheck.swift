import InterpostConfiguration
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
        switch proof {
        case .token(let digest): return ConstantTime.areEqual(TokenSecret.digest(of: secret), digest)
        case .scrypt(let hash):
            let derived = try PasswordHash.derive(hash, of: secret)
            return ConstantTime.areEqual(derived.hash, hash.hash) && isPassword(secret)
        case .scram(let keys):
            let derived = try PasswordHash.keys(of: secret, salt: keys.salt, iterations: keys.iterations)
            return ConstantTime.areEqual(derived.storedKey, keys.storedKey) && isPassword(secret)
        }
    }

    /// To HMAC, and so to both hashes, a text and the same text with a NUL after it are one (RFC 2104 §2).
    private static func isPassword(_ secret: Secret) -> Bool {
        secret.withExposedBytes { $0.readableBytes > 0 && !$0.readableBytesView.contains(0) }
    }
}
