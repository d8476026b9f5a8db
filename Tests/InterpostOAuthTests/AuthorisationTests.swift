// Strategy: the test is the person and the browser: it opens the page that is shown, and goes where it is sent.

import Crypto
import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import InterpostOAuth

@Suite struct `A person who allows it` {
    static func failure(_ body: () async throws -> StoredGrant) async -> String {
        do {
            return "nothing: \(try await body())"
        } catch {
            return "\(error)"
        }
    }

    @Test func `comes back in a browser on this machine`() async throws {
        let stage = try await Stage { _ in .token("a1", refresh: "r1") }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        let redirects = Mutex<[String]>([])
        let token = try await authorisation.byBrowser { page in
            let asked = Browser.parameters(page.text)
            let redirect = asked["redirect_uri"] ?? ""
            let state = asked["state"] ?? ""
            redirects.withLock { $0 += [redirect, asked["code_challenge"] ?? "", asked["scope"] ?? ""] }
            // Others knock first.
            for other in ["favicon.ico", "?code=evil&state=x", "?code=evil", ""] {
                let answer = try? await Browser.get(redirect + other)
                #expect(answer?.0 == 404)
            }
            let posted = try? await Browser.get("\(redirect)?code=c0de&state=\(state)", method: "POST")
            #expect(posted?.0 == 405)
            let answer = try? await Browser.get("\(redirect)?code=c0de&state=\(state)")
            #expect(answer?.0 == 200 && answer?.1.contains("may be closed") == true)
        }
        #expect(token.refresh.text == "r1" && token.account == "anna" && token.clientID == "app")
        let asked = redirects.withLock { $0 }
        #expect(asked[0].hasPrefix("http://127.0.0.1:") && asked[2] == "mail offline_access")
        let request = try #require(stage.server.requests.last)
        #expect(request["grant_type"] == "authorization_code" && request["code"] == "c0de" && request["redirect_uri"] == asked[0])
        let digest = SHA256.hash(data: Array((request["code_verifier"] ?? "").utf8))
        #expect(Base64URL.encode(digest) == asked[1])
        // It does not listen any more. Whoever has been given the port since answers otherwise.
        let late = try? await Browser.get(asked[0])
        #expect(late?.0 != 404)
    }

    @Test func `says no in a browser`() async throws {
        let stage = try await Stage { _ in .token("a1", refresh: "r1") }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        let text = await Self.failure {
            try await authorisation.byBrowser { page in
                let asked = Browser.parameters(page.text)
                _ = try? await Browser.get("\(asked["redirect_uri"] ?? "")?error=access_denied&state=\(asked["state"] ?? "")")
            }
        }
        #expect(text == "access_denied")
        #expect(stage.server.requests.isEmpty)
    }

    @Test func `does not come back`() async throws {
        let stage = try await Stage { _ in .close }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        async let text = Self.failure { try await authorisation.byBrowser { _ in } }
        await stage.clock.passToNext()
        #expect(await text == "the browser did not come back")
    }

    @Test func `gives up`() async throws {
        let stage = try await Stage { _ in .close }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        let shown = AsyncStream<Void>.makeStream()
        let task = Task { try await authorisation.byBrowser { _ in shown.continuation.finish() } }
        for await _ in shown.stream {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `comes back to what is registered`() async throws {
        let stage = try await Stage { _ in .token("a1", refresh: "r1") }
        var account = stage.account
        account.configuration.redirectURL = try OAuthURL("http://localhost/back")
        let authorisation = Authorisation(account: account, transport: stage.http, clock: stage.clock)
        _ = try await authorisation.byBrowser { page in
            let asked = Browser.parameters(page.text)
            let redirect = asked["redirect_uri"] ?? ""
            #expect(redirect.hasPrefix("http://localhost:") && redirect.hasSuffix("/back"))
            let url = redirect.replacing("localhost", with: "127.0.0.1") + "?code=c&state=\(asked["state"] ?? "")"
            _ = try? await Browser.get(url)
        }
        account.configuration.redirectURL = try OAuthURL("https://mail.example.org/back")
        let other = Authorisation(account: account, transport: stage.http, clock: stage.clock)
        #expect(await Self.failure { try await other.byBrowser { _ in } }.contains("--paste"))
    }

    @Test func `pastes where a browser on another machine was sent`() async throws {
        let stage = try await Stage { _ in .token("a1", refresh: "r1") }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        let pasted = Mutex<[String]>([])
        let complaints = Mutex(0)
        let token = try await authorisation.byPaste { page, redirect in
            let asked = Browser.parameters(page.text)
            #expect(asked["redirect_uri"] == redirect)
            let right = "\(redirect)?state=\(asked["state"] ?? "")&code=c0de"
            pasted.withLock { $0 = ["nonsense", "\(redirect)?code=c0de&state=x", right] }
        } paste: {
            pasted.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        } complain: { _ in
            complaints.withLock { $0 += 1 }
        }
        #expect(token.refresh.text == "r1")
        #expect(complaints.withLock { $0 } == 2)
        #expect(
            await Self.failure {
                try await authorisation.byPaste { _, _ in
                } paste: {
                    nil
                } complain: { _ in
                }
            } == "no URL was pasted")
    }

    @Test func `types a code on any device`() async throws {
        let polls = Counter()
        let stage = try await Stage(flow: .device) { request in
            guard request.path == "/token" else {
                return .json(
                    200,
                    #"{"device_code":"d3v","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device","expires_in":900,"interval":5}"#
                )
            }
            switch polls.next() {
            case 1: return .error("authorization_pending")
            case 2: return .error("slow_down")
            case 3: return .json(503, "{}")
            default: return .token("a1", refresh: "r1")
            }
        }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        let start = stage.clock.now
        // Five seconds, and so on: whatever is waited for.
        let mover = Task { while !Task.isCancelled { await stage.clock.passToNext() } }
        let token = try await authorisation.byDevice { flow in
            #expect(flow.userCode == "WDJB-MJHT" && flow.page.text == "https://example.com/device")
        }
        mover.cancel()
        stage.clock.release()
        await mover.value
        #expect(token.refresh.text == "r1")
        // 5 s, 5 s, 10 s because it was too fast, 20 s because the server was broken.
        #expect((stage.clock.now.nanoseconds - start.nanoseconds) / 1_000_000_000 == 40)
        #expect(stage.server.requests.map(\.path) == ["/device", "/token", "/token", "/token", "/token"])
        #expect(stage.server.requests.last?["device_code"] == "d3v")
    }

    @Test(arguments: [("expired_token", "the code is too old"), ("access_denied", "it was not allowed")])
    func `does not type it`(code: String, text: String) async throws {
        let stage = try await Stage(flow: .device) { request in
            request.path == "/token"
                ? .error(code)
                : .json(
                    200,
                    #"{"device_code":"d","user_code":"A","verification_uri":"https://example.com/","expires_in":900,"interval":5}"#
                )
        }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        async let failure = Self.failure { try await authorisation.byDevice { _ in } }
        await stage.clock.passToNext()
        let found = await failure
        #expect(found.hasPrefix(text))
    }

    @Test func `is told when there is nothing to keep`() async throws {
        let stage = try await Stage { _ in .token("a1") }
        let authorisation = Authorisation(account: stage.account, transport: stage.http, clock: stage.clock)
        let text = await Self.failure {
            try await authorisation.byBrowser { page in
                let asked = Browser.parameters(page.text)
                _ = try? await Browser.get("\(asked["redirect_uri"] ?? "")?code=c&state=\(asked["state"] ?? "")")
            }
        }
        #expect(text.contains("no refresh token") && text.contains("offline_access"))
    }
}
