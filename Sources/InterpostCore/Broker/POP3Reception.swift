import NIOCore

/// Speaks for Interpost to a POP3 client that has not logged in.
///
///     I: +OK Interpost is ready␍␊
///     C: USER anna-7␍␊           I: +OK␍␊
///     C: PASS ip-…␍␊             I: -ERR [AUTH] This name and this secret do not let you in␍␊
struct POP3Reception: Reception {
    /// | state | what the client sends | what the shell answers |
    /// | --- | --- | --- |
    /// | `silent` | waits; the greeting → `ready` | |
    /// | `ready` | PASS or AUTH → `asking` or `challenged`; QUIT, too many bad lines → `ended`; else stays | |
    /// | `challenged` | a line → `asking`, `challenged`, `leaving`; `*` → `ready` | |
    /// | `asking` | waits | keys → `challenged`; a verdict → `leaving`, `challenged` or `ready` |
    /// | `leaving` | waits for its account | |
    /// | `ended` | nothing is read | |
    private enum Stage { case silent, ready, challenged, asking, leaving, ended }

    private static let patience = 65_536

    private let settings: ReceptionSettings
    private var stage = Stage.silent
    private var isEncrypted: Bool
    private var input = PendingBytes()
    private var steps: [ReceptionStep] = []
    private var nonces: NonceSource
    private var login: ReceptionLogin?
    /// Whom USER named.
    private var user: ByteBuffer?
    /// UTF8 was said (RFC 6856 §2).
    private(set) var wantsUTF8 = false
    private var failures = 0
    private var malformedLines = 0

    init(_ settings: ReceptionSettings, isEncrypted: Bool) {
        self.settings = settings
        self.isEncrypted = isEncrypted
        nonces = NonceSource(seed: settings.broker.seed)
    }

    // MARK: - In

    mutating func receive(_ bytes: ByteBuffer) {
        if case .ended = stage { return }
        input.append(bytes)
    }

    mutating func receive(_ answer: BrokerAnswer) {
        guard case .asking = stage, var login else { return }
        let outcome: ReceptionLogin.Outcome
        switch answer {
        case .keys(let keys): outcome = login.found(keys)
        case .verdict(let verdict): outcome = login.decided(verdict)
        case .connected, .derived, .secret, .failed: return
        }
        self.login = login
        // A client that breaks off now has failed all the same.
        if case .verdict(.refused(let refusal)) = answer, case .challenge = outcome { fail(refusal, detail: nil) }
        carryOut(outcome)
    }

    var wantsClient: Bool { input.count < Self.patience }

    var isAtRest: Bool {
        switch stage {
        case .ready, .challenged, .ended: true
        case .silent, .asking, .leaving: false
        }
    }

    mutating func clientTLSIsUp() {
        input = PendingBytes()
        isEncrypted = true
        (login, user, wantsUTF8, malformedLines) = (nil, nil, false, 0)
        if case .challenged = stage { stage = .ready }
    }

    // MARK: - Out

    mutating func next() -> ReceptionStep? {
        while true {
            if !steps.isEmpty { return steps.removeFirst() }
            if proceed() || !steps.isEmpty { continue }
            input.settle()
            return nil
        }
    }

    private mutating func proceed() -> Bool {
        switch stage {
        case .asking, .leaving, .ended: return false
        case .silent:
            stage = .ready
            say("+OK Interpost is ready")
            return true
        case .ready:
            guard let line = takeLine(upTo: StrictPOP3.maximumLogin) else { return false }
            read(line)
            return true
        case .challenged:
            guard let line = takeLine(upTo: StrictPOP3.maximumSASL) else { return false }
            takeResponse(line)
            return true
        }
    }

    private mutating func takeLine(upTo limit: Int) -> ByteBuffer? {
        let feed = input.lineFeed()
        let length = feed.map { $0 - input.buffer.readerIndex + 1 } ?? input.count
        guard length <= limit else {
            close(saying: "a line has at most \(limit) octets")
            return nil
        }
        return feed == nil ? nil : input.take(length)
    }

    private mutating func read(_ line: ByteBuffer) {
        do throws(StrictRefusal) {
            let (name, command) = try StrictPOP3.read(line)
            answer(name, command)
        } catch {
            say("-ERR \(error.name.map { "\($0): " } ?? "")\(error.reason)")
            guard error.kind == .malformed else { return }
            malformedLines += 1
            if malformedLines >= ReceptionSettings.maximumMalformed {
                close(saying: "that was one line too many that is no command")
            }
        }
    }

