// Strategy: a listener with `?starttls=required` must let nothing through before TLS, however the login is written,
// and everything after it. What it tells the client of the server is looked at on the way, and so are the
// lists of a server whose offers cannot survive two TLS connections.

import Foundation
import Testing

@Suite struct `A listener that requires STARTTLS` {
    private static let server: [Step] = [
        .tls, .say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready"), .hear("z NOOP\r\n"), .say("z OK done"), .end,
    ]
    private static let encrypt: [Step] = [
        .say("y STARTTLS"), .hear("y OK"), .hear("\r\n"), .tls, .say("z NOOP"), .hear("z OK done\r\n"), .close,
    ]

    private static let logins: [[Step]] = [
        [.say("a LOGIN fred abracadabra")],
        [.say("a LOGIN fred {11}")],
        [.say("a LOGIN {4}")],
        [.say("a LOGIN fred {11+}\r\nabracadabra")],
        [.say("a LOGIN {4+}\r\nfred {11+}\r\nabracadabra")],
        [.say("a AUTHENTICATE PLAIN AGZyZWQAYWJyYWNhZGFicmE=")],
        [.say("a AUTHENTICATE PLAIN")],
        [.say("a SELECT INBOX")],
        [.say("a COMPRESS DEFLATE")],
        [.say("a XLOGIN fred abracadabra")],
    ]

    @Test(arguments: logins)
    func `refuses every login over IMAP before it, and serves after it`(login: [Step]) async throws {
        let scene = try await Scene.play(
            "imap?starttls=required", to: "imaps", server: Self.server,
            client: [.hear("ready\r\n")] + login + [.hear("a NO [PRIVACYREQUIRED]"), .hear("\r\n")] + Self.encrypt)
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == "z NOOP\r\n", scene.account)
        #expect(scene.client.lines[0] == "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready", scene.account)
    }

    @Test(arguments: ["USER fred", "PASS abracadabra", "APOP fred 0123", "AUTH PLAIN", "STAT", "XYZZY"])
    func `refuses every login over POP3 before it, and serves after it`(login: String) async throws {
        let scene = try await Scene.play(
            "pop3?starttls=required", to: "pop3s",
            server: [.tls, .say("+OK ready"), .hear("NOOP\r\n"), .say("+OK done"), .end],
            client: [
                .hear("ready\r\n"), .say(login), .hear("-ERR"), .hear("\r\n"), .say("STLS"), .hear("+OK"), .hear("\r\n"), .tls,
                .say("NOOP"), .hear("+OK done\r\n"), .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == "NOOP\r\n", scene.account)
    }

    @Test func `lets nothing that was sent ahead through`() async throws {
        let scene = try await Scene.play(
            "imap?starttls=required", to: "imaps", server: Self.server,
            client: [
                .send(
                    "a LOGIN {4}\r\nfred {11}\r\nabracadabra\r\nb AUTHENTICATE PLAIN\r\nAGZyZWQAYWJyYWNhZGFicmE=\r\nc LOGOUT\r\n"),
                .end,
            ])
        #expect(!scene.serverHeard.contains("fred"), scene.account)
        #expect(!scene.serverHeard.contains("AGZy"), scene.account)
    }

    @Test func `says so in POP3's list of capabilities`() async throws {
        let scene = try await Scene.play(
            "pop3?starttls=required", to: "pop3s",
            server: [
                .tls, .say("+OK ready"), .hear("CAPA\r\n"), .say("+OK\r\nTOP\r\nUSER\r\nSASL PLAIN LOGIN\r\nUIDL\r\n."), .end,
            ],
            client: [.hear("ready\r\n"), .say("CAPA"), .hear("\r\n.\r\n"), .close])
        #expect(scene.client.lines == ["+OK ready", "+OK", "TOP", "UIDL", "STLS", "."], scene.account)
        #expect(scene.has("capabilities.edited") { $0.removed == ["USER"] }, scene.account)
        #expect(scene.has("capabilities.edited") { $0.added == ["STLS"] }, scene.account)
    }
}

