/// What is worth telling of an account's tokens. No token is in it.
public enum TokenEvent: Sendable, Equatable {
    /// There is a new access token, for as many seconds.
    case refreshed(account: String, flow: OAuthFlow, expiresIn: Int64)
    /// There is none; it is tried again.
    case failed(account: String, flow: OAuthFlow, error: String)
    /// There is none until a person has allowed it again: `interpost account authorise NAME`.
    case needed(account: String, flow: OAuthFlow, error: String)
}

/// Why there is no access token for an account now.
package enum TokenFailure: Error, Sendable, Equatable {
    /// The authorisation server is not reached, or is busy; `[UNAVAILABLE]`.
    case unavailable(String)
    /// A person has to allow it first, or again.
    case needsAuthorisation(String)
    /// Somebody has to change the configuration, or the application's registration.
    case misconfigured(String)
    /// The mail server refused a token that was just made.
    case refused

    /// What happened and what to do, for the log. Providers' own words are in it, cleaned.
    package var text: String {
        switch self {
        case .unavailable(let text), .misconfigured(let text): text
        case .needsAuthorisation(let text): text
        case .refused:
            """
            the mail server refuses tokens that are new: look at 'user', at 'scopes', and at whether the mailbox may be used by \
            programs
            """
        }
    }
}
