// Strategy: the test plays the shell. Times are numbers, and what the authorisation server, the disk and the mail server do is said
// line by line.

import NIOCore
import Testing

@testable import InterpostCore

/// An account with its clock.
struct TokenShell {
    static let second = OAuthExample.second

    var life: TokenLife
    var now = WireTime(nanoseconds: 1_000_000 * second)

    init(_ flow: OAuthFlow = .code, refresh: String? = "r1") {
        life = TokenLife(account: "anna", flow: flow, refreshToken: refresh.map { Secret(text: $0) })
    }

    mutating func pass(_ seconds: Int64) { now = WireTime(nanoseconds: now.nanoseconds + seconds * Self.second) }

    mutating func needs() -> TokenLife.Decision { life.needsToken(at: now) }

    /// A server's answer to the refresh token that is on disk.
    mutating func answer(_ access: String, refresh: String? = nil, lifetime: Int64 = 3600, jitter: Double = 0) -> TokenLife.Step {
        let token = OAuthToken(access: Secret(text: access), lifetime: lifetime, refresh: refresh.map { Secret(text: $0) })
        return life.answered(.success(token), to: life.refreshToken, at: now, jitter: jitter)
    }

    mutating func fail(_ failure: OAuthFailure) -> TokenLife.Step {
        life.answered(.failure(failure), to: life.refreshToken, at: now, jitter: 0)
    }

    /// With an access token `a1`.
    static func ready(_ flow: OAuthFlow = .code, lifetime: Int64 = 3600) -> TokenShell {
        var shell = TokenShell(flow, refresh: flow.needsPerson ? "r1" : nil)
        _ = shell.needs()
        _ = shell.answer("a1", lifetime: lifetime)
        return shell
    }
}

extension TokenLife.Decision {
    static func use(_ text: String) -> Self { .use(Secret(text: text)) }
    static func store(_ text: String) -> Self { .store(Secret(text: text)) }
}

extension TokenLife.Step {
    static func store(_ text: String) -> Self { .store(Secret(text: text)) }

    static func refreshed(_ seconds: Int64, flow: OAuthFlow = .code) -> Self {
        .tell(.refreshed(account: "anna", flow: flow, expiresIn: seconds))
    }

    static func failed(_ error: String, flow: OAuthFlow = .code) -> Self {
        .tell(.failed(account: "anna", flow: flow, error: error))
    }
}

@Suite struct `The life of a token` {
    @Test func `begins with a person`() {
        var shell = TokenShell(refresh: nil)
        guard case .fail(.needsAuthorisation(let text)) = shell.needs() else {
            Issue.record("a token is asked for without a refresh token")
            return
        }
        #expect(text.contains("interpost account authorise anna"))
        shell.life.authorised(Secret(text: "r1"), at: shell.now)
        #expect(shell.needs() == .refresh)
    }

    @Test(arguments: [OAuthFlow.clientCredentials, .serviceAccount]) func `begins without a person where none is needed`(
        flow: OAuthFlow
    ) {
        var shell = TokenShell(flow, refresh: nil)
        #expect(shell.needs() == .refresh)
        // A refresh token has no use here, and is not stored.
        #expect(shell.answer("a1", refresh: "r1") == .refreshed(3600, flow: flow))
        #expect(shell.life.refreshToken == nil)
        #expect(shell.needs() == .use("a1"))
    }

