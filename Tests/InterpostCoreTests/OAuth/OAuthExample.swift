import NIOCore

@testable import InterpostCore

/// A provider that there is not.
enum OAuthExample {
    static let second: Int64 = 1_000_000_000

    static func url(_ text: String) throws -> OAuthURL { try OAuthURL(text) }

    static func provider(_ place: OAuthProvider.SecretPlace = .body) throws -> OAuthProvider {
        OAuthProvider(
            name: "example", authorizeURL: try url("https://login.example.org/authorize"),
            tokenURL: try url("https://login.example.org/token"), deviceURL: try url("https://login.example.org/device"),
            scopes: [.code: ["mail", "offline_access"]], authorizeParameters: ["login_hint": "{user}", "access_type": "offline"],
            secretPlace: place)
    }

    static func client(_ flow: OAuthFlow = .code, secret: String? = "s&cret", _ place: OAuthProvider.SecretPlace = .body) throws
        -> OAuthClient
    {
        OAuthClient(
            provider: try provider(place), flow: flow, id: "app id", secret: secret.map { Secret(text: $0) },
            user: "anna@example.org")
    }

    static func answer(_ status: Int, _ body: String, type: String? = "application/json", retryAfter: String? = nil)
        -> OAuthAnswer
    {
        OAuthAnswer(status: status, contentType: type, retryAfter: retryAfter, body: ByteBuffer(string: body))
    }

    /// What became of an answer to a request with the refresh token `old-refresh-token`.
    static func read(_ answer: OAuthAnswer, at time: WireTime = WireTime(nanoseconds: 0)) throws -> Result<
        OAuthToken, OAuthFailure
    > {
        let request = try client().refresh(Secret(text: "old-refresh-token"))
        return Result { () throws(OAuthFailure) in try OAuthToken(answer, to: request, at: time) }
    }
}

extension OAuthRequest {
    var form: String { body.exposedText }
    var authorization: String? { headers.first { $0.name == "Authorization" }?.value.exposedText }
}
