package import InterpostCore

/// A provider as `Config/oauth.yml` has it. Its URLs may have `{tenant}` in them.
package struct OAuthPreset: Sendable, Equatable {
    package var name: String
    package var authorizeURL: String?
    package var tokenURL: String
    package var deviceURL: String?
    package var tenant: String?
    package var issuer: String?
    package var authorizeParameters: [String: String] = [:]
    package var secretPlace: OAuthProvider.SecretPlace = .header
    package var redirectHost = "127.0.0.1"
    package var scopes: [OAuthFlow: [String]] = [:]
    package var obstacles: [OAuthFlow: String] = [:]
    /// Flows that are of one tenant only.
    package var tenantFlows: Set<OAuthFlow> = []

    private static let placeholder = "{tenant}"

    /// Whether an account may say whose users it is for.
    package var hasTenant: Bool { [authorizeURL, tokenURL, deviceURL].contains { $0?.contains(Self.placeholder) == true } }

    /// Letters, digits, `-` and `.`: what a tenant is called goes into a URL.
    package static func isTenant(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == ".")
            }
    }

    /// The provider for a tenant.
    package func provider(tenant: String? = nil) throws(OAuthURL.Failure) -> OAuthProvider {
        let tenant = tenant ?? self.tenant ?? ""
        func url(_ text: String) throws(OAuthURL.Failure) -> OAuthURL {
            try OAuthURL(text.replacing(Self.placeholder, with: tenant))
        }
        return OAuthProvider(
            name: name, authorizeURL: try authorizeURL.map(url), tokenURL: try url(tokenURL), deviceURL: try deviceURL.map(url),
            issuer: issuer, scopes: scopes, authorizeParameters: authorizeParameters, secretPlace: secretPlace,
            obstacles: obstacles,
            redirectHost: redirectHost)
    }
}
