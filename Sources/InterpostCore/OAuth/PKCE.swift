import Crypto
import NIOCore

/// What ties the code of a redirect to the one who asked for it (RFC 7636): the verifier is said to the token endpoint only, its
/// SHA-256 to the browser.
///
///     verifier  dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
///     challenge E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
package struct PKCE: Sendable, Equatable {
    package let verifier: Secret
    package let challenge: String

    /// - Parameter octets: 32 random ones.
    package init(octets: [UInt8]) {
        let verifier = Base64URL.encode(octets)
        self.verifier = Secret(text: verifier)
        challenge = Base64URL.encode(SHA256.hash(data: Array(verifier.utf8)))
    }
}

/// Base64 for URLs and tokens, without padding (RFC 4648 §5).
package enum Base64URL {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Base64.encode(Array(bytes)).readableBytesView.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
