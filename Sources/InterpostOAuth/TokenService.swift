package import InterpostCore
import Synchronization

/// Gives access tokens for accounts: asked for, stored and renewed as `TokenLife` says.
///
///     let token = try await tokens.accessToken(for: "anna")       1,000 at once: one request to the authorisation server
///     await tokens.tokenWasRefused(token, for: "anna")            the next one is made at once
package final class TokenService: Sendable {
    private struct State {
        var accounts: [String: OAuthAccount]
        var keepers: [Key: TokenKeeper] = [:]
        var isShutDown = false
    }

    private struct Key: Hashable {
        var account: String
        var tokenName: String
    }

    private let state: Mutex<State>
    private let surroundings: TokenKeeper.Surroundings

    /// - Parameters:
    ///   - accounts: Those that log in with tokens.
    ///   - tell: What happens, for the log.
    package init(
        accounts: [OAuthAccount], store: GrantStore, transport: any OAuthTransport, clock: any TokenClock = SystemTokenClock(),
        tell: @escaping @Sendable (TokenEvent) -> Void = { _ in }
    ) {
        state = Mutex(State(accounts: Self.named(accounts)))
        surroundings = TokenKeeper.Surroundings(store: store, transport: transport, clock: clock, tell: tell)
    }

    /// An access token that is good now. Throws `TokenFailure`, or `CancellationError` where the task was cancelled.
    ///
    /// - Parameters:
    ///   - account: The name in the configuration.
    ///   - user: Who logs in at the server, where that depends on the login.
    package func accessToken(for account: String, user: String? = nil) async throws -> Secret {
        try await keeper(for: account, user: user).accessToken()
    }

    /// The mail server did not take a token.
    package func tokenWasRefused(_ token: Secret, for account: String, user: String? = nil) async {
        await (try? keeper(for: account, user: user))?.tokenWasRefused(token)
    }

    /// The configuration was read again. Tokens of accounts that are as they were go on, and what failed is tried again.
    package func reload(_ accounts: [OAuthAccount]) async {
        let accounts = Self.named(accounts)
        let (kept, dropped) = state.withLock { state in
            state.accounts = accounts
            let kept = state.keepers.filter { key, keeper in accounts[key.account].map(keeper.isFor) == true }
            let dropped = state.keepers.filter { kept[$0.key] == nil }
            state.keepers = kept
            return (kept, dropped)
        }
        for (key, keeper) in kept { if let account = accounts[key.account] { await keeper.reload(account) } }
        for keeper in dropped.values { await keeper.shutdown("the account is not what it was") }
    }

    /// Whoever waits is told that there is no token. What is on its way to the disk is stored.
    package func shutdown() async {
        let keepers = state.withLock { state in
            state.isShutDown = true
            return Array(state.keepers.values)
        }
        for keeper in keepers { await keeper.shutdown("the program is ending") }
    }

    private static func named(_ accounts: [OAuthAccount]) -> [String: OAuthAccount] {
        Dictionary(accounts.map { ($0.name, $0) }) { first, _ in first }
    }

    private func keeper(for name: String, user: String?) throws(TokenFailure) -> TokenKeeper {
        try state.withLock { state throws(TokenFailure) in
            guard !state.isShutDown else { throw .unavailable("the program is ending") }
            guard let account = state.accounts[name] else { throw .misconfigured("there is no account '\(name)' with 'oauth'") }
            let key = Key(account: name, tokenName: account.tokenName(for: user))
            if let keeper = state.keepers[key] { return keeper }
            let keeper = TokenKeeper(account, key.tokenName, user: user, surroundings)
            state.keepers[key] = keeper
            return keeper
        }
    }
}
