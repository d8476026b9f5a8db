import NIOCore

/// What a login at a server wants done next.
enum UpstreamLoginStep: Sendable {
    /// The server is told this.
    case write(ByteBuffer)
    indirect case ask(BrokerRequest)
    /// The account is logged in.
    case done
    case failed(UpstreamFailure)
}

/// Logs an account in at its server, in one of the two protocols: from the greeting, inside TLS where there is any, up to what the
/// server can do then.
protocol UpstreamLogin: Sendable {
    /// Something that the server said.
    mutating func receive(_ event: MailEvent)
    /// The shell's answer to a ``UpstreamLoginStep/ask(_:)``.
    mutating func receive(_ answer: BrokerAnswer)
    /// The next thing to do, or `nil` until something comes in.
    mutating func next() -> UpstreamLoginStep?
    /// What the server can do after the login (IMAP).
    var capabilities: [ByteBuffer] { get }
    /// The way that was chosen, as the log calls it.
    var method: String? { get }
}

/// The server has refused the account's token, and another one was asked for. That is done once.
enum TokenRenewal: Sendable { case asked, answered }

/// The SASL part of a login at a server: what is sent in base64 and when, one more try with a new token, and whether OK is believed.
struct UpstreamExchange: Sendable {
    enum Outcome: Sendable {
        /// A line in base64, without its line end.
        case line(ByteBuffer)
        case ask(BrokerRequest)
        case failed(UpstreamFailure)
    }

    let mechanism: LoginMechanism
    private var client: SASLClient
    /// What the first `+` asks for, where it was not sent together with the command.
    private var held: Secret?

    /// `nil` for what is no SASL mechanism. See ``problem`` before anything is said.
    init?(_ mechanism: LoginMechanism, _ identity: SASLClient.Identity, nonce: String) {
        guard let client = SASLClient(mechanism, identity, nonce: nonce) else { return nil }
        self.mechanism = mechanism
        self.client = client
    }

    /// Why the account cannot log in by this mechanism.
    var problem: UpstreamFailure? { client.problem.map { UpstreamFailure(.administrator, "\(name): \($0)") } }

    /// The response that goes with the command, in base64, `=` for an empty one; `nil` where the server speaks first.
    ///
    /// - Parameter limit: Octets that it may have; 0 where the server does not take it with the command. A longer one waits for `+`.
    mutating func begin(limit: Int) -> ByteBuffer? {
        guard let response = client.initialResponse else { return nil }
        var line = Self.encode(response)
        if line.readableBytes == 0 { line.writeStaticString("=") }
        guard line.readableBytes <= limit else {
            held = response
            return nil
        }
        return line
    }

    /// A `+` line of the server.
    mutating func receive(challenge line: ByteBuffer) -> Outcome {
        // Some servers leave the space out.
        let text = line.withoutLineEnd.readableBytesView.dropFirst().drop { $0 == .space }
        guard let message = Base64.decode(ByteBuffer(bytes: text).readableBytesView) else {
            return .failed(UpstreamFailure(.administrator, "the server's challenge for \(name) is no base64"))
        }
        if let response = held {
            held = nil
            guard message.readableBytes == 0 else {
                return .failed(
                    UpstreamFailure(.administrator, "the server asks something before it has heard the first of \(name)"))
            }
            return .line(Self.encode(response))
        }
        return outcome(of: client.answer(challenge: message))
    }

    mutating func derived(_ key: Secret) -> Outcome { outcome(of: client.derived(key)) }

    private func outcome(of step: SASLClient.Step) -> Outcome {
        switch step {
        case .respond(let response): .line(Self.encode(response))
        case .derive(let derivation): .ask(.derive(derivation))
        case .fail(let reason): .failed(UpstreamFailure(.administrator, "\(name): \(reason)"))
        }
    }

    /// Why an OK is not believed.
    var problemWithSuccess: UpstreamFailure? {
        if held != nil { return UpstreamFailure(.administrator, "\(name): the server says OK before it has heard who logs in") }
        return client.problemWithSuccess.map { UpstreamFailure(.administrator, "\(name): \($0)") }
    }

    /// Whether another token may be of use.
    var usesToken: Bool { mechanism == .xoauth2 || mechanism == .oauthBearer }

    /// What the server said was wrong with the token; nothing where it used no word that is known: it may repeat the token.
    var tokenProblem: String {
        client.bearerFailure?.status.flatMap { Self.tokenProblems.contains($0) ? " (\($0))" : nil } ?? ""
    }

    /// RFC 6750 §3.1, and HTTP's numbers, which Google and Microsoft say.
    private static let tokenProblems: Set = ["invalid_request", "invalid_token", "insufficient_scope", "400", "401", "403"]

    private var name: String { mechanism.saslName?.description ?? mechanism.rawValue }

    private static func encode(_ message: Secret) -> ByteBuffer {
        message.withExposedBytes { Base64.encode($0.readableBytesView) }
    }
}

extension LoginMechanism {
    /// The way to log in at a server: the one that is configured, otherwise the strongest of those that the server offers.
    ///
    /// - Parameter candidates: What Interpost can do here, the strongest first.
    static func chosen(
        for account: UpstreamAccount, of candidates: [LoginMechanism], offers: (LoginMechanism) -> Bool
    ) -> Result<LoginMechanism, UpstreamFailure> {
        func failure(_ reason: String) -> Result<LoginMechanism, UpstreamFailure> {
            .failure(UpstreamFailure(.administrator, reason))
        }
        let actsForAnother = account.identity.authorizationIdentity.map { $0 != account.identity.user } ?? false
        if let configured = account.mechanism {
            guard !actsForAnother || configured.canActForAnother else {
                return failure(
                    "'auth: \(configured.rawValue)' cannot say whose mailbox it is for: leave out 'mailbox', or 'auth'")
            }
            guard offers(configured) else {
                return failure("the server does not offer \(configured.rawValue), which the account's 'auth' asks for")
            }
            return .success(configured)
        }
        let candidates = account.hasToken ? [.oauthBearer, .xoauth2] : candidates
        let able = candidates.filter { offers($0) && (!actsForAnother || $0.canActForAnother) }
        guard let found = able.first else {
            let what = account.hasToken ? "token" : "password"
            return failure("the server offers no way to log in with a \(what) that Interpost knows; 'auth' may name another one")
        }
        return .success(found)
    }

    /// Whether it can say whose mail it is for, beside who signs in (RFC 4422 §2).
    private var canActForAnother: Bool {
        switch self {
        case .plain, .scramSHA256, .xoauth2, .oauthBearer, .external: true
        case .password, .login, .cramMD5, .apop: false
        }
    }
}
