// What is measured: the relay, the relay with a gate, HAProxy as the yardstick, and nothing at all.
//
// Each measurement gets a process of its own, so that no workload inherits the memory of another. All relay TLS to TLS on one
// thread, verify the upstream's certificate, and run in the foreground on files in a directory of their own.

import Foundation
import Glibc

enum SubjectName: String, Codable, CodingKeyRepresentable {
    case direct
    case relay
    /// The relay with `--policy read-only`.
    case gate
    case haproxy
}

/// What a subject is given: the server half behind it, the files that let it speak TLS, and a place for its own.
struct Surroundings {
    let upstreamPort: UInt16
    let credentials: Credentials
    let directory: URL
}

struct Subjects {
    let relay: URL
    let haproxy: URL

    private static let secondsToStart = 20.0

    func start(_ name: SubjectName, in surroundings: Surroundings) throws -> RunningSubject {
        switch name {
        case .direct: return RunningSubject(port: surroundings.upstreamPort, process: nil, eventLog: nil)
        case .relay: return try startRelay(surroundings)
        case .gate: return try startRelay(surroundings, ["--policy", "read-only"])
        case .haproxy: return try startHAProxy(surroundings)
        }
    }

    /// `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/` → `2.6.12-1+deb12u4`
    func haproxyVersion() throws -> String {
        let words = try Tool.output(of: haproxy.path, ["-v"]).text.split(whereSeparator: \.isWhitespace)
        guard words.count > 2, words.first == "HAProxy" else {
            throw ChildError("\(haproxy.path) tells no version: install HAProxy, or say where it is with --haproxy")
        }
        return String(words[2])
    }

    private func startRelay(_ surroundings: Surroundings, _ further: [String] = []) throws -> RunningSubject {
        let ready = surroundings.directory.appending(path: "ready.json")
        let log = surroundings.directory.appending(path: "events.jsonl")
        let process = try ChildProcess(
            relay,
            [
                "run",
                "--listen", "imaps://127.0.0.1:0",
                "--upstream", "imaps://localhost:\(surroundings.upstreamPort)",
                "--trust", surroundings.credentials.authority.path,
                "--certificate", surroundings.credentials.certificate.path,
                "--private-key", surroundings.credentials.privateKey.path,
                "--log", log.path,
                "--console", "quiet",
                "--threads", "1",
                "--ready-file", ready.path,
            ] + further,
            output: surroundings.directory.appending(path: "output.txt")
        )
        return try running(process, eventLog: log) { ReadyFile(at: ready)?.listeners.first?.port }
    }

    private func startHAProxy(_ surroundings: Surroundings) throws -> RunningSubject {
        let port = try Socket.freePort()
        let configuration = surroundings.directory.appending(path: "haproxy.cfg")
        let text = """
            global
                nbthread 1
                maxconn 4096
            defaults
                mode tcp
                timeout connect 10s
                timeout client 1h
                timeout server 1h
            listen imaps
                bind 127.0.0.1:\(port) ssl crt "\(surroundings.credentials.combined.path)"
                server upstream 127.0.0.1:\(surroundings.upstreamPort) ssl verify required \
            ca-file "\(surroundings.credentials.authority.path)" sni str(localhost) verifyhost localhost

            """
        try Data(text.utf8).write(to: configuration)
        let process = try ChildProcess(
            haproxy, ["-db", "-f", configuration.path], output: surroundings.directory.appending(path: "output.txt")
        )
        return try running(process, eventLog: nil) {
            guard let descriptor = try? Socket.connect(toPort: port, secondsToAnswer: 1) else { return nil }
            close(descriptor)
            return port
        }
    }

    private func running(_ process: ChildProcess, eventLog: URL?, _ port: () -> UInt16?) throws -> RunningSubject {
        do {
            let port = try process.waitUntilReady(seconds: Self.secondsToStart, port)
            return RunningSubject(port: port, process: process, eventLog: eventLog)
        } catch {
            process.kill()
            throw error
        }
    }
}

struct RunningSubject {
    /// Where clients reach it.
    let port: UInt16
    /// nil: clients reach the server half itself.
    let process: ChildProcess?
    let eventLog: URL?

    var usage: ProcessUsage? { process.map { ProcessUsage(process: $0.identifier) } }

    /// Stops it, and makes sure that it did all of its work while it was measured.
    func stop() throws {
        try process?.stop()
        guard let eventLog else { return }
        let size = try? FileManager.default.attributesOfItem(atPath: eventLog.path)[.size] as? Int
        guard let size, size > 0 else {
            throw ChildError("the relay wrote no events to \(eventLog.path): it was measured without its log")
        }
    }
}

/// `{"listeners":[{"url":"imaps://127.0.0.1:41234","port":41234}]}`
private struct ReadyFile: Decodable {
    struct Listener: Decodable {
        let port: UInt16
    }
    let listeners: [Listener]

    /// nil while the file is not there, or not all of it.
    init?(at url: URL) {
        guard let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(Self.self, from: data) else {
            return nil
        }
        self = file
    }
}
