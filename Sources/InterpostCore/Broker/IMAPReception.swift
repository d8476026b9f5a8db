import NIOCore

/// Speaks for Interpost to an IMAP client that has not logged in.
///
///     I: * OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID AUTH=PLAIN AUTH=LOGIN] Interpost is ready␍␊
///     C: a LOGIN anna-7 ip-…␍␊
///     I: a NO [AUTHENTICATIONFAILED] This name and this secret do not let you in␍␊
struct IMAPReception: Reception {
    /// | state | what the client sends | what the shell answers |
    /// | --- | --- | --- |
    /// | `silent` | waits; the greeting → `ready` | |
    /// | `ready` | LOGIN or AUTHENTICATE → `asking` or `challenged`; LOGOUT, too many bad lines → `ended`; else stays | |
    /// | `challenged` | a line → `asking`, `challenged`, `leaving`; `*` → `ready` | |
    /// | `asking` | waits | keys → `challenged`; a verdict → `leaving`, `challenged` or `ready` |
    /// | `leaving` | waits for its account | |
    /// | `ended` | nothing is read | |
    private enum Stage { case silent, ready, challenged, asking, leaving, ended }

    private let settings: ReceptionSettings
    private var stage = Stage.silent
    private var isEncrypted: Bool
    private var gatherer = CommandGatherer()
    private var steps: [ReceptionStep] = []
    private var nonces: NonceSource
    private var login: ReceptionLogin?
    /// The tag of the login that is under way.
    private var tag = ByteBuffer()
    private var failures = 0
    private var malformedLines = 0
    /// The answer to a refused command that is still being read to its end.
    private var refusedAnswer: ByteBuffer?

    init(_ settings: ReceptionSettings, isEncrypted: Bool) {
        self.settings = settings
        self.isEncrypted = isEncrypted
        nonces = NonceSource(seed: settings.broker.seed)
    }

    // MARK: - In

