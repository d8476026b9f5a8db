// Strategy: mbsync mirrors whole mailboxes between the server and a local Maildir, in both directions;
// the outcome is the set of messages that arrived. Its own header line X-TUID is left out of account.
// It turns on COMPRESS=DEFLATE by itself wherever that is offered.

import Foundation
import Testing

@Suite struct `mbsync` {
    @Test(arguments: Security.encrypted)
    func `pulls all folders into a local Maildir`(security: Security) async throws {
        let letters = Letter.assortment(26)
        let projects = Letter.assortment(5)
        let outcome = try await comparison { visit in
            try visit.account.fill(letters)
            try visit.account.fill(projects, folder: "Projects")
            let local = try visit.room.directory("local")
            try await visit.mbsync(security, mechanism: "*", direction: "Pull")
            return try ["INBOX", "Projects"].map { try Maildir(path: "\(local)/\($0)", owner: .current).lettersWithoutMarks() }
        }
        #expect(outcome == [Letter.sorted(letters), Letter.sorted(projects)])
    }

    @Test(arguments: Security.encrypted)
    func `pushes new local messages to the server`(security: Security) async throws {
        let letters = Letter.assortment(26)
        let outcome = try await comparison { visit in
            try visit.account.create(folder: "INBOX")
            let local = Maildir(path: "\(try visit.room.directory("local"))/Outgoing", owner: .current)
            try local.create()
            for letter in letters.enumerated() { try local.deliver(letter.element, number: letter.offset) }
            try await visit.mbsync(security, mechanism: "LOGIN", direction: "Push")
            return try visit.account.folder("Outgoing").lettersWithoutMarks()
        }
        #expect(outcome == Letter.sorted(letters))
    }
}

extension Visit {
    func mbsync(_ security: Security, mechanism: String, direction: String) async throws {
        let configuration = try room.write(
            """
            FSync no
            SyncState *

            IMAPAccount server
            Host \(door.host)
            Port \(door.imapPort(security))
            User \(account.name)
            Pass \(account.password)
            AuthMechs \(mechanism)
            SSLType \(security == .implicit ? "IMAPS" : "STARTTLS")
            SystemCertificates no
            CertificateFile \(door.authority)

            IMAPStore far
            Account server

            MaildirStore near
            Path \(room.path("local"))/
            Inbox \(room.path("local/INBOX"))
            SubFolders Verbatim

            Channel all
            Far :far:
            Near :near:
            Patterns *
            Create Both
            Sync \(direction)

            """, to: "mbsyncrc")
        try await room.run("mbsync", "-V", "-c", configuration, "all")
    }
}

extension Maildir {
    func lettersWithoutMarks() throws -> [Letter] {
        Letter.sorted(try letters().map { $0.without("X-TUID") })
    }
}
