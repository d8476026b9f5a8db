import Crypto
import InterpostCore
import NIOCore

/// Pseudonyms from HMAC-SHA-256 and a key of random octets, which is forgotten when the program ends.
struct PseudonymHMAC: PseudonymKey {
    private let key = SymmetricKey(size: .bits256)

    func digest(_ value: ByteBuffer, of kind: PseudonymKind) -> [UInt8] {
        var message = Array("\(kind.rawValue)\0".utf8)
        message.append(contentsOf: value.readableBytesView)
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }
}
