// Strategy: limits are set low in the configuration and passed by one. A session beyond a limit of reading goes
// on unread, octet for octet; one beyond a limit of number is turned away, and the log names the limit.

import Foundation
import Testing

@Suite struct `Limits` {
    private static let limits = """
        limits: {line: 2048, response: 2048, literal: 10000, pending-commands: 3, unread: 1024}
        timeouts: {drain: 2}
        """

    @Test(arguments: [2_047, 2_048, 2_049, 100_000])
    func `of a client's line let the session go on unread`(octets: Int) async throws {
        let line = "b NOOP " + String(repeating: "x", count: octets - 9) + "\r\n"
        let scene = try await Scene.play(
            "imaps", to: "imaps", Self.limits,
            server: [.tls, .say("* OK ready"), .hear("c LOGOUT\r\n"), .say("c OK done"), .end],
            client: [.tls, .hear("ready\r\n"), .send(line), .say("c LOGOUT"), .hear("c OK done\r\n"), .close])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == line + "c LOGOUT\r\n", scene.account)
        #expect(scene.hasAnomaly("line-too-long", of: "client") == (octets > 2_048), scene.account)
        #expect(scene.has("command") { $0.name == "LOGOUT" } == (octets <= 2_048), scene.account)
    }

    @Test(arguments: [2_048, 2_049, 100_000])
    func `of a server's line let the session go on, and what follows the line is read`(octets: Int) async throws {
        let line = "* " + String(repeating: "y", count: octets - 4) + "\r\n"
        let scene = try await Scene.play(
            "imaps", to: "imaps", Self.limits,
            server: [.tls, .say("* OK ready"), .hear("b NOOP\r\n"), .send(line), .say("b OK done"), .end],
            client: [.tls, .hear("ready\r\n"), .say("b NOOP"), .hear("b OK done\r\n"), .close])
        #expect(scene.client.heard == "* OK ready\r\n\(line)b OK done\r\n", scene.account)
        #expect(scene.hasAnomaly("response-too-long", of: "server") == (octets > 2_048), scene.account)
        #expect(scene.has("completion") { $0.name == "NOOP" }, scene.account)
    }

    @Test(arguments: [2_048, 2_049, 100_000])
    func `of a line of POP3 let the session go on unread`(octets: Int) async throws {
        let line = "+OK " + String(repeating: "y", count: octets - 6) + "\r\n"
        let scene = try await Scene.play(
            "pop3s", to: "pop3s", Self.limits,
            server: [.tls, .say("+OK ready"), .hear("NOOP\r\n"), .send(line), .hear("QUIT\r\n"), .say("+OK done"), .end],
            client: [.tls, .hear("ready\r\n"), .say("NOOP"), .hear("yy\r\n"), .say("QUIT"), .hear("+OK done\r\n"), .close])
        #expect(scene.client.heard == "+OK ready\r\n\(line)+OK done\r\n", scene.account)
        #expect(scene.hasAnomaly("line-too-long", of: "server") == (octets > 2_048), scene.account)
    }

    @Test(arguments: [10_000, 10_001])
    func `of a literal let the session go on unread`(octets: Int) async throws {
        let letter = String(repeating: "z", count: octets)
        let scene = try await Scene.play(
            "imaps", to: "imaps", Self.limits,
            server: [
                .tls, .say("* OK ready"), .hear("{\(octets)}\r\n"), .say("+ go"), .hear("c LOGOUT\r\n"), .say("c OK done"), .end,
            ],
            client: [
                .tls, .hear("ready\r\n"), .say("b APPEND INBOX {\(octets)}"), .hear("+ go\r\n"), .send(letter), .say(""),
                .say("c LOGOUT"), .hear("c OK done\r\n"), .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == "b APPEND INBOX {\(octets)}\r\n\(letter)\r\nc LOGOUT\r\n", scene.account)
        #expect(scene.hasAnomaly("literal-too-large", of: "client") == (octets > 10_000), scene.account)
    }

    @Test func `of commands in progress are told, and nothing is lost`() async throws {
        let commands = (1...9).map { "p\($0) NOOP\r\n" }.joined()
        let answers = (1...9).map { "p\($0) OK done\r\n" }.joined()
        let scene = try await Scene.play(
            "imaps", to: "imaps", Self.limits,
            server: [.tls, .say("* OK ready"), .hear("p9 NOOP\r\n"), .send(answers), .end],
            client: [.tls, .hear("ready\r\n"), .send(commands), .hear("p9 OK done\r\n"), .close])
        #expect(scene.client.heard == "* OK ready\r\n" + answers, scene.account)
        #expect(scene.serverHeard == commands, scene.account)
        #expect(scene.hasAnomaly("too-many-pending-commands", of: "client"), scene.account)
    }

    @Test func `of commands in progress in POP3 are told, and nothing is lost`() async throws {
        let commands = (1...9).map { "RETR \($0)\r\n" }.joined()
        let answers = (1...9).map { "+OK\r\nletter \($0)\r\n.\r\n" }.joined()
        let scene = try await Scene.play(
            "pop3s", to: "pop3s", Self.limits,
            server: [.tls, .say("+OK ready"), .hear("RETR 9\r\n"), .send(answers), .end],
            client: [.tls, .hear("ready\r\n"), .send(commands), .hear("letter 9\r\n.\r\n"), .close])
        #expect(scene.client.heard == "+OK ready\r\n" + answers, scene.account)
        #expect(scene.serverHeard == commands, scene.account)
        #expect(scene.hasAnomaly("too-many-pending-commands", of: "client"), scene.account)
    }

    @Test func `of what a client may send ahead are told, and nothing is lost`() async throws {
        let ahead = String(repeating: "n NOOP\r\n", count: 500)
        let scene = try await Scene.play(
            "imaps", to: "imaps", Self.limits,
            server: [.tls, .say("* OK ready"), .hear("z NOOP\r\n"), .say("z OK done"), .end],
            client: [
                .tls, .hear("ready\r\n"), .say("b AUTHENTICATE PLAIN"), .send(ahead), .say("z NOOP"), .hear("z OK done\r\n"),
                .close,
            ])
        #expect(scene.client.failure == "", scene.account)
        #expect(scene.serverHeard == "b AUTHENTICATE PLAIN\r\n\(ahead)z NOOP\r\n", scene.account)
        #expect(scene.hasAnomaly("too-much-unread", of: "client"), scene.account)
    }

    @Test(arguments: [("limits: {sessions: 2}", "sessions"), ("limits: {sessions-per-address: 2}", "sessions-per-address")])
    func `of sessions turn the next one away until one ends`(limits: String, name: String) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let played = try await PlayedServer([.say("* OK ready"), .end], credential: nil)
        let relay = try await RelayProcess(
            [Route("imap", to: "imap?starttls=off", port: played.port)], limits + "\ntimeouts: {drain: 2}")
        let room = try Room("limits")
        async let first = relay.play([.hear("ready\r\n"), .mark(room.path("1")), .await(room.path("done")), .close])
        async let second = relay.play([.hear("ready\r\n"), .mark(room.path("2")), .await(room.path("done")), .close])
        try await relay.daemon.ready(within: .seconds(20)) {
            ["1", "2"].allSatisfy { FileManager.default.fileExists(atPath: room.path($0)) } ? () : nil
        }
        let third = try await relay.play([.end])
        #expect(third.heard.hasPrefix("* BYE "), "a client that is turned away is told why")
        #expect(!third.heard.contains("ready"))
        #expect(!third.ended.isEmpty)
        try await relay.event("limit") { $0.limit == name && $0.value == 2 }
        try await relay.event("session.closed") { $0.session == 3 && $0.by == "limit" }
        try room.write("", to: "done")
        for report in [try await first, try await second] { #expect(report.failure == "") }
        try await relay.event("session.closed", count: 3)
        let fourth = try await relay.play([.hear("ready\r\n"), .close])
        #expect(fourth.failure == "")
        _ = try await relay.stop()
        #expect(try await played.stop().count == 3, "the session that was turned away reached the server")
    }

    @Test func `of open files make clients wait, and the relay recovers`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let played = try await PlayedServer([.say("* OK ready"), .end], credential: nil)
        let relay = try await RelayProcess(
            [Route("imap", to: "imap?starttls=off", port: played.port)], "timeouts: {drain: 2}", prologue: "ulimit -n 64")
        try await relay.leaveOddNumberOfFiles(below: 64)
        let crowd = try await relay.crowd(200, tls: false)
        // Whoever gets in but not through to the server is told so; the others wait.
        try await relay.event("session.closed") { $0.by == "interpost" }
        try await crowd.leave()
        let after = try await relay.play([.hear("ready\r\n"), .close])
        #expect(after.failure == "", "\(relay.errorText)")
        _ = try await relay.stop()
        _ = try await played.stop()
    }
}

extension RelayProcess {
    /// A session takes two files. Of an odd number one is left for somebody who gets in and not through, in whatever order clients
    /// are let in and servers are called.
    fileprivate func leaveOddNumberOfFiles(below limit: Int) async throws {
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd").compactMap { Int($0) }
        guard (limit - open.count { $0 < limit }) % 2 == 0 else { return }
        try await room.run("prlimit", "--pid", "\(daemon.pid)", "--nofile=\(limit - 1):\(limit - 1)")
    }
}
