// Strategy: README's commands are run as they stand, one block after the other, in a folder that has what README takes for granted:
// the server's certificate authority, a file of passwords, Config, and `interpost` in the PATH. Only ports are other ones, as the
// system gives them. What README shows below a block must be what was printed, but for numbers, units and random tags.

import Foundation
import InterpostCore
import TestSupport
import Testing

@Suite struct `README` {
    @Test func `has no more than 180 lines`() throws {
        #expect(try Readme().lines.count <= 180)
    }

    @Test func `names only files that there are`() throws {
        let text = try Readme().lines.joined(separator: "\n")
        let links = text.matches(of: /\]\(([^)#]+)\)/).map { String($0.1) }.filter { !$0.contains("://") }
        #expect(links.count > 20)
        for link in links {
            #expect(FileManager.default.fileExists(atPath: EventSchema.repository.appending(path: link).path), "\(link)")
        }
    }

    @Test func `shows what its commands print`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let desk = try await Desk()
        for block in try Readme().blocks {
            switch block.language {
            case "sh": try await desk.run(block.lines)
            case "python": try desk.keep(block.lines)
            case "", "json": if desk.hasRun { try await desk.expect(block.lines, line: block.line) }
            default: break
            }
        }
        try await desk.stopAll()
        #expect(desk.commands >= 15)
    }

    @Test func `is about the version that the program tells`() async throws {
        let outcome = try await Program.run("--version")
        #expect(outcome.code == 0 && outcome.text == "\(SoftwareVersion.current)\n")
    }

    @Test func `would be found out`() {
        let shown = "06:02:43.247  #2 → DDNB1 LOGIN anna [redacted]                       OK  8.7 ms, 1 line, 406 B"
        let printed = "11:00:00.001  #5 → MAKC1 LOGIN anna [redacted]     OK  712 µs, 1 line, 4 KiB"
        #expect(Desk.shape(of: shown) == Desk.shape(of: printed))
        for other in ["LOGIN bob", "LOGIN anna sesame"] {
            #expect(Desk.shape(of: shown) != Desk.shape(of: printed.replacing("LOGIN anna [redacted]", with: other)))
        }
    }
}

/// README and its blocks of code.
private struct Readme {
    struct Block {
        var language: String
        /// Where its first line is, counted from 1.
        var line: Int
        var lines: [String] = []
    }

    let lines: [String]
    private(set) var blocks: [Block] = []

    init() throws {
        let text = try String(contentsOf: EventSchema.repository.appending(path: "README.md"), encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        var open: Block?
        for (index, line) in lines.enumerated() {
            guard line.hasPrefix("```") else {
                open?.lines.append(line)
                continue
            }
            if let block = open { blocks.append(block) }
            open = open == nil ? Block(language: String(line.dropFirst(3)), line: index + 2) : nil
        }
    }
}

/// Somebody's desk with as many terminals as README's reader needs: relays run in terminals of their own until their ports are
/// wanted by another one, or until nobody is there who speaks with them.
private final class Desk {
    private struct Server {
        let line: String
        let daemon: Daemon
        let ports: [Int]
    }

    private let room: Room
    private let environment: [String: String]
    private let ports: [String: Int]
    private var servers: [Server] = []
    /// What was printed, and how much of it README has shown: a file of output for each command.
    private var outputs: [(file: String, seen: Int)] = []
    private(set) var commands = 0

    var hasRun: Bool { commands > 0 }

    init() async throws {
        let dovecot = try await Dovecot.shared()
        room = try Room("readme")
        try dovecot.anna.fill([
            Letter(bytes: Data("From: Anna <anna@example.org>\nSubject: Lunch\n\nSee you at noon.\n".utf8))
        ])
        let free = try Port.free(3)
        ports = [
            "21993": dovecot.door.imaps, "21995": dovecot.door.pop3s, "1993": free[0], "1143": free[1], "1995": free[2],
        ]
        let (programs, configuration) = (try room.directory("bin"), try room.directory("Config"))
        try FileManager.default.createSymbolicLink(atPath: "\(programs)/interpost", withDestinationPath: try Relay.executable())
        try FileManager.default.copyItem(atPath: dovecot.door.authority, toPath: room.path("test-ca.pem"))
        try room.write("\(dovecot.anna.password)\n", to: "passwords.txt")
        environment = room.environment.merging(["PATH": "\(programs):\(room.environment["PATH"] ?? "")"]) { $1 }
        for name in ["interpost.yml", "read-only.yml", "broker.yml"] {
            let text = try String(contentsOf: EventSchema.repository.appending(path: "Config/\(name)"), encoding: .utf8)
            try Data(withPorts(text).utf8).write(to: URL(fileURLWithPath: "\(configuration)/\(name)"))
        }
    }

    /// A program that README shows and then runs: `agent.py`.
    func keep(_ program: [String]) throws {
        try room.write(withPorts(program.joined(separator: "\n")) + "\n", to: "agent.py")
    }

