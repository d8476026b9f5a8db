import InterpostConfiguration
package import InterpostCore

/// A person allows an account to be used: what has to be shown, what comes back, and the refresh token that is left of it.
package struct Authorisation: Sendable {
    private let account: OAuthAccount
    private let user: String?
    private let transport: any OAuthTransport
    private let clock: any TokenClock

    /// What went wrong, in words for people.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String
    }

    /// - Parameter user: Whose mail it is, where the account is for many.
    package init(
        account: OAuthAccount, user: String? = nil, transport: any OAuthTransport, clock: any TokenClock = SystemTokenClock()
    ) {
        self.account = account
        self.user = user
        self.transport = transport
        self.clock = clock
    }

    /// A browser on this machine: it comes back to a listener on loopback.
    ///
    /// - Parameters:
    ///   - show: Gets the page that the person opens.
    ///   - limit: Nanoseconds for all of it.
    package func byBrowser(limit: Int64 = 600_000_000_000, show: @Sendable (OAuthURL) async -> Void) async throws -> StoredGrant {
        let listener = try await RedirectListener.open(
            at: account.configuration.redirectURL, provider: account.configuration.provider)
        do {
            let pending = pending(listener.redirect)
            let client = try await client()
            let page = try page(client, pending)
            listener.expect(pending)
            await show(page)
            let code = try await listener.code(until: clock.now.later(by: limit), clock)
            await listener.close()
            return try await exchange(code, of: pending, client)
        } catch {
            await listener.close()
            throw error
        }
    }

    /// A browser on any machine: the person copies the URL to which it is sent in the end.
    ///
    /// - Parameters:
    ///   - show: Gets the page that the person opens, and the beginning of the URL that is copied.
    ///   - paste: What the person says; `nil` when there is nothing more.
    ///   - complain: Gets what is wrong with that; the person may try again.
    package func byPaste(
        show: @Sendable (OAuthURL, String) async -> Void, paste: @Sendable () async throws -> String?,
        complain: @Sendable (String) async -> Void
    ) async throws -> StoredGrant {
        // Nothing listens there, so the browser says that it cannot open the page; its bar has the URL.
        let redirect =
            account.configuration.redirectURL?.text ?? "http://\(account.configuration.provider.redirectHost):\(Self.unusedPort)/"
        let pending = pending(redirect)
        let client = try await client()
        await show(try page(client, pending), redirect)
        while let text = try await paste() {
            switch Result(catching: { () throws(PendingAuthorisation.Refusal) in try pending.code(in: text) }) {
            case .success(let code): return try await exchange(code, of: pending, client)
            case .failure(.foreign(let why)): await complain("this is not the URL that is meant: \(why)")
            case .failure(.refused(let why)): throw Failure(description: why)
            }
        }
        throw Failure(description: "no URL was pasted")
    }

    /// A browser on any machine, and a short code.
    ///
    /// - Parameter show: Gets the page and the code.
    package func byDevice(show: @Sendable (DeviceFlow) async -> Void) async throws -> StoredGrant {
        let client = try await client()
        guard let request = client.deviceAuthorisation() else {
            throw Failure(description: "the provider has no 'device-url'")
        }
        var flow = try await words { () async throws(OAuthFailure) in
            try DeviceFlow(try await transport.answer(to: request), to: request, at: clock.now)
        }
        await show(flow)
        while true {
            try Task.checkCancellation()
            switch flow.step(at: clock.now) {
            case .expired: throw Failure(description: "the code is too old: nobody has typed it in. Begin again")
            case .wait(let time): await clock.sleep(until: time)
            case .poll:
                let poll = client.poll(flow.deviceCode)
                let token: OAuthToken
                do throws(OAuthFailure) {
                    token = try OAuthToken(try await transport.answer(to: poll), to: poll, at: clock.now)
                } catch {
                    let now = clock.now
                    do throws(OAuthFailure) { try flow.failed(error, at: now) } catch { throw Failure(error) }
                    continue
                }
                return try stored(token)
            }
        }
    }

    // MARK: - What they share

    /// In RFC 8252's range of ports that nobody has registered.
    private static let unusedPort = 65_010

    private func client() async throws -> OAuthClient {
        try await words { () async throws(OAuthFailure) in try await account.client(for: user) }
    }

    private func page(_ client: OAuthClient, _ pending: PendingAuthorisation) throws -> OAuthURL {
        guard let page = client.page(for: pending) else { throw Failure(description: "the provider has no 'authorize-url'") }
        return page
    }

    private func pending(_ redirect: String) -> PendingAuthorisation {
        func random() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255) } }
        return PendingAuthorisation(
            state: random(), verifier: random(), redirect: redirect, issuer: account.configuration.provider.issuer)
    }

    private func exchange(_ code: Secret, of pending: PendingAuthorisation, _ client: OAuthClient) async throws -> StoredGrant {
        let request = client.exchange(code, of: pending)
        let token = try await words { () async throws(OAuthFailure) in
            try OAuthToken(try await transport.answer(to: request), to: request, at: clock.now)
        }
        return try stored(token)
    }

    private func stored(_ token: OAuthToken) throws -> StoredGrant {
        guard let refresh = token.refresh else {
            throw Failure(
                description: """
                    the server gave no refresh token, so the account could be used for \(token.lifetime) s only: look at 'scopes' \
                    (many servers want 'offline_access' among them), and at what the application may ask for
                    """)
        }
        return StoredGrant(
            account: account.tokenName(for: user), refresh: refresh, clientID: account.configuration.clientID,
            tokenURL: account.configuration.provider.tokenURL.text, authorised: clock.now)
    }

    private func words<Value>(_ body: () async throws(OAuthFailure) -> Value) async throws -> Value {
        do throws(OAuthFailure) { return try await body() } catch { throw Failure(error) }
    }
}

extension Authorisation.Failure {
    fileprivate init(_ failure: OAuthFailure) {
        switch failure {
        case .grantEnded(let text): self.init(description: "\(text). The code may be too old, or was used before: begin again")
        case .misconfigured(let text), .transient(let text, _): self.init(description: text)
        case .denied(let text): self.init(description: "it was not allowed: \(text)")
        case .codeExpired: self.init(description: "the code is too old: nobody has typed it in. Begin again")
        case .pending, .slowDown: self.init(description: "the server answers as if a code had been shown to a person")
        }
    }
}
