import NIOCore

/// What the broker of a session wants done next.
enum BrokerStep: Sendable {
    /// The client is told this.
    case answer(ByteBuffer)
    /// The server is told this, on the leg that ``UpstreamOpening`` has prepared or that needs no preparation.
    case write(ByteBuffer)
    /// The server is told this before its leg is TLS.
    case prelude(ByteBuffer)
    /// The leg to the server becomes TLS now.
    case secure
    indirect case ask(BrokerRequest)
    case tell(LogEvent)
    /// The account's secret: it is in no log and in no capture, whoever repeats it.
    case conceal(Secret)
    /// The client is logged in: from here on this gate is between the two.
    indirect case relay(any Gate, answer: ByteBuffer)
    /// Both connections end. What the client hears last was an `answer` before.
    case close(by: Closer, reason: String)
}

/// Lets a client in at Interpost itself, and logs an account in for it: everything of a brokered session before its gate.
///
///     C: a LOGIN anna-7 ip-…␍␊
///                                        I: interpost:login AUTHENTICATE PLAIN …␍␊     to the server of the account
///                                        S: interpost:login OK [CAPABILITY …] …␍␊
///     I: a OK [CAPABILITY …] logged in␍␊
struct Broker: Sendable {
    /// | state | leads to |
    /// | --- | --- |
    /// | `reception` | the client is let in → `connecting`; it leaves → `over` |
    /// | `connecting` | the shell is about to connect → `opening`, or `login` where the leg needs no STARTTLS |
    /// | `opening` | the server agrees to STARTTLS → `securing` |
    /// | `securing` | TLS is up → `login` |
    /// | `login` | the account is logged in, or cannot be → `over` |
    /// | `over` | a gate goes on, or the session ends |
    private enum Stage {
        case reception
        case connecting(ClientGrant)
        case opening(UpstreamOpening)
        case securing(greeting: ByteBuffer)
        case login(any UpstreamLogin)
        case over
    }

    private let settings: SessionSettings
    private var nonces: NonceSource
    private var reception: any Reception
    private var stage = Stage.reception
    private var steps: [BrokerStep] = []
    private var account: UpstreamAccount?
    /// What is known of the session.
    var context: PolicyContext

    init(_ settings: SessionSettings, _ broker: BrokerSettings, context: PolicyContext) {
        self.settings = settings
        self.context = context
        // Other nonces than those of the reception, which count from 1 with the seed itself.
        nonces = NonceSource(seed: broker.seed + [1])
        let reception = ReceptionSettings(listener: settings.listener, broker: broker)
        self.reception =
            switch settings.mailProtocol {
            case .imap: IMAPReception(reception, isEncrypted: context.clientIsEncrypted)
            case .pop3: POP3Reception(reception, isEncrypted: context.clientIsEncrypted)
            }
    }

    // MARK: - In

    /// Bytes of the client.
    mutating func receive(_ bytes: ByteBuffer) {
        if case .over = stage { return }
        reception.receive(bytes)
    }

    /// Bytes of the server before TLS, which no conversation reads. Returns whether they were such bytes.
    mutating func receivePrelude(_ bytes: ByteBuffer) -> Bool {
        guard case .opening(var opening) = stage else { return false }
        opening.receive(bytes)
        stage = .opening(opening)
        return true
    }

    /// Something that the server said to what was written.
    mutating func receive(_ event: MailEvent) {
        guard case .login(var login) = stage else { return }
        login.receive(event)
        stage = .login(login)
    }

    mutating func receive(_ answer: BrokerAnswer) {
        switch (stage, answer) {
        case (.over, _): break
        case (.reception, _): reception.receive(answer)
        case (.connecting, .connected(let account)): begin(account)
        case (.connecting, .failed(let failure)), (.opening, .failed(let failure)), (.securing, .failed(let failure)):
            fail(failure)
        case (.login(var login), _):
            if case .secret(let secret) = answer { steps.append(.conceal(secret)) }
            login.receive(answer)
            stage = .login(login)
        default: break
        }
    }

    mutating func clientTLSIsUp() {
        context.clientIsEncrypted = true
        reception.clientTLSIsUp()
    }

    /// The leg to the server is encrypted now. Returns the greeting that was given before, for the conversation.
    mutating func upstreamTLSIsUp() -> ByteBuffer? {
        guard case .securing(let greeting) = stage, let account else { return nil }
        stage = .login(login(account, believesGreeting: false))
        return greeting
    }

    /// The server cannot be reached, or has closed its connection. Returns whether a client waits for it.
    mutating func upstreamFailed(_ failure: UpstreamFailure) -> Bool {
        switch stage {
        case .reception, .over: return false
        case .connecting, .opening, .securing, .login:
            fail(failure)
            return true
        }
    }

    var wantsClient: Bool { reception.wantsClient }

