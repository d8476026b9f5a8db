package import NIOCore

/// The server's side of a SASL exchange (RFC 4422), by which clients log in to Interpost.
///
///     AUTHENTICATE PLAIN AGFubmEAc2VzYW1l      begin       .attempt: anna, a secret
///     AUTHENTICATE LOGIN                       begin       .challenge("Username:")
///     AUTHENTICATE SCRAM-SHA-256 biws…         begin       .lookUp(name: "anna"), and found(_:) goes on
///
/// The caller encodes and decodes, says whether an attempt is right, and ends the exchange if the client sends `*`.
package struct SASLServer: Sendable, CustomStringConvertible, CustomReflectable {
    package enum Step: Sendable, Equatable {
        /// Not yet in base64. It may be empty.
        case challenge(ByteBuffer)
        /// SCRAM: the caller finds the keys for the name, or makes some up, and calls ``SASLServer/found(_:)``.
        case lookUp(name: String)
        /// The caller decides, and calls ``SASLServer/accepted()`` or ``SASLServer/refused()``.
        case attempt(LoginAttempt)
        /// What the client said is not of this mechanism, and the exchange is over. For the log; nothing of it is in the text.
        case malformed(String)
        /// There is nothing more to be said: the protocol's own OK or NO comes now.
        case done
    }

    private enum State {
        case new
        /// The first response is due.
        case begun
        case passwordDue(name: String)
        case keysDue(SCRAMClientFirst)
        case proofDue(SCRAMClientFirst, SCRAMServerFirst, SCRAMKeys)
        /// The signature that a client hears whose proof was right; `nil` in other mechanisms.
        case deciding(signature: ByteBuffer?)
        /// The last response of a client, which has nothing to say any more.
        case acknowledgementDue(mustBeEmpty: Bool)
        case over
    }

    package let mechanism: LoginMechanism
    private let nonce: [UInt8]
    private var state = State.new

    /// `nil` for mechanisms that Interpost does not offer: all but PLAIN, LOGIN, SCRAM-SHA-256, XOAUTH2 and OAUTHBEARER.
    ///
    /// - Parameter nonce: For SCRAM: printable ASCII without commas that nobody can guess and that was never used before.
    package init?(_ mechanism: LoginMechanism, nonce: String) {
        switch mechanism {
        case .plain, .login, .xoauth2, .oauthBearer: break
        case .scramSHA256: guard SCRAMAttributes.isNonce(nonce.utf8) else { return nil }
        case .password, .cramMD5, .apop, .external: return nil
        }
        self.mechanism = mechanism
        self.nonce = Array(nonce.utf8)
    }

    /// - Parameter initialResponse: Decoded; `nil` if the command had none.
    package mutating func begin(initialResponse: ByteBuffer?) -> Step {
        guard case .new = state else { return outOfTurn() }
        state = .begun
        switch (mechanism, initialResponse) {
        case (_, .some(let response)) where mechanism != .login || response.readableBytes > 0: return receive(response)
        case (.login, _): return .challenge(ByteBuffer(string: "Username:"))
        default: return .challenge(ByteBuffer())
        }
    }

    /// - Parameter response: Decoded.
    package mutating func receive(_ response: ByteBuffer) -> Step {
        guard response.readableBytes <= SASLText.maximumMessage else {
            return malformed("a response has more than \(SASLText.maximumMessage) octets")
        }
        do throws(SASLProblem) {
            switch state {
            case .begun: return try first(response)
            case .passwordDue(let name): return try attempt(name, nil, Self.password(response.readableBytesView))
            case .proofDue(let first, let serverFirst, let keys): return try proof(response, first, serverFirst, keys)
            case .acknowledgementDue(let mustBeEmpty):
                guard !mustBeEmpty || response.readableBytes == 0 else { throw SASLProblem("the last response is not empty") }
                state = .over
                return .done
            case .new, .keysDue, .deciding, .over: return outOfTurn()
            }
        } catch {
            return malformed(error.description)
        }
    }

    /// - Parameter keys: For a name that does not exist, or has no keys, ``SCRAMKeys/madeUp(for:key:iterations:)``.
    package mutating func found(_ keys: SCRAMKeys) -> Step {
        guard case .keysDue(let first) = state else { return outOfTurn() }
        let serverFirst = SCRAMServerFirst(nonce: first.nonce + nonce, keys: keys)
        state = .proofDue(first, serverFirst, keys)
        return .challenge(ByteBuffer(bytes: serverFirst.message))
    }

    /// The attempt is right. SCRAM has a challenge left, which proves to the client that Interpost knows it, too.
    package mutating func accepted() -> Step {
        guard case .deciding(let signature) = state, mechanism != .scramSHA256 || signature != nil else {
            return malformed("a login without a right proof cannot be accepted")
        }
        guard let signature else {
            state = .over
            return .done
        }
        state = .acknowledgementDue(mustBeEmpty: true)
        return .challenge(signature)
    }

    /// The attempt is not right, or its client is not let in. For a token there is a challenge left (RFC 7628 §3.2.2), to which the
    /// client says something that does not matter.
    package mutating func refused() -> Step {
        guard case .deciding = state else { return outOfTurn() }
        guard mechanism == .xoauth2 || mechanism == .oauthBearer else {
            state = .over
            return .done
        }
        state = .acknowledgementDue(mustBeEmpty: false)
        return .challenge(BearerFailure.challenge)
    }

    /// The mechanism; nothing of what was said.
    package var description: String { "SASLServer(\(mechanism.rawValue.uppercased()))" }
    /// A mirror without children, for debuggers.
    package var customMirror: Mirror { Mirror(self, children: []) }

    private mutating func malformed(_ text: String) -> Step {
        state = .over
        return .malformed(text)
    }

    private mutating func outOfTurn() -> Step { malformed("a response came out of turn") }

    private mutating func first(_ response: ByteBuffer) throws(SASLProblem) -> Step {
        switch mechanism {
        case .plain:
            // authzid NUL authcid NUL password (RFC 4616)
            let parts = response.readableBytesView.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { throw SASLProblem("a message of PLAIN does not have two NULs") }
            let name = try SASLText.name(parts[1])
            return try attempt(name, SASLText.authorizationIdentity(parts[0], name: name), Self.password(parts[2]))
        case .login:
            state = .passwordDue(name: try SASLText.name(response.readableBytesView))
            return .challenge(ByteBuffer(string: "Password:"))
        case .scramSHA256:
            let first = try SCRAMClientFirst(response)
            state = .keysDue(first)
            return .lookUp(name: first.name)
        default:
            let message = try mechanism == .xoauth2 ? BearerMessage(xoauth2: response) : BearerMessage(oauthBearer: response)
            return attempt(message.mailbox, nil, message.token)
        }
    }

    private static func password(_ bytes: ByteBufferView) throws(SASLProblem) -> Secret {
        guard !bytes.isEmpty else { throw SASLProblem("the password is empty") }
        guard !bytes.contains(0) else { throw SASLProblem("the password has a NUL") }
        return Secret(ByteBuffer(bytes: bytes))
    }

    private mutating func attempt(_ name: String, _ authorizationIdentity: String?, _ secret: Secret) -> Step {
        state = .deciding(signature: nil)
        return .attempt(
            LoginAttempt(
                name: name, authorizationIdentity: authorizationIdentity, mechanism: mechanism, proof: .secret(secret)))
    }

    private mutating func proof(
        _ response: ByteBuffer, _ first: SCRAMClientFirst, _ serverFirst: SCRAMServerFirst, _ keys: SCRAMKeys
    ) throws(SASLProblem) -> Step {
        let final = try SCRAMClientFinal(response, header: first.header, nonce: serverFirst.nonce)
        let authMessage = SCRAM.authMessage(first.bare, serverFirst.message, final.withoutProof)
        let isRight = SCRAM.isRight(proof: final.proof, keys: keys, authMessage: authMessage)
        let signature = SCRAMServerFinal.message(signature: SCRAM.signature(keys.serverKey, of: authMessage))
        state = .deciding(signature: isRight ? signature : nil)
        return .attempt(
            LoginAttempt(
                name: first.name, authorizationIdentity: first.authorizationIdentity, mechanism: mechanism,
                proof: .scram(isRight: isRight)))
    }
}
