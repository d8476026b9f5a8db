import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOPosix
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// Checks signatures on threads of its own, so that they delay neither event loops nor other tasks, and are not delayed by them.
private final class PoolExecutor: TaskExecutor {
    static let shared = PoolExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        NIOThreadPool.singleton.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Judges the certificates of upstream servers: chain, validity, purpose and name (RFC 5280, RFC 9525).
///
/// A verdict is about exactly the certificates that the server showed; TLS has proved the key of the first. If one of them cannot
/// be read, the server is refused; no other certificate is judged in its place. Verdicts on a chain for a name are kept for ten
/// minutes, so that a thousand sessions cost one verification.
final class UpstreamVerifier: Sendable {
    struct Verdict: Sendable {
        /// Why the server is not to be trusted; `nil` when it is. One line in words.
        var problem: String?
        /// What is wrong although verification is off.
        var warning: String?
        /// The leaf, whose key TLS has proved, and the certificates that came with it, up to the first that cannot be read.
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

    /// - Parameter trust: PEM files with certificates that are trusted in addition to the system's.
    init(trust: [String], skipsVerification: Bool) throws {
        var added: [Certificate] = []
        for file in trust {
            let text: String
            do {
                text = String(decoding: try SmallFile.read(file), as: UTF8.self)
            } catch {
                throw CertificateAuthority.Failure(description: "\(file) cannot be read: \(ErrorWords.of(error))")
            }
            let certificates: [Certificate]
            do {
                certificates = try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
            } catch {
                throw CertificateAuthority.Failure(
                    description: "\(file) holds a certificate that cannot be read: \(CertificateText.reason(error))")
            }
            guard !certificates.isEmpty else {
                throw CertificateAuthority.Failure(description: "\(file) holds no certificate in PEM")
            }
            added += certificates
        }
        roots = CertificateStore.systemTrustRoots.appending(contentsOf: added)
        self.skipsVerification = skipsVerification
    }

    /// The verdict; at once if it is known already. `host` is a name or an IP address.
    func judge(_ chain: [NIOSSLCertificate], host: String, on eventLoop: any EventLoop) -> EventLoopFuture<Verdict> {
        let question = Question(chain: chain, host: host)
        let known = verdicts.withLock { $0[question] }
        if let known, known.at.timeIntervalSinceNow > -Self.lifetime {
            return eventLoop.makeSucceededFuture(known.verdict)
        }
        let promise = eventLoop.makePromise(of: Verdict.self)
        Task(executorPreference: PoolExecutor.shared) {
            let verdict = await self.verify(chain, host: host)
            // A refusal is not kept, because it may be wrong a moment later: a certificate becomes valid, a clock is set.
            guard verdict.problem == nil else { return promise.succeed(verdict) }
            self.verdicts.withLock { verdicts in
                if verdicts.count >= Self.maximumVerdicts { verdicts.removeAll() }
                verdicts[question] = (verdict, Date())
            }
            promise.succeed(verdict)
        }
        return promise.futureResult
    }

    private func verify(_ presented: [NIOSSLCertificate], host: String) async -> Verdict {
        var chain: [Certificate] = []
        var unreadable: String?
        for (index, certificate) in presented.enumerated() where unreadable == nil {
            do {
                chain.append(try certificate.parsed())
            } catch {
                let place = index == 0 ? "its certificate" : "certificate \(index + 1) of the \(presented.count) that it sent"
                unreadable = "\(place) cannot be read: \(CertificateText.reason(error))"
            }
        }
        var verdict = Verdict(chain: chain.map(\.facts), names: chain.first?.names ?? [])
        if skipsVerification {
            verdict.warning = unreadable
        } else if let unreadable {
            verdict.problem = unreadable
        } else if let leaf = chain.first {
            verdict.problem = await problem(of: leaf, behind: chain.dropFirst(), host: host)
        } else {
            verdict.problem = "it sent no certificate"
        }
        return verdict
    }

    /// Why the leaf is not accepted as the host's; `nil` if it is.
    private func problem(of leaf: Certificate, behind intermediates: ArraySlice<Certificate>, host: String) async -> String? {
        let (identity, purpose) = (ServerIdentityRule(host: host), ServerPurposeRule())
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            identity
            purpose
            IssuerRule()
        }
        guard
            case .couldNotValidate(let failures) = await verifier.validate(
                leaf: leaf, intermediates: CertificateStore(intermediates))
        else { return nil }
        // A fault of the leaf itself comes first, because an operator can do most about it.
        return CertificateText.expiry(of: leaf, "its certificate") ?? identity.problem(of: leaf) ?? purpose.problem(of: leaf)
            ?? CertificateText.problem(of: failures.map(\.chain), leaf: leaf)
    }
}
