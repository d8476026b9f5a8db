// Strategy: `openssl` makes a certificate authority and a server certificate for localhost, fresh for
// every test run, so no key is ever kept with the project and none expires.

import Foundation

struct Certificate: Sendable {
    let authority: String
    let chain: String
    let key: String

    static func make(in room: Room) async throws -> Certificate {
        let authority = room.path("authority.pem")
        let authorityKey = room.path("authority.key")
        let chain = room.path("server.pem")
        let key = room.path("server.key")
        let request = room.path("server.csr")
        let curve = "ec_paramgen_curve:P-256"
        try await room.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-days", "2",
            "-keyout", authorityKey, "-out", authority, "-subj", "/CN=Interop test authority",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        try await room.run(
            "openssl", "req", "-newkey", "ec", "-pkeyopt", curve, "-nodes",
            "-keyout", key, "-out", request, "-subj", "/CN=localhost")
        let extensions = try room.write(
            """
            subjectAltName = DNS:localhost, IP:127.0.0.1
            basicConstraints = critical, CA:FALSE
            keyUsage = critical, digitalSignature
            extendedKeyUsage = serverAuth
            authorityKeyIdentifier = keyid

            """, to: "extensions.cnf")
        try await room.run(
            "openssl", "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authorityKey,
            "-set_serial", "2", "-days", "2", "-extfile", extensions, "-out", chain)
        return Certificate(authority: authority, chain: chain, key: key)
    }
}
