import CryptoExtras
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOPosix

// What a session does for its broker: who may come in, which server then, and what takes a while to compute.

extension ProxySession {
    func carryOut(_ request: BrokerRequest) {
        guard let brokerage = context.brokerage else { return }
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        switch request {
        case .keys(let login): answer(.keys(brokerage.desk.keys(for: login)))
        case .judge(let attempt):
            let visitor = ClientDesk.Visitor(
                session: number, host: peerHost, mailProtocol: context.settings.mailProtocol,
                accounts: brokerage.accounts.map(\.name))
            brokerage.desk.judge(attempt, of: visitor, on: eventLoop).whenSuccess { session.value.take($0, from: brokerage.desk) }
        case .connect(let grant): connect(grant, brokerage)
        case .derive(let derivation):
            NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { try derivation.key() }.whenComplete { result in
                session.value.answer(
                    result.map { .derived($0) }.failureTo(.failed(UpstreamFailure(.unavailable, "SCRAM cannot be computed"))))
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
        eventLoop.makeFutureWithTask { () async -> BrokerAnswer in
            do throws(UpstreamFailure) { return try await body() } catch { return .failed(error) }
        }.whenSuccess { session.value.answer($0) }
    }

    private func connect(_ grant: ClientGrant, _ brokerage: Brokerage) {
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
        let policy = context.relay.policy.narrowed(
            by: [("account", account.policy), ("client", grant.policy)].compactMap { title, policy in policy.map { (title, $0) } }
        )
        let security = upstream.security
        eventLoop.makeFutureWithTask { () async -> Result<Secret, UpstreamFailure> in
            do throws(UpstreamFailure) {
                return .success(try await brokerage.secrets.secret(of: account, login: grant.login))
            } catch {
                return .failure(error)
            }
        }.whenSuccess { result in
            let session = session.value
            switch result {
            case .failure(let failure): session.answer(.failed(failure))
            case .success(let secret):
                let identity = SASLClient.Identity(
                    user: account.user(for: grant.login), authorizationIdentity: account.mailbox(for: grant.login),
                    secret: secret,
                    host: upstream.host, port: upstream.port)
                session.answer(
                    .connected(
                        UpstreamAccount(
                            name: account.name, identity: identity, hasToken: account.oauth != nil, mechanism: account.mechanism,
                            security: security,
                            policy: policy)))
                session.connect(to: upstream)
            }
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

extension Result {
    fileprivate func failureTo(_ value: Success) -> Success { if case .success(let found) = self { found } else { value } }
}