    mutating func receive(_ bytes: ByteBuffer) {
        if case .ended = stage { return }
        gatherer.receive(bytes)
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

    var wantsClient: Bool { gatherer.waiting < CommandGatherer.patience }

    var isAtRest: Bool {
        switch stage {
        case .ready, .challenged, .ended: true
        case .silent, .asking, .leaving: false
        }
    }

    mutating func clientTLSIsUp() {
        gatherer.forget()
        isEncrypted = true
        (login, refusedAnswer, malformedLines) = (nil, nil, 0)
        if case .challenged = stage { stage = .ready }
    }

    // MARK: - Out

    mutating func next() -> ReceptionStep? {
        while true {
            if !steps.isEmpty { return steps.removeFirst() }
            if proceed() || !steps.isEmpty { continue }
            gatherer.settle()
            return nil
        }
    }

    private mutating func proceed() -> Bool {
        switch stage {
        case .asking, .leaving, .ended: return false
        case .silent:
            stage = .ready
            say("* OK [CAPABILITY \(capabilities)] Interpost is ready")
            return true
        case .ready:
            guard let piece = gatherer.next() else { return false }
            take(piece)
            return true
        case .challenged:
            guard let line = gatherer.takePlainLine() else { return false }
            takeResponse(line)
            return true
        }
    }

    private mutating func take(_ piece: CommandGatherer.Piece) {
        switch piece {
        case .command(let text): read(text)
        case .literal(let text, let literal): decide(on: literal, in: text)
        case .malformed(let line, let reason):
            refuse(StrictRefusal(.malformed, tag: StrictCommand.tag(of: line), reason: reason))
        case .refusedCommandEnded:
            if let answer = refusedAnswer { steps.append(.answer(answer)) }
            refusedAnswer = nil
        case .tooLong: close(saying: "A command has at most \(CommandGatherer.maximumCommand) octets")
        case .streamed: break
        }
    }

    private mutating func read(_ text: IMAPText) {
        do throws(StrictRefusal) {
            try answer(StrictCommand(reading: text))
        } catch {
            refuse(error)
        }
    }

    private mutating func answer(_ command: StrictCommand) throws(StrictRefusal) {
        let tag = command.tag
        switch command.body {
        case .capability:
            say("* CAPABILITY \(capabilities)")
            complete(tag, "OK done")
        case .noop: complete(tag, "OK done")
        case .id:
            say("* ID (\"name\" \"Interpost\")")
            complete(tag, "OK done")
        case .logout:
            say("* BYE Interpost says goodbye")
            complete(tag, "OK done")
            end(by: .client, reason: "the client logged out")
        case .login(let user, let password):
            guard settings.allowsLogin(isEncrypted) else {
                return complete(tag, "NO [PRIVACYREQUIRED] STARTTLS is required first")
            }
            self.tag = tag
            let (login, outcome) = ReceptionLogin.plain(name: user.bytes, secret: password)
            self.login = login
            carryOut(outcome)
        case .authenticate(let name, let response):
            guard settings.allowsLogin(isEncrypted) else {
                return complete(tag, "NO [PRIVACYREQUIRED] STARTTLS is required first")
            }
            guard let mechanism = settings.mechanism(name),
                let (login, outcome) = ReceptionLogin.exchange(mechanism, initialResponse: response, nonce: nonces.next())
            else { return complete(tag, "NO [CANNOT] This way of logging in is not offered") }
            self.tag = tag
            self.login = login
            carryOut(outcome)
        default: complete(tag, "BAD \(command.title): log in first")
        }
    }

    /// Only the commands that are answered here may have literals, and no more octets than a name and a secret have.
    private mutating func decide(on literal: LiteralAnnouncement, in text: IMAPText) {
        let head = StrictCommand.head(of: text.bytes)
        let isKnown = head.map { Self.literals.contains($0.name) && !$0.usesUIDs } ?? false
        guard isKnown, gatherer.hasRoom(for: literal), literal.length <= Self.maximumLiteral else {
            let tag = StrictCommand.tag(of: text.bytes) ?? ByteBuffer(string: "*")
            let answer = Self.line(
                tag, isKnown ? "BAD a literal has at most \(Self.maximumLiteral) octets here" : "BAD log in first")
            let isWaiting = gatherer.refuse()
            if isWaiting { steps.append(.answer(answer)) } else { refusedAnswer = answer }
            return
        }
        gatherer.gather()
        if !literal.isNonSynchronising { say("+ go on") }
    }

    private static let literals: Set<Keyword> = [Keyword("LOGIN"), Keyword("ID")]
    private static let maximumLiteral = 8192

    // MARK: - Logging in

    private mutating func takeResponse(_ line: CommandGatherer.PlainLine) {
        guard case .line(let text) = line, var login else {
            return carryOut(.refused(.malformed, detail: "what is said in a login is base64"))
        }
        if text.equalsIgnoringCase("*") {
            self.login = nil
            stage = .ready
            complete(tag, "BAD the login is cancelled")
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
            var line = ByteBuffer(string: "+ ")
            line.writeImmutableBuffer(message)
            line.writeStaticString("\r\n")
            steps.append(.answer(line))
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
            complete(tag, "NO [AUTHENTICATIONFAILED] \(ReceptionSettings.refusal)")
            endAfterFailures()
        }
    }

    private mutating func fail(_ refusal: LoginRefusal, detail: String?) {
        guard login?.isTold != true else { return }
        login?.isTold = true
        failures += 1
        steps.append(.tell(.clientLogin(ClientLoginFacts(refused: refusal, detail: detail, by: login))))
    }

    private mutating func endAfterFailures() {
        if failures >= settings.broker.maximumFailures { close(saying: "Too many logins have failed") }
    }

    mutating func admit(
        capabilities: [ByteBuffer], policy: Policy, context: PolicyContext
    ) -> (answer: ByteBuffer, gate: any Gate) {
        let gate = IMAPGate(behindLogin: policy, context: context, offers: capabilities, gatherer: gatherer)
        var answer = tag
        answer.writeStaticString(" OK [CAPABILITY")
        answer.write(words: gate.capabilities.filter(capabilities).kept)
        answer.writeStaticString("] logged in\r\n")
        stage = .ended
        return (answer, gate)
    }

    mutating func turnAway(_ failure: UpstreamFailure) -> ByteBuffer {
        stage = .ended
        var answer = Self.line(tag, "NO [\(failure.imapCode)] \(failure.text)")
        answer.writeStaticString("* BYE Interpost ends this session\r\n")
        return answer
    }

    // MARK: - Words

    /// What Interpost itself can do before a server is there.
    private var capabilities: String {
        var names = ["IMAP4rev1", "LITERAL+", "SASL-IR", "ID"]
        if settings.offersSTARTTLS(isEncrypted) { names.append("STARTTLS") }
        names += settings.allowsLogin(isEncrypted) ? settings.names.map { "AUTH=\($0)" } : ["LOGINDISABLED"]
        return names.joined(separator: " ")
    }

    private mutating func refuse(_ refusal: StrictRefusal) {
        let name = refusal.kind != .unknown ? refusal.name.map { "\($0): " } ?? "" : ""
        complete(refusal.tag ?? ByteBuffer(string: "*"), "BAD \(name)\(refusal.reason)")
        guard refusal.kind == .malformed else { return }
        malformedLines += 1
        if malformedLines >= ReceptionSettings.maximumMalformed { close(saying: "That was one line too many that is no command") }
    }

    private mutating func close(saying text: String) {
        say("* BYE \(text)")
        end(by: .policy, reason: text)
    }

    private mutating func end(by closer: Closer, reason: String) {
        stage = .ended
        gatherer.forget()
        steps.append(.close(by: closer, reason: reason))
    }

    private mutating func say(_ text: String) { steps.append(.answer(ByteBuffer(string: "\(text)\r\n"))) }

    private mutating func complete(_ tag: ByteBuffer, _ text: String) { steps.append(.answer(Self.line(tag, text))) }

    private static func line(_ tag: ByteBuffer, _ text: String) -> ByteBuffer {
        var line = tag
        line.writeString(" \(text)\r\n")
        return line
    }
}
