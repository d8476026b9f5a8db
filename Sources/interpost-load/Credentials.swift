// A throw-away authority and a certificate for localhost from it, made by the openssl command.
//
// The command gets a configuration of its own: the system's may add extensions that clash with these.

import Foundation

struct Credentials: Sendable {
    let authority: URL
    let certificate: URL
    let privateKey: URL
    /// The certificate and the private key in one file, as HAProxy wants them.
    let combined: URL

    /// Writes all files into `directory`.
    init(in directory: URL) throws {
        let configuration = directory.appending(path: "openssl.cnf")
        let authorityKey = directory.appending(path: "ca.key")
        authority = directory.appending(path: "ca.pem")
        certificate = directory.appending(path: "server.pem")
        privateKey = directory.appending(path: "server.key")
        combined = directory.appending(path: "server-and-key.pem")
        try Data(Self.configuration.utf8).write(to: configuration)

        let new =
            ["req", "-x509", "-config", configuration.path, "-days", "2", "-nodes"]
            + ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha256"]
        try Self.openssl(
            new + ["-extensions", "authority", "-subj", "/CN=interpost-load CA"]
                + ["-keyout", authorityKey.path, "-out", authority.path]
        )
        try Self.openssl(
            new + ["-extensions", "server", "-subj", "/CN=localhost", "-CA", authority.path, "-CAkey", authorityKey.path]
                + ["-keyout", privateKey.path, "-out", certificate.path]
        )
        try (Data(contentsOf: certificate) + Data(contentsOf: privateKey)).write(to: combined)
    }

    private static let configuration = """
        [req]
        distinguished_name = name
        [name]
        [authority]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign
        subjectKeyIdentifier = hash
        [server]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = serverAuth
        subjectAltName = DNS:localhost, IP:127.0.0.1
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        """

    private static func openssl(_ arguments: [String]) throws {
        let output = try Tool.output(of: "openssl", arguments)
        guard output.status == 0 else { throw CredentialsError(output: output.text) }
    }
}

private struct CredentialsError: Error, CustomStringConvertible {
    let output: String
    var description: String { "openssl could not make a certificate:\n\(output)" }
}
