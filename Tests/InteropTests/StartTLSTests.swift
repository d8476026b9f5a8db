// Strategy: STARTTLS and STLS are where a relay can be made to mix clear text with encrypted text. Every way of
// doing that, from either side, must end the session with an anomaly; every refusal must be said to the client;
// and nothing a client should not have said in clear may reach the server.

import Foundation
import Testing

@Suite struct `STARTTLS` {
    private static let imap: [Step] = [.tls, .say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready"), .end]
    private static let pop3: [Step] = [.tls, .say("+OK ready"), .end]

    @Test(arguments: ["b LOGIN fred abracadabra\r\n", "x", "\u{16}\u{03}garbage that is no record of TLS"])
    func `with clear text of the client behind it ends an IMAP session`(behind: String) async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps", server: Self.imap,
            client: [.hear("ready\r\n"), .send("a STARTTLS\r\n\(behind)"), .end])
        #expect(scene.hasAnomaly("clear-text-behind-starttls", of: "client"), scene.account)
        #expect(scene.closing?.by == "interpost", scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
        #expect(!scene.client.heard.contains("b "), scene.account)
    }

    @Test(arguments: ["PASS abracadabra\r\n", "x"])
    func `with clear text of the client behind it ends a POP3 session`(behind: String) async throws {
        let scene = try await Scene.play(
            "pop3", to: "pop3s", server: Self.pop3,
            client: [.hear("ready\r\n"), .send("STLS\r\n\(behind)"), .end])
        #expect(scene.hasAnomaly("clear-text-behind-starttls", of: "client"), scene.account)
        #expect(scene.closing?.by == "interpost", scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
    }

    @Test func `answered and then followed by clear text ends the session`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps", server: Self.imap,
            client: [.hear("ready\r\n"), .say("a STARTTLS"), .hear("a OK"), .hear("\r\n"), .say(Secrets.login), .end])
        #expect(scene.hasAnomaly("clear-text-behind-starttls", of: "client"), scene.account)
        #expect(scene.has("tls.failed") { $0.side == "client" }, scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
    }

    @Test func `behind a command in progress is refused, and possible once that is over`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps",
            server: [
                .tls, .say("* OK ready"), .hear("a NOOP\r\n"), .say("a OK noop"), .hear("d NOOP\r\n"), .say("d OK noop"), .end,
            ],
            client: [
                .hear("ready\r\n"), .say("a NOOP\r\nb STARTTLS"), .hear("b BAD"), .hear("a OK noop\r\n"), .say("c STARTTLS"),
                .hear("c OK"), .hear("\r\n"), .tls, .say("d NOOP"), .hear("d OK noop\r\n"), .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == "a NOOP\r\nd NOOP\r\n", scene.account)
        #expect(scene.hasAnomaly("starttls-too-late", of: "client"), scene.account)
    }

    @Test(arguments: ["", "policy: read-only"])
    func `behind a login in the same segment does not carry the login into TLS`(policy: String) async throws {
        let imap = try await Scene.play(
            "imap", to: "imaps", relay: policy,
            server: [.tls, .say("* OK [CAPABILITY IMAP4rev1] ready"), .hear("l LOGIN"), .hear("\r\n"), .say("l OK in"), .end],
            client: [.hear("ready\r\n"), .say("l LOGIN x y\r\na STARTTLS"), .hear("a BAD"), .close])
        #expect(imap.client.failure == "", imap.account)
        #expect(!imap.has("tls.up") { $0.side == "client" }, imap.account)
        let pop3 = try await Scene.play(
            "pop3", to: "pop3s", relay: policy,
            server: [.tls, .say("+OK ready"), .hear("USER x\r\n"), .say("+OK"), .hear("PASS y\r\n"), .say("+OK in"), .end],
            client: [.hear("ready\r\n"), .say("USER x\r\nPASS y\r\nSTLS"), .hear("in\r\n"), .hear("-ERR STLS"), .close])
        #expect(pop3.client.failure == "", pop3.account)
        #expect(!pop3.has("tls.up") { $0.side == "client" }, pop3.account)
    }

    @Test func `behind a literal that nobody awaited ends the session`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps", server: [.tls, .say("* OK ready"), .hear("{3}\r\n"), .hear("abc"), .say("a NO literal"), .end],
            client: [.hear("ready\r\n"), .send("a LIST {3}\r\nabc STARTTLS\r\nb STARTTLS\r\n"), .end])
        #expect(scene.has("anomaly") { $0.side == "client" }, scene.account)
        #expect(scene.closing?.by == "interpost", scene.account)
        #expect(!scene.client.heard.contains("b OK"), scene.account)
    }

    @Test(arguments: ["* CAPABILITY IMAP4rev1\r\n", "x"])
    func `with clear text of an IMAP server behind its answer ends the session`(behind: String) async throws {
        let scene = try await Scene.play(
            "imap", to: "imap",
            server: [.say("* OK ready"), .hear("interpost STARTTLS\r\n"), .send("interpost OK go\r\n\(behind)"), .end],
            client: [.say(Secrets.login), .end])
        #expect(scene.hasAnomaly("clear-text-behind-starttls", of: "server"), scene.account)
        #expect(scene.client.heard.hasPrefix("* BYE "), scene.account)
        #expect(scene.serverHeard == "interpost STARTTLS\r\n", scene.account)
    }

    @Test func `with clear text of a POP3 server behind its answer ends the session`() async throws {
        let scene = try await Scene.play(
            "pop3s", to: "pop3", server: [.say("+OK ready"), .hear("STLS\r\n"), .send("+OK go\r\n+OK more\r\n"), .end],
            client: [.tls, .end])
        #expect(scene.hasAnomaly("clear-text-behind-starttls", of: "server"), scene.account)
        #expect(scene.client.heard.hasPrefix("-ERR "), scene.account)
        #expect(scene.serverHeard == "STLS\r\n", scene.account)
    }

    @Test func `is impossible with a server that says PREAUTH in clear`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imap", server: [.say("* PREAUTH come in"), .end], client: [.say(Secrets.login), .end])
        #expect(scene.hasAnomaly("preauthenticated-in-clear-text", of: "server"), scene.account)
        #expect(scene.client.heard.hasPrefix("* BYE "), scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
    }

    @Test(arguments: [
        ("imap", "* OK ready", "interpost NO not today", "* BYE "), ("imap", "* OK ready", "interpost BAD what", "* BYE "),
        ("pop3", "+OK ready", "-ERR not today", "-ERR "),
    ])
    func `that a server refuses is reported to the client`(
        scheme: String, greeting: String, refusal: String, answer: String
    ) async throws {
        let scene = try await Scene.play(
            scheme, to: scheme, server: [.say(greeting), .hear("\r\n"), .say(refusal), .end],
            client: [.say("\(Secrets.login)\r\nPASS \(Secrets.password)"), .end])
        #expect(scene.client.heard.hasPrefix(answer), scene.account)
        #expect(scene.client.heard.contains(scheme == "imap" ? "STARTTLS" : "STLS"), scene.account)
        #expect(!scene.serverHeard.contains(Secrets.password), scene.account)
        #expect(scene.closing?.by == "interpost", scene.account)
        #expect(scene.closing?.reason?.contains("refuses") == true, scene.account)
    }

    @Test(arguments: [("imap", "* BYE go away"), ("pop3", "-ERR go away")])
    func `is not tried on a server that sends everybody away`(scheme: String, farewell: String) async throws {
        let scene = try await Scene.play(scheme, to: scheme, server: [.say(farewell), .end], client: [.end])
        #expect(scene.client.heard == "\(farewell)\r\n", scene.account)
        #expect(scene.closing?.by == "server", scene.account)
    }

    @Test func `is done for a client that does not do it`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imap",
            server: [
                .say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready"), .hear("interpost STARTTLS\r\n"),
                .say("interpost OK go"), .tls, .hear("a NOOP\r\n"), .say("a OK done"), .end,
            ],
            client: [.hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n"), .close])
        #expect(scene.client.heard == "* OK ready\r\na OK done\r\n", scene.account)
        #expect(scene.has("capabilities.edited") { $0.removed?.contains("LOGINDISABLED") == true }, scene.account)
        #expect(scene.server.first?.secure.hasPrefix("TLS") == true, scene.account)
    }

    @Test(arguments: ["STARTTLS", "starttls", "StartTLS"])
    func `is not available where the listener says off`(spelling: String) async throws {
        let scene = try await Scene.play(
            "imap?starttls=off", to: "imaps",
            server: [.tls, .say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready"), .hear("b NOOP\r\n"), .say("b OK done"), .end],
            client: [
                .hear("ready\r\n"), .say("a \(spelling)"), .hear("a BAD"), .hear("\r\n"), .say("b NOOP"), .hear("b OK done\r\n"),
                .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(!scene.client.lines[0].contains("STARTTLS"), scene.account)
        #expect(scene.serverHeard == "b NOOP\r\n", scene.account)
        #expect(scene.has("capabilities.edited") { $0.removed == ["STARTTLS"] }, scene.account)
    }

    @Test func `is not available twice`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imaps", server: Self.imap,
            client: [
                .hear("ready\r\n"), .say("a STARTTLS"), .hear("a OK"), .hear("\r\n"), .tls, .say("b STARTTLS"), .hear("b BAD"),
                .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
    }

    @Test(arguments: [("imap", "* OK ready", "a STARTTLS", "a OK go"), ("pop3", "+OK ready", "STLS", "+OK go")])
    func `passes through both legs of a mirror`(
        scheme: String, greeting: String, command: String, answer: String
    ) async throws {
        let after = scheme == "imap" ? ("b NOOP", "b OK done") : ("NOOP", "+OK done")
        let scene = try await Scene.play(
            scheme, to: scheme, relay: "mirror: true",
            server: [
                .say(greeting), .hear("\(command)\r\n"), .say(answer), .tls, .hear("\(after.0)\r\n"), .say(after.1), .end,
            ],
            client: [
                .hear("ready\r\n"), .say(command), .hear("\(answer)\r\n"), .tls, .say(after.0), .hear("\(after.1)\r\n"), .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == "\(command)\r\n\(after.0)\r\n", scene.account)
        #expect(scene.has("tls.up") { $0.side == "client" } && scene.has("tls.up") { $0.side == "server" }, scene.account)
    }

    @Test(arguments: ["client", "server"])
    func `of a mirror with clear text behind it ends the session`(side: String) async throws {
        let scene = try await Scene.play(
            "imap", to: "imap", relay: "mirror: true",
            server: [
                .say("* OK ready"), .hear("STARTTLS\r\n"), .send("a OK go\r\n" + (side == "server" ? "* 1 EXISTS\r\n" : "")),
                .end,
            ],
            client: [
                .hear("ready\r\n"), .send("a STARTTLS\r\n" + (side == "client" ? "b LOGIN fred abracadabra\r\n" : "")), .end,
            ])
        #expect(scene.hasAnomaly("clear-text-behind-starttls", of: side), scene.account)
        #expect(!scene.serverHeard.contains(Secrets.password), scene.account)
        #expect(scene.closing?.by == "interpost", scene.account)
    }

    @Test func `that a mirrored server refuses leaves the session in clear`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imap", relay: "mirror: true",
            server: [
                .say("* OK ready"), .hear("STARTTLS\r\n"), .say("a NO not today"), .hear("b NOOP\r\n"), .say("b OK done"), .end,
            ],
            client: [
                .hear("ready\r\n"), .say("a STARTTLS"), .hear("a NO not today\r\n"), .say("b NOOP"), .hear("b OK done\r\n"),
                .close,
            ])
        #expect(scene.client.failure == "", scene.account)
    }
}
