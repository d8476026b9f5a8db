// Strategy: a client's journey is recorded before a real server, and made again before the recording alone. It must end alike, and
// the program must say that nothing was different; a client that asks something else must be told so, and by the exit status, too.

import Foundation
import InterpostProxy
import Testing

@Suite struct `Replaying sessions` {
    /// What a client does, and what came of it.
    enum Journey: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case curlIMAP, curlPOP3, mbsync, fetchmail, mutt, imaplib, poplib

        var testDescription: String { rawValue }
        var isPOP3: Bool { self == .curlPOP3 || self == .fetchmail || self == .poplib }
        static let letters = 6
        /// It looks for names and texts that it knows, which are not there where they are redacted.
        var knowsItsMail: Bool { self == .imaplib }

        func make(_ visit: Visit, _ security: Security) async throws -> [String] {
            switch self {
            case .curlIMAP, .curlPOP3:
                let (scheme, port) =
                    isPOP3 ? ("pop3", visit.door.pop3Port(security)) : ("imap", visit.door.imapPort(security))
                let url = "\(visit.scheme(scheme, security))://\(visit.door.host):\(port)"
                let folder = try visit.room.directory("fetched-\(UUID().uuidString)")
                let listing = try await visit.curl("url = \"\(url)/\"\n")
                let requests = (1...Journey.letters).map { number in
                    "url = \"\(url)/\(isPOP3 ? "\(number)" : "INBOX;UID=\(number)")\"\noutput = \"\(folder)/\(number)\"\n"
                }
                try await visit.curl(requests.joined())
                return [listing] + (try Letter.stored(in: folder)).map(\.description)
            case .mbsync:
                let local = try visit.room.directory("local")
                try await visit.mbsync(security, mechanism: "*", direction: "Pull")
                let folders = try FileManager.default.contentsOfDirectory(atPath: local).sorted().filter { !$0.hasPrefix(".") }
                return try folders.flatMap { folder in
                    try Maildir(path: "\(local)/\(folder)", owner: .current).lettersWithoutMarks().map { "\(folder) \($0)" }
                }
            case .fetchmail: return try await visit.fetchmail(security).map(\.description)
            case .mutt: return try await visit.mutt(security).map(\.description)
            case .imaplib:
                return [String(describing: try await visit.python("imap_tour", port: visit.door.imapPort(security), security))]
            case .poplib:
                return [String(describing: try await visit.python("pop_tour", port: visit.door.pop3Port(security), security))]
            }
        }
    }

    private static let levels = ["none", "headers", "bodies", "all"]

    /// Recorded behind TLS from the first byte, and copied at each level; replayed to a client that does STARTTLS, too.
    @Test(arguments: Journey.allCases) func `ends a client's journey as the server did`(journey: Journey) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let dovecot = try await Dovecot.shared()
        let account = try dovecot.account(awkward: false)
        // fetchmail breaks long lines.
        let letters =
            journey == .fetchmail ? Letter.assortment(20).filter { $0.hasLines(upTo: 8_000) } : Letter.assortment(Journey.letters)
        try account.fill(letters)
        try account.fill(Letter.assortment(2), folder: "Projects")
        let room = try Room("record")
        let capture = room.path("tour.interpost")
        func visit(_ door: Door, _ security: Security) async throws -> [String] {
            let visit = Visit(door: door, account: account, room: try Room("visit"), largeLetter: dovecot.largeLetter)
            return try await journey.make(visit, security)
        }
        let relay = try await Relay(before: dovecot.door, arguments: ["--record", capture])
        let recorded = try await visit(relay.door, .implicit)
        _ = try await relay.stop()
        #expect(!recorded.isEmpty)
        for level in Self.levels where level == "none" || !journey.knowsItsMail {
            let copy = room.path("\(level).interpost")
            let copied = try await Program.run("redact", capture, copy, "--level", level)
            #expect(copied.code == 0, "\(copied.errors)")
            let verified = try await Program.run("verify", copy)
            #expect(verified.code == 0, "\(verified.text)")
            let security = level == "headers" ? Security.startTLS : .implicit
            let scheme = (journey.isPOP3 ? "pop3" : "imap") + (security == .implicit ? "s" : "")
            let replayed = try await replaying(copy, scheme) { try await visit($0, security) }
            if level == "none" { #expect(replayed.outcome == recorded) }
            #expect(replayed.outcome.count == recorded.count, "at \(level)")
            #expect(replayed.code == 0, "at \(level): \(replayed.report)")
            #expect(replayed.report.contains("No differences"), "at \(level): \(replayed.report)")
        }
    }

    @Test func `a client that asks something else is told so, and the exit status says it`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let room = try Room("record")
        let transcript = try room.write("S: * PREAUTH hi\nC: a NOOP\nS: a OK\nC: b STATUS A (MESSAGES)\nS: b OK\n", to: "s.imap")
        let capture = room.path("s.interpost")
        let imported = try await Program.run("import", transcript, "--to", capture)
        #expect(imported.code == 0, "\(imported.errors)")
        let replayed = try await replaying(capture, "imap") { door in
            try await PlayedClient.play(
                [.hear("hi\r\n"), .say("x STATUS B (MESSAGES)"), .hear("x NO [CANNOT]"), .end], port: door.imap,
                authority: door.authority)
        }
        #expect(replayed.code == 1)
        #expect(replayed.report.contains("STATUS B (MESSAGES)") && replayed.report.contains("STATUS A (MESSAGES)"))
    }
}
