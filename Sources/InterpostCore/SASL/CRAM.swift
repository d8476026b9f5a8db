import Crypto
package import NIOCore

/// The digests by which a password was proved before SCRAM. Whoever hears one can guess at the password as fast as MD5 is.
package enum CRAM {
    /// The response of CRAM-MD5 (RFC 2195): `tim b913a602c7eda7a495b4e6e7334d3890`.
    static func response(user: String, secret: Secret, challenge: ByteBuffer) -> Secret {
        let key = SymmetricKey(data: secret.withExposedBytes { Array($0.readableBytesView) })
        let digest = HMAC<Insecure.MD5>.authenticationCode(for: Array(challenge.readableBytesView), using: key)
        return Secret(ByteBuffer(string: user + " " + hexadecimal(digest)))
    }

    /// The digest of APOP (RFC 1939 §7): `c4c9334bac560ecc979e58001b3e22fb`.
    ///
    /// - Parameter timestamp: As the server's greeting has it, in its angle brackets:
    ///   `<1896.697170952@dbc.mtview.ca.us>`.
    package static func apopDigest(timestamp: ByteBuffer, secret: Secret) -> Secret {
        var digest = Insecure.MD5()
        digest.update(data: Array(timestamp.readableBytesView))
        digest.update(data: secret.withExposedBytes { Array($0.readableBytesView) })
        return Secret(ByteBuffer(string: hexadecimal(digest.finalize())))
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
