// Strategy: a relay at work is signalled. Every step of a test waits for what the one before it must bring about: a
// mark that a peer makes, an event in the log, a line on standard error.

import Foundation
import Testing

@Suite struct `A signal` {
    /// A FETCH whose second half comes when the file exists.
    private static func slowFetch(until mark: String) -> [Step] {
        [
            .tls, .say("* PREAUTH ready"), .hear("a FETCH 1 BODY[]\r\n"), .send("* 1 FETCH (BODY[] {10}\r\n01234"),
            .await(mark), .send("56789)\r\na OK done\r\n"), .end,
        ]
    }

    @Test func `to end lets sessions finish what they are doing`() async throws {
        try await play(to: "imaps", "timeouts: {drain: 60}") { room in
            Self.slowFetch(until: room.path("go on"))
        } acts: { relay, room in
            async let idle = relay.play([.tls, .hear("ready\r\n"), .mark(room.path("idle")), .end])
            async let busy = relay.play([
                .tls, .hear("ready\r\n"), .say("a FETCH 1 BODY[]"), .hear("01234"), .mark(room.path("busy")), .end,
            ])
            try await relay.marks("idle", "busy", in: room)
            relay.signal(SIGTERM)
            #expect(try await idle.heard == "* PREAUTH ready\r\n* BYE Interpost is ending\r\n")
            try await relay.daemon.ready(within: .seconds(10)) { try Port.accepts(relay.ports[0]) ? nil : () }
            #expect(relay.daemon.isRunning)
            try room.write("", to: "go on")
            let heard = try await busy.heard
            #expect(heard.hasSuffix("{10}\r\n0123456789)\r\na OK done\r\n* BYE Interpost is ending\r\n"), "\(heard)")
            #expect(await relay.daemon.exitCode(within: .seconds(20)) == 0)
            let closings = try relay.events().filter { $0.event == "session.closed" }
            #expect(closings.map(\.by) == ["operator", "operator"])
        }
    }

    @Test func `to end lets a POP3 session finish its reply`() async throws {
        try await play("pop3s", to: "pop3s", "timeouts: {drain: 60}") { room in
            [
                .tls, .say("+OK ready"), .hear("RETR 1\r\n"), .say("+OK\r\nSubject: half"), .await(room.path("go on")),
                .say("whole\r\n."), .end,
            ]
        } acts: { relay, room in
            async let busy = relay.play([.tls, .hear("ready\r\n"), .say("RETR 1"), .hear("half"), .mark(room.path("busy")), .end])
            try await relay.marks("busy", in: room)
            relay.signal(SIGTERM)
            try await relay.complaint("ending")
            try room.write("", to: "go on")
            #expect(try await busy.heard.hasSuffix("Subject: half\r\nwhole\r\n.\r\n"))
            #expect(await relay.daemon.exitCode(within: .seconds(20)) == 0)
        }
    }

    @Test func `to end has an end`() async throws {
        try await play(to: "imaps", "timeouts: {drain: 1}") { room in
            Self.slowFetch(until: room.path("never"))
        } acts: { relay, room in
            async let busy = relay.play([
                .tls, .hear("ready\r\n"), .say("a FETCH 1 BODY[]"), .hear("01234"), .mark(room.path("busy")), .end,
            ])
            try await relay.marks("busy", in: room)
            relay.signal(SIGINT)
            #expect(await relay.daemon.exitCode(within: .seconds(8)) == 0)
            #expect(try await busy.heard.hasSuffix("01234"), "nothing may be said in the middle of a literal")
            #expect(try relay.events().last?.by == "operator")
        }
    }

    @Test func `to end has an end although a server says nothing to the handshake`() async throws {
        try await play(to: "imaps", "timeouts: {drain: 1}") { _ in
            [.end]
        } acts: { relay, room in
            async let waiting = relay.play([.hello(octets: -1), .mark(room.path("waiting")), .end])
            try await relay.marks("waiting", in: room)
            try await relay.event("upstream.connected")
            relay.signal(SIGTERM)
            #expect(await relay.daemon.exitCode(within: .seconds(6)) == 0)
            _ = try await waiting
        }
    }

