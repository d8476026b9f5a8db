import NIOCore

@testable import InterpostCore

/// The two ends of a brokered session, and what its shell knows: the client's secret, and the account's.
struct BrokerPeers {
    static let settings = BrokerSettings(
        mechanisms: [.scramSHA256, .plain, .login, .xoauth2, .oauthBearer], maximumFailures: 3,
        seed: Array(repeating: 7, count: 32))
    /// In the place of what takes thousands of rounds.
    static let saltedPassword = Secret(ByteBuffer(bytes: Array(repeating: 42, count: 32)))
    static let keys = SCRAMKeys(saltedPassword: saltedPassword, salt: Array("0123456789abcdef".utf8), iterations: 4096)

    private let dialogue: Dialogue
    var secrets: SecretKeeper
    /// What the account's server has to hear, and nobody else.
    let accountSecret: PlantedSecret
    var serverSaid = ByteBuffer()
    /// What the server had heard when the account was logged in.
    var admittedAt: Int?
    /// The server's part of a SCRAM exchange.
    private var signer: SASLServer?
    private(set) var hasSigned = false

    init(_ dialogue: Dialogue) {
        self.dialogue = dialogue
        secrets = SecretKeeper(dialogue)
        accountSecret = dialogue.accountSecret
    }

    /// What must be in no output, as of the account.
    var forbidden: [[UInt8]] { dialogue.limits.lineLength >= 1024 ? accountSecret.forbidden : [] }

    var account: UpstreamAccount {
        UpstreamAccount(
            name: "anna",
            identity: SASLClient.Identity(
                user: BrokerOracle.user, authorizationIdentity: dialogue.account.hasMailbox ? "team@example.org" : nil,
                secret: Secret(ByteBuffer(string: accountSecret.plain)), host: "imap.example.org", port: 993),
            mechanism: dialogue.account.mechanism, security: dialogue.account.security, policy: Policy(.readOnly))
    }

    /// Whether the client has said the secret that was planted.
    func isRight(_ attempt: LoginAttempt) -> Bool {
        switch attempt.proof {
        case .scram(let isRight): isRight
        case .secret(let secret): secret.withExposedBytes { String(buffer: $0) == dialogue.secret?.plain }
        }
    }

    func scramClient() -> SASLClient? {
        let identity = SASLClient.Identity(user: "anna", secret: Secret(ByteBuffer(string: "any")), host: "", port: 0)
        return SASLClient(.scramSHA256, identity, nonce: "fuzz")
    }

    /// The account's secret in the place of `%a`, and in base64 in that of `%b`, once the server may know it.
    func filledIn(_ bytes: ByteBuffer, knowsAccount: Bool) -> ByteBuffer {
        let bytes = secrets.filledIn(bytes)
        guard bytes.readableBytesView.contains(UInt8(ascii: "%")) else { return bytes }
        var filled = ByteBuffer()
        var rest = bytes.readableBytesView
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let next = rest.first, next == UInt8(ascii: "a") || next == UInt8(ascii: "b") else {
                filled.writeInteger(byte)
                continue
            }
            rest.removeFirst()
            let plain = accountSecret.plain
            filled.writeString(
                !knowsAccount ? "word" : next == UInt8(ascii: "a") ? plain : PlantedSecret.base64(Array(plain.utf8)))
        }
        return filled
    }

    /// Whether the server has said something that may be taken for OK.
    func hasServerAdmitted(_ mailProtocol: MailProtocol) -> Bool {
        let sign = mailProtocol == .imap ? "interpost:login" : "+OK"
        return serverSaid.firstOccurrence(of: ByteBuffer(string: sign).readableBytesView, from: serverSaid.readerIndex) != nil
    }

    /// What a server that knows the password says next in SCRAM, as a line.
    mutating func signature(after heard: [UInt8]) -> ByteBuffer? {
        let line = heard.dropLast(2).split(separator: 10, omittingEmptySubsequences: false).last ?? []
        let word = line.split(separator: UInt8.space).last ?? []
        guard let message = Base64.decode(ByteBuffer(bytes: word).readableBytesView), message.readableBytes > 0 else {
            return nil
        }
        var step: SASLServer.Step
        if message.readableBytesView.starts(with: "n,".utf8) {
            signer = SASLServer(.scramSHA256, nonce: "server")
            step = signer?.begin(initialResponse: message) ?? .done
            if case .lookUp = step { step = signer?.found(Self.keys) ?? .done }
        } else {
            step = signer?.receive(message) ?? .done
            if case .attempt(let attempt) = step, attempt.proof == .scram(isRight: true) {
                step = signer?.accepted() ?? .done
                hasSigned = true
            }
        }
        guard case .challenge(let challenge) = step else { return nil }
        return ByteBuffer(string: "+ \(String(buffer: Base64.encode(challenge.readableBytesView)))\r\n")
    }
}
