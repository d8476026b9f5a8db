import NIOCore

/// A person was sent to the provider's page, and the browser has to come back with a code (RFC 6749 §4.1.2).
///
///     http://127.0.0.1:41951/?state=af0ifjsldkj&code=SplxlOBeZQQYbYS6WxSbIA
package struct PendingAuthorisation: Sendable {
    /// What only the redirect of this attempt knows.
    package let state: Secret
    package let pkce: PKCE
    /// Where the browser comes back to, as the provider was told.
    package let redirect: String
    /// Who the server says that it is (RFC 9207), where that is known.
    package let issuer: String?

    /// - Parameters:
    ///   - state: 32 random octets.
    ///   - verifier: 32 other ones.
    package init(state: [UInt8], verifier: [UInt8], redirect: String, issuer: String? = nil) {
        self.state = Secret(text: Base64URL.encode(state))
        pkce = PKCE(octets: verifier)
        self.redirect = redirect
        self.issuer = issuer
    }

    package enum Refusal: Error, Sendable, Equatable {
        /// It is not the redirect of this attempt: whoever sent it, the right one may still come.
        case foreign(String)
        /// The server, or the person, said no.
        case refused(String)
    }

    /// Octets of a redirect, at most.
    private static let maximumLength = 1 << 14

    /// The code in a redirect.
    ///
    /// - Parameter text: The URL as a person copies it from the browser's bar, or what a request asks for: `/?code=…`.
    package func code(in text: String) throws(Refusal) -> Secret {
        guard text.utf8.count <= Self.maximumLength else { throw .foreign("it is too long for a redirect") }
        let address = text.prefix { $0 != "?" }
        guard address == redirect || address == path || path.isEmpty && (address == "/" || address == "\(redirect)/") else {
            throw .foreign("it does not begin with \(redirect), where the browser is sent to")
        }
        let query = text.dropFirst(address.count + 1).prefix { $0 != "#" }
        guard let fields = FormText.decode(query) else { throw .foreign("its parameters cannot be read") }
        let values = try values(of: fields)
        // Nothing else is believed before the state is right.
        guard let said = values["state"], Secret(text: said).isSame(as: state) else {
            throw .foreign("its 'state' is not that of this attempt: it answers another one")
        }
        if let issuer, let said = values["iss"], said != issuer {
            throw .refused("it is from '\(ProviderText(said, without: secrets).shown ?? "")', and not from '\(issuer)'")
        }
        if let error = values["error"] {
            throw .refused(
                ProviderText.sentence(error, values["error_description"], without: secrets))
        }
        guard let code = values["code"], !code.isEmpty else { throw .refused("it has no 'code'") }
        return Secret(text: code)
    }

    private var secrets: [Secret] { [state, pkce.verifier] }

    /// `/` of `http://127.0.0.1:41951/`. Without one, a browser asks for `/`.
    private var path: Substring {
        guard let authority = redirect.firstRange(of: "://") else { return redirect[...] }
        return redirect[authority.upperBound...].drop { $0 != "/" }
    }

    /// A parameter may be there once (RFC 6749 §3.1).
    private func values(of fields: [(name: String, value: String)]) throws(Refusal) -> [String: String] {
        var values: [String: String] = [:]
        for (name, value) in fields where ["state", "iss", "code", "error", "error_description"].contains(name) {
            guard values.updateValue(value, forKey: name) == nil else { throw .foreign("it has '\(name)' more than once") }
        }
        return values
    }
}