    /// Nothing that the client has said waits for anything.
    var isAtRest: Bool { if case .reception = stage { reception.isAtRest } else { false } }

    // MARK: - Out

    mutating func next() -> BrokerStep? {
        while true {
            if !steps.isEmpty { return steps.removeFirst() }
            guard proceed() else { return nil }
        }
    }

    private mutating func proceed() -> Bool {
        switch stage {
        case .reception:
            guard let step = reception.next() else { return false }
            carryOut(step)
        case .opening(var opening):
            let step = opening.next()
            stage = .opening(opening)
            guard let step else { return false }
            carryOut(step)
        case .login(var login):
            let step = login.next()
            stage = .login(login)
            guard let step else { return false }
            carryOut(step, of: login)
        case .connecting, .securing, .over: return false
        }
        return true
    }

    private mutating func carryOut(_ step: ReceptionStep) {
        switch step {
        case .answer(let bytes): steps.append(.answer(bytes))
        case .ask(let request): steps.append(.ask(request))
        case .tell(let event): steps.append(.tell(event))
        case .letIn(let grant):
            stage = .connecting(grant)
            steps.append(.ask(.connect(grant)))
        case .close(let closer, let reason):
            stage = .over
            steps.append(.close(by: closer, reason: reason))
        }
    }

    private mutating func begin(_ account: UpstreamAccount) {
        self.account = account
        steps.append(.conceal(account.identity.secret))
        if account.security == .off {
            steps.append(.tell(.warning("a login in clear text: the connection to the server is not encrypted")))
        }
        switch account.security {
        case .required: stage = .opening(UpstreamOpening(settings.mailProtocol))
        case .implicit, .off: stage = .login(login(account, believesGreeting: true))
        }
    }

    private mutating func login(_ account: UpstreamAccount, believesGreeting: Bool) -> any UpstreamLogin {
        switch settings.mailProtocol {
        case .imap: IMAPUpstreamLogin(account, nonces: nonces, believesGreeting: believesGreeting)
        case .pop3:
            POP3UpstreamLogin(
                account, nonces: nonces, isEncrypted: account.security != .off,
                wantsUTF8: (reception as? POP3Reception)?.wantsUTF8 ?? false)
        }
    }

    private mutating func carryOut(_ step: UpstreamOpening.Step) {
        switch step {
        case .send(let line): steps.append(.prelude(line))
        case .secure(let greeting):
            stage = .securing(greeting: CapabilityEditor.withoutCapabilities(greeting: greeting)?.line ?? greeting)
            steps.append(.secure)
        case .refused: fail(UpstreamFailure(.unavailable, "the server refuses the connection"))
        case .failed(let reason, let anomaly?):
            steps.append(.tell(.anomaly(anomaly)))
            fail(UpstreamFailure(.administrator, reason))
        // The reason is in the server's words.
        case .failed(_, nil):
            fail(UpstreamFailure(.unavailable, "the server refuses \(settings.mailProtocol == .imap ? "STARTTLS" : "STLS")"))
        }
    }

    private mutating func carryOut(_ step: UpstreamLoginStep, of login: any UpstreamLogin) {
        switch step {
        case .write(let bytes): steps.append(.write(bytes))
        case .ask(let request): steps.append(.ask(request))
        case .failed(let failure): fail(failure, method: login.method)
        case .done:
            guard let account else { return }
            tell(of: account, method: login.method)
            context.state = .authenticated
            context.user = ByteBuffer(string: account.identity.authorizationIdentity ?? account.identity.user)
            let (answer, gate) = reception.admit(capabilities: login.capabilities, policy: account.policy, context: context)
            stage = .over
            steps.append(.relay(gate, answer: answer))
        }
    }

    private mutating func tell(of account: UpstreamAccount, method: String?, failure: UpstreamFailure? = nil) {
        let identity = account.identity
        let other = identity.authorizationIdentity.flatMap { $0 == identity.user ? nil : $0 }
        steps.append(
            .tell(
                .accountLogin(
                    AccountLoginFacts(
                        account: account.name, user: identity.user, actingAs: other, mechanism: method,
                        failure: failure?.kind.rawValue, reason: failure?.reason))))
    }

    /// The account cannot be used: the client hears so, and the session ends.
    private mutating func fail(_ failure: UpstreamFailure, method: String? = nil) {
        if let account {
            tell(of: account, method: method, failure: failure)
        } else if case .connecting(let grant) = stage {
            steps.append(
                .tell(
                    .accountLogin(
                        AccountLoginFacts(
                            account: grant.account, failure: failure.kind.rawValue, reason: failure.reason))))
        }
        stage = .over
        steps.append(.answer(reception.turnAway(failure)))
        steps.append(.close(by: .server, reason: failure.reason))
    }
}
