import NIOCore

/// What a server keeps of a password so that a client can prove that it knows it without saying it (RFC 5802 §3, RFC 7677), as text:
///
///     SCRAM-SHA-256$4096:c2FsdA==$<StoredKey>:<ServerKey>     the three in base64
package struct SCRAMKeys: Sendable, Equatable, CustomStringConvertible {
    /// 4096 to 200,000.
    package var iterations: Int
    package var salt: [UInt8]
    /// 32 octets.
    package var storedKey: [UInt8]
    /// 32 octets.
    package var serverKey: [UInt8]

    package init(iterations: Int, salt: [UInt8], storedKey: [UInt8], serverKey: [UInt8]) {
        self.iterations = iterations
        self.salt = salt
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// The rounds that are made, and taken from a server: fewer are guessed too quickly, more only take time.
    package static let rounds = 4096...200_000

    /// `nil` for a text that is not like this, and for one whose values are out of range.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "SCRAM-SHA-256" else { return nil }
        let made = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        let keys = parts[2].split(separator: ":", omittingEmptySubsequences: false)
        guard made.count == 2, keys.count == 2, made[0].utf8.allSatisfy(\.isDigit), let iterations = Int(made[0]),
            Self.rounds.contains(iterations), let salt = Self.decode(made[1]), (8...64).contains(salt.count),
            let storedKey = Self.decode(keys[0]), let serverKey = Self.decode(keys[1]), storedKey.count == 32,
            serverKey.count == 32
        else { return nil }
        self.init(iterations: iterations, salt: salt, storedKey: storedKey, serverKey: serverKey)
    }

    package var description: String {
        "SCRAM-SHA-256$\(iterations):\(Self.encode(salt))$\(Self.encode(storedKey)):\(Self.encode(serverKey))"
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        Base64.decode(ByteBuffer(substring: text).readableBytesView).map { Array($0.readableBytesView) }
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        String(buffer: Base64.encode(ByteBuffer(bytes: bytes).readableBytesView))
    }
}
