// Strategy: accounts, clients and relays that lead to accounts, as a file says them; and every mistake in them, with its line and the
// words of its error. No error repeats what may be a secret.

import Foundation
import InterpostCore
import TestSupport
import Testing

@testable import InterpostConfiguration

@Suite struct `Accounts and clients` {
    private static let hash = "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"
    private static let keys = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0$\(half):\(half)"
    private static let half = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="

    /// Anna's lines are 4 to 7.
    private static let accounts = """
        relays:
          - {listen: imaps://127.0.0.1:1993, accounts: all}
        accounts:
          - name: anna
            upstream: imaps://imap.example.org
            user: anna@example.org
            secret: file:/etc/interpost/anna.secret

        """

    private static func read(_ text: String) throws -> Configuration {
        try ConfigurationFile.read(text: text, file: "test.yml")
    }

    /// The error that a text gives rise to.
    private static func mistake(_ text: String) -> String {
        do {
            _ = try read(text)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func `are read`() throws {
        let configuration = try Self.read(
            """
            relays:
              - listen: imaps://127.0.0.1:1993
                accounts: [anna, '*@example.org']
                policy: organise
              - {listen: pop3s://127.0.0.1:1995, accounts: all}
              - {listen: imap://127.0.0.1:1143, upstream: imap://localhost}
            accounts:
              - name: anna
                upstream: [imaps://imap.example.org, pop3s://pop.example.org]
                user: anna@example.org
                mailbox: team@example.org
                auth: xoauth2
                secret: [exec:/usr/bin/pass, show, my mail]
                policy: {preset: read-only, hidden: Private}
              - name: '*@example.org'
                upstream: imap://imap.example.org
                user: '{login}'
                secret: exec:/usr/bin/secret of  all
            clients:
              - name: backup
                password: \(Self.hash)
                account: anna
                policy: read-only
                expires: 2026-12-31
                from: [10.0.0.0/8, "2001:db8::/32"]
                protocols: [imap]
                sessions: 4
              - {name: "*@example.org", password: "\(Self.keys)", account: "*"}
            limits: {login-failures: 5}
            tokens: /var/lib/interpost/tokens
            """)
        let anna = AccountConfiguration(
            name: "anna",
            upstreams: [try UpstreamURL("imaps://imap.example.org"), try UpstreamURL("pop3s://pop.example.org")],
            user: "anna@example.org", mailbox: "team@example.org", mechanism: .xoauth2,
            secret: .command(["/usr/bin/pass", "show", "my mail"]),
            policy: try PolicyFile.read(text: "{preset: read-only, hidden: Private}", file: "x"))
        let all = AccountConfiguration(
            name: "*@example.org", upstreams: [try UpstreamURL("imap://imap.example.org")], user: "{login}",
            secret: .command(["/usr/bin/secret", "of", "all"]))
        #expect(configuration.accounts == [anna, all])
        #expect(configuration.relays.map(\.accounts) == [["anna", "*@example.org"], ["anna"], nil])
        #expect(configuration.relays.map { $0.upstream == nil } == [true, true, false])
        #expect(configuration.relays[0].policy.preset == .organise)
        let backup = ClientRecord(
            name: "backup", proof: .scrypt(try #require(ScryptHash(Self.hash))), account: "anna", policy: Policy(.readOnly),
            expires: WireTime(iso8601: "2027-01-01T00:00:00.000000Z"),
            addresses: ["10.0.0.0/8", "2001:db8::/32"].compactMap(AddressRange.init), protocols: [.imap], sessions: 4)
        let everybody = ClientRecord(
            name: "*@example.org", proof: .scram(try #require(SCRAMKeys(Self.keys))), account: "*")
        #expect(configuration.clients == [backup, everybody])
        #expect(configuration.limits.loginFailures == 5 && configuration.tokens == "/var/lib/interpost/tokens")
    }

    @Test func `are not there unless they are said`() throws {
        let configuration = try Self.read("relays: [{listen: imap://127.0.0.1:1143, upstream: imaps://imap.example.org}]")
        #expect(configuration.accounts.isEmpty && configuration.clients.isEmpty && configuration.tokens == nil)
        #expect(configuration.relays[0].accounts == nil && configuration.limits.loginFailures == 3)
    }

    @Test func `put the client's name where the user says so`() throws {
        let account = AccountConfiguration(
            name: "*", upstreams: [], user: "{login}*master", mailbox: "{login}", secret: .environment("X"))
        #expect(
            account.user(for: "{login}") == "{login}*master" && account.mailbox(for: "anna@example.org") == "anna@example.org")
        #expect(account.upstream(for: .imap) == nil)
    }

    @Test(arguments: [
        ("file:/etc/x", SecretSource.file("/etc/x")), ("file:a b:c", .file("a b:c")), ("env:ANNA_1", .environment("ANNA_1")),
        ("credential:anna.secret", .credential("anna.secret")), ("exec:/bin/x  a b", .command(["/bin/x", "a", "b"])),
    ])
    func `say where their secret is`(text: String, source: SecretSource) throws {
        #expect(try SecretSource([text]) == source)
        #expect("\(source)" == (text.hasPrefix("exec") ? "exec:/bin/x" : text))
    }

    /// Lines of anna's account in place of her `secret`, which is in line 7.
    @Test(arguments: [
        ("secret: abracadabra", "test.yml:7: 'secret' says where the secret is: file:PATH, env:NAME, credential:NAME or exec:"),
        ("secret: abra:cadabra", "test.yml:7: 'secret' says where"), ("secret: [abracadabra]", "test.yml:7: 'secret' says where"),
        ("secret: {abracadabra: 1}", "test.yml:7: 'secret' is a text"), ("secret: 'file:'", "test.yml:7: 'secret' has no path"),
        ("secret: 'env:$abracadabra'", "test.yml:7: 'secret' has no name of a variable"),
        ("secret: env:1x", "test.yml:7: 'secret' has no name of a variable"),
        ("secret: credential:../abracadabra", "test.yml:7: 'secret' has no name of a credential"),
        ("secret: exec:pass abracadabra", "test.yml:7: 'secret' has no path of a program after 'exec:': the whole path"),
        ("secret: [file:/x, abracadabra]", "test.yml:7: 'secret' is a list only with exec"),
        ("secret:", "test.yml:7: an account needs a 'secret'"), ("auth: plain", "test.yml:4: an account needs a 'secret'"),
        ("auth: external\n    secret: file:/x", "test.yml:8: 'auth: external' needs no secret"),
        ("auth: oauth", "test.yml:7: 'auth' is one of auto, password, plain, login, cram-md5, scram-sha-256, apop, xoauth2"),
        ("auth: xoauth", "; did you mean 'xoauth2'?"),
        ("auth: apop\n    secret: env:X", "test.yml:7: 'auth: apop' is of POP3, and imaps://imap.example.org:993 speaks IMAP"),
        (
            "auth: password\n    secret: env:X\n    mailbox: team",
            "test.yml:9: 'mailbox' cannot be said with 'auth: password', only with plain, scram-sha-256, xoauth2, oauthbearer"
        ),
        ("secret: env:X\n    mailbox: '{user}'", "test.yml:8: 'mailbox' has '{' or '}', and only '{login}' means something"),
        ("secret: env:X\n    mailbox: \"a\\rb\"", "test.yml:8: 'mailbox' is a name in one line"),
        ("secret: env:X\n    policy: {preset: observe, dry-run: true}", "test.yml:8: a dry run refuses nothing"),
        ("secret: env:X\n    polcy: observe", "test.yml:8: an account has no key 'polcy'; did you mean 'policy'?"),
        ("secret: env:X\n    policy: readonly", "test.yml:8: 'policy': 'readonly'"),
        (
            "secret: env:X\n  - {name: anna, upstream: imap://h, user: a, secret: env:X}",
            "test.yml:8: there are two accounts with the name 'anna'"
        ),
        (
            "secret: env:X\n  - {name: an na, upstream: imap://h, user: a, secret: env:X}",
            "test.yml:8: 'name' is letters, digits, '-', '_', '.', '@' and '+', 255 at most, and '*' for anything, not 'an na'"
        ),
        ("secret: env:X\n  - {name: änna, upstream: imap://h, user: a, secret: env:X}", "test.yml:8: 'name' is letters"),
        ("secret: env:X\n  - {name: bob, upstream: imap://h, secret: env:X}", "test.yml:8: an account needs the keys 'name'"),
        ("secret: env:X\n  - {name: bob, user: a, secret: env:X}", "test.yml:8: an account needs the keys 'name'"),
        ("secret: env:X\n  - anna", "test.yml:8: an account is a group of keys"),
        (
            "secret: env:X\n  - {name: bob, upstream: [imap://h, imaps://i], user: a, secret: env:X}",
            "test.yml:8: 'upstream' has one server of each protocol at most, and here are two for IMAP"
        ),
        (
            "secret: env:X\n  - {name: bob, upstream: smtp://h, user: a, secret: env:X}",
            "test.yml:8: 'upstream': 'smtp://h' has the scheme 'smtp'"
        ),
        (
            "secret: env:X\n  - {name: bob, upstream: 'imaps://u:abracadabra%@h', user: a, secret: env:X}",
            "test.yml:8: 'upstream': the URL takes no user and no password; 'user' and 'secret' say them"
        ),
        (
            "secret: env:X\n  - {name: bob, upstream: 'imap://h?starttls=off', user: a, auth: external}",
            "test.yml:8: 'auth: external' lets TLS say who it is, and there is none to imap://h:143?starttls=off"
        ),
        (
            "secret: env:X\n  - name: *@example.org",
            "test.yml:8: is not YAML: did not find expected alphabetic or numeric character; a text that begins with '*' is written in quotes"
        ),
    ])
    func `are refused with the likely meaning`(lines: String, words: String) {
        let text = Self.accounts.replacing("secret: file:/etc/interpost/anna.secret", with: lines)
        let mistake = Self.mistake(text)
        #expect(mistake.contains(words), "\(mistake)")
        #expect(!mistake.contains("abracadabra"))
    }

    @Test(arguments: ["relays:\n  - {listen: imap://h, upstream: imap://h}\naccounts: anna", accounts + "clients: 5"])
    func `are lists`(text: String) { #expect(Self.mistake(text).contains("is a list, `- …` each")) }

    /// A client in line 9, with all that it needs but what is given.
    @Test(arguments: [
        ("password: abracadabra", "test.yml:10: 'password' is a hash, never the password itself: $scrypt$… or SCRAM-SHA-256$…."),
        ("password: abracadabra", "`interpost client hash` makes one"),
        ("password: $scrypt$ln=15,r=8,p=1$abracadabra", "This one is not whole, or out of range. `interpost client hash`"),
        ("password: SCRAM-SHA-256$1:abracadabra", "This one is not whole, or out of range"),
        ("password: [abracadabra]", "test.yml:10: 'password' is a text"),
        ("account: anna", "test.yml:9: a client needs the keys 'name', 'password' and 'account'"),
        ("password: \(hash)", "test.yml:9: a client needs the keys"),
        ("password: \(hash)\n    account: ana", "test.yml:11: there is no account 'ana'; did you mean 'anna'?"),
        ("password: \(hash)\n    account: anna\n    expires: tomorrow", "test.yml:12: 'expires' is a day, 2026-12-31"),
        ("password: \(hash)\n    account: anna\n    expires: 2026-02-30", "test.yml:12: 'expires' is a day"),
        ("password: \(hash)\n    account: anna\n    from: 10.0.0.0/33", "test.yml:12: '10.0.0.0/33' is no address"),
        ("password: \(hash)\n    account: anna\n    from: []", "test.yml:12: 'from' is empty: leave it out"),
        ("password: \(hash)\n    account: anna\n    protocols: []", "test.yml:12: 'protocols' is empty"),
        ("password: \(hash)\n    account: anna\n    protocols: imaps", "did you mean 'imap'?"),
        ("password: \(hash)\n    account: anna\n    sessions: 0", "test.yml:12: 'sessions' is a whole number from 1 to 1000000"),
        ("password: \(hash)\n    account: anna\n    policy: {preset: observe, dry-run: true}", "test.yml:12: a dry run"),
        ("password: \(hash)\n    account: anna\n    acount: b", "test.yml:12: a client has no key 'acount'"),
        (
            "password: \(hash)\n    account: anna\n  - {name: bob, password: '\(hash)', account: anna}",
            "test.yml:12: there are two clients with the name 'bob'"
        ),
    ])
    func `have clients that are refused with the likely meaning`(lines: String, words: String) {
        let mistake = Self.mistake(Self.accounts + "clients:\n  - name: bob\n    " + lines)
        #expect(mistake.contains(words), "\(mistake)")
        #expect(!mistake.contains("abracadabra"))
    }

    @Test func `have no client without an account`() {
        let relay = "relays: [{listen: imap://h, upstream: imap://h}]\n"
        let client = "clients: [{name: bob, password: '\(Self.hash)', account: anna}]"
        #expect(Self.mistake(relay + client) == "test.yml:2: there is no account 'anna': 'accounts' names none")
    }

    /// A relay in line 2, and the account of an IMAP server.
    @Test(arguments: [
        ("{listen: imap://h}", "test.yml:2: a relay needs both keys, 'listen' and 'upstream' (or 'accounts' in place of it)"),
        ("{accounts: all}", "test.yml:2: a relay needs both keys"),
        ("{listen: imap://h, upstream: imap://h, accounts: all}", "test.yml:2: a relay has 'upstream' or 'accounts', not both"),
        ("{listen: imap://h, accounts: [ana]}", "test.yml:2: there is no account 'ana'; did you mean 'anna'?"),
        ("{listen: imap://h, accounts: anna}", "test.yml:2: 'accounts' is a list of names, `[anna, bob]`, or the word all"),
        ("{listen: imap://h, accounts: []}", "test.yml:2: 'accounts' names none"),
        ("{listen: imap://h, accounts: [anna, anna]}", "test.yml:2: the account 'anna' is named twice"),
        ("{listen: pop3://h, accounts: [anna]}", "test.yml:2: the account 'anna' has no server for POP3: its 'upstream' needs"),
        ("{listen: pop3://h, accounts: all}", "test.yml:2: there is no account with a server for POP3"),
        ("{listen: imap://h, accounts: all, mirror: true}", "test.yml:2: mirror leaves the login to the two peers"),
        ("{listen: imap://h, accounts: all, compress: terminate}", "test.yml:2: 'compress' does not go with 'accounts'"),
        ("{listen: imap://h, accounts: all, policy: {preset: read-only, dry-run: true}}", "test.yml:2: 'policy': a dry run"),
        ("{listen: imap://h, acounts: all}", "did you mean 'accounts'?"),
    ])
    func `have relays that are refused with the likely meaning`(relay: String, words: String) {
        let mistake = Self.mistake(Self.accounts.replacing("{listen: imaps://127.0.0.1:1993, accounts: all}", with: relay))
        #expect(mistake.contains(words), "\(mistake)")
    }

    @Test func `say which flag does not go with them`() throws {
        for (key, value) in [("compress", "strip"), ("mirror", "true")] {
            var overlay = ConfigurationOverlay()
            overlay.setEveryRelay(key, to: value, by: "--\(key)")
            let error = #expect(throws: ConfigurationError.self) {
                _ = try ConfigurationFile.read(text: Self.accounts, file: "test.yml", overlay: overlay)
            }
            #expect(error?.file == "--\(key)")
        }
        var overlay = ConfigurationOverlay()
        let error = #expect(throws: ConfigurationError.self) { try overlay.set("accounts=all") }
        #expect(error?.message == "accounts are said by a file: give it with --config")
    }

    @Test func `are summed up without a secret`() throws {
        let text =
            Self.accounts + """
                  - {name: b, upstream: imap://h, user: u, mailbox: m, auth: plain, secret: exec:/bin/x abracadabra, policy: no-delete}
                clients:
                  - name: backup
                    password: \(Self.hash)
                    account: '*'
                    policy: {preset: read-only, rules: [{command: STORE, action: allow}]}
                    expires: 2026-12-31T12:00:00+01:00
                    from: 10.0.0.0/8
                    protocols: imap
                    sessions: 4
                  - {name: other, password: '\(Self.keys)', account: b}
                """
        #expect(
            try Self.read(text).summary == [
                "imaps://127.0.0.1:1993 → accounts anna, b, policy: observe",
                "account anna → imaps://imap.example.org:993 as anna@example.org, auth: auto, secret: file:/etc/interpost/anna.secret",
                "account b → imap://h:143 as u, mailbox: m, auth: plain, secret: exec:/bin/x, policy: no-delete",
                "client backup → the account of the same name, policy: read-only with 1 rule before it, "
                    + "until 2026-12-31T11:00:00Z, from 10.0.0.0/8, only imap, sessions: 4",
                "client other → account b",
            ])
    }

    @Test(arguments: [
        ("2026-12-31", "2027-01-01T00:00:00.000000Z", "2026-12-31"), ("2024-02-29", "2024-03-01T00:00:00.000000Z", "2024-02-29"),
        ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00.000000Z", "2026-12-31T18:00:00Z"),
        ("2026-12-31t18:00:00.123-01:30", "2026-12-31T19:30:00.000000Z", "2026-12-31T19:30:00Z"),
        ("2027-01-01T01:00:00+01:00", "2027-01-01T00:00:00.000000Z", "2026-12-31"),
    ])
    func `end when they say`(text: String, moment: String, shown: String) throws {
        let time = try #require(ExpiryDate.time(text))
        #expect(time.iso8601 == moment && ExpiryDate.text(time) == shown)
        #expect(ExpiryDate.time(shown) == time)
    }

    @Test(arguments: [
        "", "2026-12-32", "2026-2-3", "31.12.2026", "2026-12-31T18:00:00", "2026-12-31T25:00:00Z", "2026-12-31T18:00Z",
        "9999-01-01", "2261-12-31", "2261-12-31T23:00:00-01:00",
        "1970-01-01T00:00:00+01:00", "2026-12-31T18:00:00+24:00", "２026-12-31", "2026-12-31T18:00:00Z ", "2026-12-31T18:00:00.Z",
        "2026-12-31T18:00:00.1234567890Z", "2026-12-31T18:00:00+0100",
        "2026-12-31T18:00:00+01:60", "2026-12-31T18:00:00 01:00", "2026-12-31T1:00:00Z", "2026-12-31T-1:00:00Z",
        "2026-12-31T+1:00:00Z",
        "2026-12-31T18:00:00+1a:00",
        "-026-12-31", "+026-12-31", "2026--1-31", "2026-12-31T18:00:0é", "2026-12-31 ",
    ])
    func `do not end at a time that is none`(text: String) { #expect(ExpiryDate.time(text) == nil) }

    /// The commented examples of the file, as somebody uses them who takes the comment signs away.
    @Test func `are shown by Config with examples that are allowed`() throws {
        let path = EventSchema.repository.appending(path: "Config/interpost.yml").path
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        func block(_ key: String) throws -> String {
            let start = try #require(lines.firstIndex(of: "# \(key):"))
            return lines[start...].prefix { $0.hasPrefix("# ") }.map { $0.dropFirst(2) }.joined(separator: "\n") + "\n"
        }
        let configuration = try Self.read(
            "relays: [{listen: imap://127.0.0.1:1143, accounts: all}]\n" + block("accounts") + block("clients"))
        #expect(
            configuration.accounts.map(\.name) == ["anna", "otto", "*@example.org"]
                && configuration.clients.map(\.name) == ["backup"])
    }
}
