// Strategy: one attempt with a known state; everything that a browser, or somebody else, may come back with.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The redirect of a browser` {
    static let state = Base64URL.encode(Array(repeating: 7, count: 32))

    static func pending(_ redirect: String = "http://127.0.0.1:41951/", issuer: String? = nil) -> PendingAuthorisation {
        PendingAuthorisation(
            state: Array(repeating: 7, count: 32), verifier: Array(repeating: 9, count: 32), redirect: redirect, issuer: issuer)
    }

    static func refusal(_ text: String, issuer: String? = nil) -> PendingAuthorisation.Refusal? {
        do {
            _ = try pending(issuer: issuer).code(in: text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `is asked for with everything that it has to bring back`() throws {
        let page = try #require(try OAuthExample.client().page(for: Self.pending()))
        #expect(
            page.text == "https://login.example.org/authorize?response_type=code&client_id=app+id"
                + "&redirect_uri=http%3A%2F%2F127.0.0.1%3A41951%2F&scope=mail+offline_access&state=\(Self.state)"
                + "&code_challenge=\(Self.pending().pkce.challenge)&code_challenge_method=S256"
                + "&access_type=offline&login_hint=anna%40example.org")
        var other = try OAuthExample.client()
        other.provider.authorizeURL = try OAuthURL("https://login.example.org/authorize?tenant=x")
        other.user = nil
        let text = try #require(other.page(for: Self.pending())).text
        #expect(text.hasPrefix("https://login.example.org/authorize?tenant=x&response_type=code&"))
        #expect(!text.contains("login_hint"))
    }

    @Test(arguments: ["http://127.0.0.1:41951/", "/"]) func `brings a code`(address: String) throws {
        let code = try Self.pending().code(in: "\(address)?code=4%2F0A&state=\(Self.state)&scope=mail#")
        #expect(code.exposedText == "4/0A")
        let other = Self.pending("http://localhost:1/back")
        #expect(try other.code(in: "/back?state=\(Self.state)&code=x").exposedText == "x")
        let root = Self.pending("http://localhost:1")
        for address in ["http://localhost:1", "http://localhost:1/", "/"] {
            #expect(try root.code(in: "\(address)?state=\(Self.state)&code=x").exposedText == "x")
        }
    }

    @Test func `is another one's without the right state`() {
        for query in ["code=x", "code=x&state=", "code=x&state=\(Self.state)x", "code=x&state=\(Self.state.dropLast())", ""] {
            guard case .foreign = Self.refusal("/?\(query)") else {
                Issue.record("\(query)")
                continue
            }
        }
    }

    @Test(arguments: [
        "/other?", "http://127.0.0.1:41952/?", "https://127.0.0.1:41951/?", "http://evil.example/?x=http://127.0.0.1:41951/&",
        "?", "",
    ])
    func `is another one's at another address`(address: String) {
        guard case .foreign = Self.refusal("\(address)code=x&state=\(Self.state)") else {
            Issue.record("\(address)")
            return
        }
    }

    @Test func `does not say anything twice`() {
        for query in ["code=x&code=y&state=\(Self.state)", "code=x&state=\(Self.state)&state=\(Self.state)"] {
            guard case .foreign = Self.refusal("/?\(query)") else {
                Issue.record("\(query)")
                continue
            }
        }
    }

    @Test func `brings a refusal, in words that are cleaned`() {
        let query = "error=access_denied&error_description=No%0D%0A%1B%5B2Jway&state=\(Self.state)"
        #expect(Self.refusal("/?\(query)") == .refused("access_denied: No��\u{FFFD}[2Jway"))
        // Nobody is told no by a stranger.
        #expect(Self.refusal("/?error=access_denied") != nil)
        guard case .foreign = Self.refusal("/?error=access_denied&state=x") else {
            Issue.record("an error with another state is believed")
            return
        }
        #expect(Self.refusal("/?state=\(Self.state)") == .refused("it has no 'code'"))
        #expect(Self.refusal("/?code=&state=\(Self.state)") == .refused("it has no 'code'"))
    }

    @Test func `is from the server that was asked`() throws {
        let issuer = "https://accounts.google.com"
        #expect(Self.refusal("/?code=x&state=\(Self.state)&iss=https%3A%2F%2Faccounts.google.com", issuer: issuer) == nil)
        #expect(Self.refusal("/?code=x&state=\(Self.state)", issuer: issuer) == nil)
        #expect(Self.refusal("/?code=x&state=\(Self.state)&iss=https://evil.example") == nil)
        guard case .refused = Self.refusal("/?code=x&state=\(Self.state)&iss=https://evil.example", issuer: issuer) else {
            Issue.record("another issuer is believed")
            return
        }
    }

    @Test func `has bounds`() {
        guard case .foreign = Self.refusal("/?code=" + String(repeating: "x", count: 1 << 14) + "&state=\(Self.state)") else {
            Issue.record("a long redirect is read")
            return
        }
    }
}
