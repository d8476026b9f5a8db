// Strategy: what an operator relies on beside signals: the log when the disk is full or when it is standard output,
// the ready file, the ports the system chose, and a start that cannot succeed.

import Foundation
import Testing

@Suite struct `In operation` {
    private static let server: [Step] = [
        .tls, .say("* OK ready"), .hear("a NOOP\r\n"), .say("a OK done"), .hear("b NOOP\r\n"), .say("b OK done"), .end,
    ]

    @Test func `a log that cannot be written ends sessions where the configuration wants it`() async throws {
        try await operate(log: "file: /dev/full\non-failure: close") { relay in
            let first = try await relay.play([.tls, .end])
            #expect(!first.heard.contains("a OK"))
            #expect(!first.ended.isEmpty || !first.failure.isEmpty)
            try await relay.complaint("the log /dev/full cannot be written: No space left on device")
            let second = try await relay.play([.end])
            #expect(!second.ended.isEmpty)
            #expect(relay.daemon.isRunning)
            #expect(await relay.daemon.stop() == 0)
        }
    }

    @Test func `a log that can no longer be written ends a session that is under way`() async throws {
        try await operate { relay in
            let room = try Room("full")
            async let session = relay.play([
                .tls, .hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n"), .mark(room.path("here")),
                .await(room.path("full")), .say("b NOOP"), .end,
            ])
            try await relay.daemon.ready(within: .seconds(20)) {
                FileManager.default.fileExists(atPath: room.path("here")) ? () : nil
            }
            try await relay.moveLog(to: "/dev/full")
            // What this one leaves in the log is what cannot be written.
            try await relay.play([.close])
            try await relay.complaint("cannot be written: No space left on device")
            try room.write("", to: "full")
            let heard = try await session
            #expect(heard.heard.hasPrefix("* OK ready\r\na OK done\r\n"))
            #expect(heard.heard.contains("* BYE ") && heard.ended == "closed", "\(heard)")
            #expect(await relay.daemon.stop() == 0)
        }
    }

    @Test func `a log that can be written again lets sessions in again`() async throws {
        try await operate("imap") { relay in
            try await relay.play([.hear("ready\r\n"), .close])
            try await relay.moveLog(to: "/dev/full")
            try await relay.play([.pause(seconds: 0.1), .end])
            try await relay.complaint("cannot be written: No space left on device")
            try await relay.moveLog(to: relay.room.path("elsewhere.jsonl"))
            try await relay.complaint("the log can be written again")
            #expect(try await relay.play([.hear("ready\r\n"), .close]).failure == "")
            #expect(await relay.daemon.stop() == 0)
            #expect(try RelayProcess.events(in: relay.room.path("elsewhere.jsonl")).count > 3)
        }
    }

    @Test func `a client is told when its session ends because the log cannot be written`() async throws {
        try await operate("imap", log: "file: /dev/full\non-failure: close") { relay in
            try await relay.play([.end])
            try await relay.complaint("cannot be written")
            let report = try await relay.play([.end])
            #expect(report.heard.hasPrefix("* BYE "))
            #expect(await relay.daemon.stop() == 0)
        }
    }

    @Test func `a log that cannot be written is no reason to end where the configuration says so`() async throws {
        try await operate(log: "file: /dev/full\non-failure: continue") { relay in
            for _ in 1...2 {
                let report = try await relay.play([
                    .tls, .hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n"), .say("b NOOP"), .hear("b OK done\r\n"),
                    .close,
                ])
                #expect(report.failure == "")
            }
            try await relay.complaint("the log /dev/full cannot be written: No space left on device")
            #expect(relay.errorText.components(separatedBy: "cannot be written").count == 2, "said once")
            #expect(await relay.daemon.stop() == 0)
        }
    }

