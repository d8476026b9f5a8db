import Crypto
import Foundation
import InterpostCore
import NIOSSL
import SwiftASN1
import X509

extension Certificate {
    /// What the log says about a certificate.
    var facts: CertificateFacts {
        CertificateFacts(
            subject: subject.description, issuer: issuer.description, names: names,
            notBefore: Self.text(notValidBefore), notAfter: Self.text(notValidAfter), sha256: fingerprint)
    }

    /// Its subject alternative names: host names and IP addresses.
    var names: [String] {
        guard let alternatives = try? extensions.subjectAlternativeNames else { return [] }
        return alternatives.compactMap { name in
            switch name {
            case .dnsName(let name): name
            case .ipAddress(let octets): Self.address(Array(octets.bytes))
            default: nil
            }
        }
    }

    private var fingerprint: String {
        var serializer = DER.Serializer()
        guard (try? serializer.serialize(self)) != nil else { return "" }
        return SHA256.hash(data: serializer.serializedBytes).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func text(_ date: Date) -> String { date.formatted(.iso8601) }

    private static func address(_ octets: [UInt8]) -> String? {
        switch octets.count {
        case 4: octets.map(String.init).joined(separator: ".")
        case 16:
            stride(from: 0, to: 16, by: 2).map { String(UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]), radix: 16) }
                .joined(separator: ":")
        default: nil
        }
    }
}

extension NIOSSLCertificate {
    /// The same certificate as swift-certificates reads it, equal octet by octet.
    func parsed() throws -> Certificate {
        let octets = try toDERBytes()
        let certificate = try Certificate(derEncoded: octets)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        // The two readers of DER must not see different certificates.
        guard serializer.serializedBytes == octets else { throw CertificateText.NotCanonical() }
        return certificate
    }
}