    @Test(arguments: ["client", "server"])
    func `to end does not wait for sessions that are over`(first: String) async throws {
        try await play(to: "imaps", "timeouts: {drain: 60}") { _ in
            first == "server"
                ? [.tls, .say("* BYE"), .notify, .end]
                : [.tls, .say("* OK ready"), .hear("a NOOP\r\n"), .say("a OK done"), .end, .notify]
        } acts: { relay, _ in
            try await relay.play(
                first == "server"
                    ? [.tls, .end, .notify] : [.tls, .hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n"), .close])
            try await relay.event("session.closed")
            relay.signal(SIGTERM)
            #expect(await relay.daemon.exitCode(within: .milliseconds(1_500)) == 0)
        }
    }

    @Test func `to end, twice, ends at once`() async throws {
        try await play(to: "imaps", "timeouts: {drain: 60}") { room in
            Self.slowFetch(until: room.path("never"))
        } acts: { relay, room in
            async let busy = relay.play([
                .tls, .hear("ready\r\n"), .say("a FETCH 1 BODY[]"), .hear("01234"), .mark(room.path("busy")), .end,
            ])
            try await relay.marks("busy", in: room)
            relay.signal(SIGTERM)
            try await relay.complaint("ending")
            relay.signal(SIGTERM)
            #expect(await relay.daemon.exitCode(within: .seconds(5)) == 128 + SIGTERM)
            _ = try await busy
        }
    }

    @Test func `that comes as soon as the relay is ready counts`() async throws {
        for _ in 1...12 {
            let relay = try await RelayProcess([Route("imap", to: "imap", port: 9)])
            relay.signal(SIGTERM)
            #expect(await relay.daemon.exitCode(within: .seconds(5)) == 0)
        }
    }

    @Test func `to reload that comes as soon as the relay is ready does no harm`() async throws {
        for _ in 1...6 {
            let relay = try await RelayProcess([Route("imap", to: "imap", port: 9)])
            relay.signal(SIGHUP)
            try await relay.complaint("reloaded")
            _ = try await relay.stop()
        }
    }

    @Test func `to reload shows new connections the new certificate`() async throws {
        let other = try await Credential.of(.unknownAuthority)
        let otherAuthority = try await Credential.authority(of: .unknownAuthority)
        let authority = try await Credential.authority()
        let files = try Room("own-certificate")
        try files.copy(try await .of(.right))
        let tls = "certificate: \(files.path("chain.pem"))\nprivate-key: \(files.path("key.pem"))"
        try await play(to: "imaps", tls: tls) { _ in
            [.tls, .say("* PREAUTH ready"), .hear("a NOOP\r\n"), .say("a OK done"), .end]
        } acts: { relay, room in
            async let old = PlayedClient.play(
                [
                    .tls, .hear("ready\r\n"), .mark(room.path("old")), .await(room.path("reloaded")), .say("a NOOP"),
                    .hear("a OK done\r\n"), .close,
                ], port: relay.ports[0], authority: authority)
            try await relay.marks("old", in: room)
            try files.copy(other)
            relay.signal(SIGHUP)
            try await relay.complaint("reloaded the configuration")
            let new = try await PlayedClient.play(
                [.tls, .hear("ready\r\n"), .close], port: relay.ports[0], authority: otherAuthority)
            #expect(new.failure == "")
            try room.write("", to: "reloaded")
            let before = try await old
            #expect(before.failure == "", "a session that was there before goes on")
            #expect(new.certificate != before.certificate)
            _ = try await relay.stop()
        }
    }

    @Test(arguments: ["unknown key", "other listener", "wrong key", "no file"])
    func `to reload what is broken changes nothing`(damage: String) async throws {
        let other = try await Credential.of(.unknownAuthority)
        let authority = try await Credential.authority()
        let files = try Room("own-certificate")
        try files.copy(try await .of(.right))
        let tls = "certificate: \(files.path("chain.pem"))\nprivate-key: \(files.path("key.pem"))"
        try await play(to: "imaps", tls: tls) { _ in
            [.tls, .say("* PREAUTH ready"), .end]
        } acts: { relay, _ in
            let before = try await PlayedClient.play(
                [.tls, .hear("ready\r\n"), .close], port: relay.ports[0], authority: authority)
            #expect(before.failure == "")
            let configuration = try String(contentsOfFile: relay.configuration, encoding: .utf8)
            switch damage {
            case "unknown key": try relay.room.write(configuration + "tiemouts: {drain: 1}\n", to: "interpost.yml")
            case "other listener":
                try relay.room.write(
                    configuration.replacing("listen: imaps:", with: "listen: pop3s:")
                        .replacing("upstream: imaps:", with: "upstream: pop3s:"), to: "interpost.yml")
            case "wrong key":
                try Data(contentsOf: URL(fileURLWithPath: other.key)).write(to: URL(fileURLWithPath: files.path("key.pem")))
            default: try FileManager.default.removeItem(atPath: files.path("chain.pem"))
            }
            relay.signal(SIGHUP)
            try await relay.complaint("not reloaded")
            if damage == "unknown key" {
                try await relay.complaint("did you mean 'timeouts'?")
                try await relay.complaint("interpost.yml:")
            }
            let report = try await PlayedClient.play(
                [.tls, .hear("ready\r\n"), .close], port: relay.ports[0], authority: authority)
            #expect(report.failure == "")
            _ = try await relay.stop()
        }
    }

    @Test func `to reload lays the command line over the file again`() async throws {
        let relay = try await RelayProcess([Route("imap", to: "imap", port: 9)], arguments: ["--mirror"])
        let configuration = try String(contentsOfFile: relay.configuration, encoding: .utf8)
        try relay.room.write(
            configuration.replacing("  - listen:", with: "  - compress: strip\n    listen:"), to: "interpost.yml")
        relay.signal(SIGHUP)
        try await relay.complaint("not reloaded, the old configuration stays: --mirror: mirror edits nothing")
        _ = try await relay.stop()
    }

    @Test func `to reload sends new sessions to the new server`() async throws {
        let second = try await PlayedServer([.tls, .say("* OK second"), .end], credential: try await .of(.right))
        try await play(to: "imaps") { _ in
            [.tls, .say("* OK first"), .end]
        } acts: { relay, _ in
            #expect(try await relay.play([.tls, .hear("first\r\n"), .close]).failure == "")
            let configuration = try String(contentsOfFile: relay.configuration, encoding: .utf8)
            try relay.room.write(
                configuration.replacing(
                    /upstream: imaps:\/\/localhost:[0-9]+/, with: "upstream: imaps://localhost:\(second.port)"),
                to: "interpost.yml")
            relay.signal(SIGHUP)
            try await relay.complaint("reloaded the configuration")
            #expect(try await relay.play([.tls, .hear("second\r\n"), .close]).failure == "")
            _ = try await relay.stop()
        }
        _ = try await second.stop()
    }

    @Test func `to reload begins a new log where the old one was moved away`() async throws {
        try await play(to: "imaps") { _ in
            [.tls, .say("* OK ready"), .end]
        } acts: { relay, _ in
            try await relay.play([.tls, .hear("ready\r\n"), .close])
            try await relay.event("session.closed") { $0.session == 1 }
            try FileManager.default.moveItem(atPath: relay.room.path("events.jsonl"), toPath: relay.room.path("events.1"))
            relay.signal(SIGHUP)
            try await relay.complaint("reloaded the configuration")
            try await relay.play([.tls, .hear("ready\r\n"), .close])
            let new = try await relay.stop()
            let old = try RelayProcess.events(in: relay.room.path("events.1"))
            #expect(Set(old.map(\.session)) == [0, 1] && old.first?.event == "hello")
            #expect(Set(new.map(\.session)) == [0, 2] && new.first?.event == "reloaded")
        }
    }

    private func play(
        _ listen: String = "imaps", to upstream: String, _ further: String = "timeouts: {drain: 2}", tls: String = "",
        server: (Room) -> [Step], acts: (RelayProcess, Room) async throws -> Void
    ) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let room = try Room("signal")
        let played = try await PlayedServer(server(room), credential: try await .of(.right))
        let relay = try await RelayProcess([Route(listen, to: upstream, port: played.port)], further, tls: tls)
        try await acts(relay, room)
        _ = try await played.stop()
    }
}

extension RelayProcess {
    /// Waits until peers have made these files.
    fileprivate func marks(_ names: String..., in room: Room) async throws {
        try await daemon.ready(within: .seconds(20)) {
            names.allSatisfy { FileManager.default.fileExists(atPath: room.path($0)) } ? () : nil
        }
    }
}

extension Room {
    fileprivate func copy(_ credential: Credential) throws {
        for (from, to) in [(credential.chain, "chain.pem"), (credential.key, "key.pem")] {
            try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: path(to)))
        }
    }
}