@Suite struct `Lists of capabilities` {
    @Test func `lose the SCRAM family where the server binds channels over IMAP`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps",
            server: [
                .tls, .say("* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS AUTH=PLAIN] ready"),
                .hear("a CAPABILITY\r\n"), .say("* CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-1-PLUS SASL-IR"),
                .say("a OK done"), .end,
            ],
            client: [.tls, .hear("ready\r\n"), .say("a CAPABILITY"), .hear("a OK done\r\n"), .close])
        #expect(
            scene.client.lines == [
                "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready", "* CAPABILITY IMAP4rev1 SASL-IR", "a OK done",
            ], scene.account)
        #expect(
            scene.has("capabilities.edited") {
                $0.removed == ["AUTH=SCRAM-SHA-256", "AUTH=SCRAM-SHA-256-PLUS"] && $0.reason?.contains("channel binding") == true
            }, scene.account)
    }

    @Test func `lose the SCRAM family where the server binds channels over POP3`() async throws {
        let scene = try await Scene.play(
            "pop3s", to: "pop3s",
            server: [
                .tls, .say("+OK ready"), .hear("CAPA\r\n"),
                .say("+OK\r\nSASL PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS\r\nTOP\r\n."), .end,
            ],
            client: [.tls, .hear("ready\r\n"), .say("CAPA"), .hear("\r\n.\r\n"), .close])
        #expect(scene.client.lines == ["+OK ready", "+OK", "SASL PLAIN", "TOP", "."], scene.account)
        #expect(scene.has("capabilities.edited") { $0.removed?.count == 2 }, scene.account)
    }

    @Test func `lose compression where it is stripped`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps", relay: "compress: strip",
            server: [
                .tls, .say("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready"), .hear("b NOOP\r\n"), .say("b OK done"), .end,
            ],
            client: [
                .tls, .hear("ready\r\n"), .say("a COMPRESS DEFLATE"), .hear("a NO"), .hear("\r\n"), .say("b NOOP"),
                .hear("b OK done\r\n"), .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.client.lines[0] == "* OK [CAPABILITY IMAP4rev1] ready", scene.account)
        #expect(scene.serverHeard == "b NOOP\r\n", scene.account)
        #expect(scene.has("capabilities.edited") { $0.removed == ["COMPRESS=DEFLATE"] }, scene.account)
    }

    @Test func `stay as they are in a mirror`() async throws {
        let list = "* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS STARTTLS COMPRESS=DEFLATE] ready"
        let scene = try await Scene.play(
            "imaps", to: "imaps", relay: "mirror: true", server: [.tls, .say(list), .end],
            client: [.tls, .hear("ready\r\n"), .close])
        #expect(scene.client.heard == list + "\r\n", scene.account)
        #expect(!scene.has("capabilities.edited"), scene.account)
    }

    @Test func `are no reason to answer in the middle of a literal`() async throws {
        let letter = String(repeating: "0123456789", count: 10)
        let room = try Room("literal")
        let scene = try await Scene.play(
            "imaps", to: "imaps", relay: "compress: strip",
            server: [
                .tls, .say("* PREAUTH ready"), .hear("a FETCH 1 BODY[]\r\n"),
                .send("* 1 FETCH (BODY[] {100}\r\n" + letter.prefix(50)), .await(room.path("asked")),
                .send(letter.prefix(50) + ")\r\na OK done\r\n"), .end,
            ],
            client: [
                .tls, .hear("ready\r\n"), .say("a FETCH 1 BODY[]"), .hear("{100}\r\n"), .hear("0123456789"),
                .say("b COMPRESS DEFLATE"), .say("c NOOP"), .mark(room.path("asked")), .hear("b NO"), .hear("a OK done\r\n"),
                .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.client.heard.contains("{100}\r\n\(letter))\r\n"), scene.account)
    }
}
