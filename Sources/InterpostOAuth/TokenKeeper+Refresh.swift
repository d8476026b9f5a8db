import InterpostConfiguration
import InterpostCore
import NIOPosix

// What takes time: the disk, other programs, and the authorisation server.

extension TokenKeeper {
    private var needsPerson: Bool { account.flow.needsPerson }

    /// Times that a lock is tried, ten a second.
    private static let attempts = 400

    /// Takes what is on disk.
    func read() async {
        defer { loaded() }
        guard needsPerson else { return }
        let (store, name) = (surroundings.store, tokenName)
        problem = nil
        switch await Self.onDisk({ () throws(GrantStoreError) in try store.read(name) }) {
        case .success(let found):
            seen = found?.identity
            take(found?.token)
        case .failure(let error):
            seen = store.identity(of: name)
            problem = .misconfigured(error.description)
            surroundings.tell(.failed(account: name, flow: account.flow, error: error.description))
        }
    }

    private func take(_ token: StoredGrant?) {
        let configuration = account.configuration
        if let token, token.clientID != configuration.clientID || token.tokenURL != configuration.provider.tokenURL.text {
            problem = .needsAuthorisation(
                "what is stored is for another application, or another server; run 'interpost account authorise \(tokenName)'")
            return
        }
        authorised = token?.authorised
        if life.refreshToken != token?.refresh { life.authorised(token?.refresh, at: now) }
    }

    /// Whether there is another file than the one that was read.
    func hasChanged() async -> Bool {
        guard needsPerson else { return false }
        let (store, name) = (surroundings.store, tokenName)
        guard case .success(let identity) = await Self.onDisk({ () throws(GrantStoreError) in store.identity(of: name) }) else {
            return false
        }
        return identity != seen
    }

    /// Asks the authorisation server, and stores what has to be.
    func refresh() async {
        guard needsPerson else {
            let answer = await ask(nil)
            return tell(life.answered(answer, to: nil, at: now, jitter: Double.random(in: 0...1)))
        }
        let lock: GrantLock
        switch await self.lock() {
        case .success(let held): lock = held
        case .failure(let failure): return tell(life.answered(.failure(failure), to: life.refreshToken, at: now, jitter: 0))
        }
        // Another program may have got a newer one.
        if await hasChanged() { await read() }
        if let problem {
            return tell(life.answered(.failure(.transient(problem.text)), to: life.refreshToken, at: now, jitter: 0))
        }
        let used = life.refreshToken
        let answer = await ask(used)
        let step = life.answered(answer, to: used, at: now, jitter: Double.random(in: 0...1))
        if case .store(let token) = step { await store(token) } else { tell(step) }
        withExtendedLifetime(lock) {}
    }

    /// The disk did not take it before.
    func storeAgain(_ token: Secret) async {
        switch await lock() {
        case .success(let lock):
            await store(token)
            withExtendedLifetime(lock) {}
        case .failure: tell(life.storingFailed("another program has it locked", at: now))
        }
    }

    private func tell(_ step: TokenLife.Step) { if case .tell(let event) = step { surroundings.tell(event) } }

    private func ask(_ refresh: Secret?) async -> Result<OAuthToken, OAuthFailure> {
        do throws(OAuthFailure) {
            let client = try await account.client(for: user)
            let request = try await request(client, refresh)
            let answer = try await surroundings.transport.answer(to: request)
            return .success(try OAuthToken(answer, to: request, at: now))
        } catch {
            return .failure(error)
        }
    }

    private func request(_ client: OAuthClient, _ refresh: Secret?) async throws(OAuthFailure) -> OAuthRequest {
        guard needsPerson else {
            let (account, now) = (account, now)
            let random = (0..<16).map { _ in UInt8.random(in: 0...255) }
            let made = await Self.onDisk { () throws(GrantStoreError) in try account.ownRequest(client, at: now, random: random) }
            switch made {
            case .success(let request): return request
            case .failure(let error): throw .misconfigured(error.description)
            }
        }
        guard let refresh else { throw .grantEnded("there is no refresh token") }
        return client.refresh(refresh)
    }

    /// Waits for another program, or another task, that has the lock.
    private func lock() async -> Result<GrantLock, OAuthFailure> {
        let (store, name) = (surroundings.store, tokenName)
        for _ in 0..<Self.attempts {
            switch await Self.onDisk({ () throws(GrantStoreError) in try store.lock(name) }) {
            case .success(let lock?): return .success(lock)
            case .success(nil): try? await Task.sleep(for: .milliseconds(100))
            case .failure(let error): return .failure(.transient(error.description))
            }
        }
        return .failure(.transient("another program is asking for a token of '\(name)' and does not come to an end"))
    }

    private func store(_ token: Secret) async {
        let stored = StoredGrant(
            account: tokenName, refresh: token, clientID: account.configuration.clientID,
            tokenURL: account.configuration.provider.tokenURL.text, authorised: authorised ?? now)
        let store = surroundings.store
        let result = await Self.onDisk { () throws(GrantStoreError) in
            try store.write(stored)
            return store.identity(of: stored.account)
        }
        switch result {
        case .success(let identity):
            seen = identity
            tell(life.stored(token, at: now))
        case .failure(let error): tell(life.storingFailed(error.description, at: now))
        }
    }

    /// Off the threads that must not wait.
    private static func onDisk<Value: Sendable>(
        _ body: @escaping @Sendable () throws(GrantStoreError) -> Value
    ) async -> Result<Value, GrantStoreError> {
        do {
            return try await NIOThreadPool.singleton.runIfActive { Result(catching: body) }
        } catch {
            return .failure(GrantStoreError("the program is ending"))
        }
    }
}
