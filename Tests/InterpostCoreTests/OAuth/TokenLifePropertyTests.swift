// Strategy: random events at random times, with an authorisation server that rotates refresh tokens, loses answers and is broken at
// times, and with a disk that fails at times. An oracle beside the value knows what is on disk, what is in flight, and how old each
// access token is.

import NIOCore
import Testing

@testable import InterpostCore

/// All that is around a `TokenLife`, and what must be so.
private struct TokenWorld {
    var life: TokenLife
    var random: SeededGenerator
    let flow: OAuthFlow
    var now = WireTime(nanoseconds: 10_000_000 * OAuthExample.second)
    /// The clock went back by more than a minute since the access token was made.
    var wentBack = false
    var latest = WireTime(nanoseconds: 0)

    /// What was asked for and when, with which refresh token.
    var inFlight: (used: Secret?, since: WireTime)?
    /// What is being written.
    var writing: Secret?
    var disk: Secret?
    /// Made by the server, not yet on disk, and not superseded by a person.
    var owed: Secret?
    var ends: [Secret: WireTime] = [:]
    /// Those that the mail server has seen, and may refuse.
    var shown: [Secret] = []
    var refused: Set<Secret> = []
    var made = 0
    var uses = 0
    var stores = 0

    init(seed: Int, flow: OAuthFlow) {
        random = SeededGenerator(seed: seed)
        self.flow = flow
        disk = flow.needsPerson ? Secret(text: "r0") : nil
        life = TokenLife(account: "anna", flow: flow, refreshToken: disk)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func run() {
        for _ in 0..<400 {
            passTime()
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4: need()
            case 5, 6: answer()
            case 7: write()
            case 8:
                if let token = shown.randomElement(using: &random) { refuse(token) }
            default: if chance(10) { authorise() } else { need() }
            }
            #expect(life.refreshToken == disk, "what is used is what is on disk")
        }
    }

    mutating func passTime() {
        var seconds = Int64.random(in: 0...Int64.random(in: 1...2000, using: &random), using: &random)
        if chance(3) { seconds = Int64.random(in: -100_000...100_000, using: &random) }
        now = WireTime(nanoseconds: now.nanoseconds + seconds * OAuthExample.second)
    }

    /// Before anything is told: the value sees this time.
    mutating func look() {
        if now.later(by: 60 * OAuthExample.second) < latest {
            // Nobody knows how old tokens are.
            for token in ends.keys { ends[token] = now }
            latest = now
        }
        latest = max(latest, now)
    }

    mutating func need() {
        look()
        switch life.needsToken(at: now) {
        case .use(let token):
            uses += 1
            if shown.last != token { shown.append(token) }
            #expect(ends[token].map { latest < $0 } == true, "a token is used after its end")
            #expect(!refused.contains(token), "a token is used that was refused")
            #expect(owed == nil || owed != nil && token != tokenOfOwed, "a token is used before its refresh token is on disk")
        case .refresh:
            #expect(inFlight == nil, "two refreshes")
            #expect(writing == nil && owed == nil, "a refresh while a new refresh token is not on disk")
            #expect(!flow.needsPerson || life.refreshToken != nil)
            inFlight = (life.refreshToken, latest)
        case .store(let token):
            #expect(writing == nil, "two writers")
            #expect(token == owed, "another refresh token is stored than that which is owed")
            writing = token
        case .wait(let until):
            #expect(inFlight != nil || writing != nil, "a wait for nothing")
            #expect(until > latest)
        case .fail: break
        }
    }

    /// The access token that came with the refresh token that is not on disk.
    var tokenOfOwed: Secret?

    mutating func answer() {
        guard let flight = inFlight else { return }
        inFlight = nil
        look()
        if chance(30) {
            let failures: [OAuthFailure] = [
                .transient("x"), .transient("x", retryAfter: 100), .grantEnded("x"), .misconfigured("x"), .pending, .denied("x"),
            ]
            let failure = failures.randomElement(using: &random) ?? .pending
            _ = life.answered(.failure(failure), to: flight.used, at: now, jitter: 0)
            return
        }
        made += 1
        let lifetime = Int64.random(in: 1...7200, using: &random)
        let rotates = chance(60)
        let token = OAuthToken(
            access: Secret(text: "a\(made)"), lifetime: lifetime, refresh: rotates ? Secret(text: "r\(made)") : nil)
        let isPast = flight.used != life.refreshToken
        switch life.answered(.success(token), to: flight.used, at: now, jitter: Double.random(in: 0...1, using: &random)) {
        case .store(let refresh):
            #expect(rotates && flow.needsPerson && !isPast && refresh == token.refresh)
            (writing, owed, tokenOfOwed) = (refresh, refresh, token.access)
        case .tell(.refreshed): #expect(!isPast && (!rotates || !flow.needsPerson), "a new refresh token is lost")
        case .nothing: #expect(isPast)
        case .tell: Issue.record("a failure that was none")
        }
        ends[token.access] = min(flight.since, latest).later(by: lifetime * OAuthExample.second)
    }

    mutating func write() {
        guard let token = writing else { return }
        writing = nil
        look()
        if chance(30) {
            _ = life.storingFailed("full", at: now)
            return
        }
        // A person was faster: the shell's lock keeps this writer out.
        guard token == owed else {
            #expect(life.stored(token, at: now) == .nothing)
            return
        }
        stores += 1
        (disk, owed, tokenOfOwed) = (token, nil, nil)
        guard case .tell(.refreshed) = life.stored(token, at: now) else {
            Issue.record("a stored token is not taken")
            return
        }
    }

    mutating func refuse(_ token: Secret) {
        look()
        refused.insert(token)
        life.tokenWasRefused(token, at: now)
    }

    mutating func authorise() {
        guard flow.needsPerson, writing == nil else { return }
        look()
        made += 1
        disk = Secret(text: "r\(made)")
        (owed, tokenOfOwed) = (nil, nil)
        ends = [:]
        life.authorised(disk, at: now)
    }
}

@Suite struct `Any life of a token` {
    @Test(arguments: [OAuthFlow.code, .serviceAccount])
    func `has one refresh at a time, no token after its end, and no refresh token lost`(flow: OAuthFlow) {
        var (uses, stores) = (0, 0)
        for seed in 0..<500 {
            var world = TokenWorld(seed: seed, flow: flow)
            world.run()
            uses += world.uses
            stores += world.stores
        }
        // Otherwise nothing was looked at.
        #expect(uses > 5_000)
        #expect(flow == .serviceAccount ? stores == 0 : stores > 1_000)
    }
}
