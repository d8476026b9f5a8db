import Foundation
import InterpostCore
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// Judges the certificates of upstream servers: chain, validity, purpose and name (RFC 5280, RFC 6125).
///
/// Verdicts on a chain for a name are kept for ten minutes, so that a thousand sessions cost one verification.
final class UpstreamVerifier: Sendable {
    struct Verdict: Sendable {
        /// Why the server is not to be trusted; `nil` when it is.
        var problem: String?
        var chain: [CertificateFacts]
        /// Host names and addresses of the leaf.
        var names: [String]
    }

    private struct Question: Hashable {
        var chain: [NIOSSLCertificate]
        var host: String
    }

    private static let lifetime: TimeInterval = 600
    private static let maximumVerdicts = 1000

    private let roots: CertificateStore
    private let skipsVerification: Bool
    private let verdicts = Mutex<[Question: (verdict: Verdict, at: Date)]>([:])

    /// - Parameter trust: PEM files whose certificates are trusted beside the system's.
    init(trust: [String], skipsVerification: Bool) throws {
        var added: [Certificate] = []
        for file in trust {
            let text: String
            do {
                text = try String(contentsOfFile: file, encoding: .utf8)
            } catch {
                throw CertificateAuthority.Failure(description: "\(file) cannot be read: \(error.localizedDescription)")
            }
            let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
            let certificates = documents.compactMap { try? Certificate(pemDocument: $0) }
            guard !certificates.isEmpty else {
                throw CertificateAuthority.Failure(description: "\(file) holds no certificate in PEM")
            }
            added += certificates
        }
        roots = CertificateStore.systemTrustRoots.appending(contentsOf: added)
        self.skipsVerification = skipsVerification
    }

    /// The verdict, at once where it is known. `host` is a name or an IP address.
    func judge(_ chain: [NIOSSLCertificate], host: String, on eventLoop: any EventLoop) -> EventLoopFuture<Verdict> {
        let question = Question(chain: chain, host: host)
        let known = verdicts.withLock { $0[question] }
        if let known, known.at.timeIntervalSinceNow > -Self.lifetime {
            return eventLoop.makeSucceededFuture(known.verdict)
        }
        return eventLoop.makeFutureWithTask {
            let verdict = await self.verify(chain.compactMap(\.parsed), host: host)
            self.verdicts.withLock { verdicts in
                if verdicts.count >= Self.maximumVerdicts { verdicts.removeAll() }
                verdicts[question] = (verdict, Date())
            }
            return verdict
        }
    }

    private func verify(_ chain: [Certificate], host: String) async -> Verdict {
        guard let leaf = chain.first else { return Verdict(problem: "it sent no certificate", chain: [], names: []) }
        var verdict = Verdict(chain: chain.map(\.facts), names: leaf.names)
        guard !skipsVerification else { return verdict }
        let isAddress = IPAddress.octets(of: host) != nil
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            ServerIdentityPolicy(serverHostname: isAddress ? nil : host, serverIP: isAddress ? host : nil)
            ServerPurposePolicy()
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst())) {
        case .validCertificate: break
        case .couldNotValidate(let failures):
            verdict.problem = Self.problem(of: leaf, host: host, reasons: failures.map { "\($0.policyFailureReason)" })
        }
        return verdict
    }

    /// The likeliest of the reasons, in words that fit into one line.
    private static func problem(of leaf: Certificate, host: String, reasons: [String]) -> String {
        let now = Date()
        if leaf.notValidAfter < now { return "its certificate expired on \(leaf.notValidAfter.formatted(.iso8601))" }
        if leaf.notValidBefore > now { return "its certificate is not valid before \(leaf.notValidBefore.formatted(.iso8601))" }
        guard let reason = reasons.first else {
            return "no chain from its certificate (issued by \(leaf.issuer)) to a trusted root; give the authority with --trust"
        }
        if reason.contains("SAN extension") {
            return "its certificate is for \(leaf.names.joined(separator: ", ")), not for \(host)"
        }
        return reason
    }
}

/// A leaf that says what it is for must say that it is for servers.
private struct ServerPurposePolicy: VerifierPolicy {
    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] { [.X509ExtensionID.extendedKeyUsage] }

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let usage = try? chain.leaf.extensions.extendedKeyUsage else { return .meetsPolicy }
        return usage.contains(.serverAuth) || usage.contains(.any)
            ? .meetsPolicy : .failsToMeetPolicy(reason: "its certificate is not for servers (extended key usage)")
    }
}