    private mutating func answer(_ name: Keyword, _ command: POP3Command) {
        switch command {
        case .capa: say("+OK\r\n\(capabilities.joined(separator: "\r\n"))\r\n.")
        case .utf8:
            wantsUTF8 = true
            say("+OK")
        case .quit:
            say("+OK Interpost says goodbye")
            end(by: .client, reason: "the client logged out")
        case .user(let name):
            guard allowsLogin() else { return }
            user = name
            say("+OK")
        case .pass(let secret):
            guard allowsLogin() else { return }
            guard let name = user else { return say("-ERR USER comes first") }
            user = nil
            let (login, outcome) = ReceptionLogin.plain(name: name, secret: secret)
            self.login = login
            carryOut(outcome)
        case .auth(nil, _):
            guard allowsLogin() else { return }
            say((["+OK"] + settings.names + ["."]).joined(separator: "\r\n"))
        case .auth(let name?, let response):
            guard allowsLogin() else { return }
            user = nil
            // StrictPOP3 has an empty response for `=`.
            let initial = response.map { $0.withExposedBytes { $0.readableBytes == 0 } ? Secret(ByteBuffer(string: "=")) : $0 }
            guard let mechanism = settings.mechanism(name),
                let (login, outcome) = ReceptionLogin.exchange(mechanism, initialResponse: initial, nonce: nonces.next())
            else { return say("-ERR This way of logging in is not offered") }
            self.login = login
            carryOut(outcome)
        case .apop: say("-ERR APOP is not offered")
        default: say("-ERR \(name): log in first")
        }
    }

    private mutating func allowsLogin() -> Bool {
        if settings.allowsLogin(isEncrypted) { return true }
        say("-ERR [SYS/PERM] STLS is required first")
        return false
    }

    // MARK: - Logging in

    private mutating func takeResponse(_ line: ByteBuffer) {
        guard line.hasStrictLineEnd, var login else {
            return carryOut(.refused(.malformed, detail: "what is said in a login is base64"))
        }
        let text = line.withoutLineEnd
        if text.equalsIgnoringCase("*") {
            self.login = nil
            stage = .ready
            say("-ERR the login is cancelled")
            return endAfterFailures()
        }
        let outcome = login.receive(text)
        self.login = login
        carryOut(outcome)
    }

    private mutating func carryOut(_ outcome: ReceptionLogin.Outcome) {
        switch outcome {
        case .challenge(let message):
            stage = .challenged
            say("+ \(String(buffer: message))")
        case .ask(let request):
            stage = .asking
            steps.append(.ask(request))
        case .letIn(let grant):
            stage = .leaving
            steps.append(.tell(.clientLogin(ClientLoginFacts(accepted: grant, by: login))))
            steps.append(.letIn(grant))
        case .refused(let refusal, let detail):
            stage = .ready
            fail(refusal, detail: detail)
            login = nil
            say("-ERR [AUTH] \(ReceptionSettings.refusal)")
            endAfterFailures()
        }
    }

    private mutating func fail(_ refusal: LoginRefusal, detail: String?) {
        guard login?.isTold != true else { return }
        login?.isTold = true
        failures += 1
        steps.append(.tell(.clientLogin(ClientLoginFacts(refused: refusal, detail: detail, by: login))))
    }

    private mutating func endAfterFailures() { if failures >= settings.broker.maximumFailures { close(saying: nil) } }

    mutating func admit(
        capabilities: [ByteBuffer], policy: Policy, context: PolicyContext
    ) -> (answer: ByteBuffer, gate: any Gate) {
        stage = .ended
        return (ByteBuffer(string: "+OK logged in\r\n"), POP3Gate(behindLogin: policy, context: context, input: input))
    }

    mutating func turnAway(_ failure: UpstreamFailure) -> ByteBuffer {
        stage = .ended
        return ByteBuffer(string: "-ERR [\(failure.pop3Code)] \(failure.text)\r\n")
    }

    // MARK: - Words

    /// What Interpost itself can do before a server is there.
    private var capabilities: [String] {
        var lines = ["RESP-CODES", "AUTH-RESP-CODE", "UTF8"]
        if settings.allowsLogin(isEncrypted) {
            lines.append("USER")
            if !settings.names.isEmpty { lines.append("SASL \(settings.names.joined(separator: " "))") }
        }
        if settings.offersSTARTTLS(isEncrypted) { lines.append("STLS") }
        return lines
    }

    private mutating func close(saying text: String?) {
        if let text { say("-ERR \(text)") }
        end(by: .policy, reason: text ?? "too many logins have failed")
    }

    private mutating func end(by closer: Closer, reason: String) {
        stage = .ended
        input = PendingBytes()
        steps.append(.close(by: closer, reason: reason))
    }

    private mutating func say(_ text: String) { steps.append(.answer(ByteBuffer(string: "\(text)\r\n"))) }
}

extension ByteBuffer {
    /// Whether a line ends in CR LF, and has no other CR.
    fileprivate var hasStrictLineEnd: Bool {
        readableBytesView.suffix(2).elementsEqual([.carriageReturn, .lineFeed])
            && !readableBytesView.dropLast(2).contains(.carriageReturn)
    }
}
