// Strategy: an account is a user of the private Dovecot with a Maildir this suite writes to directly, and
// reads to see what the server has stored. The password's random core is what logs are searched for.

import Foundation

struct Account: Sendable {
    let name: String
    let password: String
    /// Whether the password needs quoting in IMAP, in JSON and elsewhere.
    let isAwkward: Bool
    let home: String
    let owner: Owner
    private let core: String

    init(name: String, isAwkward: Bool, home: String, owner: Owner) {
        self.name = name
        self.isAwkward = isAwkward
        self.home = home
        self.owner = owner
        core = String(format: "%016lx", UInt64.random(in: 0...UInt64.max))
        password = isAwkward ? "Say \"w\\ell\" {7} % \(core)" : "Secret.\(core)"
    }

    /// A user with a password that people have read.
    init(name: String, password: String, home: String, owner: Owner) {
        (self.name, self.password, self.home, self.owner) = (name, password, home, owner)
        (isAwkward, core) = (false, password)
    }

    func folder(_ name: String) -> Maildir {
        Maildir(path: name == "INBOX" ? "\(home)/Maildir" : "\(home)/Maildir/.\(name)", owner: owner)
    }

    /// Delivers the letters in order into an empty or new folder.
    func fill(_ letters: [Letter], folder name: String = "INBOX") throws {
        try create(folder: name)
        for letter in letters.enumerated() { try folder(name).deliver(letter.element, number: letter.offset) }
    }

    func create(folder name: String) throws {
        try owner.makeDirectory(home)
        try folder("INBOX").create()
        try folder(name).create()
    }
}

extension Account {
    /// The forms in which the password could show up in a log.
    var secrets: [String] {
        let quoted = password.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let tokens = ["\0\(name)\0\(password)", "\(name)\0\(name)\0\(password)", password]
        return [password, quoted, core] + tokens.map { Data($0.utf8).base64EncodedString() }
    }
}
