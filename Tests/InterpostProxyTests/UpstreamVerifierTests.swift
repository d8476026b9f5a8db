// Strategy: small authorities made with swift-certificates for each test, and one certificate that it cannot read. What is
// judged must be the certificate that comes first, which is the one whose key TLS has proved; the rest is only its company.

import Crypto
import Foundation
import InterpostCore
import NIOCore
import NIOPosix
import NIOSSL
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import InterpostProxy

@Suite struct `What a server shows` {
    /// An authority that is trusted, and what it signs.
    struct Authority {
        let key = P256.Signing.PrivateKey()
        let certificate: Certificate

        init(_ name: String = "Test authority", notAfter: Date = Date() + 86_400) throws {
            let subject = try DistinguishedName { CommonName(name) }
            certificate = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Date() - 86_400,
                notValidAfter: notAfter, issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try .init {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true))
                }, issuerPrivateKey: .init(key))
        }

        func sign(
            _ names: [GeneralName]?, commonName: String = "anybody", notAfter: Date = Date() + 3600,
            usage: ExtendedKeyUsage.Usage = .serverAuth, isAuthority: Bool = false
        ) throws -> Certificate {
            try Certificate(
                version: .v3, serialNumber: .init(), publicKey: .init(P256.Signing.PrivateKey().publicKey),
                notValidBefore: Date() - 7200, notValidAfter: notAfter, issuer: certificate.subject,
                subject: try DistinguishedName { CommonName(commonName) }, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try .init {
                    try ExtendedKeyUsage([usage])
                    if let names { SubjectAlternativeNames(names) }
                }, issuerPrivateKey: .init(key))
        }
    }

    /// RSA of 1024 bits, which swift-certificates does not read; valid for a hundred years.
    private static let weak = """
        -----BEGIN CERTIFICATE-----
        MIICHDCCAYWgAwIBAgIUaq2WpWDN49it1VFUMjJr24kw1FYwDQYJKoZIhvcNAQEL
        BQAwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjA0MjMwNloYDzIxMjYx
        MTAyMDQyMzA2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwgZ8wDQYJKoZIhvcNAQEB
        BQADgY0AMIGJAoGBANNfyFePAMujo7DY5x5aXCROTZyXNF+fM4qXzEZ1fJyQhSyz
        15gkhs9OR/C+z8MYkUxpA1P7RlG4Q7CP70XbLlEgLb/r1BLX8U7hPXrqmaj0pM0b
        M3nborfAOfDHqDqNvJHM5v2FswwHvW6Jpp2vE72Q5dQORSjWzLE4lQwDXmBZAgMB
        AAGjaTBnMB0GA1UdDgQWBBQR0LL7/nxsh9sWJTU4w9DusC6QsTAfBgNVHSMEGDAW
        gBQR0LL7/nxsh9sWJTU4w9DusC6QsTAPBgNVHRMBAf8EBTADAQH/MBQGA1UdEQQN
        MAuCCWxvY2FsaG9zdDANBgkqhkiG9w0BAQsFAAOBgQAk+eAtwxJlzWlfNXwMxwOx
        MKONDXaLezll3me5lBZ8UknkQy0P6X5g+FqJoqeAyw17OF6oFzuVvunt3xarQKHo
        /b0n4LoTIf9L86BBKyZdv9uGiHFdAuBx/82lxa0WyiwIiwzN8JUB7A9EWGc4Jkkm
        65zWRpYTDuXc4apey3wMKw==
        -----END CERTIFICATE-----
        """

    private static func tlsCertificate(_ certificate: Certificate) throws -> NIOSSLCertificate {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    }

    private static func judge(
        _ chain: [NIOSSLCertificate], trusting authority: Authority, host: String = "mail.example.org",
        skipsVerification: Bool = false
    ) async throws -> UpstreamVerifier.Verdict {
        let folder = try TemporaryFolder()
        let trust = folder.file("trust.pem")
        try authority.certificate.serializeAsPEM().pemString.write(toFile: trust, atomically: true, encoding: .utf8)
        let verifier = try UpstreamVerifier(trust: [trust], skipsVerification: skipsVerification)
        return try await verifier.judge(chain, host: host, on: MultiThreadedEventLoopGroup.singleton.next()).get()
    }

    private static func leaf(_ authority: Authority, _ names: String...) throws -> NIOSSLCertificate {
        try tlsCertificate(authority.sign(names.map(GeneralName.dnsName)))
    }

    @Test func `is taken when all of it is right`() async throws {
        let authority = try Authority()
        let verdict = try await Self.judge([Self.leaf(authority, "mail.example.org")], trusting: authority)
        #expect(verdict.problem == nil)
        #expect(verdict.chain.count == 1)
        #expect(verdict.names == ["mail.example.org"])
    }

    @Test func `is refused when the first certificate cannot be read, whatever comes behind it`() async throws {
        let authority = try Authority()
        let weak = try NIOSSLCertificate(bytes: Array(Self.weak.utf8), format: .pem)
        let right = try Self.leaf(authority, "mail.example.org")
        let root = try Self.tlsCertificate(authority.certificate)
        let verdict = try await Self.judge([weak, right, root], trusting: authority)
        #expect(verdict.problem == "its certificate cannot be read: its key is too short, or of a kind that is not accepted")
        #expect(verdict.chain.isEmpty)
        #expect(verdict.names.isEmpty)
    }

    @Test(arguments: [1, 2]) func `is refused when any certificate cannot be read`(place: Int) async throws {
        let authority = try Authority()
        var chain = [try Self.leaf(authority, "mail.example.org"), try Self.tlsCertificate(authority.certificate)]
        chain.insert(try NIOSSLCertificate(bytes: Array(Self.weak.utf8), format: .pem), at: place)
        let verdict = try await Self.judge(chain, trusting: authority)
        #expect(verdict.problem?.hasPrefix("certificate \(place + 1) of the 3 that it sent cannot be read: ") == true)
        #expect(verdict.chain.count == place)
    }

    @Test func `is refused when an own leaf stands in front of the real chain`() async throws {
        let (authority, own) = (try Authority(), try Authority("Mallory"))
        let right = try Self.leaf(authority, "mail.example.org")
        let verdict = try await Self.judge(
            [Self.leaf(own, "mail.example.org"), right, Self.tlsCertificate(authority.certificate)], trusting: authority)
        #expect(verdict.problem?.hasPrefix("no chain from its certificate (issued by CN=Mallory)") == true)
        #expect(verdict.chain.map(\.issuer) == ["CN=Mallory", "CN=Test authority", "CN=Test authority"])
    }

    @Test func `is refused when it is nothing`() async throws {
        #expect(try await Self.judge([], trusting: try Authority()).problem == "it sent no certificate")
    }

    @Test func `is told of where nothing is verified and something cannot be read`() async throws {
        let weak = try NIOSSLCertificate(bytes: Array(Self.weak.utf8), format: .pem)
        let verdict = try await Self.judge([weak], trusting: try Authority(), skipsVerification: true)
        #expect(verdict.problem == nil)
        #expect(verdict.warning?.hasPrefix("its certificate cannot be read: ") == true)
    }

    @Test func `is refused in words that fit into a line`() async throws {
        let authority = try Authority()
        func problem(_ certificate: Certificate, host: String = "mail.example.org", by: Authority? = nil) async throws -> String {
            try await Self.judge([Self.tlsCertificate(certificate)], trusting: by ?? authority, host: host).problem ?? "none"
        }
        let names = [GeneralName.dnsName("mail.example.org")]
        #expect(
            try await problem(authority.sign(names, usage: .clientAuth))
                == "its certificate is not for servers (extended key usage)")
        #expect(try await problem(authority.sign(names, notAfter: Date() - 60)).hasPrefix("its certificate expired on 20"))
        #expect(
            try await problem(authority.sign(names, commonName: "a"), host: "b.example.org")
                == "its certificate is for mail.example.org, not for b.example.org")
        #expect(
            try await problem(authority.sign(nil, commonName: "mail.example.org"))
                == "its certificate has no subject alternative names that can be read")
        let old = try Authority("Old authority", notAfter: Date() - 60)
        #expect(try await problem(old.sign(names), by: old).hasPrefix("the certificate of its authority expired on 20"))
        let many = (0..<20).map { GeneralName.dnsName("\u{1B}[31m\($0)" + String(repeating: "x", count: 500)) }
        let long = try await problem(authority.sign(many))
        #expect(long.count < 400 && !long.contains("\u{1B}") && long.hasSuffix("and 17 more, not for mail.example.org"))
    }

    /// An intermediate that may issue nothing, or not for servers, and a leaf that it has issued all the same.
    private static func chain(
        below root: Authority, version: Certificate.Version = .v3, isAuthority: Bool = true, mayCertify: Bool? = true,
        purpose: ExtendedKeyUsage.Usage? = nil
    ) throws -> [NIOSSLCertificate] {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("Between") }
        let extensions =
            version == .v1
            ? try Certificate.Extensions([])
            : try Certificate.Extensions {
                Critical(isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority)
                if let mayCertify { Critical(KeyUsage(digitalSignature: true, keyCertSign: mayCertify)) }
                if let purpose { try ExtendedKeyUsage([purpose]) }
            }
        let intermediate = try Certificate(
            version: version, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Date() - 7200,
            notValidAfter: Date() + 7200, issuer: root.certificate.subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(root.key))
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(P256.Signing.PrivateKey().publicKey),
            notValidBefore: Date() - 7200, notValidAfter: Date() + 3600, issuer: subject,
            subject: try DistinguishedName { CommonName("leaf") }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try .init { SubjectAlternativeNames([.dnsName("mail.example.org")]) }, issuerPrivateKey: .init(key))
        return try [tlsCertificate(leaf), tlsCertificate(intermediate)]
    }

    @Test func `is taken behind an intermediate that may issue certificates for servers`() async throws {
        let root = try Authority()
        for purpose in [nil, ExtendedKeyUsage.Usage.serverAuth, .any] {
            #expect(try await Self.judge(Self.chain(below: root, purpose: purpose), trusting: root).problem == nil)
        }
        #expect(try await Self.judge(Self.chain(below: root, mayCertify: nil), trusting: root).problem == nil)
    }

    @Test func `is refused behind a certificate that may not issue any, or not for servers`() async throws {
        let root = try Authority()
        let chains = [
            try Self.chain(below: root, version: .v1), try Self.chain(below: root, isAuthority: false),
            try Self.chain(below: root, mayCertify: false), try Self.chain(below: root, purpose: .emailProtection),
        ]
        for chain in chains {
            let problem = try await Self.judge(chain, trusting: root).problem
            #expect(problem == "its chain has a certificate that may not issue certificates for servers")
        }
    }

    /// The same key and name, signed by one root with SHA-1 and with SHA-256; valid for a hundred years.
    private static let oldRoot = """
        -----BEGIN CERTIFICATE-----
        MIIDGTCCAgGgAwIBAgIUZ7VjCbocQd2c2Wx2MrgTHVaMhuUwDQYJKoZIhvcNAQEL
        BQAwEzERMA8GA1UEAwwIT2xkIHdheXMwIBcNMjYxMTI2MDcwNDIyWhgPMjEyNjEx
        MDIwNzA0MjJaMBMxETAPBgNVBAMMCE9sZCB3YXlzMIIBIjANBgkqhkiG9w0BAQEF
        AAOCAQ8AMIIBCgKCAQEAplgY3pjJ3cYjpoz2UmFLfHEl92GwIhuvxwNaFh26YGtq
        vmpYuCuN+dAZsCifbFcFyVKhNZ5BEDZ9jl3dSGqb+cZFxs0e94CLHXumGq/DK63B
        lsrzjJBt2eWwRj3qJjXTMbTWJKHM491dOZGB3vRSd6XuTbawgCi06aJHnYe+VwgN
        65xgUxcrXinvylk3XDocTgOoChDzVrrXakTm9VBNXhcmAARLeHdCrJtTCN2lUyjU
        uN9qW6ojCsa9RTxIE379CLDChsGX4T/MAbyyQpHCC72ukl3h3dgrvut6p291gBxC
        oFkCG0NB9iz9jQt82iAAN0TKs1OC/AVs+lFEv6rAHQIDAQABo2MwYTAdBgNVHQ4E
        FgQUl92ygxjZ54BXMAzNupXfHixh/QUwHwYDVR0jBBgwFoAUl92ygxjZ54BXMAzN
        upXfHixh/QUwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwDQYJKoZI
        hvcNAQELBQADggEBAB1qCdgLxeKJcgqOFeIcxGMkUGAPxnzIpIZOe0PjkKzBzJre
        OpoUnGQVt3nt2/brD2AqNdNQKFJK/MFLno9IlP+Dlv0pXH4DPeqwLN8AOJC2igyZ
        7BYsRFKrcze2fnjB6Wv2omV2gkhSqgPzsXtO3SToWzHynSk05R5n/0q08tFQ38ax
        smLBqd/V8MDTtUAAOf8aFD7nJA/306Ofk2z2DiydJOZ+tKaQse9EO2aMwfDqe0VR
        Tbt5Qw61misrEuEKbQIOblijx+bA+JXkVoPS7x789QkZI8ndOuf3rJnmCxrfUTjx
        8cHACYvCYC3k0X1clesV2Foi1aeZ1Qs3YO+ScOY=
        -----END CERTIFICATE-----
        """
    private static let signedWithSHA1 = """
        -----BEGIN CERTIFICATE-----
        MIICRTCCAS2gAwIBAgIBAjANBgkqhkiG9w0BAQUFADATMREwDwYDVQQDDAhPbGQg
        d2F5czAgFw0yNjExMjYwNzA0MjJaGA8yMTI2MTEwMjA3MDQyMlowDDEKMAgGA1UE
        AwwBbDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLdWNg7NSvxkmV1RXbnJiz1h
        fL3sXQkDTzPmz1G3NCTz5nepvtYg/dNnL/5tK59iVsehWQGC+whB0T4G0wKZRISj
        dDByMBsGA1UdEQQUMBKCEG1haWwuZXhhbXBsZS5vcmcwEwYDVR0lBAwwCgYIKwYB
        BQUHAwEwHQYDVR0OBBYEFEe/2cO2vbFFz0t0zjt8/yjFAGjRMB8GA1UdIwQYMBaA
        FJfdsoMY2eeAVzAMzbqV3x4sYf0FMA0GCSqGSIb3DQEBBQUAA4IBAQCbieqUwusf
        tFhcpL7TshloSdeMyVrlJEW++9eNZXvxQ3d9mt9xDWS3UjSREmUX0kJwXq0ke9sr
        5+8HIW8A+Aa3O/O05MThXs8f4BpYGfItBrHdduUI4jndx2ug18EPiG1c2n6GhCS0
        2yAi889iOPaYvTBJaGhow4v+x3KToT2DaFZyNQa2zuhkQvWGwjIMIKxKmBG93gOH
        VEvEf1Bo3KP2lj23AyFcl+0t1upQUgzDOlM09+WZZ2x0aXjIh7Ci6gWPwapTh7kT
        Tw//iTbidYwiUKvQ0f69bNM7TFK32/aWGBIWxI75xecat0MUXHJj87tXkmFZdXmX
        wG0rLuSbRebn
        -----END CERTIFICATE-----
        """
    private static let signedWithSHA256 = """
        -----BEGIN CERTIFICATE-----
        MIICRTCCAS2gAwIBAgIBAjANBgkqhkiG9w0BAQsFADATMREwDwYDVQQDDAhPbGQg
        d2F5czAgFw0yNjExMjYwNzA0MjJaGA8yMTI2MTEwMjA3MDQyMlowDDEKMAgGA1UE
        AwwBbDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLdWNg7NSvxkmV1RXbnJiz1h
        fL3sXQkDTzPmz1G3NCTz5nepvtYg/dNnL/5tK59iVsehWQGC+whB0T4G0wKZRISj
        dDByMBsGA1UdEQQUMBKCEG1haWwuZXhhbXBsZS5vcmcwEwYDVR0lBAwwCgYIKwYB
        BQUHAwEwHQYDVR0OBBYEFEe/2cO2vbFFz0t0zjt8/yjFAGjRMB8GA1UdIwQYMBaA
        FJfdsoMY2eeAVzAMzbqV3x4sYf0FMA0GCSqGSIb3DQEBCwUAA4IBAQA85mS1YLEu
        QjmZ4lS77YcwHlqfJo8P+o0nQlIl2WyaugjR83Q7A67iQnUgKnDr829+7ChQmM9p
        KulwHDpc+WQvPPX42fjGrJZOXF4gT1gGybMQUjnVXb6oDMNKCMIkWWByXCRjWxNT
        thiFWNcdSkOHaThQ8xlFBRp8HuoRa4QFMWnHT4q1ImEK4f9ueRTZcio/uk26t8Dp
        T0R0mz0q3chIij8YXdVByrap87f+5L9LzUF2yIwzoHf3SHvUtDanJ5SlcJeDaXIS
        wl8Qe1WuJKVB/uIfj7AdSVvbx4rkgBxnThrTWFIsj93fJF+AfWnrTv8P7K8P3q1H
        /jkqVJScwAsH
        -----END CERTIFICATE-----
        """

    @Test func `is refused when its chain is signed with SHA-1`() async throws {
        let folder = try TemporaryFolder()
        let trust = folder.file("trust.pem")
        try Self.oldRoot.write(toFile: trust, atomically: true, encoding: .utf8)
        let verifier = try UpstreamVerifier(trust: [trust], skipsVerification: false)
        func problem(_ leaf: String) async throws -> String? {
            let chain = [try NIOSSLCertificate(bytes: Array(leaf.utf8), format: .pem)]
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            return try await verifier.judge(chain, host: "mail.example.org", on: loop).get().problem
        }
        #expect(try await problem(Self.signedWithSHA256) == nil)
        #expect(try await problem(Self.signedWithSHA1) == "its chain has a signature that is made with SHA-1")
    }

    // MARK: - Names

    @Test(arguments: [
        ("mail.example.org", "mail.example.org", true), ("MAIL.Example.ORG", "mail.example.org", true),
        ("mail.example.org", "mail.example.org.", true), ("*.example.org", "mail.example.org", true),
        ("*.github.io", "me.github.io", true), ("xn--mller-kva.example", "xn--mller-kva.example", true),
        ("localhost", "localhost", true),
        ("*.example.org", "example.org", false), ("*.example.org", "a.mail.example.org", false),
        ("*.example.org", ".example.org", false), ("*", "localhost", false), ("*", "mail.example.org", false),
        ("*.org", "example.org", false), ("*.co.uk", "example.co.uk", false), ("*.com", "example.com", false),
        ("m*.example.org", "mail.example.org", false), ("*l.example.org", "mail.example.org", false),
        ("mail.*.org", "mail.example.org", false), ("*.*.org", "mail.example.org", false),
        ("mail.example.org\0.evil.example", "mail.example.org", false), ("mail.example.org.", "mail.example.org", false),
        ("", "mail.example.org", false), ("127.0.0.1", "127.0.0.1", false), ("*.0.0.1", "127.0.0.1", false),
    ])
    func `name a server only as RFC 9525 has it`(name: String, host: String, isMatch: Bool) {
        #expect(ServerIdentity(host: host).matches(.dnsName(name)) == isMatch, "\(name) for \(host)")
    }

    @Test(
        arguments: [
            ("127.0.0.1", [127, 0, 0, 1], true), ("127.0.0.1", [127, 0, 0, 2], false), ("127.0.0.1", [127, 0, 0], false),
            ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], true), ("example.org", [127, 0, 0, 1], false),
        ] as [(String, [UInt8], Bool)])
    func `name an address octet by octet`(host: String, octets: [UInt8], isMatch: Bool) {
        #expect(ServerIdentity(host: host).matches(.ipAddress(ASN1OctetString(contentBytes: octets[...]))) == isMatch)
    }

    @Test func `is not trusted by a file of which something cannot be read`() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("trust.pem")
        try (Authority().certificate.serializeAsPEM().pemString + "\n" + Self.weak).write(
            toFile: file, atomically: true, encoding: .utf8)
        #expect {
            _ = try UpstreamVerifier(trust: [file], skipsVerification: false)
        } throws: { "\($0)".hasPrefix("\(file) holds a certificate that cannot be read: its key is too short") }
    }
}
