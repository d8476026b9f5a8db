import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOSSL
import Synchronization

/// The TLS contexts that clients are served with: the operator's certificate, or a leaf of the authority for each
/// name that is asked for.
final class ServerContexts: Sendable {
    /// The key under which a leaf is kept.
    struct Key: Hashable, Sendable {
        /// The SNI name, or empty.
        var serverName: String
        /// The address that the client connected to.
        var localAddress: String
        /// Which server the relay leads to.
        var upstream: String
        var mailProtocol: MailProtocol
    }

    private static let maximumContexts = 1000
    /// How long a peer may take to say goodbye in TLS.
    static let shutdownTimeout = TimeAmount.seconds(2)

    private let authority: CertificateAuthority?
    private let fixed: [MailProtocol: NIOSSLContext]
    private let minimumVersion: TLSSettings.Version
    private let cache = Mutex<[Key: (context: NIOSSLContext, at: Date)]>([:])

    init(_ settings: TLSSettings) throws {
        minimumVersion = settings.minimumClientVersion
        if let certificate = settings.certificate, let key = settings.privateKey {
            authority = nil
            let chain: [NIOSSLCertificate]
            let privateKey: NIOSSLPrivateKey
            do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch {
                throw CertificateAuthority.Failure(
                    description: "the certificate \(certificate) cannot be read: \(ErrorWords.of(error))")
            }
            do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
                throw CertificateAuthority.Failure(description: "the private key \(key) cannot be read: \(ErrorWords.of(error))")
            }
            var contexts: [MailProtocol: NIOSSLContext] = [:]
            for mailProtocol in MailProtocol.allCases {
                do {
                    contexts[mailProtocol] = try Self.context(
                        chain: chain, key: privateKey, minimumVersion: minimumVersion, mailProtocol: mailProtocol)
                } catch {
                    throw CertificateAuthority.Failure(
                        description: "the private key \(key) does not belong to the certificate \(certificate)")
                }
            }
            fixed = contexts
        } else {
            let directory = settings.authority.map { URL(filePath: $0) } ?? CertificateAuthority.standardDirectory
            authority = try CertificateAuthority(directory: directory)
            fixed = [:]
        }
    }

    /// For listeners without TLS, which show no certificate.
    init() { (authority, fixed, minimumVersion) = (nil, [:], .tls1_2) }

    /// The context for `key` if there is one already, so that the names of the upstream's certificate are not needed.
    func known(_ key: Key) -> NIOSSLContext? {
        if let context = fixed[key.mailProtocol] { return context }
        return cache.withLock { contexts in
            guard let known = contexts[key], known.at.timeIntervalSinceNow > -CertificateAuthority.leafLifetime / 4 else {
                return nil
            }
            return known.context
        }
    }

    /// The context for `key`, with a fresh leaf if there is none. A context whose names are incomplete, because the server is out
    /// of reach, is not cached.
    func context(for key: Key, upstreamNames: [String], isComplete: Bool) throws -> NIOSSLContext {
        if let known = known(key) { return known }
        guard let authority else { throw CertificateAuthority.Failure(description: "there is no certificate authority") }
        let leaf = try authority.makeLeaf(for: Self.names(for: key, upstreamNames: upstreamNames))
        let chain = try leaf.chain.map { try NIOSSLCertificate(bytes: Array($0.utf8), format: .pem) }
        let context = try Self.context(
            chain: chain, key: NIOSSLPrivateKey(bytes: Array(leaf.key.utf8), format: .pem), minimumVersion: minimumVersion,
            mailProtocol: key.mailProtocol)
        guard isComplete else { return context }
        cache.withLock { contexts in
            if contexts.count >= Self.maximumContexts { contexts.removeAll() }
            contexts[key] = (context, Date())
        }
        return context
    }

    /// The name that the client asked for, the names of the server, and the address that the client connected to.
    private static func names(for key: Key, upstreamNames: [String]) -> [String] {
        var names = [key.serverName].filter(isUsable) + upstreamNames.filter(isUsable)
        names.append(key.localAddress)
        if ["127.0.0.1", "::1"].contains(key.localAddress) { names.append("localhost") }
        var seen: Set<String> = []
        return names.filter { !$0.isEmpty && seen.insert($0.lowercased()).inserted }
    }

    /// Names come from a peer: only one that may be in a certificate is used.
    private static func isUsable(_ name: String) -> Bool {
        guard (1...253).contains(name.utf8.count) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "*"),
                UInt8(ascii: "_"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
    }

    private static func context(
        chain: [NIOSSLCertificate], key: NIOSSLPrivateKey, minimumVersion: TLSSettings.Version, mailProtocol: MailProtocol
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = minimumVersion.nio
        configuration.shutdownTimeout = shutdownTimeout
        configuration.applicationProtocols = [mailProtocol.rawValue]
        return try NIOSSLContext(configuration: configuration)
    }
}

extension TLSSettings.Version {
    var nio: TLSVersion {
        switch self {
        case .tls1_2: .tlsv12
        case .tls1_3: .tlsv13
        }
    }
}
