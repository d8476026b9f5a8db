// Strategy: two thousand sessions that are all encrypted on both legs and do nothing. The relay must carry them, give
// the memory back when they have gone, and serve new ones. One Python process holds the clients, one the server
// ends, each with a selector instead of threads; the number is lower only where the system allows no more files.

import Foundation
import Testing

@Suite(.serialized) struct `A crowd` {
    @Test func `of two thousand idle sessions costs memory only while it is there`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let count = min(2_000, Int(min(limit.rlim_max, 1 << 20)) / 2 - 100)
        let server = try await IdleServer(credential: try await .of(.right))
        let relay = try await RelayProcess(
            [Route("imaps", to: "imaps", port: server.port)],
            "limits: {sessions-per-address: 5000}\ntimeouts: {drain: 5, handshake: 120}",
            prologue: "ulimit -n \(limit.rlim_max)")
        // The first crowd pays for what stays: caches, code, the allocator's own tables.
        try await relay.crowd(count / 4, tls: true).leave()
        try await relay.event("session.closed", count: count / 4)
        let before = try relay.memory("VmRSS")
        let crowd = try await relay.crowd(count, tls: true)
        let during = try relay.memory("VmRSS")
        try await crowd.leave()
        try await relay.event("session.closed", count: count / 4 + count, within: .seconds(60))
        let after = try await relay.settledMemory(below: before + 32 << 20)
        print("\(count) sessions: \(before >> 20) MiB before, \(during >> 20) MiB during, \(after >> 20) MiB after")
        #expect((during - before) / count < 150_000, "octets a session")
        #expect(after - before < 32 << 20, "what stayed after the sessions")
        try await relay.crowd(10, tls: true).leave()
        let events = try await relay.stop()
        #expect(!events.contains { $0.event == "tls.failed" || $0.event == "limit" })
        #expect(await server.daemon.stop() == -SIGTERM)
    }

    @Test func `that comes and goes leaves no memory behind`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let server = try await IdleServer(credential: nil)
        let relay = try await RelayProcess([Route("imap", to: "imap?starttls=off", port: server.port)], log: "detail: acts")
        let room = try Room("visitors")
        func visitors(_ count: Int) async throws {
            try await room.run("python3", Clients.script("visitors"), "\(relay.ports[0])", "\(count)", limit: .seconds(120))
        }
        try await visitors(1_500)
        let before = try relay.memory("VmRSS")
        try await visitors(3_000)
        let after = try await relay.settledMemory(below: before + 2 << 20)
        #expect(after - before < 2 << 20, "3000 sessions that are over, in octets of memory")
        #expect(await relay.daemon.stop() == 0)
        _ = await server.daemon.stop()
    }
}

/// Clients that are all connected, until they are told to leave.
struct Crowd: Sendable {
    fileprivate let daemon: Daemon
    fileprivate let room: Room

    func leave() async throws {
        try room.write("", to: "leave")
        let code = await daemon.exitCode(within: .seconds(60))
        guard code == 0 else { throw InteropFailure("the crowd ended with \(code):\n\(daemon.logText)") }
    }
}

extension RelayProcess {
    /// So many clients; gives them when each of those that get anything has got the greeting.
    func crowd(_ count: Int, tls: Bool) async throws -> Crowd {
        let room = try Room("crowd")
        let daemon = try Daemon(
            [
                "python3", Clients.script("idle_crowd"), "\(ports[0])", "\(count)", tls ? authority : "-", room.path("here"),
                room.path("leave"),
            ], environment: room.environment, log: room.path("crowd.log"))
        try await daemon.ready(within: .seconds(120)) {
            FileManager.default.fileExists(atPath: room.path("here")) ? () : nil
        }
        return Crowd(daemon: daemon, room: room)
    }

    /// The memory once it has fallen below the mark, or what it still is after a while.
    func settledMemory(below mark: Int) async throws -> Int {
        _ = try? await daemon.ready(within: .seconds(10)) { try memory("VmRSS") < mark ? () : nil }
        return try memory("VmRSS")
    }
}

/// A server of one process that greets everybody and reads to the end.
struct IdleServer: Sendable {
    let port: Int
    let daemon: Daemon

    /// - Parameter credential: `nil` for a server in clear text.
    init(credential: Credential?) async throws {
        let room = try Room("idle-server")
        let ready = room.path("port")
        daemon = try Daemon(
            ["python3", Clients.script("idle_server"), credential?.chain ?? "-", credential?.key ?? "-", ready],
            environment: room.environment, log: room.path("server.log"))
        port = try await daemon.ready(within: .seconds(30)) {
            (try? String(contentsOfFile: ready, encoding: .utf8)).flatMap { Int($0) }
        }
    }
}
