// Strategy: clients know only a door: a host, four ports and the authority to trust. One door leads straight
// to Dovecot, the other to an Interpost process started before it, on ports the system chose. The relay runs
// as its users run it, as the built executable with flags, and is found beside the test bundle.

import Foundation
import TestSupport
import Testing

enum Security: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case clear, startTLS, implicit

    static let encrypted: [Security] = [.startTLS, .implicit]

    var testDescription: String { rawValue }
}

struct Door: Sendable {
    let host: String
    let imap: Int
    let imaps: Int
    let pop3: Int
    let pop3s: Int
    /// The file of the certificate authority that clients are to trust.
    let authority: String

    static func direct(_ dovecot: Dovecot) -> Door { dovecot.door }

    func imapPort(_ security: Security) -> Int { security == .implicit ? imaps : imap }

    func pop3Port(_ security: Security) -> Int { security == .implicit ? pop3s : pop3 }
}

final class Relay: Sendable {
    let door: Door
    private let daemon: Daemon
    private let events: String

    /// Starts a relay before `target` and waits until it listens: of each scheme, and to the same one.
    convenience init(before target: Door, arguments: [String] = []) async throws {
        let routes = [("imap", target.imap), ("imaps", target.imaps), ("pop3", target.pop3), ("pop3s", target.pop3s)].map {
            (listen: "\($0)://127.0.0.1:0", upstream: "\($0)://\(target.host):\($1)")
        }
        try await self.init(before: target, routes: routes, arguments: arguments)
    }

    /// Starts a relay with these pairs of URLs; with fewer than four, a door's port is that of the first.
    init(before target: Door, routes: [(listen: String, upstream: String)], arguments: [String]) async throws {
        let room = try Room("relay")
        let readyFile = room.path("ready.json")
        let authority = room.path("authority")
        events = room.path("events.jsonl")
        var command = [try Self.executable()] + ["run"]
        for (listen, upstream) in routes { command += ["--listen", listen, "--upstream", upstream] }
        command += ["--trust", target.authority, "--authority", authority, "--log", events]
        command += ["--console", "quiet", "--ready-file", readyFile] + arguments
        daemon = try Daemon(command, environment: room.environment, log: room.path("console.log"))
        let ports = try await daemon.ready(within: .seconds(30)) {
            (try? Data(contentsOf: URL(fileURLWithPath: readyFile)))
                .flatMap { try? JSONDecoder().decode(ReadyFile.self, from: $0) }?
                .listeners.map(\.port)
        }
        guard ports.count == routes.count else { throw InteropFailure("the relay listens on \(ports) for \(routes)") }
        let four = ports.count == 4 ? ports : Array(repeating: ports[0], count: 4)
        door = Door(
            host: "localhost", imap: four[0], imaps: four[1], pop3: four[2], pop3s: four[3],
            authority: "\(authority)/ca.pem")
    }

    private struct ReadyFile: Decodable {
        struct Listener: Decodable {
            let port: Int
        }

        let listeners: [Listener]
    }

    var console: String { daemon.logText }
    var pid: pid_t { daemon.pid }

    /// Waits for something that the relay does.
    func wait(within limit: Duration, until isDone: () throws -> Void?) async throws {
        try await daemon.ready(within: limit, isDone)
    }

    /// Ends the relay and gives everything it wrote: its event log, which must be as the schema says, and its console.
    func stop() async throws -> (eventLog: Data, console: Data) {
        let code = await daemon.stop()
        guard code == 0 else { throw InteropFailure("the relay ended with \(code):\n\(console)") }
        try EventSchema.check(log: events)
        return (
            try Data(contentsOf: URL(fileURLWithPath: events)),
            try Data(contentsOf: URL(fileURLWithPath: daemon.log))
        )
    }

    /// The `interpost` beside the test bundle, in the build's debug or release directory.
    static func executable() throws -> String {
        let starts = [CommandLine.arguments[0], Bundle.main.bundlePath] + Bundle.allBundles.map(\.bundlePath)
        for start in starts {
            var directory = URL(fileURLWithPath: start).resolvingSymlinksInPath()
            while directory.path != "/" {
                let candidate = directory.appendingPathComponent("interpost").path
                if ["debug", "release"].contains(directory.lastPathComponent),
                    FileManager.default.isExecutableFile(atPath: candidate)
                {
                    return candidate
                }
                directory.deleteLastPathComponent()
            }
        }
        throw InteropFailure("there is no interpost executable beside the test bundle; looked from \(starts)")
    }
}
