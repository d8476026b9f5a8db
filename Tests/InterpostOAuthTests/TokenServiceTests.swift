// Strategy: a real HTTP server on loopback, a real folder, and a clock that stands still. What the authorisation server does is said in
// each test; what became of it is looked at in the log, on the disk and in what the server was asked.

import Foundation
import InterpostCore
import NIOCore
import Testing

@testable import InterpostOAuth

@Suite struct `Tokens of an account` {
    @Test func `are asked for once, and then used`() async throws {
        let stage = try await Stage { _ in .token("a1") }
        try stage.allow()
        let service = stage.service([stage.account(secret: "s&cret")])
        #expect(try await service.token() == "a1")
        #expect(try await service.token() == "a1")
        let request = try #require(stage.server.requests.first)
        #expect(stage.server.requests.count == 1)
        #expect(
            request.form == ["grant_type": "refresh_token", "refresh_token": "r1", "client_id": "app", "client_secret": "s&cret"])
        #expect(request.headers["content-type"] == "application/x-www-form-urlencoded")
        #expect(stage.events == [.refreshed(account: "anna", flow: .code, expiresIn: 3600)])
    }

    @Test func `are asked for once by a thousand logins at once`() async throws {
        let stage = try await Stage { _ in .token("a1", refresh: "r2") }
        try stage.allow()
        let service = stage.service()
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<1000 { group.addTask { try await service.token() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(tokens == ["a1"])
        #expect(stage.server.requests.count == 1)
        #expect(try stage.stored() == "r2")
    }

    @Test func `are renewed in time, with a refresh token that changes`() async throws {
        let counter = Counter()
        let stage = try await Stage { _ in
            let number = counter.next()
            return .token("a\(number)", refresh: "r\(number + 1)")
        }
        try stage.allow()
        let service = stage.service()
        for number in 1...5 {
            // The old one is given as long as the next one is on its way.
            #expect(try await service.token() == "a\(max(1, number - 1))")
            await stage.told(number)
            #expect(try await service.token() == "a\(number)")
            #expect(try stage.stored() == "r\(number + 1)")
            stage.clock.pass(seconds: 3300)
        }
        #expect(stage.server.requests.map { $0["refresh_token"] } == ["r1", "r2", "r3", "r4", "r5"])
        // What a person has allowed keeps its time.
        #expect(try stage.store.read("anna")?.token.authorised == WireTime(nanoseconds: 1_800_000_000_000_000_000))
    }

    @Test func `go on after a restart`() async throws {
        let stage = try await Stage { request in .token("a-\(request["refresh_token"] ?? "")", refresh: "r2") }
        try stage.allow()
        let first = stage.service()
        #expect(try await first.token() == "a-r1")
        await first.shutdown()
        #expect(await first.failure() == .unavailable("the program is ending"))
        #expect(try await stage.service().token() == "a-r2")
    }

    @Test(arguments: [
        FakeAuthorisationServer.Reply.json(500, "{}"), .json(503, #"{"error":"invalid_grant"}"#),
        .text(200, type: "text/html", "<html>"),
        .text(200, type: nil, #"{"access_token":"a"}"#), .json(200, #"{"access_token":"a""#), .json(200, "[]"), .json(200, ""),
        .json(302, #"{"access_token":"a"}"#, ["Location": "/elsewhere"]), .close,
    ])
    func `are not thrown away for what goes by`(reply: FakeAuthorisationServer.Reply) async throws {
        let stage = try await Stage { _ in reply }
        try stage.allow()
        let service = stage.service()
        guard case .unavailable(let why) = await service.failure() else {
            Issue.record("\(reply)")
            return
        }
        #expect(why.contains("127.0.0.1"), "\(why)")
        guard case .failed(account: "anna", flow: .code, error: why) = stage.events.last else {
            Issue.record("\(stage.events)")
            return
        }
        #expect(try stage.stored() == "r1")
        // In the rest between two attempts nobody is asked.
        #expect(await service.failure() == .unavailable(why))
        #expect(stage.server.requests.count == 1)
        stage.server.answers { _ in .token("a1") }
        stage.clock.pass(seconds: 1)
        #expect(try await service.token() == "a1")
        #expect(stage.server.requests.map(\.path) == ["/token", "/token"])
    }

    @Test func `are not in an answer without end`() async throws {
        let text = #"{"access_token":"a","x":""# + String(repeating: "x", count: 1 << 22) + #""}"#
        let stage = try await Stage { _ in .json(200, text) }
        try stage.allow()
        #expect(await stage.service().failure() == .unavailable("127.0.0.1 answers with more than 64 KiB"))
    }

    @Test(arguments: [FakeAuthorisationServer.Reply.silence, .drip])
    func `are not waited for without end`(reply: FakeAuthorisationServer.Reply) async throws {
        let stage = try await Stage(timeout: .milliseconds(200)) { _ in reply }
        try stage.allow()
        #expect(await stage.service().failure() == .unavailable("127.0.0.1 does not answer within 0.2 s"))
        #expect(try stage.stored() == "r1")
    }

    @Test func `are not there when nobody answers`() async throws {
        let stage = try await Stage { _ in .close }
        try stage.allow()
        try await stage.server.stop()
        let failure = await stage.service().failure()
        #expect(
            failure == .unavailable("127.0.0.1 cannot be reached: connection refused"), "\(String(describing: failure))")
    }

    @Test func `are asked for when the server said so, and the old one is used until its end`() async throws {
        let stage = try await Stage { _ in .token("a1") }
        try stage.allow()
        let service = stage.service()
        _ = try await service.token()
        stage.server.answers { _ in .json(429, "{}", ["Retry-After": "200"]) }
        stage.clock.pass(seconds: 3300)
        #expect(try await service.token() == "a1")
        await stage.told(2)
        stage.clock.pass(seconds: 199)
        #expect(try await service.token() == "a1")
        #expect(stage.server.requests.count == 2)
        stage.clock.pass(seconds: 1)
        #expect(try await service.token() == "a1")
        await stage.told(3)
        stage.clock.pass(seconds: 100)
        #expect(await service.failure() == .unavailable("127.0.0.1 answers with the status 429"))
        stage.server.answers { _ in .token("a2") }
        stage.clock.pass(seconds: 100)
        #expect(try await service.token() == "a2")
    }

    @Test func `need a person when what was allowed is over, and are kept`() async throws {
        let stage = try await Stage { _ in .json(400, #"{"error":"invalid_grant","error_description":"7 days are over"}"#) }
        try stage.allow()
        let service = stage.service()
        let text = "invalid_grant: 7 days are over; run 'interpost account authorise anna'"
        #expect(await service.failure() == .needsAuthorisation(text))
        #expect(stage.events == [.needed(account: "anna", flow: .code, error: text)])
        #expect(try stage.stored() == "r1")
        stage.clock.pass(seconds: 1_000_000)
        #expect(await service.failure() == .needsAuthorisation(text))
        #expect(stage.server.requests.count == 1)
        // Another program stores what a person has allowed anew.
        stage.server.answers { request in .token("a-\(request["refresh_token"] ?? "")") }
        try stage.allow("r9")
        #expect(try await service.token() == "a-r9")
    }

    @Test func `need a person who has not been asked yet`() async throws {
        let stage = try await Stage { _ in .token("a1") }
        let service = stage.service()
        guard case .needsAuthorisation = await service.failure() else {
            Issue.record("a token out of nothing")
            return
        }
        #expect(stage.server.requests.isEmpty)
        try stage.allow()
        #expect(try await service.token() == "a1")
    }

    @Test func `are not shown to another server or for another application`() async throws {
        let stage = try await Stage { _ in .token("a1") }
        try stage.allow(clientID: "another")
        let service = stage.service()
        guard case .needsAuthorisation(let text) = await service.failure() else {
            Issue.record("a refresh token of another application is shown")
            return
        }
        #expect(text.contains("another application"))
        #expect(stage.server.requests.isEmpty)
    }

    @Test func `are told what is wrong with the configuration`() async throws {
        let stage = try await Stage { _ in .error("invalid_client", status: 401) }
        try stage.allow()
        let service = stage.service()
        guard case .misconfigured(let text) = await service.failure() else {
            Issue.record("no failure")
            return
        }
        #expect(text.contains("'client-secret'"))
        // It is not waited for when the configuration is read again.
        stage.server.answers { _ in .token("a1") }
        await service.reload([stage.account])
        #expect(try await service.token() == "a1")
        #expect(await service.failure("bob") == .misconfigured("there is no account 'bob' with 'oauth'"))
    }

    @Test func `are made anew once when the mail server refuses one`() async throws {
        let counter = Counter()
        let stage = try await Stage { _ in .token("a\(counter.next())") }
        try stage.allow()
        let service = stage.service()
        let first = try await service.accessToken(for: "anna")
        await service.tokenWasRefused(first, for: "anna")
        let second = try await service.accessToken(for: "anna")
        #expect(second.text == "a2")
        await service.tokenWasRefused(first, for: "anna")
        #expect(try await service.token() == "a2")
        await service.tokenWasRefused(second, for: "anna")
        #expect(await service.failure() == .refused)
        #expect(stage.server.requests.count == 2)
    }

    @Test func `are told of when what is stored cannot be read, and it is left alone`() async throws {
        let stage = try await Stage { _ in .token("a1") }
        try stage.allow()
        let path = stage.store.path(of: "anna")
        try Data("IPTOKEN1 and something else".utf8).write(to: URL(filePath: path))
        let service = stage.service()
        guard case .misconfigured(let text) = await service.failure() else {
            Issue.record("no failure")
            return
        }
        #expect(text.contains(path) && text.contains("interpost account authorise anna"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "IPTOKEN1 and something else")
        #expect(stage.server.requests.isEmpty)
        // A person allows it anew, and the file is kept aside.
        try stage.allow()
        #expect(try String(contentsOfFile: path + ".unreadable-1", encoding: .utf8) == "IPTOKEN1 and something else")
        #expect(try await service.token() == "a1")
    }

    @Test func `are not used before the new refresh token is on disk`() async throws {
        let stage = try await Stage { _ in .token("a1", refresh: "r2") }
        try stage.allow()
        // A folder in the place of the new file: the disk does not take it.
        let blocked = stage.store.path(of: "anna") + ".new"
        try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: false)
        let service = stage.service()
        guard case .unavailable(let text) = await service.failure() else {
            Issue.record("no failure")
            return
        }
        #expect(text.hasPrefix("the new refresh token cannot be stored: "))
        #expect(try stage.stored() == "r1")
        try FileManager.default.removeItem(atPath: blocked)
        stage.clock.pass(seconds: 1)
        #expect(try await service.token() == "a1")
        #expect(try stage.stored() == "r2")
        #expect(stage.server.requests.count == 1)
    }

    @Test func `are waited for while another program asks`() async throws {
        let stage = try await Stage { request in .token("a-\(request["refresh_token"] ?? "")") }
        try stage.allow()
        let service = stage.service()
        var lock = try stage.store.lock("anna")
        #expect(lock != nil)
        async let token = service.token()
        // The other program gets a newer one.
        try stage.allow("r2")
        lock = nil
        let got = try await token
        #expect(["a-r1", "a-r2"].contains(got))
        _ = lock
        #expect(stage.server.requests.count == 1)
        stage.clock.pass(seconds: 3600)
        #expect(try await service.token() == "a-r2")
    }

    @Test func `are of nobody who does not wait any more`() async throws {
        let stage = try await Stage(timeout: .milliseconds(300)) { _ in .silence }
        try stage.allow()
        let service = stage.service()
        let waiting = Task { try await service.token() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        // Somebody else hears what became of it.
        guard case .unavailable = await service.failure() else {
            Issue.record("no failure")
            return
        }
        #expect(stage.server.requests.count == 1)
    }

    @Test func `are each user's own where an account is for many`() async throws {
        let stage = try await Stage { request in .token("a-\(request["refresh_token"] ?? "")") }
        try stage.allow("r-bob", account: "bob@example.org")
        try stage.allow("r-eve", account: "eve@example.org")
        let service = stage.service([stage.account("*@example.org", user: nil)])
        #expect(try await service.token("*@example.org", user: "bob@example.org") == "a-r-bob")
        #expect(try await service.token("*@example.org", user: "eve@example.org") == "a-r-eve")
        #expect(try await service.token("*@example.org", user: "bob@example.org") == "a-r-bob")
        #expect(stage.server.requests.count == 2)
    }

    @Test func `end with an account that is not what it was`() async throws {
        let stage = try await Stage { _ in .token("a1") }
        try stage.allow()
        let service = stage.service()
        _ = try await service.token()
        await service.reload([])
        #expect(await service.failure() == .misconfigured("there is no account 'anna' with 'oauth'"))
        await service.reload([stage.account])
        #expect(try await service.token() == "a1")
        #expect(stage.server.requests.count == 2)
    }

    @Test func `are in no event`() async throws {
        let stage = try await Stage { _ in
            .json(400, #"{"error":"invalid_grant","error_description":"the token refresh-sesame of s3cret-swordfish is bad"}"#)
        }
        try stage.allow("refresh-sesame")
        let service = stage.service([stage.account(secret: "s3cret-swordfish")])
        let failure = await service.failure()
        for text in ["\(stage.events)", "\(String(describing: failure))"] {
            #expect(!text.contains("sesame") && !text.contains("swordfish"))
        }
    }
}
