// Strategy: mutt needs a terminal, which `script` gives it, and is driven by pushed keys: it opens the
// mailbox, tags and copies all messages to a local Maildir, marks some for deletion, and quits, which expunges.
// Over IMAPS it also compresses the session.

import Foundation
import Testing

@Suite struct `mutt` {
    @Test(arguments: Security.encrypted)
    func `copies all messages of a folder and deletes some`(security: Security) async throws {
        let letters = Letter.assortment(26)
        let outcome = try await comparison { visit in
            try visit.account.fill(letters)
            let saved = try await visit.mutt(security, deleting: "~s dot")
            return Copied(saved: saved, left: try visit.account.folder("INBOX").letters())
        }
        #expect(outcome.saved == Letter.sorted(letters))
        #expect(outcome.left == Letter.sorted(letters.filter { !$0.description.contains("dot") }))
    }

    private struct Copied: Equatable {
        let saved: [Letter]
        let left: [Letter]
    }
}

extension Visit {
    /// Copies all messages to a local folder, and gives what is there; deletes those that a pattern names.
    /// - Parameter answer: What is answered to the question whether to leave a mailbox that could not be changed.
    func mutt(_ security: Security, deleting pattern: String? = nil, answer: String = "") async throws -> [Letter] {
        let deletion = pattern.map { "<delete-pattern>\($0)<enter>" } ?? ""
        let saved = Maildir(path: room.path("saved"), owner: .current)
        let inbox = "\(security == .implicit ? "imaps" : "imap")://\(door.host):\(door.imapPort(security))/INBOX"
        let keys = """
            <tag-pattern>~A<enter><tag-prefix><copy-message>\(saved.path)<enter>\
            <untag-pattern>~A<enter>\(deletion)<quit>\(answer)
            """
        let configuration = try room.write(
            """
            set folder = "\(room.path)"
            set spoolfile = "\(inbox)"
            set imap_user = "\(account.name)"
            set imap_pass = "\(account.password)"
            set imap_authenticators = "\(security == .implicit ? "login" : "plain")"
            set imap_deflate = \(security == .implicit ? "yes" : "no")
            set ssl_starttls = yes
            set ssl_force_tls = yes
            set ssl_ca_certificates_file = "\(door.authority)"
            set certificate_file = ""
            set mbox_type = Maildir
            set delete = yes
            set move = no
            set quit = yes
            set confirmappend = no
            set confirmcreate = no
            set sleep_time = 0
            set wait_key = no
            set read_inc = 0
            push '\(keys)'

            """, to: "muttrc")
        try await room.run(
            "script", "--quiet", "--return", "--command", "mutt -n -F '\(configuration)'", "/dev/null")
        return Letter.sorted(try saved.letters().map { $0.without("Status", "Content-Length", "Lines") })
    }
}
