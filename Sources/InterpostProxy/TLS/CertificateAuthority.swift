import Crypto
public import Foundation
import InterpostConfiguration
import InterpostCore
import SwiftASN1
import X509

/// The local certificate authority that signs the leaves shown to clients.
///
/// It is made on first run: an ECDSA P-256 key and a self-signed certificate for ten years, `ca.key` (mode 0600) and `ca.pem` in a
/// directory of mode 0700. Whoever has the key can impersonate every mail server to every client that trusts the certificate, so
/// the key never leaves the directory.
public struct CertificateAuthority: Sendable {
    /// Why the authority cannot be used, in words for people.
    public struct Failure: Error, CustomStringConvertible, Sendable {
        public var description: String
    }

    /// The folder with `ca.key` and `ca.pem`.
    public let directory: URL
    private let certificate: Certificate
    private let key: Certificate.PrivateKey
    /// One key for all leaves; it lives as long as the program.
    private let leafKey = P256.Signing.PrivateKey()

    /// `$XDG_STATE_HOME/interpost`, or `~/.local/state/interpost`.
    public static var standardDirectory: URL { StateDirectory.standard }

    /// Whether there is an authority in `directory`.
    public static func exists(in directory: URL) -> Bool {
        FileManager.default.fileExists(atPath: directory.appending(path: "ca.key").path)
    }

    /// Opens the authority in `directory`, or creates it.
    public init(directory: URL) throws(Failure) {
        self.directory = directory
        let keyFile = directory.appending(path: "ca.key")
        let certificateFile = directory.appending(path: "ca.pem")
        do {
            if !Self.exists(in: directory) { try Self.make(in: directory) }
            try Self.checkMode(of: keyFile)
            key = try Certificate.PrivateKey(pemEncoded: String(contentsOf: keyFile, encoding: .utf8))
            certificate = try Certificate(pemEncoded: String(contentsOf: certificateFile, encoding: .utf8))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(description: "the certificate authority in \(directory.path) cannot be opened: \(ErrorWords.of(error))")
        }
        guard key.publicKey == certificate.publicKey else {
            throw Failure(description: "\(certificateFile.path) does not belong to \(keyFile.path); remove both to make new ones")
        }
    }

    /// The name of the authority, until when it is valid, and its fingerprint.
    public var summary: String {
        let facts = certificate.facts
        return """
            \(facts.subject)
              certificate  \(directory.appending(path: "ca.pem").path)
              valid until  \(facts.notAfter)
              SHA-256      \(facts.sha256)
            """
    }

    /// The authority's certificate in PEM, with a line end. Throws where it cannot be written so.
    public var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }

    /// The authority's certificate in DER. Throws where it cannot be written so.
    public var der: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return serializer.serializedBytes
        }
    }

    private static func checkMode(of file: URL) throws {
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int ?? 0
        guard mode & 0o077 == 0 else {
            throw Failure(
                description: "\(file.path) may be read by others (mode \(String(mode, radix: 8))); run: chmod 600 \(file.path)")
        }
    }

    private static func make(in directory: URL) throws {
        let files = FileManager.default
        try files.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let host = ProcessInfo.processInfo.hostName
        let name = try DistinguishedName {
            CommonName("Interpost local authority (\(host))")
            OrganizationName("Interpost")
        }
        let now = Date()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(10 * 365.25 * 86_400),
            issuer: name, subject: name,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key)
        try write(key.serializeAsPEM().pemString, to: directory.appending(path: "ca.key"), mode: 0o600)
        try write(certificate.serializeAsPEM().pemString, to: directory.appending(path: "ca.pem"), mode: 0o644)
    }

    /// Writes a file that has this mode from the moment it exists.
    private static func write(_ text: String, to file: URL, mode: mode_t) throws {
        // A file may be left from an authority that was only partly made.
        unlink(file.path)
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw Failure(description: "\(file.path) cannot be written: \(String(cString: strerror(errno)))")
        }
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: Data((text + "\n").utf8))
    }

    // MARK: - Leaves

    /// A certificate chain and its key, as PEM.
    struct Leaf: Sendable {
        var chain: [String]
        var key: String
    }

    /// How long a leaf is valid; caches keep one for a fraction of it.
    static let leafLifetime: TimeInterval = 30 * 86_400

    /// A leaf for these host names and IP addresses; the first is its common name.
    func makeLeaf(for names: [String]) throws -> Leaf {
        let now = Date()
        let subject = try DistinguishedName { CommonName(String((names.first ?? "interpost").prefix(64))) }
        let leaf = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(leafKey.publicKey),
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(Self.leafLifetime),
            issuer: certificate.subject, subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names.map(Self.generalName))
            },
            issuerPrivateKey: key)
        return Leaf(
            chain: [try leaf.serializeAsPEM().pemString, try certificate.serializeAsPEM().pemString],
            key: leafKey.pemRepresentation)
    }

    private static func generalName(_ name: String) -> GeneralName {
        IPAddress(name).map { .ipAddress(ASN1OctetString(contentBytes: $0.octets[...])) } ?? .dnsName(name)
    }
}
