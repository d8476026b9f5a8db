// Strategy: certificates that a client must not accept, each wrong in one way only, made by `openssl` for every
// test run. All but one are signed by the authority that the relay is told to trust.

import Foundation

/// A certificate with its key, as a played server shows it.
struct Credential: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case right, otherName, expired, notYetValid, unknownAuthority, clientsOnly
        /// Only a common name says whose it is.
        case commonNameOnly
        /// Its subject alternative names begin well, and are garbage behind that.
        case garbageNames
        /// RSA of 1024 bits, alone, and in front of the right chain.
        case weakKey, weakKeyBeforeRightChain
        /// A leaf of an authority of its own, in front of the right chain.
        case ownLeafBeforeRightChain
        /// A key on a curve that TLS libraries know and the relay does not.
        case oddCurve
    }

    let chain: String
    let key: String

    static func of(_ kind: Kind) async throws -> Credential {
        try await shelf.value.credential(kind)
    }

    /// What a relay is to trust; or the authority that it does not know.
    static func authority(of kind: Kind = .right) async throws -> String {
        kind == .unknownAuthority ? try await shelf.value.unknown.authority : try await shelf.value.right.authority
    }

    private static let shelf = Task { try await Shelf() }
}

private struct Shelf: Sendable {
    let right: Certificate
    let unknown: Certificate
    private let others: [Credential.Kind: Credential]

    init() async throws {
        Daemon.stopAllAtExit()
        let room = try Room("certificates")
        right = try await Certificate.make(in: room)
        unknown = try await Certificate.make(in: try Room("unknown-authority"))
        var others: [Credential.Kind: Credential] = [:]
        for kind in [Credential.Kind.otherName, .expired, .notYetValid, .clientsOnly, .commonNameOnly, .garbageNames] {
            others[kind] = try await Self.sign(kind, in: room)
        }
        for kind in [Credential.Kind.weakKey, .weakKeyBeforeRightChain, .ownLeafBeforeRightChain, .oddCurve] {
            others[kind] = try await Self.make(kind, inFrontOf: right, in: room)
        }
        self.others = others
    }

    func credential(_ kind: Credential.Kind) throws -> Credential {
        switch kind {
        case .right: return Credential(chain: right.chain, key: right.key)
        case .unknownAuthority: return Credential(chain: unknown.chain, key: unknown.key)
        default:
            guard let other = others[kind] else { throw InteropFailure("no certificate of the kind \(kind)") }
            return other
        }
    }

    /// `openssl ca` is the one that takes dates in the past.
    private static func sign(_ kind: Credential.Kind, in room: Room) async throws -> Credential {
        let files = try room.directory(kind.rawValue)
        let name = kind == .otherName ? "other.example.org" : "localhost"
        let usage = kind == .clientsOnly ? "clientAuth" : "serverAuth"
        let names =
            switch kind {
            case .commonNameOnly: ""
            case .garbageNames: "subjectAltName = DER:30:0E:82:09:6C:6F:63:61:6C:68:6F:73:74:FF:FF:FF"
            default: "subjectAltName = DNS:\(name)"
            }
        let configuration = try room.write(
            """
            [ca]
            default_ca = signing
            [signing]
            database = \(files)/index.txt
            new_certs_dir = \(files)
            rand_serial = yes
            default_md = sha256
            policy = anything
            x509_extensions = leaf
            [anything]
            commonName = supplied
            [leaf]
            \(names)
            basicConstraints = critical, CA:FALSE
            keyUsage = critical, digitalSignature
            extendedKeyUsage = \(usage)
            authorityKeyIdentifier = keyid

            """, to: "\(kind.rawValue)/ca.cnf")
        try room.write("", to: "\(kind.rawValue)/index.txt")
        let validity =
            switch kind {
            case .expired: ["20200101000000Z", "20200201000000Z"]
            case .notYetValid: ["20980101000000Z", "20990101000000Z"]
            default: ["20200101000000Z", "20490101000000Z"]
            }
        let chain = "\(files)/leaf.pem"
        let key = "\(files)/leaf.key"
        try await room.run(
            "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-out", "\(files)/leaf.csr", "-subj", "/CN=\(name)")
        try await room.run(
            "openssl", "ca", "-batch", "-notext", "-config", configuration, "-in", "\(files)/leaf.csr", "-out", chain,
            "-cert", room.path("authority.pem"), "-keyfile", room.path("authority.key"),
            "-startdate", validity[0], "-enddate", validity[1])
        return Credential(chain: chain, key: key)
    }

    /// A certificate that nobody but itself vouches for, and behind it, maybe, one that the authority does.
    private static func make(_ kind: Credential.Kind, inFrontOf right: Certificate, in room: Room) async throws -> Credential {
        let key = room.path("\(kind.rawValue).key")
        let leaf = room.path("\(kind.rawValue)-leaf.pem")
        let algorithm =
            switch kind {
            case .ownLeafBeforeRightChain: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case .oddCurve: ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]
            default: ["rsa:1024"]
            }
        try await room.run(
            ["openssl", "req", "-x509", "-newkey"] + algorithm + [
                "-nodes", "-days", "2", "-keyout", key, "-out", leaf, "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ])
        var chain = try String(contentsOfFile: leaf, encoding: .utf8)
        if kind == .weakKeyBeforeRightChain || kind == .ownLeafBeforeRightChain {
            for file in [right.chain, right.authority] { chain += try String(contentsOfFile: file, encoding: .utf8) }
        }
        return Credential(chain: try room.write(chain, to: "\(kind.rawValue).pem"), key: key)
    }
}
