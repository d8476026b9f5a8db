import NIOCore

/// `n,,n=user,r=rOprNGfwEbeR`
struct SCRAMClientFirst: Sendable {
    /// Up to and with the second comma: `n,a=anna,`
    let header: [UInt8]
    /// What follows the header, as it was said.
    let bare: [UInt8]
    let name: String
    /// The identity to act as, where it is another.
    let authorizationIdentity: String?
    let nonce: [UInt8]

    init(name: String, authorizationIdentity: String?, nonce: [UInt8]) {
        self.name = name
        self.authorizationIdentity = authorizationIdentity
        self.nonce = nonce
        header =
            Array("n,".utf8) + (authorizationIdentity.map { Array("a=".utf8) + SASLText.escaped($0) } ?? []) + Array(",".utf8)
        bare = Array("n=".utf8) + SASLText.escaped(name) + Array(",r=".utf8) + nonce
    }

    init(_ message: ByteBuffer) throws(SASLProblem) {
        let (header, identity, rest) = try GS2Header.read(Array(message.readableBytesView)[...])
        var attributes = try SCRAMAttributes(rest)
        let name = try SASLText.name(SASLText.unescaped(attributes.require("n")))
        let nonce = try attributes.require("r")
        guard SCRAMAttributes.isNonce(nonce), nonce.count <= 1024 else { throw SASLProblem("the client's nonce is not one") }
        self.header = header
        self.bare = Array(rest)
        self.name = name
        self.nonce = Array(nonce)
        authorizationIdentity = try SASLText.authorizationIdentity(identity, name: name)
    }

    var message: ByteBuffer { ByteBuffer(bytes: header + bare) }
}

/// What precedes the message proper in SCRAM and OAUTHBEARER (RFC 5801 §4): `n,a=anna,`
enum GS2Header {
    /// The header, the identity in it (empty if there is none), and what follows.
    static func read(
        _ message: ArraySlice<UInt8>
    ) throws(SASLProblem) -> (header: [UInt8], identity: [UInt8], rest: ArraySlice<UInt8>) {
        guard message.count <= SASLText.maximumMessage else { throw SASLProblem("a message has more than 8192 octets") }
        let parts = message.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw SASLProblem("a message has no GS2 header") }
        guard !parts[0].starts(with: "p=".utf8) else {
            throw SASLProblem("the client asks for channel binding, which is not offered")
        }
        guard parts[0].elementsEqual("n".utf8) || parts[0].elementsEqual("y".utf8) else {
            throw SASLProblem("a message begins with neither n nor y")
        }
        var identity: [UInt8] = []
        if !parts[1].isEmpty {
            guard parts[1].starts(with: "a=".utf8) else { throw SASLProblem("a GS2 header has something else than an identity") }
            identity = try SASLText.unescaped(parts[1].dropFirst(2))
            guard !identity.isEmpty else { throw SASLProblem("a GS2 header has an empty identity") }
        }
        return (Array(message[..<parts[2].startIndex]), identity, parts[2])
    }
}

/// `r=rOprNGfwEbeR%hvYD,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
struct SCRAMServerFirst: Sendable {
    /// All of it, as it was said.
    let message: [UInt8]
    /// The client's nonce and the server's.
    let nonce: [UInt8]
    let salt: [UInt8]
    let iterations: Int

    init(nonce: [UInt8], keys: SCRAMKeys) {
        self.nonce = nonce
        salt = keys.salt
        iterations = keys.iterations
        message =
            Array("r=".utf8) + nonce + Array(",s=".utf8) + SCRAMAttributes.encoded(keys.salt)
            + Array(",i=\(keys.iterations)".utf8)
    }

    /// - Parameter clientNonce: What the server's nonce has to begin with; it has to be longer.
    init(_ message: ByteBuffer, clientNonce: [UInt8]) throws(SASLProblem) {
        self.message = Array(message.readableBytesView)
        var attributes = try SCRAMAttributes(self.message[...])
        let nonce = try attributes.require("r")
        guard SCRAMAttributes.isNonce(nonce), nonce.count > clientNonce.count, nonce.starts(with: clientNonce) else {
            throw SASLProblem("the nonce of the server does not continue Interpost's")
        }
        self.nonce = Array(nonce)
        salt = try SCRAMAttributes.decoded(attributes.require("s"), 1...1024)
        let digits = try attributes.require("i")
        guard digits.allSatisfy(\.isDigit), digits.first != UInt8(ascii: "0"), digits.count <= 9,
            let iterations = Int(String(decoding: digits, as: UTF8.self))
        else { throw SASLProblem("the number of rounds is not one") }
        self.iterations = iterations
    }
}

/// `c=biws,r=rOprNGfwEbeR%hvYD,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`
struct SCRAMClientFinal: Sendable {
    /// What precedes `,p=`.
    let withoutProof: [UInt8]
    let proof: [UInt8]

    /// Both sides need this part before there is a proof.
    static func withoutProof(header: [UInt8], nonce: [UInt8]) -> [UInt8] {
        Array("c=".utf8) + SCRAMAttributes.encoded(header) + Array(",r=".utf8) + nonce
    }

    init(withoutProof: [UInt8], proof: [UInt8]) {
        self.withoutProof = withoutProof
        self.proof = proof
    }

    /// - Parameters:
    ///   - header: What the client has begun with, and has to repeat.
    ///   - nonce: The one of both.
    init(_ message: ByteBuffer, header: [UInt8], nonce: [UInt8]) throws(SASLProblem) {
        let bytes = Array(message.readableBytesView)
        var attributes = try SCRAMAttributes(bytes[...])
        guard try attributes.require("c").elementsEqual(SCRAMAttributes.encoded(header)) else {
            throw SASLProblem("the client does not repeat the header that it has begun with")
        }
        guard try ConstantTime.areEqual(Array(attributes.require("r")), nonce) else {
            throw SASLProblem("the client does not repeat the nonce")
        }
        let proof = try attributes.requireLast("p")
        self.proof = try SCRAMAttributes.decoded(proof, SCRAM.keyLength...SCRAM.keyLength)
        withoutProof = Array(bytes.dropLast(proof.count + 3))
    }

    var message: ByteBuffer { ByteBuffer(bytes: withoutProof + Array(",p=".utf8) + SCRAMAttributes.encoded(proof)) }
}

/// `v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=`, or `e=invalid-proof`
enum SCRAMServerFinal: Sendable {
    case signature([UInt8])
    /// One of the RFC's words.
    case error(String)

    private static let errors: Set<String> = [
        "invalid-encoding", "extensions-not-supported", "invalid-proof", "channel-bindings-dont-match",
        "server-does-support-channel-binding", "channel-binding-not-supported", "unsupported-channel-binding-type",
        "unknown-user",
        "invalid-username-encoding", "no-resources", "other-error",
    ]

    init(_ message: ByteBuffer) throws(SASLProblem) {
        var attributes = try SCRAMAttributes(Array(message.readableBytesView)[...])
        if let error = attributes.next("e") {
            let word = String(decoding: error, as: UTF8.self)
            self = .error(Self.errors.contains(word) ? word : "other-error")
        } else {
            self = .signature(try SCRAMAttributes.decoded(attributes.require("v"), SCRAM.keyLength...SCRAM.keyLength))
        }
    }

    static func message(signature: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: Array("v=".utf8) + SCRAMAttributes.encoded(signature))
    }
}
