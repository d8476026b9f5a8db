import NIOCore

/// Why an authorisation server gave no token.
package enum OAuthFailure: Error, Sendable, Equatable {
    /// What a person once allowed is over: the person has to allow it again. Nothing is thrown away for it.
    case grantEnded(String)
    /// The request will fail until somebody changes the configuration or the application's registration.
    case misconfigured(String)
    /// It may work later: the server is busy, broken or not reached.
    ///
    /// - retryAfter: Seconds that the server asked to be left alone for.
    case transient(String, retryAfter: Int64? = nil)
    /// Nobody has allowed it yet (RFC 8628 §3.5).
    case pending
    /// The same, and it is asked too often.
    case slowDown
    /// The code that was shown to a person is too old.
    case codeExpired
    /// The person said no.
    case denied(String)
}

extension OAuthFailure {
    /// Reads what an error answer says (RFC 6749 §5.2, RFC 8628 §3.5).
    ///
    ///     400 {"error":"invalid_grant","error_description":"Bad Request"}      .grantEnded("invalid_grant: Bad Request")
    ///
    /// - Parameter secrets: What was sent to the server.
    init(code: String, text: String?, without secrets: [Secret]) {
        let said = ProviderText.sentence(code, text, without: secrets)
        switch code {
        // The last three are OpenID's: the server wants to see the person again.
        case "invalid_grant", "interaction_required", "login_required", "consent_required": self = .grantEnded(said)
        case "authorization_pending": self = .pending
        case "slow_down": self = .slowDown
        case "expired_token": self = .codeExpired
        case "access_denied": self = .denied(said)
        case "temporarily_unavailable", "server_error": self = .transient(said)
        default: self = .misconfigured("\(said); \(Self.advice(for: code))")
        }
    }

    private static func advice(for code: String) -> String {
        switch code {
        case "invalid_client":
            """
            look at 'client-id', and at 'client-secret' or 'certificate': the server does not know the application, or its secret \
            is wrong or too old
            """
        case "unauthorized_client": "allow the application this 'flow' in its registration, or choose another"
        case "invalid_scope": "look at 'scopes', and at what the application may ask for by its registration"
        case "unsupported_grant_type": "the server does not have this 'flow'; choose another"
        default: "look at the account's 'oauth', and at the registration of the application"
        }
    }
}

/// What a provider wrote for people: bounded, without control characters, and without anything of a secret.
///
///     AADSTS70008: The refresh token has expired.␍␊Trace ID: …     AADSTS70008: The refresh token has expired.��Trace ID: …
struct ProviderText: Sendable, Equatable {
    let shown: String?

    /// Characters, at most.
    private static let limit = 300
    /// A text that repeats as many octets of a secret in a row says too much.
    private static let part = 8

    /// - Parameter secrets: What was sent to the provider.
    init(_ text: String?, without secrets: [Secret] = []) {
        guard let text, !text.isEmpty else {
            shown = nil
            return
        }
        let line = TerminalText.shown(text, atMost: Self.limit)
        shown = secrets.contains { Self.repeats($0, in: Array(line.utf8)) } ? "(words with a part of a secret)" : line
    }

    private static func repeats(_ secret: Secret, in text: [UInt8]) -> Bool {
        secret.withExposedBytes { secret in
            let length = min(part, secret.readableBytes)
            guard length > 0, text.count >= length else { return false }
            let parts = Set((0...text.count - length).map { text[$0..<$0 + length] })
            let bytes = Array(secret.readableBytesView)
            return (0...bytes.count - length).contains { parts.contains(bytes[$0..<$0 + length]) }
        }
    }

    /// `invalid_grant: Bad Request`; the code may be anything, too.
    static func sentence(_ code: String, _ text: String?, without secrets: [Secret]) -> String {
        let name = ProviderText(TerminalText.ascii(code, atMost: 64), without: secrets).shown ?? "an error without a name"
        return ProviderText(text, without: secrets).shown.map { "\(name): \($0)" } ?? name
    }
}