    @Test func `has one refresh for all who wait`() {
        var shell = TokenShell()
        #expect(shell.needs() == .refresh)
        for _ in 0..<1000 { #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second))) }
        shell.pass(2)
        #expect(shell.answer("a1") == .refreshed(3598))
        #expect(shell.needs() == .use("a1"))
    }

    @Test func `does not let anybody wait for ever`() {
        var shell = TokenShell()
        #expect(shell.needs() == .refresh)
        shell.pass(45)
        #expect(shell.needs() == .fail(.unavailable("the authorisation server does not answer")))
        #expect(shell.answer("a1") == .refreshed(3555))
        #expect(shell.needs() == .use("a1"))
    }

    @Test func `has a new refresh token on disk before anything else`() {
        var shell = TokenShell()
        #expect(shell.needs() == .refresh)
        #expect(shell.answer("a1", refresh: "r2") == .store("r2"))
        #expect(shell.life.refreshToken == Secret(text: "r1"))
        #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second)))
        #expect(shell.life.stored(Secret(text: "r2"), at: shell.now) == .refreshed(3600))
        #expect(shell.life.refreshToken == Secret(text: "r2"))
        #expect(shell.needs() == .use("a1"))
        // The same one again is not stored again.
        shell.pass(3600)
        #expect(shell.needs() == .refresh)
        #expect(shell.answer("a2", refresh: "r2") == .refreshed(3600))
    }

    @Test func `keeps a refresh token that the disk does not take`() {
        var shell = TokenShell.ready()
        shell.pass(3300)
        #expect(shell.needs() == .refresh)
        #expect(shell.answer("a2", refresh: "r2") == .store("r2"))
        let text = "the new refresh token cannot be stored: no space left"
        #expect(shell.life.storingFailed("no space left", at: shell.now) == .failed(text))
        // The old access token is good for as long as it lives.
        #expect(shell.needs() == .use("a1"))
        shell.pass(1)
        #expect(shell.needs() == .store("r2"))
        #expect(shell.needs() == .use("a1"))
        #expect(shell.life.storingFailed("no space left", at: shell.now) == .failed(text))
        shell.pass(1)
        #expect(shell.needs() == .use("a1"))
        shell.pass(1)
        #expect(shell.needs() == .store("r2"))
        _ = shell.life.storingFailed("no space left", at: shell.now)
        shell.now = shell.now.later(by: 3 * TokenShell.second)
        shell.pass(300)
        #expect(shell.needs() == .store("r2"))
        #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second)))
        #expect(shell.life.stored(Secret(text: "r2"), at: shell.now) == .refreshed(3600 - 306))
        #expect(shell.needs() == .use("a2"))
    }

    @Test func `says that it is unavailable while the disk takes nothing`() {
        var shell = TokenShell()
        _ = shell.needs()
        _ = shell.answer("a1", refresh: "r2")
        _ = shell.life.storingFailed("read-only file system", at: shell.now)
        #expect(shell.needs() == .fail(.unavailable("the new refresh token cannot be stored: read-only file system")))
    }

    /// Life, and when the next one is due, in seconds.
    @Test(arguments: [
        (3600, 0.0, 3240), (86_400, 0, 77_760), (3000, 0, 2700), (2000, 0, 1700), (600, 0, 300), (300, 0, 150), (60, 0, 30),
        (2, 0, 1),
        (3600, 1, 3060), (3600, 0.5, 3150), (3600, 7, 3060), (3600, -7, 3240), (3600, .nan, 3240), (600, 1, 300),
    ])
    func `is renewed before its end`(lifetime: Int64, jitter: Double, due: Int64) {
        var shell = TokenShell()
        _ = shell.needs()
        _ = shell.answer("a1", lifetime: lifetime, jitter: jitter)
        shell.now = WireTime(nanoseconds: shell.now.nanoseconds + due * TokenShell.second - 1)
        #expect(shell.needs() == .use("a1"))
        shell.now = shell.now.later(by: 1)
        #expect(shell.needs() == .refresh)
        #expect(shell.needs() == .use("a1"))
        shell.now = WireTime(nanoseconds: 1_000_000 * TokenShell.second + lifetime * TokenShell.second - 1)
        #expect(shell.needs() == .use("a1"))
        shell.now = shell.now.later(by: 1)
        guard case .wait = shell.needs() else {
            return #expect(shell.needs() == .fail(.unavailable("the authorisation server does not answer")))
        }
    }

    @Test func `counts from the moment at which it was asked for`() {
        var shell = TokenShell()
        _ = shell.needs()
        shell.pass(30)
        #expect(shell.answer("a1", lifetime: 60) == .refreshed(30))
    }

    @Test func `is asked for less and less often while it fails`() {
        var shell = TokenShell()
        #expect(shell.needs() == .refresh)
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] as [Int64] {
            #expect(shell.fail(.transient("login.example.org is not reached")) == .failed("login.example.org is not reached"))
            shell.pass(wait - 1)
            #expect(shell.needs() == .fail(.unavailable("login.example.org is not reached")))
            shell.pass(1)
            #expect(shell.needs() == .refresh)
        }
        #expect(shell.answer("a1") == .refreshed(3600))
        shell.pass(3600)
        #expect(shell.needs() == .refresh)
        _ = shell.fail(.transient("x"))
        shell.pass(1)
        #expect(shell.needs() == .refresh)
    }