    private func withPorts(_ text: String) -> String {
        text.replacing(/\b[0-9]{4,5}\b/) { match in ports[String(match.0)].map(String.init) ?? String(match.0) }
    }

    // MARK: - Commands

    func run(_ lines: [String]) async throws {
        let isAlone = !lines.contains { Self.isClient($0) || Self.isServer($0) }
        if isAlone { try await stopAll() }
        for line in lines.map(Self.withoutSetup) where !line.isEmpty {
            commands += 1
            let line = withPorts(line)
            if Self.isServer(line) { try await start(line) } else { try await runToItsEnd(line) }
        }
    }

    private static func isServer(_ line: String) -> Bool {
        line.hasPrefix("interpost run ") || line.hasPrefix("interpost replay ")
    }

    /// A client may be refused: that is what some of them show.
    private static func isClient(_ line: String) -> Bool { line.hasPrefix("curl ") || line.hasPrefix("python3 ") }

    /// CI installs packages and runs the tests; here the program is built.
    private static func withoutSetup(_ line: String) -> String {
        guard line.contains("apt-get install"), let last = line.split(separator: "&& ").last else { return line }
        return last.hasPrefix("swift run ") ? String(last.dropFirst("swift run ".count)) : ""
    }

    private func command(_ line: String) -> [String] {
        ["bash", "-c", #"cd "$1" && exec bash -c "$2""#, "bash", room.path, line]
    }

    private func output() -> String {
        let file = room.path("output-\(commands)")
        outputs.append((file, 0))
        return file
    }

    private func runToItsEnd(_ line: String) async throws {
        let file = output()
        let child = try Child(command(line), environment: environment, output: file, errors: file)
        let code = await child.exitCode(within: .seconds(120))
        child.killGroup()
        guard code == 0 || line.hasPrefix("curl ") else { throw InteropFailure("\(line) ended with \(code)\n\(printed)") }
    }

    private func start(_ line: String) async throws {
        var places = line
        if let file = line.firstMatch(of: /--config (\S+)/)?.1 {
            places = try String(contentsOfFile: room.path(String(file)), encoding: .utf8)
        }
        let listened = places.matches(of: /listen:? \S+127\.0\.0\.1:([0-9]+)/).compactMap { Int($0.1) }
        for server in servers where !server.ports.allSatisfy({ !listened.contains($0) }) { try await stop(server) }
        servers.removeAll { !$0.ports.allSatisfy { !listened.contains($0) } }
        let daemon = try Daemon(command(line), environment: environment, log: output())
        try await daemon.ready(within: .seconds(120)) {
            let said = Set(daemon.logText.matches(of: /127\.0\.0\.1:([0-9]+)/).compactMap { Int($0.1) })
            return said.isSuperset(of: listened) ? () : nil
        }
        servers.append(Server(line: line, daemon: daemon, ports: listened))
    }

    func stopAll() async throws {
        for server in servers { try await stop(server) }
        servers = []
    }

    /// A replay ends by itself, with 1 because the client did otherwise; a relay ends when it is asked to.
    private func stop(_ server: Server) async throws {
        let isReplay = server.line.hasPrefix("interpost replay ")
        let code = isReplay ? await server.daemon.exitCode(within: .seconds(120)) : await server.daemon.stop()
        guard server.line.contains(" | ") || code == (isReplay ? 1 : 0) else {
            throw InteropFailure("\(server.line) ended with \(code)\n\(server.daemon.logText)")
        }
    }

    // MARK: - What was printed

    private var printed: String {
        outputs.map {
            String(decoding: (FileManager.default.contents(atPath: $0.file) ?? Data()).dropFirst($0.seen), as: UTF8.self)
        }
        .joined()
    }

    /// Waits until each of the lines has been printed since README last showed something.
    func expect(_ lines: [String], line number: Int) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(120)
        var missing: [String] = []
        repeat {
            let shapes = Set(printed.split(separator: "\n").map { Self.shape(of: String($0)) })
            missing = lines.filter { !shapes.contains(Self.shape(of: $0)) }
            if missing.isEmpty { break }
            try await Task.sleep(for: .milliseconds(20))
        } while clock.now < deadline
        for line in missing { Issue.record("README.md:\(number) shows\n\(line)\nbut this was printed:\n\(printed)") }
        for index in outputs.indices {
            outputs[index].seen = FileManager.default.contents(atPath: outputs[index].file)?.count ?? 0
        }
    }

    /// The line with one name for all runs and hosts, one digit for each number, one unit for all, one tag for those that imaplib makes up, and single spaces.
    static func shape(of line: String) -> String {
        line.replacing(/"run":"[^"]*","instance":"[^"]*"/, with: "").replacing(/[0-9]+(?:[.:][0-9]+)*/, with: "0").replacing(
            /\b0 (?:µs|ms|s|B|KiB|MiB)\b/, with: "0 B"
        )
        .replacing(/\b[A-P]{4}0\b/, with: "TAG").split(separator: " ").joined(separator: " ")
    }
}
