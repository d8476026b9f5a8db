// Strategy: fetchmail retrieves over POP3 and hands every message to a delivery agent that writes a file; the
// outcome is the set of files. It keeps the messages on the server, and its own Received line is switched off.
// Lines of more than 8 KiB are left out: fetchmail breaks them and adds two bytes of stray memory at each break.

import Foundation
import Testing

@Suite struct `fetchmail` {
    @Test(arguments: Security.encrypted, ["any", "password"])
    func `retrieves all messages over POP3`(security: Security, authentication: String) async throws {
        let letters = Letter.assortment(26).filter { $0.hasLines(upTo: 8_000) }
        let outcome = try await comparison { visit in
            try visit.account.fill(letters)
            let saved = try await visit.fetchmail(security, authentication: authentication)
            return Retrieved(saved: saved, kept: try visit.account.folder("INBOX").letters())
        }
        #expect(outcome.saved == Letter.sorted(letters.map(\.withLastLineEnded)))
        #expect(outcome.kept == Letter.sorted(letters))
    }

    private struct Retrieved: Equatable {
        let saved: [Letter]
        let kept: [Letter]
    }
}

extension Visit {
    /// Retrieves all messages, and gives what it saved.
    func fetchmail(
        _ security: Security, authentication: String = "any", keeps: Bool = true, overIMAP: Bool = false
    ) async throws -> [Letter] {
        let port = overIMAP ? door.imapPort(security) : door.pop3Port(security)
        let saved = try room.directory("saved")
        let encryption = security == .implicit ? "ssl" : "sslproto \"TLS1.2+\""
        let configuration = try room.write(
            """
            poll \(door.host) protocol \(overIMAP ? "IMAP" : "POP3") port \(port) auth \(authentication) timeout 40
              user "\(account.name)" password "\(account.password)" is "reader" here
              \(encryption) sslcertck sslcertfile "\(door.authority)"
              \(keeps ? "keep" : "nokeep") fetchall no rewrite
              mda "cat > $(mktemp \(saved)/XXXXXX)"

            """, to: "fetchmailrc")
        try await room.run(
            "fetchmail", "-v", "--invisible", "--nosyslog", "--fetchmailrc", configuration,
            "--idfile", room.path("ids"), "--pidfile", room.path("pid"))
        return try Letter.stored(in: saved)
    }
}
