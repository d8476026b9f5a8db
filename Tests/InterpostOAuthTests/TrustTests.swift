// Strategy: a server with a certificate of its own, which is trusted only where a file says so, and only for its own name.

import Crypto
import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOSSL
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import InterpostOAuth

@Suite struct `The certificate of an authorisation server` {
    /// A certificate that signs itself, for an address.
    private static func certificate(for address: [UInt8]) throws -> (context: NIOSSLContext, pem: String) {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("Fake authorisation server") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: -3600), notValidAfter: Date(timeIntervalSinceNow: 3600), issuer: name,
            subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames([.ipAddress(ASN1OctetString(contentBytes: address[...]))])
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        let pem = try certificate.serializeAsPEM().pemString
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)))
        return (try NIOSSLContext(configuration: configuration), pem)
    }

    private static func ask(_ server: FakeAuthorisationServer, trust: [String]) async throws -> Result<OAuthToken, OAuthFailure> {
        let client = OAuthClient(provider: OAuthProvider(tokenURL: try server.url()), flow: .code, id: "app", scopes: ["mail"])
        let request = client.refresh(Secret(text: "r1"))
        let http = OAuthHTTP(timeout: .seconds(10), trust: trust)
        defer { withExtendedLifetime(http) {} }
        do throws(OAuthFailure) {
            let answer = try await http.answer(to: request)
            return .success(try OAuthToken(answer, to: request, at: WireTime(nanoseconds: 0)))
        } catch {
            return .failure(error)
        }
    }

    @Test func `is verified`() async throws {
        let folder = try TemporaryFolder()
        let (context, pem) = try Self.certificate(for: [127, 0, 0, 1])
        try Data(pem.utf8).write(to: URL(filePath: folder.file("trust.pem")))
        let server = try await FakeAuthorisationServer.start(tls: context) { _ in .token("a1") }
        guard case .failure(.transient(let text, retryAfter: nil)) = try await Self.ask(server, trust: []) else {
            Issue.record("a certificate of nobody is trusted")
            return
        }
        #expect(text.hasPrefix("127.0.0.1 is not trusted: "), "\(text)")
        #expect(server.requests.isEmpty)
        #expect(try await Self.ask(server, trust: [folder.file("trust.pem")]).get().access.text == "a1")
    }

    @Test func `is of the server that is asked`() async throws {
        let folder = try TemporaryFolder()
        let (context, pem) = try Self.certificate(for: [127, 0, 0, 2])
        try Data(pem.utf8).write(to: URL(filePath: folder.file("trust.pem")))
        let server = try await FakeAuthorisationServer.start(tls: context) { _ in .token("a1") }
        guard case .failure(.transient) = try await Self.ask(server, trust: [folder.file("trust.pem")]) else {
            Issue.record("a certificate of another address is trusted")
            return
        }
        #expect(server.requests.isEmpty)
    }
}
