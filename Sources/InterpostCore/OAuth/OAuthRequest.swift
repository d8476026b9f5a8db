import NIOCore

/// A request to an authorisation server, as a value: always a POST with a form as its body (RFC 6749 §3.2).
package struct OAuthRequest: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        package var name: String
        /// `Authorization` has the client's secret in it.
        package var value: Secret
    }

    package var url: OAuthURL
    package var headers: [Header]
    /// Codes, secrets and tokens are in it.
    package var body: Secret
    /// What went into it and must not come out of an answer's text again.
    package var secrets: [Secret]

    package static let method = "POST"

    init(_ url: OAuthURL, _ fields: [(name: String, value: String)], secrets: [Secret], authorization: Secret? = nil) {
        self.url = url
        self.secrets = secrets
        headers = [
            Header(name: "Content-Type", value: Secret(ByteBuffer(string: "application/x-www-form-urlencoded"))),
            Header(name: "Accept", value: Secret(ByteBuffer(string: "application/json"))),
        ]
        if let authorization { headers.append(Header(name: "Authorization", value: authorization)) }
        body = Secret(ByteBuffer(string: FormText.encode(fields)))
    }
}

extension Secret {
    package init(text: String) { self.init(ByteBuffer(string: text)) }

    /// For forms and headers, which are texts.
    var exposedText: String { withExposedBytes { String(buffer: $0) } }

    /// Whether both are the same, in a time that depends on their lengths only.
    package func isSame(as other: Secret) -> Bool {
        withExposedBytes { own in other.withExposedBytes { ConstantTime.areEqual(own, $0) } }
    }
}
