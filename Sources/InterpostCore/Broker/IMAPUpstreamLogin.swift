import NIOCore

/// Logs an account in at an IMAP server (RFC 9051 §6.2).
///
///     S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready␍␊
///     I: interpost:login AUTHENTICATE PLAIN AGFubmEAc2VjcmV0␍␊
///     S: interpost:login OK [CAPABILITY …] Logged in␍␊                 → .done
struct IMAPUpstreamLogin: UpstreamLogin {
    /// | state | what the server says |
    /// | --- | --- |
    /// | `greeting` | OK with capabilities → `login`, without → `offers`; PREAUTH, BYE → `over` |
    /// | `offers` | OK → `login` |
    /// | `login` | `+` → stays; OK with capabilities → `over`, without → `behind`; NO → `over`, or once more with a new token |
    /// | `behind` | OK → `over` |
    /// | `over` | nothing is read |
    private enum Stage { case greeting, offers, login, behind, over }

    private let account: UpstreamAccount
    private var identity: SASLClient.Identity
    /// The greeting came inside TLS, or there is none.
    private let believesGreeting: Bool
    private var stage = Stage.greeting
    private var steps: [UpstreamLoginStep] = []
    private var nonces: NonceSource
    private var exchange: UpstreamExchange?
    private(set) var capabilities: [ByteBuffer] = []
    private(set) var method: String?
    /// The list that the server gives while a command is under way.
    private var heard: [ByteBuffer]?
    /// LOGIN, one piece after each `+`.
    private var segments: ArraySlice<ByteBuffer> = []
    private var renewal: TokenRenewal?

    init(_ account: UpstreamAccount, nonces: NonceSource, believesGreeting: Bool) {
        self.account = account
        identity = account.identity
        self.nonces = nonces
        self.believesGreeting = believesGreeting
    }

    mutating func next() -> UpstreamLoginStep? { steps.isEmpty ? nil : steps.removeFirst() }

    // MARK: - What the server says

    mutating func receive(_ event: MailEvent) {
        if case .over = stage { return }
        if event.anomalies.contains(where: \.kind.endsGate) {
            return fail(.unavailable, "the server does not speak IMAP as it should, or too much at once")
        }
        switch event.meaning {
        case .greeting(let status): greeted(status)
        case .status(let status):
            if status.result == .bye { return fail(.unavailable, "the server says goodbye before the login is done") }
            note(status)
        case .response(let response):
            if response.kind == .capability, case .capabilities(let names) = response.data { heard = names.map(\.bytes) }
        case .saslChallenge: if let outcome = exchange?.receive(challenge: event.bytes) { carryOut(outcome) }
        case .continuation(.literal): writeSegment()
        case .completion(let status, .some): completed(status)
        default: break
        }
    }

    private mutating func note(_ status: IMAPStatus) {
        guard status.codeName == Keyword("CAPABILITY") else { return }
        heard = status.codeArguments.map(\.bytes)
    }

    private mutating func greeted(_ status: IMAPStatus) {
        switch status.result {
        case .ok: break
        case .preauth:
            return fail(.administrator, "the server says PREAUTH: it lets everybody in, so nobody knows whose mail it would be")
        case .bye, .no, .bad: return fail(.unavailable, "the server refuses the connection")
        }
        note(status)
        if believesGreeting, let names = heard {
            capabilities = names
            logIn()
        } else {
            heard = nil
            stage = .offers
            write(tag: Self.offersTag, "CAPABILITY")
        }
    }

    private mutating func completed(_ status: IMAPStatus) {
        note(status)
        switch stage {
        case .greeting, .over: break
        case .offers:
            guard status.result == .ok, let names = heard else {
                return fail(.unavailable, "the server does not say what it can do")
            }
            capabilities = names
            logIn()
        case .login: loggedIn(status)
        case .behind:
            capabilities = heard ?? []
            finish()
        }
    }

    private mutating func loggedIn(_ status: IMAPStatus) {
        guard status.result == .ok else { return refused(status) }
        if let problem = exchange?.problemWithSuccess { return fail(problem) }
        guard segments.isEmpty else {
            return fail(.administrator, "LOGIN: the server says OK before it has heard the password")
        }
        if let names = heard {
            capabilities = names
            finish()
        } else {
            stage = .behind
            write(tag: Self.behindTag, "CAPABILITY")
        }
    }

