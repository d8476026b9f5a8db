package import NIOCore

/// A claim that is signed with a key: what a service account, or an application with a certificate, shows in place of a secret
/// (RFC 7519, RFC 7523). The signing is not done here.
///
///     {"alg":"RS256","typ":"JWT"}.{"iss":"…","sub":"anna@example.org","aud":"https://oauth2.googleapis.com/token",…}
package struct JSONWebToken: Sendable, Equatable {
    private var header: [(name: String, value: String)]
    private var claims: [(name: String, value: String)]
    private let issued: Int64
    /// Seconds; an hour at most.
    private let lifetime: Int64

    package static func == (left: Self, right: Self) -> Bool { left.signingInput == right.signingInput }

    private init(
        header: [(name: String, value: String)], claims: [(name: String, value: String)], at time: WireTime, lifetime: Int64
    ) {
        self.header = [("alg", "RS256"), ("typ", "JWT")] + header
        self.claims = claims
        issued = max(0, time.nanoseconds) / 1_000_000_000
        self.lifetime = min(max(lifetime, 1), 3600)
    }

    /// The service account acts for a user.
    ///
    /// - Parameters:
    ///   - issuer: `client_email` of Google's key file.
    ///   - keyID: `private_key_id` there.
    package static func serviceAccount(_ client: OAuthClient, issuer: String, keyID: String?, at time: WireTime) -> JSONWebToken {
        var claims = [("iss", issuer)]
        if let user = client.user { claims.append(("sub", user)) }
        claims += [("scope", client.scopes.joined(separator: " ")), ("aud", client.provider.tokenURL.text)]
        return JSONWebToken(header: keyID.map { [("kid", $0)] } ?? [], claims: claims, at: time, lifetime: 3600)
    }

    /// The application says who it is.
    ///
    /// - Parameters:
    ///   - fingerprint: SHA-256 of the certificate (DER), which says with which key it is signed (`x5t#S256`, RFC 7515 §4.1.8).
    ///   - id: Random octets, so that no two are alike.
    package static func clientAssertion(_ client: OAuthClient, fingerprint: [UInt8]?, id: [UInt8], at time: WireTime)
        -> JSONWebToken
    {
        JSONWebToken(
            header: fingerprint.map { [("x5t#S256", Base64URL.encode($0))] } ?? [],
            claims: [
                ("iss", client.id), ("sub", client.id), ("aud", client.provider.tokenURL.text), ("jti", Base64URL.encode(id)),
            ], at: time, lifetime: 600)
    }

    /// What is signed: `base64url(header).base64url(claims)`.
    package var signingInput: ByteBuffer {
        let end = issued + lifetime
        let claims = Self.object(claims, numbers: [("nbf", issued), ("iat", issued), ("exp", end)])
        return ByteBuffer(string: Base64URL.encode(Self.object(header)) + "." + Base64URL.encode(claims))
    }

    /// The whole token with the signature of its ``signingInput``.
    package func signed(_ signature: some Sequence<UInt8>) -> Secret {
        var token = signingInput
        token.writeString("." + Base64URL.encode(signature))
        return Secret(token)
    }

    private static func object(_ texts: [(name: String, value: String)], numbers: [(name: String, value: Int64)] = []) -> [UInt8]
    {
        var json: [UInt8] = []
        func begin(_ name: String) {
            json.append(UInt8(ascii: json.isEmpty ? "{" : ","))
            json.append(jsonString: name)
            json.append(UInt8(ascii: ":"))
        }
        for (name, value) in texts {
            begin(name)
            json.append(jsonString: value)
        }
        for (name, value) in numbers {
            begin(name)
            json.append(jsonNumber: value)
        }
        json.append(UInt8(ascii: "}"))
        return json
    }
}

extension [UInt8] {
    fileprivate mutating func append(jsonString text: String) {
        let text = ByteBuffer(string: text)
        unsafe text.withUnsafeReadableBytes { unsafe append(jsonString: $0) }
    }
}

/// The file that Google gives for a service account, as far as it is needed.
///
///     {"type":"service_account","client_email":"…","private_key":"-----BEGIN PRIVATE KEY-----\n…","private_key_id":"…"}
package struct ServiceAccountKey: Sendable, Equatable {
    package var email: String
    /// PEM.
    package var privateKey: Secret
    package var keyID: String?

    /// `nil` for a file that is none.
    package init?(_ file: ByteBuffer) {
        guard let members = JSONValue(file)?.members, members["type"]?.text == "service_account",
            let email = members["client_email"]?.text, let key = members["private_key"]?.text
        else { return nil }
        self.email = email
        privateKey = Secret(text: key)
        keyID = members["private_key_id"]?.text
    }
}
