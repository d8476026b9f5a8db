import NIOCore

/// What a server says of a token that it refuses, before it says NO: an error challenge of XOAUTH2 or OAUTHBEARER (RFC 7628 §3.2.2).
///
///     {"status":"invalid_token","scope":"mail","openid-configuration":"https://example.com/.well-known/openid-configuration"}
///     {"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}
///
/// The texts are a peer's, at most 4096 octets together: show them through ``TerminalText``. One that has the token in it is left out.
package struct BearerFailure: Sendable, Equatable {
    /// `invalid_token`, `401`
    package var status: String?
    /// `bearer mac`, where the server names them.
    package var schemes: String?
    /// What the token would have to be good for.
    package var scope: String?
    /// Where it is said who gives out tokens.
    package var openIDConfiguration: String?

    /// `nil` for what is not such a text.
    init?(_ challenge: ByteBuffer, token: Secret) {
        guard let members = FlatJSON.members(of: challenge) else { return nil }
        func member(_ name: String) -> String? {
            guard let value = members[name] else { return nil }
            let bytes = ByteBuffer(string: value)
            let hasToken = token.withExposedBytes { bytes.firstOccurrence(of: $0.readableBytesView, from: 0) != nil }
            return hasToken ? nil : value
        }
        status = member("status")
        schemes = member("schemes")
        scope = member("scope")
        openIDConfiguration = member("openid-configuration")
    }

    /// What Interpost itself says of a token that it refuses: no more than that.
    static let challenge = ByteBuffer(string: #"{"status":"invalid_token","schemes":"bearer"}"#)
}
