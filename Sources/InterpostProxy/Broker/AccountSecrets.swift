import InterpostConfiguration
import InterpostCore
import InterpostOAuth
import NIOCore
import Synchronization

/// The secrets with which accounts log in: read where the configuration says when a session needs one, or tokens of a provider.
final class AccountSecrets: Sendable {
    private let reader = SecretReader()
    private let tell: @Sendable (TokenEvent) -> Void
    private let tokens = Mutex<(service: TokenService, transport: OAuthHTTP)?>(nil)

    /// - Parameter tell: What happens to tokens, for the log.
    init(_ configuration: Configuration, tell: @escaping @Sendable (TokenEvent) -> Void) throws {
        self.tell = tell
        try begin(configuration)
    }

    /// Begins to ask for tokens where an account wants some.
    private func begin(_ configuration: Configuration) throws {
        let accounts = accounts(of: configuration)
        guard !accounts.isEmpty else { return }
        let store = try GrantStore(configuration)
        let transport = OAuthHTTP(trust: configuration.tls.trust)
        let service = TokenService(accounts: accounts, store: store, transport: transport, tell: tell)
        tokens.withLock { $0 = (service, transport) }
    }

    private func accounts(of configuration: Configuration) -> [OAuthAccount] {
        configuration.accounts.compactMap { account in
            OAuthAccount(account) { [reader] source in try await reader.read(source, of: account.name) }
        }
    }

    /// Takes over what a configuration says that was read again.
    func replace(_ configuration: Configuration) throws {
        guard let service = tokens.withLock({ $0?.service }) else { return try begin(configuration) }
        let accounts = accounts(of: configuration)
        Task { await service.reload(accounts) }
    }

    /// What is on its way to the disk is stored.
    func stop() async {
        guard let (service, transport) = tokens.withLock({ $0 }) else { return }
        await service.shutdown()
        await transport.shutdown()
    }

    /// - Parameters:
    ///   - login: The name with which the client has logged in.
    ///   - refused: The secret that the server does not take, so that another one is wanted.
    func secret(
        of account: AccountConfiguration, login: String, inPlaceOf refused: Secret? = nil
    ) async throws(UpstreamFailure) -> Secret {
        if account.oauth != nil { return try await token(of: account, user: account.user(for: login), inPlaceOf: refused) }
        if refused != nil {
            throw UpstreamFailure(.authentication, "the server takes the token of '\(account.name)' for bad: look at its secret")
        }
        guard let source = account.secret else { return Secret(ByteBuffer()) }
        do {
            return try await reader.read(source, of: account.name)
        } catch {
            throw UpstreamFailure(.administrator, "\(error)")
        }
    }

    private func token(
        of account: AccountConfiguration, user: String, inPlaceOf refused: Secret?
    ) async throws(UpstreamFailure) -> Secret {
        guard let service = tokens.withLock({ $0?.service }) else {
            throw UpstreamFailure(.administrator, "the account '\(account.name)' has 'oauth' since a reload: restart the program")
        }
        do {
            if let refused { await service.tokenWasRefused(refused, for: account.name, user: user) }
            return try await service.accessToken(for: account.name, user: user)
        } catch let failure as TokenFailure {
            throw UpstreamFailure(failure.kind, failure.text)
        } catch {
            throw UpstreamFailure(.unavailable, "the program is ending")
        }
    }
}

extension TokenFailure {
    /// What it means for a client.
    fileprivate var kind: UpstreamFailure.Kind {
        switch self {
        case .unavailable: .unavailable
        case .needsAuthorisation, .misconfigured: .administrator
        case .refused: .authentication
        }
    }
}
