// Strategy: flows without a person. The server checks signatures with the public key, as a provider does.

import Crypto
import CryptoExtras
import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import SwiftASN1
import TestSupport
import Testing

@testable import InterpostOAuth

@Suite struct `Tokens without a person` {
    /// A key, and a certificate that nobody but its fingerprint matters of.
    final class Files {
        let folder: TemporaryFolder
        let key: _RSA.Signing.PrivateKey
        let certificate = Data([0x30, 0x03, 0x02, 0x01, 0x2A])

        init() throws {
            folder = try TemporaryFolder()
            key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            try Data(key.pemRepresentation.utf8).write(to: URL(filePath: folder.file("key.pem")))
            let pem = PEMDocument(type: "CERTIFICATE", derBytes: Array(certificate)).pemString
            try Data(pem.utf8).write(to: URL(filePath: folder.file("certificate.pem")))
            let google: [String: String] = [
                "type": "service_account", "client_email": "bot@example.iam", "private_key_id": "k1",
                "private_key": key.pkcs8PEMRepresentation,
            ]
            try JSONSerialization.data(withJSONObject: google).write(to: URL(filePath: folder.file("google.json")))
        }

        /// Header and claims of a token whose signature is right.
        func checked(_ token: String) throws -> [[String: any Sendable]] {
            let parts = token.split(separator: ".")
            try #require(parts.count == 3)
            let signature = _RSA.Signing.RSASignature(rawRepresentation: try Self.data(parts[2]))
            let signed = Data(parts[0..<2].joined(separator: ".").utf8)
            #expect(key.publicKey.isValidSignature(signature, for: signed, padding: .insecurePKCS1v1_5))
            return try parts[0..<2].map { part in
                let object = try JSONSerialization.jsonObject(with: Self.data(part)) as? [String: any Sendable]
                return try #require(object)
            }
        }

        private static func data(_ text: Substring) throws -> Data {
            let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
            return try #require(Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)))
        }
    }

    @Test func `are given for a secret`() async throws {
        let stage = try await Stage(flow: .clientCredentials, place: .header) { _ in .token("a1", refresh: "r1") }
        let service = stage.service([stage.account(secret: "s&cret")])
        #expect(try await service.token() == "a1")
        let request = try #require(stage.server.requests.first)
        #expect(request.form == ["grant_type": "client_credentials", "scope": "mail offline_access"])
        #expect(request.headers["authorization"] == "Basic YXBwOnMlMjZjcmV0")
        // A refresh token has no use here.
        #expect(try stage.stored() == nil)
        #expect(stage.events == [.refreshed(account: "anna", flow: .clientCredentials, expiresIn: 3600)])
    }

    @Test func `are not asked for while the secret cannot be read`() async throws {
        let stage = try await Stage(flow: .clientCredentials) { _ in .token("a1") }
        var account = stage.account
        account.secret = { throw GrantStoreError("/etc/interpost/secret cannot be read") }
        #expect(
            await stage.service([account]).failure()
                == .unavailable("the client secret cannot be read: /etc/interpost/secret cannot be read"))
        #expect(stage.server.requests.isEmpty)
    }

    @Test func `are given for a certificate`() async throws {
        let files = try Files()
        let stage = try await Stage(
            flow: .clientCredentials, key: files.folder.file("key.pem"), certificate: files.folder.file("certificate.pem")
        ) { _ in .token("a1") }
        #expect(try await stage.service().token() == "a1")
        let form = try #require(stage.server.requests.first?.form)
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        let parts = try files.checked(try #require(form["client_assertion"]))
        #expect(parts[0]["alg"] as? String == "RS256")
        #expect(parts[0]["x5t#S256"] as? String == Base64URL.encode(SHA256.hash(data: files.certificate)))
        #expect(parts[1]["iss"] as? String == "app" && parts[1]["sub"] as? String == "app")
        #expect(parts[1]["aud"] as? String == stage.configuration.provider.tokenURL.text)
        #expect(parts[1]["exp"] as? Int == 1_800_000_600)
    }

    @Test(arguments: ["google.json", "key.pem"]) func `are given to a service account that acts for a user`(file: String)
        async throws
    {
        let files = try Files()
        let stage = try await Stage(flow: .serviceAccount, key: files.folder.file(file)) { request in
            .token("a\(request["assertion"]?.count ?? 0)")
        }
        let service = stage.service()
        _ = try await service.token()
        let form = try #require(stage.server.requests.first?.form)
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" && form.count == 2)
        let parts = try files.checked(try #require(form["assertion"]))
        #expect(parts[1]["iss"] as? String == (file == "google.json" ? "bot@example.iam" : "app"))
        #expect(parts[0]["kid"] as? String == (file == "google.json" ? "k1" : nil))
        #expect(parts[1]["sub"] as? String == "anna@example.org")
        #expect(parts[1]["scope"] as? String == "mail offline_access")
        // After an hour, it signs again.
        stage.clock.pass(seconds: 3600)
        _ = try await service.token()
        let again = try files.checked(try #require(stage.server.requests.last?["assertion"]))
        #expect(again[1]["iat"] as? Int == 1_800_003_600 && again[1]["exp"] as? Int == 1_800_007_200)
    }

    @Test func `are each user's own`() async throws {
        let files = try Files()
        let stage = try await Stage(flow: .serviceAccount, key: files.folder.file("key.pem")) { _ in .token("a1") }
        let service = stage.service([stage.account("*@example.org", user: nil)])
        for user in ["bob@example.org", "eve@example.org", "bob@example.org"] {
            _ = try await service.token("*@example.org", user: user)
        }
        let users = try stage.server.requests.map { try files.checked($0["assertion"] ?? "")[1]["sub"] as? String }
        #expect(users == ["bob@example.org", "eve@example.org"])
    }

    @Test func `are not given without a key`() async throws {
        let folder = try TemporaryFolder()
        try Data("-----BEGIN PRIVATE KEY-----\nsesame\n-----END PRIVATE KEY-----\n".utf8).write(
            to: URL(filePath: folder.file("bad")))
        for name in ["bad", "missing"] {
            let stage = try await Stage(flow: .serviceAccount, key: folder.file(name)) { _ in .token("a1") }
            guard case .misconfigured(let text) = await stage.service().failure() else {
                Issue.record("no failure")
                return
            }
            #expect(text.contains(folder.file(name)) && !text.contains("sesame"))
        }
    }
}
