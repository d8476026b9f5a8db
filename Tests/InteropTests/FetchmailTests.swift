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
            let saved = try visit.room.directory("saved")
            let encryption = security == .implicit ? "ssl" : "sslproto \"TLS1.2+\""
            let configuration = try visit.room.write(
                """
                poll \(visit.door.host) protocol POP3 port \(visit.door.pop3Port(security)) auth \(authentication) timeout 40
                  user "\(visit.account.name)" password "\(visit.account.password)" is "reader" here
                  \(encryption) sslcertck sslcertfile "\(visit.door.authority)"
                  keep fetchall no rewrite
                  mda "cat > $(mktemp \(saved)/XXXXXX)"

                """, to: "fetchmailrc")
            try await visit.room.run(
                "fetchmail", "-v", "--invisible", "--nosyslog", "--fetchmailrc", configuration,
                "--idfile", visit.room.path("ids"), "--pidfile", visit.room.path("pid"))
            return Retrieved(saved: try Letter.stored(in: saved), kept: try visit.account.folder("INBOX").letters())
        }
        #expect(outcome.saved == Letter.sorted(letters.map(\.withLastLineEnded)))
        #expect(outcome.kept == Letter.sorted(letters))
    }

    private struct Retrieved: Equatable {
        let saved: [Letter]
        let kept: [Letter]
    }
}
