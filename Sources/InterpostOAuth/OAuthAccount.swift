package import InterpostConfiguration
package import InterpostCore

/// An account that logs in with tokens.
package struct OAuthAccount: Sendable {
    /// As the configuration has it; `*` in it stands for anything.
    package var name: String
    package var configuration: OAuthConfiguration
    /// Whom tokens are for, where that is known without a login.
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

    package var flow: OAuthFlow { configuration.flow }

    /// Under which name tokens for a user are kept: that of the account, or where each user has tokens of their own, the user's.
    package func tokenName(for user: String?) -> String {
        let isShared = flow == .clientCredentials || !name.utf8.contains(UInt8(ascii: "*")) && flow.needsPerson
        return isShared ? name : user ?? self.user ?? name
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
