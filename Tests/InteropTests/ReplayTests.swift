// Strategy: a client's journey is recorded before a real server, and made again before the recording alone. It must end alike, and
// the program must say that nothing was different; a client that asks something else must be told so, and by the exit status, too.

import Foundation
import Testing

@Suite struct `Replaying sessions` {
    private struct Replayed<Outcome: Sendable>: Sendable {
        let outcome: Outcome
        let code: Int32
        let report: String
    }

    /// Answers a journey's connections from the capture, as `interpost replay` does.
    private static func replay<Outcome: Sendable>(
        _ capture: String, _ scheme: String, _ arguments: [String] = [],
        _ journey: (_ port: Int, _ authority: String) async throws -> Outcome
    ) async throws -> Replayed<Outcome> {
        Daemon.stopAllAtExit()
        let room = try Room("replay")
        let ready = room.path("ready.json")
        let daemon = try Daemon(
            [
                try Relay.executable(), "replay", capture, "--listen", "\(scheme)://127.0.0.1:0", "--authority",
                room.path("authority"),
            ]
                + ["--ready-file", ready] + arguments,
            environment: room.environment, log: room.path("report"), errors: room.path("errors"))
        let port = try await daemon.ready(within: .seconds(30)) {
            (try? Data(contentsOf: URL(fileURLWithPath: ready)))
                .flatMap { try? JSONDecoder().decode(Ready.self, from: $0) }?.listeners.first?.port
        }
        let outcome = try await journey(port, room.path("authority/ca.pem"))
        let code = await daemon.stop()
        return Replayed(outcome: outcome, code: code, report: daemon.logText)
    }

    private struct Ready: Decodable {
        struct Listener: Decodable {
            let port: Int
        }

        let listeners: [Listener]
    }

    private static func door(_ port: Int, _ authority: String) -> Door {
        Door(host: "localhost", imap: port, imaps: port, pop3: port, pop3s: port, authority: authority)
    }

    /// A journey that looks for its own names and texts cannot be made where they are redacted: that one is made in POP3.
    @Test(arguments: ["imap none", "imaps none", "pop3 bodies", "pop3s all"].map { $0.split(separator: " ").map(String.init) })
    func `ends a client's journey as the server did`(leg: [String]) async throws {
        let (scheme, level) = (leg[0], leg[1])
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let dovecot = try await Dovecot.shared()
        let account = try dovecot.account(awkward: false)
        try account.fill(Letter.assortment(6))
        let capture = try Room("record").path("tour.interpost")
        let relay = try await Relay(before: dovecot.door, arguments: ["--record", capture, "--redact", level])
        let tour = scheme.hasPrefix("imap") ? "imap_tour" : "pop_tour"
        func visit(_ door: Door, _ security: Security) async throws -> String {
            let visit = Visit(door: door, account: account, room: try Room("visit"), largeLetter: dovecot.largeLetter)
            let port = scheme.hasPrefix("imap") ? door.imapPort(security) : door.pop3Port(security)
            return String(describing: try await visit.python(tour, port: port, security))
        }
        // Whatever the leg was when it was recorded.
        let recorded = try await visit(relay.door, .implicit)
        _ = try await relay.stop()
        let security = scheme.hasSuffix("s") ? Security.implicit : .startTLS
        let replayed = try await Self.replay(capture, scheme) { try await visit(Self.door($0, $1), security) }
        if level == "none" { #expect(replayed.outcome == recorded) }
        #expect(replayed.code == 0, "\(replayed.report)")
        #expect(replayed.report.contains("No differences"), "\(replayed.report)")
    }
}