    @Test func `is asked for when the server said so, and not before`() {
        var shell = TokenShell()
        #expect(shell.needs() == .refresh)
        _ = shell.fail(.transient("busy", retryAfter: 120))
        shell.pass(119)
        #expect(shell.needs() == .fail(.unavailable("busy")))
        shell.pass(1)
        #expect(shell.needs() == .refresh)
        _ = shell.fail(.transient("busy", retryAfter: 0))
        shell.pass(1)
        #expect(shell.needs() == .fail(.unavailable("busy")))
        shell.pass(1)
        #expect(shell.needs() == .refresh)
        _ = shell.fail(.transient("busy", retryAfter: .max))
        shell.pass(86_399)
        #expect(shell.needs() == .fail(.unavailable("busy")))
        shell.pass(1)
        #expect(shell.needs() == .refresh)
    }

    @Test func `is used to its end while the next one fails`() {
        var shell = TokenShell.ready()
        shell.pass(3300)
        #expect(shell.needs() == .refresh)
        #expect(shell.fail(.transient("x", retryAfter: 3000)) == .failed("x"))
        #expect(shell.needs() == .use("a1"))
        shell.pass(299)
        #expect(shell.needs() == .use("a1"))
        shell.pass(1)
        #expect(shell.needs() == .fail(.unavailable("x")))
        #expect(shell.life.refreshToken == Secret(text: "r1"))
    }

    @Test func `ends when a person has to allow it again, and is kept`() {
        var shell = TokenShell.ready()
        shell.pass(3300)
        _ = shell.needs()
        let text = "invalid_grant; run 'interpost account authorise anna'"
        #expect(shell.fail(.grantEnded("invalid_grant")) == .tell(.needed(account: "anna", flow: .code, error: text)))
        #expect(shell.life.refreshToken == Secret(text: "r1"))
        #expect(shell.needs() == .use("a1"))
        shell.pass(300)
        #expect(shell.needs() == .fail(.needsAuthorisation(text)))
        shell.pass(1_000_000)
        #expect(shell.needs() == .fail(.needsAuthorisation(text)))
        shell.life.authorised(Secret(text: "r9"), at: shell.now)
        #expect(shell.needs() == .refresh)
        #expect(shell.answer("a9") == .refreshed(3600))
    }

    @Test func `does not need a person where there is none`() {
        var shell = TokenShell(.serviceAccount, refresh: nil)
        _ = shell.needs()
        guard case .tell(.failed(_, .serviceAccount, let text)) = shell.fail(.grantEnded("invalid_grant: Invalid JWT")) else {
            Issue.record("no event")
            return
        }
        #expect(text.contains("clock"))
        #expect(shell.needs() == .fail(.misconfigured(text)))
        shell.pass(300)
        #expect(shell.needs() == .refresh)
    }

