package import NIOCore

/// What an authorisation server answered, whatever it is.
///
///     200 application/json {"access_token":"ya29.…","expires_in":3599,"token_type":"Bearer"}      a token
///     400 application/json {"error":"invalid_grant"}                                              .grantEnded
///     503 text/html        <html>…                                                                .transient
package struct OAuthAnswer: Sendable {
    package var status: Int
    /// `application/json; charset=utf-8`
    package var contentType: String?
    /// Seconds, or a date (RFC 9110 §10.2.3).
    package var retryAfter: String?
    package var body: ByteBuffer

    /// Octets that a body may have.
    package static let maximumBody = 1 << 16
    /// The longest rest that a server may ask for, in seconds.
    private static let longestRest: Int64 = 86_400

    package init(status: Int, contentType: String?, retryAfter: String? = nil, body: ByteBuffer) {
        self.status = status
        self.contentType = contentType
        self.retryAfter = retryAfter
        self.body = body
    }

    /// The members of a good answer. What the request had as secrets is not repeated by an error.
    func members(of request: OAuthRequest, at time: WireTime) throws(OAuthFailure) -> [String: JSONValue] {
        let rest = rest(at: time)
        let host = request.url.host
        if status == 429 || status >= 500 || status == 408 {
            throw .transient("\(host) answers with the status \(status)", retryAfter: rest)
        }
        if (300..<400).contains(status) {
            throw .transient(
                "\(host) answers with a redirect (status \(status)), which is not followed: look at the URL", retryAfter: rest)
        }
        guard body.readableBytes <= Self.maximumBody else {
            throw .transient("\(host) answers with more than \(Self.maximumBody >> 10) KiB", retryAfter: rest)
        }
        guard isJSON, let members = JSONValue(body)?.members else {
            throw .transient("\(host) answers with something that is no JSON object (status \(status))", retryAfter: rest)
        }
        // Some servers say that they failed with the status of success.
        if let code = members["error"]?.text {
            let failure = OAuthFailure(
                code: code, text: members["error_description"]?.text, without: request.secrets)
            guard case .transient(let text, _) = failure else { throw failure }
            throw .transient(text, retryAfter: rest)
        }
        guard (200..<300).contains(status) else {
            throw .transient("\(host) answers with the status \(status) and does not say why", retryAfter: rest)
        }
        return members
    }

    /// `application/json`, in any letter case, with or without parameters.
    private var isJSON: Bool {
        let type = (contentType ?? "").utf8.prefix { $0 != UInt8(ascii: ";") && $0 != .space }
        return ByteBuffer(bytes: type).equalsIgnoringCase("APPLICATION/JSON")
    }

    private func rest(at time: WireTime) -> Int64? {
        guard let retryAfter, retryAfter.utf8.count <= 64 else { return nil }
        if let seconds = Int64(retryAfter) { return seconds < 0 ? nil : min(seconds, Self.longestRest) }
        guard let date = MessageDate(ByteBuffer(string: retryAfter)) else { return nil }
        return min(max(0, date.secondsSinceEpoch - time.nanoseconds / 1_000_000_000), Self.longestRest)
    }
}

/// What a token endpoint gave (RFC 6749 §5.1).
package struct OAuthToken: Sendable, Equatable {
    package var access: Secret
    /// Seconds from the moment at which it was asked for: 1 to 2,592,000.
    package var lifetime: Int64
    /// In place of the one that was shown; `nil` where that one goes on.
    package var refresh: Secret?
    /// What the token is good for, where the server says so.
    package var scopes: [String]?

    /// Octets of a token, at most.
    private static let maximumLength = 1 << 14
    /// 30 days, in seconds.
    private static let longestLife: Int64 = 2_592_000
    /// Where the server does not say.
    private static let usualLife: Int64 = 3600

    package init(access: Secret, lifetime: Int64, refresh: Secret? = nil, scopes: [String]? = nil) {
        self.access = access
        self.lifetime = lifetime
        self.refresh = refresh
        self.scopes = scopes
    }

    /// Reads the answer to a request for a token.
    package init(_ answer: OAuthAnswer, to request: OAuthRequest, at time: WireTime) throws(OAuthFailure) {
        let members = try answer.members(of: request, at: time)
        let host = request.url.host
        // A token goes into a line of the mail protocol: nothing in it may end that line or that field.
        guard let access = members["access_token"]?.text, Self.isToken(access), access.utf8.allSatisfy(\.isPrintable) else {
            throw .transient("\(host) answers without an 'access_token' that can be used")
        }
        if let type = members["token_type"], type.text.map({ ByteBuffer(string: $0).equalsIgnoringCase("BEARER") }) != true {
            throw .misconfigured("\(host) gives a token of another type than 'Bearer', which mail servers do not take")
        }
        self.access = Secret(text: access)
        lifetime = try Self.lifetime(members["expires_in"], host)
        if let refresh = members["refresh_token"], refresh != .null {
            guard let text = refresh.text, Self.isToken(text) else {
                throw .transient("\(host) answers with a 'refresh_token' that cannot be used")
            }
            self.refresh = Secret(text: text)
        }
        scopes = members["scope"]?.text.map {
            $0.split(separator: " ").prefix(64).map { TerminalText.ascii(String($0), atMost: 256) }
        }
    }

    /// Visible ASCII and spaces (RFC 6749 appendix A).
    private static func isToken(_ text: String) -> Bool {
        (1...maximumLength).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isPrintable || $0 == .space }
    }

    private static func lifetime(_ value: JSONValue?, _ host: String) throws(OAuthFailure) -> Int64 {
        let seconds: Int64?
        switch value {
        case nil, .null: return usualLife
        // Some servers write the number as a text.
        case .string(let text): seconds = Int64(text)
        case let other: seconds = other?.integer
        }
        guard let seconds, seconds > 0 else { throw .transient("\(host) answers with an 'expires_in' that is no time") }
        return min(seconds, longestLife)
    }
}
