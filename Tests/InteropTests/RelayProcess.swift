// Strategy: an `interpost run` with a YAML configuration of the test's own, for what the plain relay of the
// comparisons cannot show: time-outs, limits, signals, a log that fails. Its event log is read as its users read
// it, one JSON object per line.

import Foundation
import TestSupport

/// One listener and the server behind it, in the words of the configuration.
struct Route: Sendable {
    let listen: String
    /// `nil` where the relay leads to accounts.
    let upstream: String?
    let further: String

    /// - Parameters:
    ///   - listen: A scheme and, if need be, its option: `imap?starttls=required`.
    ///   - upstream: The same for the server on `port` of this host.
    ///   - further: More keys of the relay, such as `mirror: true`.
    init(_ listen: String, to upstream: String, port: Int, _ further: String = "") {
        self.listen = Self.url(listen, "127.0.0.1", 0)
        self.upstream = Self.url(upstream, "localhost", port)
        self.further = further
    }

    /// - Parameter accounts: Where Interpost lets clients in itself: `all`, or a list.
    init(_ listen: String, accounts: String, _ further: String = "") {
        self.listen = Self.url(listen, "127.0.0.1", 0)
        upstream = nil
        self.further = "accounts: \(accounts)" + (further.isEmpty ? "" : "\n    \(further)")
    }

    private static func url(_ text: String, _ host: String, _ port: Int) -> String {
        let parts = text.split(separator: "?")
        return "\(parts[0])://\(host):\(port)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }
}

/// A line of the event log; only the fields that tests ask for.
struct Event: Decodable, Sendable {
    let session: Int
    let event: String
    let side: String?
    let reason: String?
    let kind: String?
    let limit: String?
    let value: Int?
    let by: String?
    let text: String?
    let verdict: String?
    let name: String?
    let result: String?
    let removed: [String]?
    let added: [String]?
    let client: String?
    let clientName: String?
    let refusal: String?
    let failure: String?
    let clientOctets: Int?
    let serverOctets: Int?

    private enum CodingKeys: String, CodingKey {
        case session, event, side, reason, kind, limit, value, by, text, verdict, name, result, removed, added, client, refusal,
            failure
        case clientName = "client_name"
        case clientOctets = "client_octets"
        case serverOctets = "server_octets"
    }
}

final class RelayProcess: Sendable {
    let room: Room
    let ports: [Int]
    let daemon: Daemon
    /// What clients are to trust.
    let authority: String
    let configuration: String
    /// Standard error; standard output is the daemon's log.
    let errors: String
    let eventFile: String
    /// Further arguments of the program.
    let arguments: [String]

    /// Starts a relay and waits until it listens.
    /// - Parameters:
    ///   - further: More sections of the configuration, such as `limits` and `timeouts`.
    ///   - tls: More keys of the section `tls`.
    ///   - log: All keys of the section `log` but `console`, if not the usual ones.
    ///   - arguments: More arguments.
    ///   - prologue: Shell commands that hold for the relay, such as `ulimit -n 64`.
    init(
        _ routes: [Route], _ further: String = "timeouts: {drain: 2}", tls: String = "", log: String? = nil,
        arguments: [String] = [], prologue: String = ":"
    ) async throws {
        Daemon.stopAllAtExit()
        self.arguments = arguments
        room = try Room("relay")
        eventFile = room.path("events.jsonl")
        authority = room.path("authority/ca.pem")
        configuration = try room.write(
            try await Self.yaml(routes, further, tls, log ?? "file: \(eventFile)", in: room), to: "interpost.yml")
        errors = room.path("errors.log")
        let ready = room.path("ready.json")
        let command = [
            try Relay.executable(), "run", "--config", configuration, "--ready-file", ready, "--console", "quiet",
        ]
        daemon = try Daemon(
            ["sh", "-c", "\(prologue) && exec \"$@\"", "sh"] + command + arguments, environment: room.environment,
            log: room.path("output.log"), errors: errors)
        do {
            ports = try await daemon.ready(within: .seconds(30)) {
                (try? Data(contentsOf: URL(fileURLWithPath: ready)))
                    .flatMap { try? JSONDecoder().decode(ReadyFile.self, from: $0) }?
                    .listeners.map(\.port)
            }
        } catch {
            throw InteropFailure("\(error)\n\((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")")
        }
    }

