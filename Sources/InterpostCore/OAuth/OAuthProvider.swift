/// Where a provider's authorisation server is, and what is to be asked of it. The presets are data: `Config/oauth.yml`.
///
///     google: https://accounts.google.com/o/oauth2/v2/auth, https://oauth2.googleapis.com/token, https://mail.google.com/
package struct OAuthProvider: Sendable, Equatable {
    /// How the server hears the client's secret (RFC 6749 §2.3.1).
    package enum SecretPlace: String, Sendable, CaseIterable {
        /// `client_id=…&client_secret=…` among the fields of the form.
        case body
        /// `Authorization: Basic …`
        case header
    }

    /// The name of the preset; `nil` where the account says all by itself.
    package var name: String?
    package var authorizeURL: OAuthURL?
    package var tokenURL: OAuthURL
    package var deviceURL: OAuthURL?
    /// Who the server says that it is in a redirect (RFC 9207), where that is known.
    package var issuer: String?
    /// What is asked for by default; an account may say otherwise.
    package var scopes: [OAuthFlow: [String]]
    /// What else the provider wants to hear when a person is sent to it: `access_type=offline`, without which Google gives no refresh
    /// token.
    package var authorizeParameters: [String: String]
    package var secretPlace: SecretPlace
    /// Why a flow leads nowhere with this provider, and what to do in its place.
    package var obstacles: [OAuthFlow: String]
    /// Where the browser comes back to; the port is that of the listener. Providers compare it with what was registered.
    package var redirectHost: String

    package init(
        name: String? = nil, authorizeURL: OAuthURL? = nil, tokenURL: OAuthURL, deviceURL: OAuthURL? = nil,
        issuer: String? = nil, scopes: [OAuthFlow: [String]] = [:], authorizeParameters: [String: String] = [:],
        secretPlace: SecretPlace = .header,
        obstacles: [OAuthFlow: String] = [:], redirectHost: String = "127.0.0.1"
    ) {
        self.name = name
        self.authorizeURL = authorizeURL
        self.tokenURL = tokenURL
        self.deviceURL = deviceURL
        self.issuer = issuer
        self.scopes = scopes
        self.authorizeParameters = authorizeParameters
        self.secretPlace = secretPlace
        self.obstacles = obstacles
        self.redirectHost = redirectHost
    }
}

/// How tokens for an account are come by.
public enum OAuthFlow: String, Sendable, CaseIterable {
    /// A person allows it in a browser, which comes back with a code (RFC 6749 §4.1, RFC 7636).
    case code
    /// A person allows it in any browser, for a short code that is shown here (RFC 8628).
    case device
    /// The program shows its own secret or certificate (RFC 6749 §4.4, RFC 7523 §2.2).
    case clientCredentials = "client-credentials"
    /// The program signs that it acts for a user (RFC 7523 §2.1).
    case serviceAccount = "service-account"

    /// Whether a person has to allow it once; a refresh token is what is left of that.
    package var needsPerson: Bool { self == .code || self == .device }
}
