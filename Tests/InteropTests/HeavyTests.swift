// Strategy: what takes much memory or many connections runs one after the other: a message of more than 50 MiB
// in every direction, and two hundred sessions that are all logged in at the same moment.

import Foundation
import Testing

@Suite(.serialized) struct `Heavy use` {
    @Test func `fetches a message of 50 MiB over IMAP`() async throws {
        let outcome = try await comparison { visit in
            try visit.fillWithLargeLetter()
            return try await visit.python(
                "large", port: visit.door.imaps, .implicit,
                ["action": "fetch", "file": visit.largeLetter.file], limit: .seconds(150))
        }
        #expect(outcome.report.contains("\"equal\": true"))
    }

    @Test func `retrieves a message of 50 MiB over POP3`() async throws {
        let outcome = try await comparison { visit in
            try visit.fillWithLargeLetter()
            return try await visit.python(
                "large", port: visit.door.pop3s, .implicit,
                ["action": "retr", "file": visit.largeLetter.file], limit: .seconds(150))
        }
        #expect(outcome.report.contains("\"equal\": true"))
    }

    @Test func `appends a message of 50 MiB over IMAP`() async throws {
        let stored = try await comparison { visit in
            try visit.account.create(folder: "INBOX")
            _ = try await visit.python(
                "large", port: visit.door.imaps, .implicit,
                ["action": "append", "file": visit.largeLetter.file], limit: .seconds(150))
            let letters = try visit.account.folder("INBOX").letters()
            let sent = try Data(contentsOf: URL(fileURLWithPath: visit.largeLetter.file))
            return letters.map { $0.bytes == sent }
        }
        #expect(stored == [true])
    }

    @Test(arguments: Security.encrypted)
    func `holds two hundred IMAP sessions at once`(security: Security) async throws {
        let letters = Letter.assortment()
        let outcome = try await comparison { visit in
            try visit.account.fill(letters)
            return try await visit.python(
                "crowd", port: visit.door.imapPort(security), security, ["sessions": "200"], limit: .seconds(150))
        }
        #expect(outcome.report.contains("\"sessions\": 200"))
    }
}

extension Visit {
    fileprivate func fillWithLargeLetter() throws {
        try account.create(folder: "INBOX")
        try account.folder("INBOX").deliver(largeLetter)
    }
}
