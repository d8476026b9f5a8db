import Crypto
import Foundation
import InterpostCore
import SwiftASN1
import X509

/// What is wrong with a certificate, in one line of words. The line reaches the log and the client, so the peer's own words from
/// the certificate are never more than a small part of it.
enum CertificateText {
    /// The two readers disagree about its octets.
    struct NotCanonical: Error {}

    private static let longestText = 80

    /// Why it cannot be read.
    static func reason(_ error: any Error) -> String {
        switch error {
        case is NotCanonical: "it is not written as DER has to be"
        case is CryptoKitError: "its key is too short, or of a kind that is not accepted"
        case let error as ASN1Error where error.code == .invalidPEMDocument: "it is not PEM"
        case is ASN1Error: "it is not an X.509 certificate in DER"
        case is CertificateError: "its key or its signature is of a kind that is not accepted"
        default: "it is not understood"
        }
    }

    /// Says that the certificate has expired or is not valid yet; `nil` if neither. `whose` begins the sentence.
    static func expiry(of certificate: Certificate, _ whose: String, at now: Date = Date()) -> String? {
        if certificate.notValidAfter < now { return "\(whose) expired on \(certificate.notValidAfter.formatted(.iso8601))" }
        if certificate.notValidBefore > now {
            return "\(whose) is not valid before \(certificate.notValidBefore.formatted(.iso8601))"
        }
        return nil
    }

    /// Why no chain from a leaf that is good by itself was accepted. `chains` led to a trusted root and broke a rule.
    static func problem(of chains: [UnverifiedCertificateChain], leaf: Certificate) -> String {
        guard let chain = chains.first else {
            return "no chain from its certificate (issued by \(short(leaf.issuer.description))) to a trusted root; "
                + "give the authority with --trust"
        }
        let whose = "the certificate of its authority"
        return chain.lazy.dropFirst().compactMap { expiry(of: $0, whose) }.first ?? IssuerRule.problem(of: chain)
            ?? "the chain of its certificate breaks a rule of RFC 5280 (who may sign what)"
    }

    /// The first few of them.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(3).map(short).joined(separator: ", ")
        return names.isEmpty ? "no host" : names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }

    /// Printable ASCII, cut to a small length.
    private static func short(_ text: String) -> String {
        TerminalText.ascii(text, atMost: longestText) + (text.unicodeScalars.count > longestText ? "..." : "")
    }
}
