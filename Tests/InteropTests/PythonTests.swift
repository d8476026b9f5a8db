// Strategy: the scripts in Clients walk through Python's own mail modules and print a canonical report as
// JSON; messages they read are saved as files. The report and the files of both ways must be equal, and
// the files must hold exactly the bytes that were delivered.

import Foundation
import Testing

@Suite struct `Python clients` {
    @Test(arguments: Security.allCases, [false, true])
    func `use everything imaplib offers on a mailbox`(security: Security, awkwardPassword: Bool) async throws {
        let letters = Letter.assortment()
        let outcome = try await comparison(awkwardPassword: awkwardPassword) { visit in
            try visit.account.fill(letters)
            return try await visit.python("imap_tour", port: visit.door.imapPort(security), security)
        }
        #expect(outcome.messages == letters.map(\.wire))
    }

    @Test(arguments: Security.allCases, [false, true])
    func `use everything poplib offers on a mailbox`(security: Security, awkwardPassword: Bool) async throws {
        let letters = Letter.assortment()
        let outcome = try await comparison(awkwardPassword: awkwardPassword) { visit in
            try visit.account.fill(letters)
            return try await visit.python("pop_tour", port: visit.door.pop3Port(security), security)
        }
        #expect(outcome.messages == letters.map(\.popWire))
    }

    @Test(arguments: Security.encrypted)
    func `compress an IMAP session both ways`(security: Security) async throws {
        let letters = Letter.assortment()
        let outcome = try await comparison { visit in
            try visit.account.fill(letters)
            return try await visit.python("compressed", port: visit.door.imapPort(security), security)
        }
        #expect(outcome.messages == letters.map(\.wire) + letters.prefix(1).map(\.wire))
    }

    @Test(arguments: Security.encrypted)
    func `are told of a delivery while idling`(security: Security) async throws {
        let letters = Letter.assortment(2)
        let outcome = try await comparison { visit in
            try visit.account.fill([letters[0]])
            let arriving = visit.room.path("arriving")
            try letters[1].bytes.write(to: URL(fileURLWithPath: arriving))
            return try await visit.python(
                "idle", port: visit.door.imapPort(security), security,
                ["arriving": arriving, "maildir": visit.account.folder("INBOX").path])
        }
        #expect(outcome.messages == [letters[1].wire])
    }
}

/// What a script printed and the messages it saved, in the order it saved them.
struct ScriptOutcome: Equatable {
    let report: String
    let messages: [Letter]
}

extension Visit {
    /// Runs a script of Clients; it reads its facts, with the password, from a file.
    func python(
        _ script: String, port: Int, _ security: Security, _ further: [String: String] = [:],
        limit: Duration = .seconds(60)
    ) async throws -> ScriptOutcome {
        let saved = try room.directory("saved")
        var facts = [
            "host": door.host, "port": String(port), "security": security.rawValue, "authority": door.authority,
            "user": account.name, "password": account.password, "saved": saved,
        ]
        facts.merge(further) { $1 }
        let file = try room.write(String(decoding: try JSONEncoder().encode(facts), as: UTF8.self), to: "facts.json")
        let clients = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Clients")
        let path = clients.appendingPathComponent("\(script).py").path
        let report = try await room.run("python3", path, file, limit: limit)
        let names = try FileManager.default.contentsOfDirectory(atPath: saved).sorted()
        return ScriptOutcome(report: report, messages: try Letter.read(names.map { "\(saved)/\($0)" }))
    }
}
