import NIOCore

/// One login of a client at Interpost itself, in whichever protocol: from the first word of it to the verdict, and what is still said
/// after that.
struct ReceptionLogin: Sendable {
    enum Outcome: Sendable {
        /// A challenge in base64, for a `+` line.
        case challenge(ByteBuffer)
        case ask(BrokerRequest)
        case letIn(ClientGrant)
        /// `.malformed` comes with what was wrong.
        case refused(LoginRefusal, detail: String?)
    }

    let mechanism: LoginMechanism
    /// Who the client says it is, once it has.
    private(set) var name: String?
    private var exchange: SASLServer?
    private var verdict: LoginVerdict?
    /// That it has failed was told and counted already, while the client still has something to say.
    var isTold = false

    /// LOGIN, or USER and PASS.
    static func plain(name: ByteBuffer, secret: Secret) -> (login: ReceptionLogin, outcome: Outcome) {
        var login = ReceptionLogin(mechanism: .password)
        do throws(SASLProblem) {
            let name = try SASLText.name(name.readableBytesView)
            let attempt = LoginAttempt(name: name, mechanism: .password, proof: .secret(secret))
            let outcome = login.advance(.attempt(attempt))
            return (login, outcome)
        } catch {
            return (login, .refused(.malformed, detail: error.description))
        }
    }

    /// AUTHENTICATE or AUTH. `nil` for a mechanism that has no exchange.
    ///
    /// - Parameter response: In base64, or `=` for an empty one.
    static func exchange(
        _ mechanism: LoginMechanism, initialResponse response: Secret?, nonce: String
    ) -> (login: ReceptionLogin, outcome: Outcome)? {
        guard let exchange = SASLServer(mechanism, nonce: nonce) else { return nil }
        var login = ReceptionLogin(mechanism: mechanism)
        login.exchange = exchange
        guard let response else {
            return login.begun(with: nil)
        }
        let message = response.withExposedBytes {
            $0.equalsIgnoringCase("=") ? ByteBuffer() : Base64.decode($0.readableBytesView)
        }
        guard let message else { return (login, .refused(.malformed, detail: "what is said in a login is base64")) }
        return login.begun(with: message)
    }

    private func begun(with message: ByteBuffer?) -> (login: ReceptionLogin, outcome: Outcome) {
        var login = self
        let step = login.exchange?.begin(initialResponse: message) ?? .done
        let outcome = login.advance(step)
        return (login, outcome)
    }

    private init(mechanism: LoginMechanism) { self.mechanism = mechanism }

    /// A line of the client, without its line end.
    mutating func receive(_ line: ByteBuffer) -> Outcome {
        guard let message = Base64.decode(line.readableBytesView) else {
            return .refused(.malformed, detail: "what is said in a login is base64")
        }
        return advance(exchange?.receive(message) ?? .done)
    }

    mutating func found(_ keys: SCRAMKeys) -> Outcome { advance(exchange?.found(keys) ?? .done) }

    mutating func decided(_ verdict: LoginVerdict) -> Outcome {
        self.verdict = verdict
        if case .accepted = verdict { return advance(exchange?.accepted() ?? .done) }
        return advance(exchange?.refused() ?? .done)
    }

    private mutating func advance(_ step: SASLServer.Step) -> Outcome {
        switch step {
        case .challenge(let message): return .challenge(Base64.encode(message.readableBytesView))
        case .lookUp(let name):
            self.name = name
            return .ask(.keys(login: name))
        case .attempt(let attempt):
            name = attempt.name
            // Whose mail it is follows from the client, and not from what it asks for.
            if let identity = attempt.authorizationIdentity, identity != attempt.name {
                return .refused(.malformed, detail: "a client of Interpost acts for itself only")
            }
            return .ask(.judge(attempt))
        case .malformed(let detail): return .refused(.malformed, detail: detail)
        case .done:
            switch verdict {
            case .accepted(let grant)?: return .letIn(grant)
            case .refused(let refusal)?: return .refused(refusal, detail: nil)
            case nil: return .refused(.malformed, detail: "the exchange ended too early")
            }
        }
    }
}

extension ClientLoginFacts {
    init(accepted grant: ClientGrant, by login: ReceptionLogin?) {
        self.init(
            client: grant.client, login: grant.login, account: grant.account, mechanism: Self.title(login?.mechanism),
            refusal: nil,
            detail: nil)
    }

    init(refused refusal: LoginRefusal, detail: String?, by login: ReceptionLogin?) {
        self.init(
            client: nil, login: login?.name, account: nil, mechanism: Self.title(login?.mechanism), refusal: refusal.rawValue,
            detail: detail)
    }

    private static func title(_ mechanism: LoginMechanism?) -> String {
        mechanism.map { $0.saslName?.description ?? $0.rawValue } ?? "unknown"
    }
}