    private mutating func refused(_ status: IMAPStatus) {
        let failure = UpstreamFailure(login: status)
        let isAboutToken = failure.kind == .authentication || status.codeName == Keyword("EXPIRED")
        guard let exchange, exchange.usesToken, isAboutToken else { return fail(failure) }
        guard renewal == nil else {
            return fail(
                .authentication,
                "the server takes the account's token for bad\(exchange.tokenProblem), also a new one: authorise it again")
        }
        renewal = .asked
        steps.append(.ask(.renewSecret(refused: identity.secret)))
    }

    // MARK: - Logging in

    private mutating func logIn() {
        stage = .login
        let candidates: [LoginMechanism] = [.scramSHA256, .cramMD5, .plain, .login, .password]
        switch LoginMechanism.chosen(for: account, of: candidates, offers: offers) {
        case .failure(let failure): fail(failure)
        case .success(let mechanism): logIn(by: mechanism)
        }
    }

    private func offers(_ mechanism: LoginMechanism) -> Bool {
        if mechanism == .password { return !has("LOGINDISABLED") }
        guard let name = mechanism.saslName else { return false }
        return has("AUTH=\(name)")
    }

    private func has(_ capability: String) -> Bool {
        capabilities.contains { String(buffer: $0).uppercased() == capability }
    }

    private mutating func logIn(by mechanism: LoginMechanism) {
        heard = nil
        exchange = UpstreamExchange(mechanism, identity, nonce: nonces.next())
        if let problem = exchange?.problem { return fail(problem) }
        guard let name = mechanism.saslName else {
            method = "LOGIN"
            let body = identity.secret.withExposedBytes { secret in
                IMAPCommand.Body.login(user: IMAPString(identity.user), password: Secret(secret))
            }
            let command = StrictCommand(tag: ByteBuffer(string: Self.loginTag), name: Keyword("LOGIN"), body: body)
            guard let written = CommandWriter(literals: .none).write(command) else {
                return fail(.administrator, "the account's user or secret has octets that LOGIN cannot say")
            }
            segments = written.segments[...]
            return writeSegment()
        }
        method = name.description
        let limit = has("SASL-IR") ? Self.maximumInitialResponse : 0
        let response = exchange?.begin(limit: limit)
        var line = ByteBuffer(string: "\(Self.loginTag) AUTHENTICATE \(name)")
        if let response {
            line.writeStaticString(" ")
            line.writeImmutableBuffer(response)
        }
        line.writeStaticString("\r\n")
        steps.append(.write(line))
    }

    private mutating func writeSegment() {
        guard let segment = segments.popFirst() else {
            return fail(.administrator, "the server asks for octets that were not announced")
        }
        steps.append(.write(segment))
    }

    private mutating func carryOut(_ outcome: UpstreamExchange.Outcome) {
        switch outcome {
        case .line(var line):
            line.writeStaticString("\r\n")
            steps.append(.write(line))
        case .ask(let request): steps.append(.ask(request))
        case .failed(let failure): fail(failure)
        }
    }

    mutating func receive(_ answer: BrokerAnswer) {
        guard case .login = stage else { return }
        switch answer {
        case .derived(let key): if let outcome = exchange?.derived(key) { carryOut(outcome) }
        case .secret(let secret):
            guard renewal == .asked, let mechanism = exchange?.mechanism else { return }
            renewal = .answered
            identity.secret = secret
            logIn(by: mechanism)
        case .failed(let failure): fail(failure)
        case .keys, .verdict, .connected: break
        }
    }

    // MARK: - Endings

    private mutating func write(tag: String, _ text: String) { steps.append(.write(ByteBuffer(string: "\(tag) \(text)\r\n"))) }

    private mutating func finish() {
        stage = .over
        steps.append(.done)
    }

    private mutating func fail(_ kind: UpstreamFailure.Kind, _ reason: String) { fail(UpstreamFailure(kind, reason)) }

    private mutating func fail(_ failure: UpstreamFailure) {
        stage = .over
        steps.append(.failed(failure))
    }

    // No client can send such tags.
    private static let offersTag = "interpost:offers"
    private static let loginTag = "interpost:login"
    private static let behindTag = "interpost:after"
    /// Octets of an initial response: lines with more are refused by some servers.
    private static let maximumInitialResponse = 8000
}
