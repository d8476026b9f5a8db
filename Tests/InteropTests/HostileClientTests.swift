// Strategy: a hostile hour in seconds. One relay is visited by clients that send noise, say nothing, leave off in
// the middle or vanish; each visit must leave a clear line in the event log, and afterwards the relay must
// serve an ordinary client and hold no session of the others.

import Foundation
import Testing

@Suite struct `A hostile client` {
    /// What every server here says to every client.
    private static let service: [Step] = [.tls, .say("* OK ready"), .hear("a NOOP\r\n"), .say("a OK done"), .end]
    private static let visit: [Step] = [.tls, .hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n"), .close]
    private static let limits = "timeouts: {handshake: 1, before-login: 2, after-login: 2, idle: 2, drain: 2}"

    @Test(arguments: [1, 5, 17, 300, 70_000, 400_000])
    func `that sends noise where TLS belongs is sent away`(octets: Int) async throws {
        try await besiege("imaps", to: "imaps", server: Self.service, visit: Self.visit) { relay in
            for seed in 1...3 {
                let report = try await relay.play([.noise(octets: octets, seed: seed), .end])
                #expect(!report.heard.contains("ready"))
            }
            try await relay.event("session.closed", count: 3)
            let failures = try relay.events().filter { $0.event == "tls.failed" && $0.side == "client" }
            let limits = try relay.events().filter { $0.event == "limit" && $0.limit == "timeouts.handshake" }
            #expect(failures.count + limits.count >= 3)
        }
    }

    @Test(arguments: [1, 100, 70_000, 300_000])
    func `that sends noise instead of commands is passed on`(octets: Int) async throws {
        try await besiege(
            "imap", to: "imap?starttls=off", server: [.say("* OK ready"), .end],
            visit: [.hear("ready\r\n"), .close], "timeouts: {drain: 20}"
        ) { relay in
            for seed in 1...3 { try await relay.play([.hear("ready\r\n"), .noise(octets: octets, seed: seed), .close]) }
            try await relay.event("session.closed", count: 3)
            if octets > 100 { try await relay.event("anomaly") { $0.side == "client" } }
        } afterwards: { heard in
            #expect(heard.prefix(3).map { $0.heard.unicodeScalars.count } == [octets, octets, octets])
        }
    }

    @Test func `that sends noise to POP3 is passed on`() async throws {
        let scene = try await Scene.play(
            "pop3", to: "pop3?starttls=off", server: [.say("+OK ready"), .end],
            client: [.hear("ready\r\n"), .noise(octets: 200_000, seed: 5), .close])
        #expect(scene.serverHeard.unicodeScalars.count == 200_000, scene.account)
        #expect(scene.has("anomaly") { $0.side == "client" }, scene.account)
    }

    // Which limit counts when, PatienceTests says without a clock; here one session of each kind runs into one.

    @Test func `that says nothing where TLS belongs runs into the time limit`() async throws {
        let scene = try await Scene.play(
            "pop3s", to: "pop3s", Self.limits, server: [.tls, .say("* OK ready"), .end], client: [.end])
        #expect(scene.client.heard.isEmpty, scene.account)
        #expect(!scene.client.ended.isEmpty, scene.account)
        #expect(scene.has("limit") { $0.limit == "timeouts.handshake" && $0.value == 1 }, scene.account)
        #expect(scene.closing?.by == "limit", scene.account)
    }

    @Test func `that says nothing before login runs into the time limit`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps", Self.limits, server: [.tls, .say("* OK ready"), .end], client: [.end])
        #expect(scene.client.heard == "* OK ready\r\n* BYE Interpost closes an inactive session\r\n", scene.account)
        #expect(scene.has("limit") { $0.limit == "timeouts.before-login" && $0.value == 2 }, scene.account)
    }