    private struct ReadyFile: Decodable {
        struct Listener: Decodable {
            let port: Int
        }

        let listeners: [Listener]
    }

    static func yaml(
        _ routes: [Route], _ further: String, _ tls: String, _ log: String, in room: Room
    ) async throws -> String {
        let relays = routes.map {
            "  - listen: \($0.listen)\n" + ($0.upstream.map { "    upstream: \($0)\n" } ?? "")
                + ($0.further.isEmpty ? "" : "    \($0.further)\n")
        }
        return "relays:\n" + relays.joined()
            + "tls:\n  trust: [\(try await Credential.authority())]\n  authority: \(room.path("authority"))\n"
            + tls.split(separator: "\n").map { "  \($0)\n" }.joined()
            + "log:\n" + log.split(separator: "\n").map { "  \($0)\n" }.joined()
            + further + "\n"
    }

    var errorText: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) {
        if daemon.isRunning { kill(daemon.pid, number) }
    }

    /// The events so far, in their order; a line that is not whole yet is left out.
    func events() throws -> [Event] { try Self.events(in: eventFile) }

    static func events(in file: String) throws -> [Event] {
        let data = FileManager.default.contents(atPath: file) ?? Data()
        return try data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map {
            try JSONDecoder().decode(Event.self, from: $0)
        }
    }

    /// Waits for an event that the relay must write.
    @discardableResult
    func event(
        _ name: String, count: Int = 1, within limit: Duration = .seconds(20),
        where isWanted: (Event) -> Bool = { _ in true }
    ) async throws -> Event {
        do {
            return try await daemon.ready(within: limit) {
                let found = try events().filter { $0.event == name && isWanted($0) }
                return found.count >= count ? found.last : nil
            }
        } catch {
            let names = try events().suffix(40).map { "\($0.session) \($0.event) \($0.reason ?? $0.kind ?? $0.limit ?? "")" }
            throw InteropFailure("no event \(name) within \(limit); the last ones:\n\(names.joined(separator: "\n"))")
        }
    }

    /// Waits until standard error holds the text.
    func complaint(_ text: String, within limit: Duration = .seconds(20)) async throws {
        do {
            try await daemon.ready(within: limit) { errorText.contains(text) ? () : nil }
        } catch {
            throw InteropFailure("the relay did not say '\(text)' but:\n\(errorText)")
        }
    }

    /// Octets from /proc: `VmRSS` what is in memory, `VmHWM` the most that ever was.
    func memory(_ key: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("\(key):") }),
            let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else { throw InteropFailure("no \(key) in the status of the relay:\n\(status)") }
        return kibibytes * 1024
    }

    /// Ends the relay, which must end well, and gives all its events, which must be as the schema says.
    func stop() async throws -> [Event] {
        let code = await daemon.stop()
        guard code == 0 else { throw InteropFailure("the relay ended with \(code):\n\(errorText)\n\(daemon.logText)") }
        try EventSchema.check(log: eventFile)
        return try events()
    }
}

extension EventSchema {
    /// Throws if a line of the event log is not as the schema says. A log that was never written has no lines.
    static func check(log file: String) throws {
        let schema = try EventSchema()
        let lines = (FileManager.default.contents(atPath: file) ?? Data()).split(separator: UInt8(ascii: "\n"))
        let problems = lines.flatMap { line in
            schema.problems(of: line + [UInt8(ascii: "\n")]).map { "\($0): \(String(decoding: line, as: UTF8.self))" }
        }
        guard problems.isEmpty else {
            throw InteropFailure("events that the schema does not know:\n" + problems.prefix(20).joined(separator: "\n"))
        }
    }
}
