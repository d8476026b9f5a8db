import Crypto
import NIOCore

/// Nonces of one session, each used once: random because the seed is, and reproducible because nothing else goes in.
struct NonceSource: Sendable {
    private let key: SymmetricKey
    private var count: UInt64 = 0

    init(seed: [UInt8]) { key = SymmetricKey(data: seed) }

    /// 24 characters of base64.
    mutating func next() -> String {
        count &+= 1
        var message = ByteBuffer()
        message.writeInteger(count)
        let code = HMAC<SHA256>.authenticationCode(for: Array(message.readableBytesView), using: key)
        return String(buffer: Base64.encode(ByteBuffer(bytes: Array(code).prefix(18)).readableBytesView))
    }
}
