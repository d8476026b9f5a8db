package import NIOCore

/// The client's side of a SASL exchange (RFC 4422), by which Interpost logs in to a server.
///
///     S: +␍␊      C: AGFubmEAc2VzYW1l␍␊      PLAIN: the initial response, where the command did not take it along
///
/// The caller encodes responses, decodes challenges, and hears whether the login succeeded. What the mechanism has to say then is
/// in ``problemWithSuccess`` and ``bearerFailure``.
///
/// Passwords go out as they are configured. SASLprep (RFC 4013) leaves printable ASCII as it is; of what it does with other
/// characters, SCRAM's refusal of control characters is done here, and nothing is normalised: a password beyond ASCII has to be
/// configured in the form that the server has (mostly Unicode's NFC).
package struct SASLClient: Sendable, CustomStringConvertible, CustomReflectable {
    package enum Step: Sendable, Equatable {
        /// The response, not yet in base64. It may be empty.
        case respond(Secret)
        /// The caller makes the salted password and gives it to ``SASLClient/derived(_:)``.
        case derive(SCRAMDerivation)
        /// The exchange must not go on. For the operator; no secret is in it.
        case fail(String)
    }

    private enum State {
        case begun
        /// The initial response was said in answer to an empty challenge; or, in LOGIN, the name was.
        case introduced
        case deriving(SCRAMServerFirst)
        case proving(signature: [UInt8])
        /// The server refused the token and was told that this was heard.
        case tokenRefused
        /// There is nothing more to be said.
        case complete
        case failed
    }

    package let mechanism: LoginMechanism
    /// What the account lacks or has wrong for this mechanism. If there is something, nothing may be said to the server.
    package let problem: String?
    /// What the command takes along, where the server allows that; it may be empty (IMAP writes `=`). Otherwise it is what
    /// ``answer(challenge:)`` gives for the first challenge, which is empty. `nil` where the server speaks first: LOGIN, CRAM-MD5.
    package let initialResponse: Secret?
    /// What the server said of the token that it refused.
    package private(set) var bearerFailure: BearerFailure?

    private let identity: Identity
    private let first: SCRAMClientFirst
    private var state = State.begun

    /// `nil` for the protocols' own commands, `.password` and `.apop`.
    ///
    /// - Parameter nonce: For SCRAM: printable ASCII without commas that nobody can guess and that was never used before.
    package init?(_ mechanism: LoginMechanism, _ identity: Identity, nonce: String) {
        guard mechanism.saslName != nil else { return nil }
        self.mechanism = mechanism
        self.identity = identity
        first = SCRAMClientFirst(
            name: identity.user, authorizationIdentity: identity.actsFor, nonce: Array(nonce.utf8))
        let hasNonce = mechanism != .scramSHA256 || SCRAMAttributes.isNonce(nonce.utf8)
        problem = identity.problem(for: mechanism) ?? (hasNonce ? nil : "the nonce for SCRAM-SHA-256 is not one")
        initialResponse = problem == nil ? identity.initialResponse(mechanism, first) : nil
    }

    /// - Parameter challenge: Decoded.
    package mutating func answer(challenge: ByteBuffer) -> Step {
        if let problem { return fail(problem) }
        guard challenge.readableBytes <= SASLText.maximumMessage else {
            return fail("the server's challenge has more than \(SASLText.maximumMessage) octets")
        }
        if case .begun = state, challenge.readableBytes == 0, let initialResponse {
            state = .introduced
            return .respond(initialResponse)
        }
        switch (mechanism, state) {
        case (.login, .begun):
            state = .introduced
            return .respond(Secret(ByteBuffer(string: identity.user)))
        case (.login, .introduced):
            state = .complete
            return .respond(identity.secret)
        case (.cramMD5, .begun):
            guard challenge.readableBytes > 0 else { return fail("the server's challenge for CRAM-MD5 is empty") }
            state = .complete
            return .respond(CRAM.response(user: identity.user, secret: identity.secret, challenge: challenge))
        case (.scramSHA256, .begun), (.scramSHA256, .introduced): return derivation(challenge)
        case (.scramSHA256, .proving(let signature)): return verified(challenge, signature)
        case (.xoauth2, .begun), (.xoauth2, .introduced): return refused(challenge, answer: ByteBuffer())
        case (.oauthBearer, .begun), (.oauthBearer, .introduced):
            return refused(challenge, answer: ByteBuffer(bytes: [1]))
        default: return fail("the server sent a challenge for which \(name) has no answer")
        }
    }

    /// - Parameter saltedPassword: What the last ``Step/derive(_:)`` asked for.
    package mutating func derived(_ saltedPassword: Secret) -> Step {
        guard case .deriving(let serverFirst) = state,
            saltedPassword.withExposedBytes({ $0.readableBytes == SCRAM.keyLength })
        else { return fail("the salted password of SCRAM is not the one that was asked for") }
        let withoutProof = SCRAMClientFinal.withoutProof(header: first.header, nonce: serverFirst.nonce)
        let authMessage = SCRAM.authMessage(first.bare, serverFirst.message, withoutProof)
        let proof = SCRAM.proof(clientKey: SCRAM.clientKey(saltedPassword), authMessage: authMessage)
        state = .proving(signature: SCRAM.signature(SCRAM.serverKey(saltedPassword), of: authMessage))
        return .respond(Secret(SCRAMClientFinal(withoutProof: withoutProof, proof: proof).message))
    }

    /// The server said OK, but it must not be believed: it accepted what it cannot have checked, or did not prove that it knows the
    /// password (RFC 5802 §5). `nil` where it may be believed, if the initial response was said at all.
    package var problemWithSuccess: String? {
        if let problem { return problem }
        return switch (mechanism, state) {
        case (_, .failed): "the server accepted a login that had failed before"
        case (.scramSHA256, .complete): nil
        case (.scramSHA256, _): "the server did not prove that it knows the password: it may not be the server that it should be"
        case (.login, .begun), (.login, .introduced), (.cramMD5, .begun):
            "the server accepted the login before it heard the password"
        case (_, .tokenRefused): "the server refused the token and accepted the login after that"
        default: nil
        }
    }

    /// The mechanism; nothing of what was said.
    package var description: String { "SASLClient(\(name))" }
    /// A mirror without children, for debuggers.
    package var customMirror: Mirror { Mirror(self, children: []) }

    private var name: String { mechanism.rawValue.uppercased() }

    private mutating func fail(_ text: String) -> Step {
        state = .failed
        return .fail(text)
    }

    private mutating func derivation(_ challenge: ByteBuffer) -> Step {
        do throws(SASLProblem) {
            let serverFirst = try SCRAMServerFirst(challenge, clientNonce: first.nonce)
            guard SCRAMKeys.rounds.contains(serverFirst.iterations) else {
                return fail(
                    "the server asks for \(serverFirst.iterations) rounds of SCRAM-SHA-256, and Interpost makes "
                        + "\(SCRAMKeys.rounds.lowerBound) to \(SCRAMKeys.rounds.upperBound): log in by another mechanism")
            }
            state = .deriving(serverFirst)
            let salt = serverFirst.salt
            return .derive(SCRAMDerivation(password: identity.secret, salt: salt, iterations: serverFirst.iterations))
        } catch {
            return fail("the server's part of SCRAM-SHA-256 is wrong: \(error.description)")
        }
    }

    private mutating func verified(_ challenge: ByteBuffer, _ expected: [UInt8]) -> Step {
        do throws(SASLProblem) {
            switch try SCRAMServerFinal(challenge) {
            case .error(let word): return fail("the server refused the proof of SCRAM-SHA-256: \(word)")
            case .signature(let signature):
                guard ConstantTime.areEqual(signature, expected) else {
                    return fail(
                        "the server did not prove that it knows the password: it may not be the server that it should be")
                }
                state = .complete
                return .respond(Secret(ByteBuffer()))
            }
        } catch {
            return fail("the server's part of SCRAM-SHA-256 is wrong: \(error.description)")
        }
    }

    private mutating func refused(_ challenge: ByteBuffer, answer: ByteBuffer) -> Step {
        bearerFailure = BearerFailure(challenge, token: identity.secret)
        state = .tokenRefused
        return .respond(Secret(answer))
    }
}
