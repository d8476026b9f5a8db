import NIOCore

/// Logs an account in at a POP3 server (RFC 1939 §4 and §7, RFC 5034).
///
///     S: +OK ready␍␊
///     I: CAPA␍␊                              S: +OK␍␊ SASL PLAIN␍␊ .␍␊
///     I: AUTH PLAIN AGFubmEAc2VjcmV0␍␊       S: +OK␍␊                     → .done
struct POP3UpstreamLogin: UpstreamLogin {
    /// | state | what the server says |
    /// | --- | --- |
    /// | `greeting` | `+OK` → `offers`; `-ERR` → `over` |
    /// | `offers` | the list, or `-ERR` → `utf8` or `login` |
    /// | `utf8` | anything → `login` |
    /// | `login` | `+` or `+OK` to USER → stays; `+OK` → `over`; `-ERR` → `over`, or once more with a new token |
    /// | `over` | nothing is read |
    private enum Stage { case greeting, offers, utf8, login, over }

    private let account: UpstreamAccount
    private var identity: SASLClient.Identity
    private let isEncrypted: Bool
    /// The client has asked for UTF8 (RFC 6856 §2).
    private let wantsUTF8: Bool
    private var stage = Stage.greeting
    private var steps: [UpstreamLoginStep] = []
    private var nonces: NonceSource
    private var exchange: UpstreamExchange?
    private var timestamp: ByteBuffer?
    private var listing: [ByteBuffer] = []
    private var isPassDue = false
    private var renewal: TokenRenewal?
    private(set) var method: String?
    var capabilities: [ByteBuffer] { [] }

    init(_ account: UpstreamAccount, nonces: NonceSource, isEncrypted: Bool, wantsUTF8: Bool) {
        self.account = account
        identity = account.identity
        self.nonces = nonces
        self.isEncrypted = isEncrypted
        self.wantsUTF8 = wantsUTF8
    }

    mutating func next() -> UpstreamLoginStep? { steps.isEmpty ? nil : steps.removeFirst() }

    // MARK: - What the server says

    mutating func receive(_ event: MailEvent) {
        if case .over = stage { return }
        if event.anomalies.contains(where: \.kind.endsGate) {
            return fail(.unavailable, "the server does not speak POP3 as it should, or too much at once")
        }
        switch event.meaning {
        case .pop3Greeting(let reply):
            guard reply.result == .ok else { return fail(UpstreamFailure(.unavailable, "the server refuses the connection")) }
            timestamp = reply.apopTimestamp
            stage = .offers
            steps.append(.write(ByteBuffer(string: "CAPA\r\n")))
        case .saslChallenge: if let outcome = exchange?.receive(challenge: event.bytes) { carryOut(outcome) }
        case .pop3Completion(let reply, let record?): completed(reply, record)
        default: break
        }
    }

    private mutating func completed(_ reply: POP3Reply, _ record: POP3CommandRecord) {
        switch stage {
        case .greeting, .over: break
        case .offers:
            // Without CAPA, USER and PASS are what every server has.
            listing = reply.result == .ok ? record.listing : [ByteBuffer(string: "USER")]
            guard wantsUTF8, listing.contains(where: { $0.hasPrefixIgnoringCase("UTF8") }) else { return logIn() }
            stage = .utf8
            steps.append(.write(ByteBuffer(string: "UTF8\r\n")))
        case .utf8: logIn()
        case .login:
            guard reply.result == .ok else { return refused(reply) }
            if isPassDue { return sayPass() }
            if let problem = exchange?.problemWithSuccess { return fail(problem) }
            stage = .over
            steps.append(.done)
        }
    }

    private mutating func refused(_ reply: POP3Reply) {
        let failure = UpstreamFailure(login: reply)
        guard let exchange, exchange.usesToken, failure.kind == .authentication else { return fail(failure) }
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
        var candidates: [LoginMechanism] = [.scramSHA256, .cramMD5, .plain, .login, .password]
        // Its digest is weak, but better than a password that anybody on the way can read.
        if !isEncrypted { candidates.insert(.apop, at: 2) }
        switch LoginMechanism.chosen(for: account, of: candidates, offers: offers) {
        case .failure(let failure): fail(failure)
        case .success(let mechanism): logIn(by: mechanism)
        }
    }

    private func offers(_ mechanism: LoginMechanism) -> Bool {
        switch mechanism {
        case .apop: return timestamp != nil
        // Some servers have USER without listing it.
        case .password: return listing.contains { $0.equalsIgnoringCase("USER") } || account.mechanism == .password
        default:
            guard let name = mechanism.saslName else { return false }
            return listing.contains { line in
                guard case .sasl(let mechanisms) = POP3Capability(reading: line) else { return false }
                return mechanisms.contains(name)
            }
        }
    }

    private mutating func logIn(by mechanism: LoginMechanism) {
        exchange = UpstreamExchange(mechanism, identity, nonce: nonces.next())
        if let problem = exchange?.problem { return fail(problem) }
        switch mechanism {
        case .password:
            method = "PASS"
            isPassDue = true
            write(Keyword("USER"), .user(ByteBuffer(string: identity.user)))
        case .apop:
            method = "APOP"
            guard let timestamp else { return fail(.administrator, "the server offers no APOP") }
            let digest = CRAM.apopDigest(timestamp: timestamp, secret: identity.secret)
            write(Keyword("APOP"), .apop(user: ByteBuffer(string: identity.user), digest: digest))
        default:
            guard let name = mechanism.saslName else { return }
            method = name.description
            // AUTH with its response fits in a line, or waits to be asked (RFC 5034 §4).
            let limit = StrictPOP3.maximumLine - "AUTH ".utf8.count - name.description.utf8.count - 3
            var line = ByteBuffer(string: "AUTH \(name)")
            if let response = exchange?.begin(limit: limit) {
                line.writeStaticString(" ")
                line.writeImmutableBuffer(response)
            }
            line.writeStaticString("\r\n")
            steps.append(.write(line))
        }
    }

    private mutating func sayPass() {
        isPassDue = false
        write(Keyword("PASS"), .pass(identity.secret))
    }

    /// Writes a command that bears the account's user or secret.
    private mutating func write(_ name: Keyword, _ command: POP3Command) {
        guard let line = StrictPOP3.line(name, command), line.isOneLine else {
            return fail(.administrator, "the account's user or secret has octets that \(name) cannot say")
        }
        steps.append(.write(line))
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

    private mutating func fail(_ kind: UpstreamFailure.Kind, _ reason: String) { fail(UpstreamFailure(kind, reason)) }

    private mutating func fail(_ failure: UpstreamFailure) {
        stage = .over
        steps.append(.failed(failure))
    }
}

extension ByteBuffer {
    /// CR LF at its end, and no CR, LF or NUL before.
    fileprivate var isOneLine: Bool {
        readableBytesView.suffix(2).elementsEqual([.carriageReturn, .lineFeed])
            && !readableBytesView.dropLast(2).contains { $0 == .carriageReturn || $0 == .lineFeed || $0 == 0 }
    }
}
