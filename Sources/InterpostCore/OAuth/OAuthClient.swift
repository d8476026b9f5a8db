import NIOCore

/// What asks for tokens in the name of an account: an application that is registered with a provider, and a flow.
package struct OAuthClient: Sendable, Equatable {
    package var provider: OAuthProvider
    package var flow: OAuthFlow
    package var id: String
    /// `nil` for a public client, and for one that signs.
    package var secret: Secret?
    package var scopes: [String]
    /// The user for whom tokens are: a hint for the page where a person signs in, and whom a service account acts for.
    package var user: String?

    package init(
        provider: OAuthProvider, flow: OAuthFlow, id: String, secret: Secret? = nil, scopes: [String]? = nil, user: String? = nil
    ) {
        self.provider = provider
        self.flow = flow
        self.id = id
        self.secret = secret
        self.scopes = scopes ?? provider.scopes[flow] ?? []
        self.user = user
    }

    /// A new access token for a refresh token (RFC 6749 §6).
    package func refresh(_ token: Secret) -> OAuthRequest {
        request([("grant_type", "refresh_token"), ("refresh_token", token.exposedText)], secrets: [token])
    }

    /// The first tokens for the code of a redirect (RFC 6749 §4.1.3).
    package func exchange(_ code: Secret, of authorisation: PendingAuthorisation) -> OAuthRequest {
        request(
            [
                ("grant_type", "authorization_code"), ("code", code.exposedText), ("redirect_uri", authorisation.redirect),
                ("code_verifier", authorisation.pkce.verifier.exposedText),
            ], secrets: [code, authorisation.pkce.verifier])
    }

    /// A code for a person (RFC 8628 §3.1); `nil` where the provider has no such endpoint.
    package func deviceAuthorisation() -> OAuthRequest? {
        provider.deviceURL.map { request(to: $0, [("scope", scopes.joined(separator: " "))], secrets: []) }
    }

    /// Whether the person has allowed it (RFC 8628 §3.4).
    package func poll(_ deviceCode: Secret) -> OAuthRequest {
        request(
            [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", deviceCode.exposedText)],
            secrets: [deviceCode])
    }

    /// A token for the application itself (RFC 6749 §4.4).
    ///
    /// - Parameter assertion: A signed ``JSONWebToken`` in place of the secret (RFC 7523 §2.2).
    package func ownToken(assertion: Secret? = nil) -> OAuthRequest {
        request(
            [("grant_type", "client_credentials"), ("scope", scopes.joined(separator: " "))], secrets: [], assertion: assertion)
    }

    /// A token for a user, for whom a service account signs (RFC 7523 §2.1). The signature is all that says who asks.
    package func serviceToken(assertion: Secret) -> OAuthRequest {
        OAuthRequest(
            provider.tokenURL,
            [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.exposedText)],
            secrets: [assertion])
    }

    /// Where a person's browser is sent to; `nil` where the provider has no such page.
    package func page(for authorisation: PendingAuthorisation) -> OAuthURL? {
        guard let url = provider.authorizeURL else { return nil }
        var fields = [
            ("response_type", "code"), ("client_id", id), ("redirect_uri", authorisation.redirect),
            ("scope", scopes.joined(separator: " ")), ("state", authorisation.state.exposedText),
            ("code_challenge", authorisation.pkce.challenge), ("code_challenge_method", "S256"),
        ]
        for (name, value) in provider.authorizeParameters.sorted(by: { $0.key < $1.key }) {
            guard value.contains("{user}") else {
                fields.append((name, value))
                continue
            }
            if let user { fields.append((name, value.replacing("{user}", with: user))) }
        }
        let mark = url.text.contains("?") ? "&" : "?"
        return try? OAuthURL(url.text + mark + FormText.encode(fields))
    }

    private func request(
        to url: OAuthURL? = nil, _ fields: [(name: String, value: String)], secrets: [Secret], assertion: Secret? = nil
    ) -> OAuthRequest {
        var fields = fields
        var secrets = secrets
        var authorization: Secret?
        if let assertion {
            fields.append(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
            fields.append(("client_assertion", assertion.exposedText))
            secrets.append(assertion)
        }
        if let secret, assertion == nil {
            secrets.append(secret)
            if provider.secretPlace == .body {
                fields.append(("client_secret", secret.exposedText))
            } else {
                let pair = "\(FormText.escape(id)):\(FormText.escape(secret.exposedText))"
                let value = Secret(text: "Basic " + String(buffer: Base64.encode(pair.utf8)))
                (authorization, secrets) = (value, secrets + [value])
            }
        }
        if authorization == nil { fields.append(("client_id", id)) }
        return OAuthRequest(url ?? provider.tokenURL, fields, secrets: secrets, authorization: authorization)
    }
}
