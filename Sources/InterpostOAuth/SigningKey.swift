import Crypto
import CryptoExtras
import Foundation
import InterpostConfiguration
package import InterpostCore
import NIOCore
import SwiftASN1

/// The private key with which an application, or a service account, signs who it is.
package struct SigningKey: Sendable {
    private let key: _RSA.Signing.PrivateKey
    /// What Google's file says of whom the key is.
    package let serviceAccount: ServiceAccountKey?
    /// SHA-256 of the certificate.
    package let fingerprint: [UInt8]?

    /// - Parameters:
    ///   - key: A file with a private RSA key in PEM, or what Google gives for a service account.
    ///   - certificate: A PEM file with the certificate of the key.
    package init(key path: String, certificate: String?) throws(GrantStoreError) {
        let file = try Self.read(path)
        serviceAccount = ServiceAccountKey(ByteBuffer(bytes: file))
        let pem = serviceAccount.map { key in key.privateKey.withExposedBytes { String(buffer: $0) } }
        do {
            key = try _RSA.Signing.PrivateKey(pemRepresentation: pem ?? String(decoding: file, as: UTF8.self))
        } catch {
            throw GrantStoreError("\(path) has no private RSA key of 2048 bits or more, in PEM or in Google's JSON")
        }
        fingerprint = try certificate.map(Self.fingerprint)
    }

    /// The token with its signature (RS256: RFC 7518 §3.3).
    package func sign(_ token: JSONWebToken) throws(GrantStoreError) -> Secret {
        do {
            let signature = try key.signature(for: Array(token.signingInput.readableBytesView), padding: .insecurePKCS1v1_5)
            return token.signed(signature.rawRepresentation)
        } catch {
            throw GrantStoreError("the private key does not sign")
        }
    }

    private static func fingerprint(_ path: String) throws(GrantStoreError) -> [UInt8] {
        let text = String(decoding: try read(path), as: UTF8.self)
        guard let document = try? PEMDocument.parseMultiple(pemString: text).first(where: { $0.discriminator == "CERTIFICATE" })
        else {
            throw GrantStoreError("\(path) has no certificate in PEM")
        }
        return Array(SHA256.hash(data: document.derBytes))
    }

    private static func read(_ path: String) throws(GrantStoreError) -> Data {
        do {
            return try SmallFile.read(path)
        } catch {
            throw GrantStoreError("\(path) cannot be read: \(error)")
        }
    }
}

extension OAuthAccount {
    /// The request for an access token without a person.
    func ownRequest(
        _ client: OAuthClient, at time: WireTime, random: [UInt8]
    ) throws(GrantStoreError) -> OAuthRequest {
        guard let path = configuration.key else { return client.ownToken() }
        let key = try SigningKey(key: path, certificate: configuration.certificate)
        guard flow == .serviceAccount else {
            return client.ownToken(
                assertion: try key.sign(.clientAssertion(client, fingerprint: key.fingerprint, id: random, at: time)))
        }
        let issuer = key.serviceAccount?.email ?? client.id
        guard !issuer.isEmpty else {
            throw GrantStoreError("\(path) does not say whose key it is: say 'client-id', too")
        }
        return client.serviceToken(
            assertion: try key.sign(.serviceAccount(client, issuer: issuer, keyID: key.serviceAccount?.keyID, at: time)))
    }
}
