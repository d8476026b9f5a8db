// Strategy: header and claims are compared as text, so that what is signed is seen. Signing itself is tested where it is done.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A claim that is signed` {
    static let now = WireTime(nanoseconds: 1_800_000_000 * OAuthExample.second + 5)

    static func parts(_ token: JSONWebToken) throws -> [String] {
        try String(buffer: token.signingInput).split(separator: ".").map { part in
            let text = part.replacing("-", with: "+").replacing("_", with: "/")
            let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
            return String(buffer: try #require(Base64.decode(ByteBuffer(substring: padded).readableBytesView)))
        }
    }

    @Test func `says that a service account acts for a user`() throws {
        var client = try OAuthExample.client(.serviceAccount)
        client.scopes = ["https://mail.google.com/", "b"]
        let token = JSONWebToken.serviceAccount(client, issuer: "bot@x.iam.gserviceaccount.com", keyID: "k1", at: Self.now)
        #expect(
            try Self.parts(token) == [
                #"{"alg":"RS256","typ":"JWT","kid":"k1"}"#,
                #"{"iss":"bot@x.iam.gserviceaccount.com","sub":"anna@example.org","scope":"https://mail.google.com/ b","#
                    + #""aud":"https://login.example.org/token","nbf":1800000000,"iat":1800000000,"exp":1800003600}"#,
            ])
    }

    @Test func `says who an application is`() throws {
        let token = JSONWebToken.clientAssertion(
            try OAuthExample.client(.clientCredentials), fingerprint: Array(repeating: 0xFB, count: 32), id: [1, 2, 3],
            at: Self.now)
        #expect(
            try Self.parts(token) == [
                #"{"alg":"RS256","typ":"JWT","x5t#S256":"-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"}"#,
                #"{"iss":"app id","sub":"app id","aud":"https://login.example.org/token","jti":"AQID","nbf":1800000000,"iat":1800000000,"exp":1800000600}"#,
            ])
    }

    @Test func `cannot be broken out of`() throws {
        var client = try OAuthExample.client(.serviceAccount)
        client.user = #"x","aud":"evil"#
        let token = JSONWebToken.serviceAccount(client, issuer: "a\"b\\\n", keyID: nil, at: Self.now)
        let claims = try #require(JSONValue(ByteBuffer(string: try Self.parts(token)[1]))?.members)
        #expect(claims["sub"]?.text == #"x","aud":"evil"#)
        #expect(claims["iss"]?.text == "a\"b\\\n")
    }

    @Test func `is three parts when it is signed`() throws {
        let token = JSONWebToken.clientAssertion(
            try OAuthExample.client(), fingerprint: nil, id: [], at: WireTime(nanoseconds: -1))
        let signed = token.signed([0xFF, 0xFE])
        #expect(signed.exposedText == String(buffer: token.signingInput) + ".__4")
    }
}
