// Strategy: servers that are not there, are broken, or are not who they should be. Whatever they do, the client is
// told in its protocol's words why there is no session, the event log says it too, and no login goes anywhere.

import Foundation
import Testing

@Suite struct `A hostile server` {
    private static let untrusted: [(Credential.Kind, String)] = [
        (.otherName, "other.example.org"), (.expired, "expired"), (.notYetValid, "valid"),
        (.unknownAuthority, "trusted root"), (.clientsOnly, "not for servers"),
    ]

    @Test(arguments: untrusted)
    func `with a bad certificate gets no login over IMAP`(credential: Credential.Kind, word: String) async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps", credential: credential,
            server: [.tls, .say("* OK ready"), .end], client: [.tls, .say(Secrets.login), .end])
        #expect(scene.has("tls.failed") { $0.side == "server" && $0.reason?.contains(word) == true }, scene.account)
        #expect(scene.client.heard.hasPrefix("* BYE "), scene.account)
        #expect(scene.client.heard.contains(word), scene.account)
        #expect(scene.client.lines.count == 1 && scene.client.heard.utf8.count < 250, scene.account)
        #expect(scene.client.ended == "closed", scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
        #expect(scene.closing?.by == "interpost", scene.account)
    }

    @Test(arguments: untrusted)
    func `with a bad certificate behind STLS gets no login over POP3`(
        credential: Credential.Kind, word: String
    ) async throws {
        let scene = try await Scene.play(
            "pop3", to: "pop3", credential: credential,
            server: [.say("+OK ready"), .hear("STLS\r\n"), .say("+OK go ahead"), .tls, .say("+OK"), .end],
            client: [.say(Secrets.user), .say("PASS \(Secrets.password)"), .end])
        #expect(scene.has("tls.failed") { $0.side == "server" && $0.reason?.contains(word) == true }, scene.account)
        #expect(scene.client.heard.hasPrefix("-ERR "), scene.account)
        #expect(scene.serverHeard == "STLS\r\n", scene.account)
    }

    @Test func `with a key on an odd curve gets no login`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps", credential: .oddCurve,
            server: [.tls, .say("* OK ready"), .end], client: [.tls, .say(Secrets.login), .end])
        #expect(scene.has("tls.failed") { $0.side == "server" }, scene.account)
        #expect(scene.client.heard.hasPrefix("* BYE "), scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
    }

    @Test func `with a good certificate gets the login`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps",
            server: [.tls, .say("* OK ready"), .hear("\r\n"), .say("a OK in"), .end],
            client: [.tls, .hear("ready\r\n"), .say(Secrets.login), .hear("a OK in\r\n"), .close])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == "\(Secrets.login)\r\n", scene.account)
        #expect(scene.has("tls.up") { $0.side == "server" }, scene.account)
    }

    @Test(arguments: [("imaps", "imaps", "* BYE "), ("imap", "imap", "* BYE "), ("pop3", "pop3s", "-ERR ")])
    func `that refuses connections is reported to the client`(
        listen: String, upstream: String, answer: String
    ) async throws {
        let greeting: [Step] = listen == "imaps" ? [.tls, .end] : [.end]
        let scene = try await Scene.play(listen, to: upstream, server: nil, client: greeting)
        #expect(scene.client.heard.hasPrefix(answer), scene.account)
        #expect(scene.client.heard.lowercased().contains("connection refused"), scene.account)
        #expect(scene.client.ended == "closed", scene.account)
        #expect(scene.closing?.by == "interpost", scene.account)
        #expect(scene.closing?.reason?.lowercased().contains("connection refused") == true, scene.account)
    }

    @Test(arguments: [("imaps", "imaps", "* BYE "), ("imaps", "imap", "* BYE "), ("pop3s", "pop3s", "-ERR ")])
    func `that accepts and closes is reported to the client`(
        listen: String, upstream: String, answer: String
    ) async throws {
        let scene = try await Scene.play(listen, to: upstream, server: [.close], client: [.tls, .say("a NOOP"), .end])
        #expect(scene.client.heard.hasPrefix(answer), scene.account)
        #expect(scene.client.ended == "closed", scene.account)
        #expect(["server", "interpost"].contains(scene.closing?.by), scene.account)
        if upstream.hasSuffix("s") { #expect(scene.has("tls.failed") { $0.side == "server" }, scene.account) }
    }

    @Test(arguments: [("imaps", "* BYE "), ("pop3s", "-ERR ")])
    func `that resets during the handshake is reported to the client`(upstream: String, answer: String) async throws {
        let scene = try await Scene.play(
            upstream, to: upstream, server: [.hear("\u{16}\u{03}"), .reset], client: [.tls, .end])
        #expect(scene.client.heard.hasPrefix(answer), scene.account)
        #expect(scene.has("tls.failed") { $0.side == "server" }, scene.account)
    }

    @Test(arguments: [("imaps", "* BYE "), ("pop3s", "-ERR ")])
    func `that speaks garbage where TLS belongs is reported to the client`(upstream: String, answer: String) async throws {
        let scene = try await Scene.play(
            upstream, to: upstream, server: [.noise(octets: 5_000, seed: 3), .end], client: [.tls, .say(Secrets.login), .end])
        #expect(scene.has("tls.failed") { $0.side == "server" }, scene.account)
        #expect(scene.client.heard.hasPrefix(answer), scene.account)
        #expect(!scene.serverHeard.contains(Secrets.password), scene.account)
    }

    @Test(arguments: [("imap", "* BYE "), ("pop3", "-ERR ")])
    func `that speaks garbage instead of a greeting is reported to the client`(upstream: String, answer: String) async throws {
        let scene = try await Scene.play(
            upstream, to: upstream,
            server: [.send("\u{00}\u{FF}\u{80}garbage\r\n"), .end], client: [.say(Secrets.login), .end])
        #expect(scene.hasAnomaly("greeting-missing", of: "server"), scene.account)
        #expect(scene.client.heard.hasPrefix(answer), scene.account)
        #expect(scene.serverHeard.isEmpty, scene.account)
    }

    @Test func `whose clear text is garbage is passed on octet by octet`() async throws {
        let garbage = "\u{00}\u{FF}\r\n* \u{80} 5 FETCH (((\r\n+\r\n* 1 FETCH {3}\r\nabc\r\n\n\n\rx\r\nzz OK\r\n"
        let scene = try await Scene.play(
            "imap", to: "imap?starttls=off", server: [.send(garbage), .close], client: [.end])
        #expect(scene.client.heard == garbage, scene.account)
        #expect(scene.hasAnomaly("greeting-missing", of: "server"), scene.account)
    }

    @Test func `that greets with a line without end is given up`() async throws {
        let scene = try await Scene.play(
            "imap", to: "imap", server: [.send("* OK"), .send(" spam", times: 10_000), .end], client: [.end])
        #expect(scene.hasAnomaly("line-too-long", of: "server"), scene.account)
        #expect(scene.client.heard.hasPrefix("* BYE "), scene.account)
    }

    @Test func `that never answers the handshake runs into the time limit`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps", "timeouts: {handshake: 1, drain: 2}", server: [.end], client: [.tls, .end])
        #expect(scene.has("limit") { $0.limit == "timeouts.handshake" && $0.value == 1 }, scene.account)
        #expect(scene.client.heard.hasPrefix("* BYE "), scene.account)
        #expect(scene.closing?.by == "limit", scene.account)
    }

    @Test(arguments: ["imap", "pop3"])
    func `that never greets runs into the time limit`(scheme: String) async throws {
        let scene = try await Scene.play(
            scheme, to: scheme, "timeouts: {handshake: 1, before-login: 2, drain: 2}", server: [.end], client: [.end])
        #expect(scene.has("limit"), scene.account)
        #expect(scene.client.heard.hasPrefix(scheme == "imap" ? "* BYE " : "-ERR "), scene.account)
        #expect(scene.closing?.by == "limit", scene.account)
    }

    @Test func `that closes in the middle of a literal ends the session with what it sent`() async throws {
        let part = "* OK ready\r\n* 1 FETCH (BODY[] {1000}\r\nSubject: half"
        let scene = try await Scene.play(
            "imaps", to: "imaps", server: [.tls, .send(part), .finish, .end], client: [.tls, .end])
        #expect(scene.client.heard == part, scene.account)
        #expect(scene.client.ended == "closed", scene.account)
        #expect(scene.closing?.by == "server", scene.account)
    }

    @Test func `that resets in the middle of a session ends it`() async throws {
        let scene = try await Scene.play(
            "imaps", to: "imaps", server: [.tls, .say("* OK ready"), .hear("a NOOP\r\n"), .reset],
            client: [.tls, .hear("ready\r\n"), .say("a NOOP"), .end])
        #expect(!scene.client.ended.isEmpty, scene.account)
        #expect(scene.closing?.by == "server", scene.account)
    }
}