    @Test func `events go to standard output, and nothing else does`() async throws {
        try await operate(log: "detail: commands", arguments: ["--log", "-", "--console", "pretty"]) { relay in
            let report = try await relay.play([.tls, .hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n"), .close])
            #expect(report.failure == "")
            #expect(await relay.daemon.stop() == 0)
            let names = try RelayProcess.events(in: relay.daemon.log).map(\.event)
            #expect(names.prefix(2) == ["hello", "session.opened"])
            #expect(names.last == "session.closed")
            #expect(names.contains("tls.up") && names.contains("completion"))
            #expect(!relay.errorText.contains("session.opened"))
        }
    }

    @Test func `the console shows people what happens`() async throws {
        try await operate(log: "detail: commands", arguments: ["--console", "pretty"]) { relay in
            try await relay.play([.tls, .hear("ready\r\n"), .say("a NOOP"), .hear("a OK done\r\n"), .close])
            #expect(await relay.daemon.stop() == 0)
            let console = relay.daemon.logText
            #expect(console.contains("IMAP session from 127.0.0.1"))
            #expect(console.contains("a NOOP") && console.contains("closed by client"))
            #expect(!console.contains("\u{1B}"), "no colours where there is no terminal")
        }
    }

    @Test func `the ready file names every port that the system chose`() async throws {
        let routes = ["imap", "imaps", "pop3", "pop3s"].map { Route($0, to: $0, port: 9) }
        let relay = try await RelayProcess(routes)
        #expect(Set(relay.ports).count == 4)
        for port in relay.ports {
            #expect(try Port.accepts(port))
            #expect(relay.errorText.contains("listening on") && relay.errorText.contains(":\(port)\n"))
        }
        let text = try String(contentsOfFile: relay.room.path("ready.json"), encoding: .utf8)
        #expect(text.replacing("\\/", with: "/").contains("imaps://127.0.0.1:\(relay.ports[1])"))
        _ = try await relay.stop()
    }

    @Test func `a port that is taken is an error that names it`() async throws {
        let relay = try await RelayProcess([Route("imap", to: "imap", port: 9)])
        let second = try await Program.run(
            "run", "--listen", "imap://127.0.0.1:\(relay.ports[0])", "--upstream", "imap://localhost:9", "--authority",
            relay.room.path("authority"))
        #expect(second.code != 0)
        #expect(second.errors.contains("cannot listen on imap://127.0.0.1:\(relay.ports[0])"))
        #expect(second.errors.contains("in use"))
        _ = try await relay.stop()
    }

    @Test func `a log that cannot be opened is an error that names it`() async throws {
        let room = try Room("log")
        let outcome = try await Program.run(
            "run", "--listen", "imap://127.0.0.1:0", "--upstream", "imap://localhost:9", "--authority", room.path("authority"),
            "--log", room.path("no/such/directory.jsonl"))
        #expect(outcome.code != 0)
        #expect(outcome.errors.contains("no/such/directory.jsonl") && outcome.errors.contains("No such file"))
    }

    @Test func `the event log is for its owner only`() async throws {
        let relay = try await RelayProcess([Route("imap", to: "imap", port: 9)])
        #expect(try Program.mode(of: relay.room.path("events.jsonl")) == 0o600)
        _ = try await relay.stop()
    }

    private func operate(
        _ listen: String = "imaps", log: String? = nil, arguments: [String] = [], _ acts: (RelayProcess) async throws -> Void
    ) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let played = try await PlayedServer(Self.server, credential: try await .of(.right))
        let relay = try await RelayProcess(
            [Route(listen, to: "imaps", port: played.port)], log: log, arguments: arguments)
        try await acts(relay)
        _ = try await played.stop()
    }
}

extension RelayProcess {
    /// Has the log go on somewhere else, in the way that log rotation does it.
    fileprivate func moveLog(to place: String) async throws {
        let log = room.path("events.jsonl")
        let reloads = errorText.components(separatedBy: "reloaded the configuration").count
        try FileManager.default.removeItem(atPath: log)
        try FileManager.default.createSymbolicLink(atPath: log, withDestinationPath: place)
        signal(SIGHUP)
        try await daemon.ready(within: .seconds(20)) {
            errorText.components(separatedBy: "reloaded the configuration").count > reloads ? () : nil
        }
    }
}