    @Test(arguments: [OAuthFailure.misconfigured("x"), .denied("x"), .pending, .slowDown, .codeExpired])
    func `is tried again after five minutes when the configuration is wrong`(failure: OAuthFailure) {
        var shell = TokenShell()
        _ = shell.needs()
        guard case .tell(.failed) = shell.fail(failure), case .fail(.misconfigured) = shell.needs() else {
            Issue.record("\(failure)")
            return
        }
        shell.pass(299)
        guard case .fail(.misconfigured) = shell.needs() else {
            Issue.record("\(failure)")
            return
        }
        shell.pass(1)
        #expect(shell.needs() == .refresh)
        #expect(shell.life.refreshToken == Secret(text: "r1"))
    }

    @Test func `is made anew once when the mail server refuses it`() {
        var shell = TokenShell.ready()
        shell.life.tokenWasRefused(Secret(text: "a1"), at: shell.now)
        #expect(shell.needs() == .refresh)
        _ = shell.answer("a2")
        #expect(shell.needs() == .use("a2"))
        // Others come late with the old one.
        shell.life.tokenWasRefused(Secret(text: "a1"), at: shell.now)
        #expect(shell.needs() == .use("a2"))
        shell.life.tokenWasRefused(Secret(text: "a2"), at: shell.now)
        #expect(shell.needs() == .fail(.refused))
        shell.pass(299)
        #expect(shell.needs() == .fail(.refused))
        shell.pass(1)
        #expect(shell.needs() == .refresh)
        _ = shell.answer("a3")
        shell.pass(299)
        shell.life.tokenWasRefused(Secret(text: "a3"), at: shell.now)
        #expect(shell.needs() == .fail(.refused))
    }

    @Test func `is made anew at once when it was good for a while`() {
        var shell = TokenShell.ready()
        shell.life.tokenWasRefused(Secret(text: "a1"), at: shell.now)
        _ = shell.needs()
        _ = shell.answer("a2")
        shell.pass(300)
        shell.life.tokenWasRefused(Secret(text: "a2"), at: shell.now)
        #expect(shell.needs() == .refresh)
    }

    @Test func `is not made anew in the rest that a server asked for`() {
        var shell = TokenShell.ready()
        shell.pass(3300)
        _ = shell.needs()
        _ = shell.fail(.transient("busy", retryAfter: 100))
        shell.life.tokenWasRefused(Secret(text: "a1"), at: shell.now)
        #expect(shell.needs() == .fail(.unavailable("busy")))
        shell.pass(100)
        #expect(shell.needs() == .refresh)
    }

    @Test func `is refused while the next one is on its way`() {
        var shell = TokenShell.ready()
        shell.pass(3300)
        #expect(shell.needs() == .refresh)
        shell.life.tokenWasRefused(Secret(text: "a1"), at: shell.now)
        #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second)))
        _ = shell.answer("a2")
        shell.life.tokenWasRefused(Secret(text: "a2"), at: shell.now)
        #expect(shell.needs() == .fail(.refused))
    }

    @Test func `begins anew when a person allows it while a refresh is under way`() {
        var shell = TokenShell()
        #expect(shell.needs() == .refresh)
        shell.life.authorised(Secret(text: "r9"), at: shell.now)
        // Still one at a time.
        #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second)))
        let late = OAuthToken(access: Secret(text: "a1"), lifetime: 3600, refresh: Secret(text: "r2"))
        #expect(shell.life.answered(.success(late), to: Secret(text: "r1"), at: shell.now, jitter: 0) == .nothing)
        #expect(shell.life.refreshToken == Secret(text: "r9"))
        #expect(shell.needs() == .refresh)
    }

    @Test func `begins anew when a person allows it while a token is stored`() {
        var shell = TokenShell()
        _ = shell.needs()
        _ = shell.answer("a1", refresh: "r2")
        shell.life.authorised(Secret(text: "r9"), at: shell.now)
        #expect(shell.life.stored(Secret(text: "r2"), at: shell.now) == .nothing)
        #expect(shell.life.storingFailed("x", at: shell.now) == .nothing)
        #expect(shell.life.refreshToken == Secret(text: "r9"))
        #expect(shell.needs() == .refresh)
    }

