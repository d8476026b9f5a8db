import SwiftASN1
import X509

/// A rule about a leaf by itself: one that the verifier applies, and that can say in a sentence what is wrong.
protocol LeafRule: VerifierPolicy {
    /// `nil` if nothing is wrong.
    func problem(of leaf: Certificate) -> String?
}

extension LeafRule {
    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let problem = problem(of: chain.leaf) else { return .meetsPolicy }
        return .failsToMeetPolicy(reason: problem)
    }
}

/// The leaf names the server that was asked for.
struct ServerIdentityRule: LeafRule {
    let host: String

    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] { [.X509ExtensionID.subjectAlternativeName] }

    func problem(of leaf: Certificate) -> String? {
        guard let names = try? leaf.extensions.subjectAlternativeNames else {
            return "its certificate has no subject alternative names that can be read"
        }
        let identity = ServerIdentity(host: host)
        guard !names.contains(where: identity.matches) else { return nil }
        return "its certificate is for \(CertificateText.list(leaf.names)), not for \(host)"
    }
}

/// A leaf that says what it is for must be for servers.
struct ServerPurposeRule: LeafRule {
    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] { [.X509ExtensionID.extendedKeyUsage] }

    func problem(of leaf: Certificate) -> String? {
        do {
            guard let usage = try leaf.extensions.extendedKeyUsage else { return nil }
            return usage.contains(.serverAuth) || usage.contains(.any)
                ? nil : "its certificate is not for servers (extended key usage)"
        } catch {
            return "its certificate does not say legibly what it is for (extended key usage)"
        }
    }
}

/// Each certificate between the leaf and the trusted root may issue certificates, and may do so for servers (RFC 5280 §4.2.1.3,
/// §4.2.1.9, §4.2.1.12, §6.1.4). No signature in the chain is made with SHA-1.
///
/// A certificate of version 1 does not say what it may do: as a trusted root it may issue certificates, anywhere else it may not.
/// The purposes that an intermediate names limit everything below it, as in browsers and OpenSSL.
struct IssuerRule: VerifierPolicy {
    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] {
        [.X509ExtensionID.extendedKeyUsage, .X509ExtensionID.keyUsage, .X509ExtensionID.basicConstraints]
    }

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let problem = Self.problem(of: chain) else { return .meetsPolicy }
        return .failsToMeetPolicy(reason: problem)
    }

    /// `nil` if nothing is wrong. The last certificate of a chain is the trusted root.
    static func problem(of chain: UnverifiedCertificateChain) -> String? {
        for certificate in chain.dropLast() where certificate.signatureAlgorithm == .sha1WithRSAEncryption {
            return "its chain has a signature that is made with SHA-1"
        }
        for issuer in chain.dropFirst().dropLast() where !mayIssueForServers(issuer) {
            return "its chain has a certificate that may not issue certificates for servers"
        }
        return nil
    }

    private static func mayIssueForServers(_ certificate: Certificate) -> Bool {
        guard certificate.version == .v3 else { return false }
        do {
            guard case .isCertificateAuthority? = try certificate.extensions.basicConstraints else { return false }
            if let usage = try certificate.extensions.keyUsage, !usage.keyCertSign { return false }
            guard let purposes = try certificate.extensions.extendedKeyUsage else { return true }
            return purposes.contains(.serverAuth) || purposes.contains(.any)
        } catch {
            return false
        }
    }
}
