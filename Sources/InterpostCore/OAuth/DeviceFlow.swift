/// A person types a short code into the provider's page on any device; meanwhile the token endpoint is asked again and again
/// (RFC 8628).
///
///     {"device_code":"…","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device","expires_in":1800,"interval":5}
package struct DeviceFlow: Sendable {
    package let deviceCode: Secret
    /// What the person types.
    package let userCode: String
    /// Where.
    package let page: OAuthURL
    /// The same page with the code filled in.
    package let pageWithCode: OAuthURL?
    /// The code is worth nothing from then on.
    package let expires: WireTime
    /// Nanoseconds between two questions.
    private var interval: Int64
    private var next: WireTime

    private static let second: Int64 = 1_000_000_000
    private static let longestInterval = 60 * second

    /// Reads the answer to ``OAuthClient/deviceAuthorisation()``.
    package init(_ answer: OAuthAnswer, to request: OAuthRequest, at time: WireTime) throws(OAuthFailure) {
        let members = try answer.members(of: request, at: time)
        let host = request.url.host
        guard let code = members["device_code"]?.text, (1...4096).contains(code.utf8.count),
            let userCode = members["user_code"]?.text,
            (1...64).contains(userCode.utf8.count),
            // Google's name came before the RFC.
            let page = Self.url(members["verification_uri"] ?? members["verification_url"])
        else {
            throw .transient("\(host) answers without a code for a person and an https page to type it into")
        }
        deviceCode = Secret(text: code)
        self.userCode = TerminalText.shown(userCode)
        self.page = page
        pageWithCode = Self.url(members["verification_uri_complete"])
        let life = min(max(members["expires_in"]?.integer ?? 300, 1), 3600)
        expires = time.later(by: life * Self.second)
        interval = min(max(members["interval"]?.integer ?? 5, 1), 60) * Self.second
        next = time.later(by: interval)
    }

    private static func url(_ value: JSONValue?) -> OAuthURL? { value?.text.flatMap { try? OAuthURL($0) } }

    package enum Step: Sendable, Equatable {
        case poll
        case wait(until: WireTime)
        case expired
    }

    /// What is to be done now.
    package func step(at time: WireTime) -> Step {
        if time >= expires { return .expired }
        return time >= next ? .poll : .wait(until: min(next, expires))
    }

    /// A question brought no token. Throws what ends the flow.
    package mutating func failed(_ failure: OAuthFailure, at time: WireTime) throws(OAuthFailure) {
        var rest: Int64 = 0
        switch failure {
        case .pending: break
        case .slowDown: interval = min(interval + 5 * Self.second, Self.longestInterval)
        // A server that does not answer is asked half as often (RFC 8628 §3.5).
        case .transient(_, let retryAfter):
            interval = min(interval * 2, Self.longestInterval)
            rest = min(retryAfter ?? 0, 3600) * Self.second
        case .grantEnded, .misconfigured, .codeExpired, .denied: throw failure
        }
        next = time.later(by: max(interval, rest))
    }
}