    @Test func `is tried again at once when the configuration was read again`() {
        for failure in [OAuthFailure.transient("x", retryAfter: 1000), .misconfigured("x"), .grantEnded("x")] {
            var shell = TokenShell()
            _ = shell.needs()
            _ = shell.fail(failure)
            shell.life.retry(at: shell.now)
            #expect(shell.needs() == .refresh)
            // What is under way goes on.
            shell.life.retry(at: shell.now)
            #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second)))
            _ = shell.answer("a1", refresh: "r2")
            shell.life.retry(at: shell.now)
            _ = shell.life.storingFailed("x", at: shell.now)
            shell.life.retry(at: shell.now)
            #expect(shell.needs() == .store("r2"))
        }
    }

    @Test func `hears nothing that was not asked for`() {
        var shell = TokenShell.ready()
        #expect(shell.answer("a2", refresh: "r2") == .nothing)
        #expect(shell.fail(.grantEnded("x")) == .nothing)
        #expect(shell.life.stored(Secret(text: "r2"), at: shell.now) == .nothing)
        #expect(shell.needs() == .use("a1"))
        #expect(shell.life.refreshToken == Secret(text: "r1"))
    }

    @Test func `goes on when the clock goes back a little`() {
        var shell = TokenShell.ready()
        shell.pass(-60)
        #expect(shell.needs() == .use("a1"))
        shell.pass(60 + 3600)
        #expect(shell.needs() == .refresh)
    }

    @Test func `is not immortal when the clock goes back`() {
        var shell = TokenShell.ready()
        shell.pass(-61)
        #expect(shell.needs() == .refresh)
        _ = shell.answer("a2")
        #expect(shell.needs() == .use("a2"))
        shell.pass(-10_000_000)
        #expect(shell.needs() == .refresh)
        _ = shell.fail(.transient("x", retryAfter: 100))
        shell.pass(-1_000)
        #expect(shell.needs() == .fail(.unavailable("x")))
        shell.pass(100)
        #expect(shell.needs() == .refresh)
    }

    @Test func `waits no longer when the clock goes back`() {
        var shell = TokenShell()
        _ = shell.needs()
        shell.pass(-1_000)
        #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second)))
        #expect(shell.answer("a1", refresh: "r2") == .store("r2"))
        shell.pass(-1_000)
        #expect(shell.needs() == .wait(until: shell.now.later(by: 45 * TokenShell.second)))
        #expect(shell.life.stored(Secret(text: "r2"), at: shell.now) == .refreshed(0))
        #expect(shell.life.refreshToken == Secret(text: "r2"))
        #expect(shell.needs() == .refresh)
        _ = shell.answer("a3", refresh: "r3")
        _ = shell.life.storingFailed("x", at: shell.now)
        shell.pass(-1_000)
        #expect(shell.needs() == .store("r3"))
    }

    @Test func `ends when the clock goes forward`() {
        var shell = TokenShell.ready()
        shell.pass(100_000_000)
        #expect(shell.needs() == .refresh)
        shell.pass(100_000_000)
        guard case .fail(.unavailable) = shell.needs() else {
            Issue.record("somebody waits")
            return
        }
        _ = shell.answer("a2")
        #expect(shell.needs() == .refresh)
    }

    @Test func `survives times at the end of what can be counted`() {
        for time in [Int64.min, -1, 0, .max - 1, .max] {
            var shell = TokenShell()
            shell.now = WireTime(nanoseconds: time)
            _ = shell.needs()
            _ = shell.answer("a1", lifetime: .max)
            _ = shell.needs()
            for other in [Int64.max, .min, 0] {
                shell.now = WireTime(nanoseconds: other)
                if shell.needs() == .refresh { _ = shell.fail(.transient("x", retryAfter: .max)) }
                if shell.needs() == .refresh { _ = shell.answer("a2", refresh: "r2") }
                _ = shell.life.storingFailed("x", at: shell.now)
            }
        }
    }
}
