// Strategy: a conversation that ordinary mail software would never hold is written down as a play: the steps of
// the client and those of the server. Clients/play.py performs them, with OpenSSL where TLS is wanted; each
// peer reports all it heard. What is awaited is always something said or done, never a length of time.

import Foundation

/// What a peer does next.
struct Step: Encodable, Sendable {
    private let words: [String]

    private init(_ words: String...) {
        self.words = words
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(words)
    }

    static let tls = Step("tls")
    static let end = Step("end")
    static let finish = Step("finish")
    static let notify = Step("notify")
    static let close = Step("close")
    static let reset = Step("reset")

    /// Sends the text (each scalar one octet) with CR LF.
    static func say(_ line: String) -> Step { Step("say", line + "\r\n") }
    static func send(_ text: String) -> Step { Step("say", text) }
    static func send(_ text: String, times: Int) -> Step { Step("repeat", text, "\(times)") }
    static func hear(_ text: String) -> Step { Step("hear", text) }
    static func hello(octets: Int) -> Step { Step("hello", "\(octets)") }
    static func noise(octets: Int, seed: Int) -> Step { Step("noise", "\(octets)", "\(seed)") }
    static func pause(seconds: Double) -> Step { Step("pause", "\(seconds)") }
    /// Makes a file that another peer, or the test, waits for.
    static func mark(_ path: String) -> Step { Step("mark", path) }
    static func await(_ path: String) -> Step { Step("await_mark", path) }
}

/// What a peer knows after its part of a play.
struct PeerReport: Decodable, Sendable {
    /// Everything it received, decrypted; each scalar one octet.
    let heard: String
    /// The TLS version, or empty.
    let secure: String
    /// What the server showed, as PEM.
    let certificate: String
    /// `closed`, `reset` or, if it left first, empty.
    let ended: String
    /// The step that could not be done, and why; else empty.
    let failure: String

    var lines: [String] { heard.components(separatedBy: "\r\n").filter { !$0.isEmpty } }
}

enum Clients {
    static func script(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Clients/\(name).py").path
    }
}

/// A server that performs the same steps on every connection.
final class PlayedServer: Sendable {
    let port: Int
    private let daemon: Daemon
    private let reports: String

    init(_ steps: [Step], credential: Credential?) async throws {
        Daemon.stopAllAtExit()
        let room = try Room("upstream")
        reports = room.path("reports.json")
        let ready = room.path("port.json")
        let facts = Facts(
            steps: steps, ready: ready, report: reports, chain: credential?.chain, key: credential?.key)
        let file = try room.write(String(decoding: try JSONEncoder().encode(facts), as: UTF8.self), to: "facts.json")
        daemon = try Daemon(
            ["python3", Clients.script("upstream"), file], environment: room.environment, log: room.path("upstream.log"))
        port = try await daemon.ready(within: .seconds(30)) {
            (try? Data(contentsOf: URL(fileURLWithPath: ready))).flatMap { try? JSONDecoder().decode(Int.self, from: $0) }
        }
    }

    private struct Facts: Encodable {
        let steps: [Step]
        let ready: String
        let report: String
        let chain: String?
        let key: String?
    }

    /// Ends the server and gives what each of its connections heard.
    func stop() async throws -> [PeerReport] {
        let code = await daemon.stop()
        guard code == 0 else { throw InteropFailure("the played server ended with \(code):\n\(daemon.logText)") }
        return try JSONDecoder().decode([PeerReport].self, from: Data(contentsOf: URL(fileURLWithPath: reports)))
    }
}

/// A client that performs its steps once.
enum PlayedClient {
    @discardableResult
    static func play(
        _ steps: [Step], port: Int, authority: String, limit: Duration = .seconds(60)
    ) async throws -> PeerReport {
        let room = try Room("caller")
        let facts = Facts(steps: steps, port: port, authority: authority)
        let file = try room.write(String(decoding: try JSONEncoder().encode(facts), as: UTF8.self), to: "facts.json")
        let said = try await room.run("python3", Clients.script("caller"), file, limit: limit)
        return try JSONDecoder().decode(PeerReport.self, from: Data(said.utf8))
    }

    private struct Facts: Encodable {
        let steps: [Step]
        let port: Int
        let authority: String
    }
}
