package import InterpostCore

/// How an account comes by its tokens: the group `oauth:` of an account.
///
///     oauth: {preset: google, client-id: 123.apps.googleusercontent.com, client-secret: file:/etc/interpost/google.secret}
package struct OAuthConfiguration: Sendable, Equatable {
    /// The preset with what the account says in its place, and with its tenant.
    package var provider: OAuthProvider
    package var flow: OAuthFlow
    /// Empty where a key file says who signs.
    package var clientID: String
    /// `nil` for a client without a secret.
    package var clientSecret: SecretSource?
    package var scopes: [String]
    /// A file with the private key: PEM, or what Google gives for a service account.
    package var key: String?
    /// A PEM file with the certificate of the key.
    package var certificate: String?
    /// What is registered with the provider, where that is not this machine with a port that the system chooses.
    package var redirectURL: OAuthURL?

    package init(
        provider: OAuthProvider, flow: OAuthFlow, clientID: String, clientSecret: SecretSource? = nil, scopes: [String]? = nil,
        key: String? = nil, certificate: String? = nil, redirectURL: OAuthURL? = nil
    ) {
        self.provider = provider
        self.flow = flow
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scopes = scopes ?? provider.scopes[flow] ?? []
        self.key = key
        self.certificate = certificate
        self.redirectURL = redirectURL
    }

    /// A contradiction between its values, and the key that it is told about.
    var problem: (key: String, message: String)? {
        if let obstacle = provider.obstacles[flow] { return ("flow", obstacle) }
        if let name = provider.name, provider.scopes[flow] == nil {
            let others = OAuthFlow.allCases.filter { provider.scopes[$0] != nil }.map(\.rawValue)
            return ("flow", "the preset '\(name)' has no flow '\(flow.rawValue)'; it has \(others.joined(separator: ", "))")
        }
        if scopes.isEmpty { return ("scopes", "'scopes' are needed without a preset: what the provider calls access to mail") }
        if clientID.isEmpty, flow != .serviceAccount {
            return ("client-id", "'client-id' is needed: the provider gives it when the application is registered")
        }
        return problemOfEndpoint ?? problemOfProof
    }

    private var problemOfEndpoint: (key: String, message: String)? {
        switch flow {
        case .code where provider.authorizeURL == nil:
            ("authorize-url", "'authorize-url' is needed for the flow 'code': the page that a person is sent to")
        case .device where provider.deviceURL == nil:
            ("device-url", "'device-url' is needed for the flow 'device': where the code for a person comes from")
        default: nil
        }
    }

    /// Whether what proves who asks goes with the flow.
    private var problemOfProof: (key: String, message: String)? {
        switch flow {
        case .code, .device:
            if key != nil { return ("key", "'key' is for the flows client-credentials and service-account") }
        case .clientCredentials:
            if key == nil, clientSecret == nil {
                return (
                    "client-secret", "'client-secret' is needed for the flow 'client-credentials', or 'key' with 'certificate'"
                )
            }
            if key != nil, clientSecret != nil {
                return ("key", "'client-secret' or 'key': one of them says who the application is")
            }
            if key != nil, certificate == nil {
                return ("certificate", "'certificate' is needed beside 'key': the one that is registered with the provider")
            }
        case .serviceAccount:
            guard key != nil else {
                return ("key", "'key' is needed for the flow 'service-account': the file that the provider gave")
            }
            if clientSecret != nil { return ("client-secret", "'client-secret' is not for the flow 'service-account'") }
        }
        if certificate != nil, flow != .clientCredentials {
            return ("certificate", "'certificate' is for the flow client-credentials")
        }
        if redirectURL?.text.contains("?") == true { return ("redirect-url", "'redirect-url' has a query, '?…'; leave it out") }
        if redirectURL != nil, flow != .code { return ("redirect-url", "'redirect-url' is for the flow 'code'") }
        return nil
    }
}
