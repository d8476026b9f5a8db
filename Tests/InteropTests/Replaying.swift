// Strategy: `interpost replay` as its users run it, as a program of its own, on a port that the system chose.

import Foundation

struct Replayed<Outcome: Sendable>: Sendable {
    let outcome: Outcome
    let code: Int32
    let report: String
}

/// Answers a journey's connections from a capture, and gives what came of it and what the program reports.
func replaying<Outcome: Sendable>(
    _ capture: String, _ scheme: String, _ arguments: [String] = [], _ journey: (Door) async throws -> Outcome
) async throws -> Replayed<Outcome> {
    Daemon.stopAllAtExit()
    let room = try Room("replay")
    let ready = room.path("ready.json")
    let daemon = try Daemon(
        [
            try Relay.executable(), "replay", capture, "--listen", "\(scheme)://127.0.0.1:0", "--authority",
            room.path("authority"), "--ready-file", ready,
        ] + arguments,
        environment: room.environment, log: room.path("report"), errors: room.path("errors"))
    let port = try await daemon.ready(within: .seconds(30)) {
        (try? Data(contentsOf: URL(fileURLWithPath: ready)))
            .flatMap { try? JSONDecoder().decode(ReplayReady.self, from: $0) }?.listeners.first?.port
    }
    let door = Door(
        host: "localhost", imap: port, imaps: port, pop3: port, pop3s: port, authority: room.path("authority/ca.pem"))
    let outcome: Outcome
    do {
        outcome = try await journey(door)
    } catch {
        _ = await daemon.stop()
        throw InteropFailure("\(error)\nThe replay reports:\n\(daemon.logText.suffix(4_000))")
    }
    let code = await daemon.stop()
    return Replayed(outcome: outcome, code: code, report: daemon.logText)
}

private struct ReplayReady: Decodable {
    struct Listener: Decodable {
        let port: Int
    }

    let listeners: [Listener]
}
