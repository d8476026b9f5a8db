// Strategy: curl reads its requests from a configuration file, all over one connection, and writes every
// message into a file of its own; the files must hold exactly the bytes the server sends.

import Foundation
import Testing

@Suite struct `curl` {
    @Test(arguments: Security.encrypted)
    func `lists the folders and fetches every message by its UID`(security: Security) async throws {
        let letters = Letter.assortment()
        let outcome = try await comparison { visit in
            try visit.account.fill(letters)
            try visit.account.create(folder: "Projects.Relay")
            let fetched = try visit.room.directory("fetched")
            let url = "\(visit.scheme("imap", security))://\(visit.door.host):\(visit.door.imapPort(security))"
            let listing = try await visit.curl("url = \"\(url)/\"\n")
            let requests = (1...letters.count).map { "url = \"\(url)/INBOX;UID=\($0)\"\noutput = \"\(fetched)/\($0)\"\n" }
            try await visit.curl(requests.joined())
            return Fetched(
                listing: listing, messages: try Letter.read((1...letters.count).map { "\(fetched)/\($0)" }))
        }
        #expect(outcome.listing.contains("Projects/Relay"))
        #expect(outcome.messages == letters.map(\.wire))
    }

    @Test(arguments: Security.encrypted)
    func `lists and retrieves every message over POP3`(security: Security) async throws {
        let letters = Letter.assortment()
        let outcome = try await comparison { visit in
            try visit.account.fill(letters)
            let fetched = try visit.room.directory("fetched")
            let url = "\(visit.scheme("pop3", security))://\(visit.door.host):\(visit.door.pop3Port(security))"
            let listing = try await visit.curl("url = \"\(url)/\"\n")
            let requests = (1...letters.count).map { "url = \"\(url)/\($0)\"\noutput = \"\(fetched)/\($0)\"\n" }
            try await visit.curl(requests.joined())
            return Fetched(
                listing: listing, messages: try Letter.read((1...letters.count).map { "\(fetched)/\($0)" }))
        }
        #expect(outcome.listing.split(separator: "\r\n").count == letters.count)
        #expect(outcome.messages == letters.map(\.popWire))
    }

    @Test(arguments: Security.encrypted)
    func `uploads messages over IMAP`(security: Security) async throws {
        let letters = Letter.assortment()
        let stored = try await comparison { visit in
            try visit.account.create(folder: "INBOX")
            let url = "\(visit.scheme("imap", security))://\(visit.door.host):\(visit.door.imapPort(security))/INBOX"
            let requests = try letters.enumerated().map { index, letter in
                let file = visit.room.path("letter-\(index)")
                try letter.wire.bytes.write(to: URL(fileURLWithPath: file))
                return "url = \"\(url)\"\nupload-file = \"\(file)\"\n"
            }
            try await visit.curl(requests.joined(), mechanism: "PLAIN")
            return try visit.account.folder("INBOX").letters()
        }
        #expect(stored == Letter.sorted(letters))
    }

    private struct Fetched: Equatable {
        let listing: String
        let messages: [Letter]
    }
}

extension Visit {
    func scheme(_ name: String, _ security: Security) -> String {
        security == .implicit ? "\(name)s" : name
    }

    @discardableResult
    func curl(_ requests: String, mechanism: String? = nil) async throws -> String {
        let login = mechanism.map { "login-options = \"AUTH=\($0)\"\n" } ?? ""
        let configuration = try room.write(
            """
            silent
            show-error
            fail-early
            max-time = 50
            ssl-reqd
            cacert = "\(door.authority)"
            user = "\(account.name):\(account.password)"
            \(login)\(requests)
            """, to: "curl-\(UUID().uuidString)")
        return try await room.run("curl", "-q", "-K", configuration)
    }
}
