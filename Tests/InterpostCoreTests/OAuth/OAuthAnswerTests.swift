// Strategy: what an authorisation server may say, as a table, and what becomes of it. The words of errors are looked at where they
// tell what to do.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The answer of a token endpoint` {
    @Test func `is a token`() throws {
        let token = try OAuthExample.read(
            OAuthExample.answer(
                200, #"{"access_token":"ya29.a","expires_in":3599,"token_type":"Bearer","refresh_token":"1//b","scope":"a b"}"#,
                type: "Application/JSON; charset=UTF-8")
        ).get()
        #expect(
            token
                == OAuthToken(access: Secret(text: "ya29.a"), lifetime: 3599, refresh: Secret(text: "1//b"), scopes: ["a", "b"]))
    }

    @Test(arguments: [
        ("", 3600), (#","expires_in":null"#, 3600), (#","expires_in":"3599""#, 3599), (#","expires_in":3599.7"#, 3599),
        (#","expires_in":1"#, 1), (#","expires_in":1e30"#, 2_592_000), (#","expires_in":9223372036854775807"#, 2_592_000),
    ])
    func `lives as long as it says, within bounds`(member: String, seconds: Int64) throws {
        let token = try OAuthExample.read(OAuthExample.answer(200, #"{"access_token":"a","token_type":"bearer"\#(member)}"#))
            .get()
        #expect(token.lifetime == seconds)
    }

    @Test(arguments: [
        (200, "application/json", #"{"access_token":"a","expires_in":0}"#),
        (200, "application/json", #"{"access_token":"a","expires_in":-1}"#),
        (200, "application/json", #"{"access_token":"a","expires_in":[]}"#), (200, "application/json", #"{"access_token":""}"#),
        (200, "application/json", #"{"access_token":"a\u0001auth=x"}"#), (200, "application/json", #"{"access_token":"a\r\nb"}"#),
        (200, "application/json", #"{"access_token":"ä"}"#), (200, "application/json", #"{"access_token":"a b"}"#),
        (200, "application/json", #"{"access_token":1}"#), (200, "application/json", #"{"access_token":"a","refresh_token":7}"#),
        (200, "application/json", #"{"access_token":"a","refresh_token":""}"#), (200, "application/json", "{}"),
        (200, "application/json", "[]"), (200, "application/json", "{"), (200, "application/json", ""),
        (200, "text/html", #"{"access_token":"a"}"#), (200, "", #"{"access_token":"a"}"#),
        (200, "application/jsonp", #"{"access_token":"a"}"#), (302, "application/json", #"{"access_token":"a"}"#),
        (400, "text/html", "<html>"), (400, "application/json", "{}"), (404, "application/json", #"{"message":"no"}"#),
        (429, "application/json", #"{"error":"invalid_grant"}"#), (500, "application/json", #"{"error":"invalid_grant"}"#),
        (503, "text/html", "<html>"), (400, "application/json", #"{"error":"temporarily_unavailable"}"#),
        (400, "application/json", #"{"error":"server_error"}"#), (408, "text/plain", ""),
    ])
    func `may be nothing, now`(status: Int, type: String, body: String) throws {
        let result = try OAuthExample.read(OAuthExample.answer(status, body, type: type))
        guard case .failure(.transient(let text, retryAfter: nil)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(!text.isEmpty)
    }

    @Test func `is not longer than 64 KiB`() throws {
        func body(_ length: Int) -> String {
            let start = #"{"access_token":"a","x":""#
            return start + String(repeating: "x", count: length - start.utf8.count - 2) + #""}"#
        }
        #expect(throws: Never.self) { try OAuthExample.read(OAuthExample.answer(200, body(1 << 16))).get() }
        #expect(throws: OAuthFailure.self) { try OAuthExample.read(OAuthExample.answer(200, body(1 << 16 + 1))).get() }
        let token = String(repeating: "a", count: 1 << 14)
        #expect(throws: Never.self) { try OAuthExample.read(OAuthExample.answer(200, #"{"access_token":"\#(token)"}"#)).get() }
        #expect(throws: OAuthFailure.self) {
            try OAuthExample.read(OAuthExample.answer(200, #"{"access_token":"\#(token)a"}"#)).get()
        }
    }

    @Test(arguments: [
        ("120", 120), ("0", 0), ("99999999", 86_400), ("-1", nil), ("soon", nil), ("Sun, 06 Nov 1994 08:51:37 GMT", 120),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("Sun, 06 Nov 2094 08:00:00 GMT", 86_400), ("99999999999999999999", nil),
    ])
    func `says when to come again`(text: String, seconds: Int64?) throws {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = WireTime(nanoseconds: 784_111_777 * OAuthExample.second)
        for status in [429, 503] {
            let result = try OAuthExample.read(OAuthExample.answer(status, "", type: nil, retryAfter: text), at: now)
            guard case .failure(.transient(_, retryAfter: let found)) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(found == seconds)
        }
    }

    @Test func `says that a person has to allow it again`() throws {
        let gone = try OAuthExample.read(
            OAuthExample.answer(400, #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#))
        #expect(gone == .failure(.grantEnded("invalid_grant: Token has been expired or revoked.")))
        #expect(
            try OAuthExample.read(OAuthExample.answer(400, #"{"error":"consent_required"}"#))
                == .failure(.grantEnded("consent_required")))
        #expect(
            try OAuthExample.read(OAuthExample.answer(200, #"{"error":"invalid_grant"}"#))
                == .failure(.grantEnded("invalid_grant")))
    }

    @Test(arguments: [
        ("invalid_client", "'client-secret'"), ("unauthorized_client", "'flow'"), ("invalid_scope", "'scopes'"),
        ("unsupported_grant_type", "'flow'"), ("org_internal", "'oauth'"), ("", "'oauth'"),
    ])
    func `says that the configuration is wrong, and what to do`(code: String, word: String) throws {
        let result = try OAuthExample.read(OAuthExample.answer(401, #"{"error":"\#(code)"}"#))
        guard case .failure(.misconfigured(let text)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(text.contains(word))
    }

    @Test func `has words of the device flow`() throws {
        let words: [(String, OAuthFailure)] = [
            ("authorization_pending", .pending), ("slow_down", .slowDown), ("expired_token", .codeExpired),
            ("access_denied", .denied("access_denied")),
        ]
        for (word, failure) in words {
            #expect(try OAuthExample.read(OAuthExample.answer(400, #"{"error":"\#(word)"}"#)) == .failure(failure))
        }
    }

    @Test func `has no token of another type`() throws {
        guard
            case .failure(.misconfigured) = try OAuthExample.read(
                OAuthExample.answer(200, #"{"access_token":"a","token_type":"mac"}"#))
        else {
            Issue.record("a token of another type is taken")
            return
        }
    }

    @Test func `is shown without what a terminal would act upon, and not at length`() throws {
        let long = String(repeating: "x", count: 5000)
        let result = try OAuthExample.read(
            OAuthExample.answer(400, #"{"error":"invalid_grant","error_description":"\u001b[2J\r\n\u202e\#(long)"}"#))
        guard case .failure(.grantEnded(let text)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(text.hasPrefix("invalid_grant: \u{FFFD}[2J\u{FFFD}\u{FFFD}\u{FFFD}xxx"))
        #expect(text.count < 400)
        guard
            case .failure(.misconfigured(let code)) = try OAuthExample.read(
                OAuthExample.answer(400, #"{"error":"\u001b\#(long)"}"#))
        else {
            Issue.record("a long code is not read")
            return
        }
        #expect(code.hasPrefix("?xxx") && code.count < 300)
    }

    @Test(arguments: ["old-refresh-token", "the token is 'fresh-to'", "s&cret", "%20old-refr"])
    func `repeats nothing of what was sent as a secret`(text: String) throws {
        let result = try OAuthExample.read(
            OAuthExample.answer(400, #"{"error":"invalid_grant","error_description":"\#(text)"}"#))
        #expect(result == .failure(.grantEnded("invalid_grant: (words with a part of a secret)")))
    }

    @Test func `has no secret for its name`() throws {
        let result = try OAuthExample.read(OAuthExample.answer(400, #"{"error":"x old-refresh-token"}"#))
        guard case .failure(.misconfigured(let text)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(!text.contains("refresh-token"))
    }

    @Test func `has a service account's file read, and nothing else`() throws {
        let key = try #require(
            ServiceAccountKey(ByteBuffer(string: #"{"type":"service_account","client_email":"a@b","private_key":"-----BEGIN"}"#)))
        #expect(key.email == "a@b" && key.privateKey.exposedText == "-----BEGIN" && key.keyID == nil)
        #expect(
            ServiceAccountKey(ByteBuffer(string: #"{"type":"authorized_user","client_email":"a@b","private_key":"x"}"#)) == nil)
        #expect(ServiceAccountKey(ByteBuffer(string: "-----BEGIN PRIVATE KEY-----")) == nil)
    }
}
