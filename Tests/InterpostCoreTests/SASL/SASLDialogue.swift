import NIOCore

@testable import InterpostCore

/// The step that the core leaves to others, slowly and plainly: PBKDF2 with HMAC-SHA-256, one block.
func saltedPassword(_ derivation: SCRAMDerivation) -> Secret {
    let password = derivation.password.withExposedBytes { Array($0.readableBytesView) }
    var last = SCRAM.hmac(password, derivation.salt + [0, 0, 0, 1])
    var block = last
    for _ in 1..<derivation.iterations {
        last = SCRAM.hmac(password, last)
        for index in block.indices { block[index] ^= last[index] }
    }
    return Secret(ByteBuffer(bytes: block))
}

extension Secret {
    init(_ text: String) { self.init(ByteBuffer(string: text)) }

    /// For tests, whose secrets are none.
    var exposed: String { withExposedBytes { String(buffer: $0) } }
}

extension SASLClient.Step {
    /// What is said, if something is.
    var response: String? { if case .respond(let secret) = self { secret.exposed } else { nil } }

    var failure: String? { if case .fail(let text) = self { text } else { nil } }
}

extension SASLServer.Step {
    var challenge: String? { if case .challenge(let bytes) = self { String(buffer: bytes) } else { nil } }

    var isMalformed: Bool { if case .malformed = self { true } else { false } }
}

/// Both sides of an exchange, with the wire between them.
struct SASLDialogue {
    static let clientNonce = "rOprNGfwEbeRWgbNEkqO"
    static let serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    static let keyOfNames = Array("sixteen octets!!".utf8)
    static let salt = Array("salt of 16 bytes".utf8)

    var client: SASLClient
    var server: SASLServer
    /// What the server has for a name.
    var known: [String: String]
    /// Rounds of SCRAM are made once for many dialogues.
    var derive: (SCRAMDerivation) -> Secret = saltedPassword
    /// Whether the command takes the initial response along.
    var hasInitialResponse = true
    /// Changes a message before the other side hears it, counted from 0.
    var tamper: (Int, inout ByteBuffer) -> Void = { _, _ in }

    private(set) var said: [String] = []
    private(set) var attempt: LoginAttempt?
    /// Everything that a log might print by mistake.
    private(set) var printed = ""
    /// The server says OK.
    private(set) var isAccepted = false
    private(set) var clientFailure: String?
    private(set) var malformed: String?

    init?(_ mechanism: LoginMechanism, _ identity: SASLClient.Identity, known: [String: String]) {
        guard let client = SASLClient(mechanism, identity, nonce: Self.clientNonce),
            let server = SASLServer(mechanism, nonce: Self.serverNonce)
        else { return nil }
        (self.client, self.server, self.known) = (client, server, known)
    }

    /// Both have said OK, and believe it.
    var isLoggedIn: Bool { isAccepted && client.problemWithSuccess == nil && clientFailure == nil }

    mutating func run() {
        var step = server.begin(
            initialResponse: hasInitialResponse ? client.initialResponse.map { carried($0.exposedBytes) } : nil)
        while clientFailure == nil {
            note(step)
            switch step {
            case .challenge(let challenge):
                guard let response = response(to: carried(challenge)) else { return }
                step = server.receive(carried(response))
            case .lookUp(let name): step = server.found(keys(for: name))
            case .attempt(let attempt):
                self.attempt = attempt
                isAccepted = isRight(attempt)
                step = isAccepted ? server.accepted() : server.refused()
            case .malformed(let text):
                (malformed, isAccepted) = (text, false)
                return
            case .done: return
            }
        }
    }

    private mutating func response(to challenge: ByteBuffer) -> ByteBuffer? {
        var step = client.answer(challenge: challenge)
        note(step)
        if case .derive(let derivation) = step {
            step = client.derived(derive(derivation))
            note(step)
        }
        switch step {
        case .respond(let response): return response.exposedBytes
        case .fail(let text): clientFailure = text
        case .derive: clientFailure = "derives twice"
        }
        isAccepted = false
        return nil
    }

    private mutating func carried(_ message: ByteBuffer) -> ByteBuffer {
        var message = message
        tamper(said.count, &message)
        said.append(String(buffer: message))
        return message
    }

    private func keys(for name: String) -> SCRAMKeys {
        guard let password = known[name] else { return .madeUp(for: name, key: Self.keyOfNames) }
        let derivation = SCRAMDerivation(password: Secret(password), salt: Self.salt, iterations: 4096)
        return SCRAMKeys(saltedPassword: derive(derivation), salt: derivation.salt, iterations: derivation.iterations)
    }

    private func isRight(_ attempt: LoginAttempt) -> Bool {
        switch attempt.proof {
        case .secret(let secret): known[attempt.name] == secret.exposed
        case .scram(let isRight): isRight && known[attempt.name] != nil
        }
    }

    private mutating func note(_ step: some Any) {
        for value in [step, client, server, attempt as Any] as [Any] {
            printed += String(describing: value) + String(reflecting: value)
            dump(value, to: &printed)
        }
    }
}

extension Secret {
    fileprivate var exposedBytes: ByteBuffer { withExposedBytes { $0 } }
}
