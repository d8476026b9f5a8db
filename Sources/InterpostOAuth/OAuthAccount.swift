package import InterpostConfiguration
package import InterpostCore

/// An account that logs in with tokens.
package struct OAuthAccount: Sendable {
    /// As the configuration has it; `*` in it stands for anything.
    package var name: String
    package var configuration: OAuthConfiguration
    /// Whom tokens are for; `nil` where that depends on the login.
    package var user: String?
    /// The client's secret; `nil` for a client that has none. What it throws is shown to the operator, so it has nothing of a secret.
    package var secret: @Sendable () async throws -> Secret?

    package init(
        name: String, configuration: OAuthConfiguration, user: String? = nil,
        secret: @escaping @Sendable () async throws -> Secret? = { nil }
    ) {
        self.name = name
        self.configuration = configuration
        self.user = user
        self.secret = secret
    }

    /// - Parameter read: Reads the client's secret where the configuration says.
    /// - Returns: `nil` for an account that does not log in with tokens.
    package init?(_ account: AccountConfiguration, read: @escaping @Sendable (SecretSource) async throws -> Secret) {
        guard let configuration = account.oauth else { return nil }
        let source = configuration.clientSecret
        self.init(name: account.name, configuration: configuration, user: account.hasUserPerLogin ? nil : account.user) {
            guard let source else { return nil }
            return try await read(source)
        }
    }

    package var flow: OAuthFlow { configuration.flow }

    /// Under which name tokens for a user are kept: that of the account, or where each user has tokens of their own, the user's.
    package func tokenName(for user: String?) -> String {
        self.user != nil || flow == .clientCredentials ? name : user ?? name
    }

    /// The application, with its secret, in the name of a user. A failure is told in words.
    func client(for user: String?) async throws(OAuthFailure) -> OAuthClient {
        let secret: Secret?
        do {
            secret = try await self.secret()
        } catch {
            throw .transient("the client secret cannot be read: \(TerminalText.shown("\(error)", atMost: 200))")
        }
        return OAuthClient(
            provider: configuration.provider, flow: flow, id: configuration.clientID, secret: secret,
            scopes: configuration.scopes,
            user: user ?? self.user)
    }
}
