import CryptoExtras
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOPosix

// What a session does for its broker: who may come in, which server then, and what takes a while to compute.

extension ProxySession {
    func carryOut(_ request: BrokerRequest) {
        // Who has connected before a reload logs in by what holds after it.
        let context = current() ?? context
        guard let brokerage = context.brokerage else { return }
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        switch request {
        case .keys(let login):
            let keys = brokerage.desk.keys(for: login)
            askedKeys = keys
            answer(.keys(keys))
        case .judge(let attempt):
            let visitor = ClientDesk.Visitor(
                session: number, host: peerHost, mailProtocol: context.settings.mailProtocol,
                accounts: brokerage.accounts.map(\.name), keys: askedKeys)
            leaveDesk()
            brokerage.desk.judge(attempt, of: visitor, on: eventLoop) { session.value.take($0, from: brokerage.desk) }
        case .connect(let grant): connect(grant, brokerage, context.relay.policy)
        case .derive(let derivation):
            let loop = eventLoop
            NIOThreadPool.singleton.submit { _ in
                let key = try? derivation.key()
                let found: BrokerAnswer =
                    key.map { .derived($0) } ?? .failed(UpstreamFailure(.unavailable, "SCRAM cannot be computed"))
                loop.execute { session.value.answer(found) }
            }
        case .renewSecret(let refused):
            guard let grant, let account = brokerage.account(named: grant.account) else { return }
            later { () async throws(UpstreamFailure) in
                .secret(try await brokerage.secrets.secret(of: account, login: grant.login, inPlaceOf: refused))
            }
        }
    }

    private func take(_ verdict: LoginVerdict, from desk: ClientDesk) {
        if case .accepted(let grant) = verdict {
            // A client that has left meanwhile is not counted.
            guard !hasEnded else { return desk.ended(grant, session: number) }
            self.grant = grant
        }
        answer(.verdict(verdict))
    }

    private func answer(_ answer: BrokerAnswer) {
        guard !hasEnded else { return }
        core.receive(answer, at: context.clock.now)
        pump()
    }

    /// Answers with what `body` comes to.
    private func later(_ body: @escaping @Sendable () async throws(UpstreamFailure) -> BrokerAnswer) {
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        let loop = eventLoop
        Task {
            let found: BrokerAnswer
            do throws(UpstreamFailure) { found = try await body() } catch { found = .failed(error) }
            loop.execute { session.value.answer(found) }
        }
    }

    /// The session is not one of the client's any more that it was let in for.
    func leaveDesk() {
        if let grant { context.brokerage?.desk.ended(grant, session: number) }
        grant = nil
    }

    private func connect(_ grant: ClientGrant, _ brokerage: Brokerage, _ relayPolicy: Policy) {
        guard let account = brokerage.account(named: grant.account),
            let upstream = account.upstream(for: context.settings.mailProtocol)
        else {
            let reason = "account '\(grant.account)' has no server for \(context.settings.mailProtocol.title)"
            return answer(.failed(UpstreamFailure(.administrator, reason)))
        }
        let loop = eventLoop
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        brokerage.desk.began(grant, session: number) { reason in loop.execute { session.value.turnOut(reason) } }
        patience.handshakeBegins(on: .server, at: context.clock.now)
        heedPatience()
        let policy = relayPolicy.narrowed(
            by: [("account", account.policy), ("client", grant.policy)].compactMap { title, policy in policy.map { (title, $0) } }
        )
        Task {
            let found: Result<Secret, UpstreamFailure>
            do throws(UpstreamFailure) {
                found = .success(try await brokerage.secrets.secret(of: account, login: grant.login))
            } catch {
                found = .failure(error)
            }
            loop.execute { session.value.connect(to: upstream, as: account, grant, found, policy) }
        }
    }

    private func connect(
        to upstream: UpstreamURL, as account: AccountConfiguration, _ grant: ClientGrant,
        _ found: Result<Secret, UpstreamFailure>,
        _ policy: Policy
    ) {
        guard !hasEnded else { return }
        switch found {
        case .failure(let failure): answer(.failed(failure))
        case .success(let secret):
            let identity = SASLClient.Identity(
                user: account.user(for: grant.login), authorizationIdentity: account.mailbox(for: grant.login), secret: secret,
                host: upstream.host, port: upstream.port)
            answer(
                .connected(
                    UpstreamAccount(
                        name: account.name, identity: identity, hasToken: account.oauth != nil, mechanism: account.mechanism,
                        security: upstream.security, policy: policy)))
            if !hasEnded { connect(to: upstream) }
        }
    }

    /// The client is not let in any more.
    private func turnOut(_ reason: String) {
        guard !hasEnded else { return }
        interruptTurns()
        core.turnAway(by: .operator, reason: reason)
        pump()
    }
}

extension SCRAMDerivation {
    /// `Hi` of RFC 5802 §2.2. It takes milliseconds: it belongs on a thread pool.
    fileprivate func key() throws -> Secret {
        let password = password.withExposedBytes { Array($0.readableBytesView) }
        let key = try KDF.Insecure.PBKDF2.deriveKey(
            from: password, salt: salt, using: .sha256, outputByteCount: 32, unsafeUncheckedRounds: iterations)
        return Secret(ByteBuffer(bytes: key.withUnsafeBytes { Array($0) }))
    }
}