    @Test func `that idles for ever runs into a short time limit although the others are long`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps", "timeouts: {handshake: 60, before-login: 60, after-login: 60, idle: 1, drain: 2}",
            server: [.tls, .say("* PREAUTH ready"), .hear("a IDLE\r\n"), .say("+ idling"), .end],
            client: [.tls, .hear("ready\r\n"), .say("a IDLE"), .hear("+ idling\r\n"), .end])
        #expect(scene.client.heard.hasSuffix("* BYE Interpost closes an inactive session\r\n"), scene.account)
        #expect(scene.has("limit") { $0.limit == "timeouts.idle" && $0.value == 1 }, scene.account)
    }

    @Test func `that stops in the handshake behind STARTTLS runs into the time limit of handshakes`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps", "timeouts: {handshake: 1, before-login: 600, drain: 2}",
            server: [.tls, .say("* OK ready"), .end],
            client: [.hear("ready\r\n"), .pause(seconds: 1.5), .say("a STARTTLS"), .hear("a OK"), .hello(octets: 100), .end])
        #expect(scene.has("limit") { $0.limit == "timeouts.handshake" }, scene.account)
        #expect(scene.closing?.by == "limit", scene.account)
    }

    @Test(arguments: [1, 5, 6, 200, -1])
    func `that cuts its ClientHello runs into the time limit`(octets: Int) async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps", Self.limits, server: [.tls, .say("* OK ready"), .end],
            client: [.hello(octets: octets), .end])
        #expect(scene.has("limit") { $0.limit == "timeouts.handshake" }, scene.account)
        #expect(!scene.client.ended.isEmpty, scene.account)
    }

    @Test(arguments: [Step.close, .reset], [0, 5, 200])
    func `that vanishes in its ClientHello leaves nothing behind`(end: Step, octets: Int) async throws {
        try await besiege("imaps", to: "imaps", server: Self.service, visit: Self.visit) { relay in
            for _ in 1...5 { try await relay.play([.hello(octets: octets), end]) }
            try await relay.event("session.closed", count: 5) { $0.by == "client" }
        }
    }

    private static let departures: [[Step]] = [
        [.close], [.reset],
        [.send("b SEA"), .close], [.send("b SEA"), .reset],
        [.send("b APPEND INBOX {1000+}\r\nSubject"), .close], [.send("b APPEND INBOX {1000+}\r\nSubject"), .reset],
        [.send("b APPEND INBOX {1000}\r\n"), .reset],
        [.send("b IDLE\r\n"), .reset], [.send("b AUTHENTICATE PLAIN\r\n"), .close],
    ]

    @Test(arguments: departures)
    func `that vanishes in the middle of a command leaves nothing behind`(departure: [Step]) async throws {
        let arrival: [Step] = [.tls, .hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n")]
        try await besiege("imaps", to: "imaps", server: Self.service, visit: Self.visit) { relay in
            for _ in 1...3 { try await relay.play(arrival + departure) }
            try await relay.event("session.closed", count: 3) { $0.by == "client" }
        } afterwards: { heard in
            #expect(heard.allSatisfy { !$0.ended.isEmpty }, "the server was left alone: \(heard)")
        }
    }

    @Test func `that says all and sends FIN still gets every answer`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imap?starttls=off",
            server: [.say("* OK ready"), .hear("b LOGOUT\r\n"), .say("a OK done"), .say("* BYE"), .say("b OK bye"), .close],
            client: [.hear("ready\r\n"), .say("a NOOP"), .say("b LOGOUT"), .finish, .end])
        #expect(scene.client.heard == "* OK ready\r\na OK done\r\n* BYE\r\nb OK bye\r\n", scene.account)
    }

    @Test func `that says all and closes its side of TLS still gets every answer`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps",
            server: [
                .tls, .say("* OK ready"), .hear("b LOGOUT\r\n"), .say("a OK done"), .say("* BYE"), .say("b OK bye"), .notify,
                .end,
            ],
            client: [.tls, .hear("ready\r\n"), .say("a NOOP"), .say("b LOGOUT"), .notify, .end])
        #expect(scene.client.heard == "* OK ready\r\na OK done\r\n* BYE\r\nb OK bye\r\n", scene.account)
    }

    @Test func `that leaves in the middle of a line has said it all the same`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imap?starttls=off", server: [.say("* OK ready"), .end],
            client: [.hear("ready\r\n"), .send("a NO"), .finish, .end])
        #expect(scene.serverHeard == "a NO", scene.account)
    }

    @Test func `that sends all and FIN before the server is connected still gets every answer`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps",
            server: [
                .tls, .say("* OK ready"), .hear("b LOGOUT\r\n"), .say("a OK done"), .say("* BYE"), .say("b OK bye"), .notify,
                .end,
            ],
            client: [.say("a NOOP"), .say("b LOGOUT"), .finish, .end])
        #expect(scene.client.heard == "* OK ready\r\na OK done\r\n* BYE\r\nb OK bye\r\n", scene.account)
    }

    @Test func `that sends FIN gets an answer that takes longer than the relay waits for a closing peer`() async throws {
        let slow = (1...4).flatMap { [Step.say("* \($0) EXISTS"), .pause(seconds: 1)] }
        let scene = try await Scene.play(
            "imap", to: "imap?starttls=off", "timeouts: {closing: 2}",
            server: [.say("* OK ready"), .hear("a NOOP\r\n")] + slow + [.say("a OK done"), .close],
            client: [.hear("ready\r\n"), .say("a NOOP"), .finish, .end])
        #expect(scene.client.heard.hasSuffix("* 4 EXISTS\r\na OK done\r\n"), scene.account)
    }

    @Test func `that sends FIN is left when the server does not end its side, too`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imap?starttls=off", "timeouts: {closing: 1}",
            server: [.say("* OK ready"), .hear("a NOOP\r\n"), .say("a OK done"), .pause(seconds: 3), .close],
            client: [.hear("ready\r\n"), .say("a NOOP"), .finish, .end])
        #expect(scene.client.heard.hasSuffix("a OK done\r\n"), scene.account)
        #expect(scene.has("limit") { $0.limit == "timeouts.closing" && $0.value == 1 && $0.side == "server" }, scene.account)
        #expect(scene.closing?.by == "client", scene.account)
    }

    /// Lets the siege go on, then an ordinary client in; the relay must serve it and end at once.
    private func besiege(
        _ listen: String, to upstream: String, server: [Step], visit: [Step],
        _ further: String = Self.limits, _ siege: (RelayProcess) async throws -> Void,
        afterwards: ([PeerReport]) throws -> Void = { _ in }
    ) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let played = try await PlayedServer(server, credential: try await .of(.right))
        let relay = try await RelayProcess([Route(listen, to: upstream, port: played.port)], further)
        try await siege(relay)
        let report = try await relay.play(visit)
        #expect(report.failure == "", "after the siege: \(relay.errorText)")
        let events = try await relay.stop()
        for opened in events where opened.event == "session.opened" {
            let closings = events.filter { $0.event == "session.closed" && $0.session == opened.session }
            #expect(closings.count == 1, "session \(opened.session) was closed \(closings.count) times")
        }
        try afterwards(try await played.stop())
    }
}

extension RelayProcess {
    /// Lets a client play its part at one of the listeners.
    @discardableResult
    func play(_ steps: [Step], at listener: Int = 0) async throws -> PeerReport {
        try await PlayedClient.play(steps, port: ports[listener], authority: authority)
    }
}
