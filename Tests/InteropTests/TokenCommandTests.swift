// Strategy: the commands about tokens and clients, as an operator types them: in a state directory of their own, at once from several
// processes, at a terminal and in a pipe. A secret is shown once, and is in no file.

import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostProxy
import NIOCore
import Testing

@Suite struct `interpost token` {
    private static let configuration = """
        relays: [{listen: imap://127.0.0.1:0, accounts: all}]
        accounts:
          - {name: anna, upstream: imap://localhost, user: anna, secret: env:ANNA}
          - {name: '*@example.org', upstream: imap://localhost, user: '{login}', secret: env:ALL}
        clients:
          - name: bob
            password: $scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI
            account: anna

        """

    /// A folder of one operator; `$HOME` is in it.
    private let room: Room

    init() throws { room = try Room("tokens") }

    private func run(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(all: arguments, environment: room.environment)
    }

    private var store: TokenStore { TokenStore(room.path(".local/state/interpost/tokens")) }

    /// `ip-…`
    private static func secret(in outcome: Program.Outcome) throws -> Secret {
        let word = outcome.text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("ip-") }
        return Secret(ByteBuffer(string: String(try #require(word))))
    }

    @Test func `makes a token, whose secret it shows once`() async throws {
        let made = try await run(
            "token", "new", "--account", "anna", "--note", "agent 7", "--from", "10.0.0.0/8", "--from", "::1", "--protocol",
            "imap",
            "--sessions", "2", "--days", "7")
        #expect(made.code == 0, "\(made.errors)")
        #expect(made.errors.contains("whether there is an account 'anna' was not looked at: --config FILE"))
        let token = try #require(try store.tokens().first)
        #expect(made.text.contains("login name  \(token.name)\n") && token.name.wholeMatch(of: /anna-[a-z0-9]{4}/) != nil)
        #expect(token.policy == "read-only" && token.note == "agent 7" && token.sessions == 2 && token.protocols == [.imap])
        #expect(token.from.map(\.description) == ["10.0.0.0/8", "::1"])
        #expect(token.expires == token.created.later(by: 7 * 86_400_000_000_000))
        let secret = try Self.secret(in: made)
        #expect(TokenSecret.isWhole(secret))
        #expect(try PasswordCheck.matches(secret, try #require(try store.records().first).proof))
        #expect(try Program.mode(of: store.path) == 0o600)
        let text = secret.withExposedBytes { String(buffer: $0) }
        #expect(!(try String(contentsOfFile: store.path, encoding: .utf8)).contains(text.dropFirst(3)))
        let found = try await room.run("bash", "-c", "echo '\(text)' | '\(Relay.executable())' token find")
        #expect(found.hasPrefix("\(token.name)  until 20"), "\(found)")
    }

    @Test func `makes a token for an account of a configuration`() async throws {
        let tokens = room.path("own/tokens")
        let file = try room.write(Self.configuration + "tokens: \(tokens)\n", to: "interpost.yml")
        let policy = try room.write("preset: no-delete\n", to: "policy.yml")
        let made = try await run(
            "token", "new", "--config", file, "--account", "*@example.org", "--name", "anna@example.org", "--policy", policy,
            "--expires",
            "2099-12-31", "--json")
        #expect(made.code == 0 && !made.errors.contains("was not looked at"), "\(made.errors)")
        struct Made: Decodable {
            var v: Int
            var name: String
            var secret: String
            var account: String
            var policy: String
            var expires: String
        }
        let said = try JSONDecoder().decode(Made.self, from: made.output)
        #expect(said.v == 1 && said.name == "anna@example.org" && said.account == "*@example.org" && said.policy == policy)
        #expect(said.expires == "2100-01-01T00:00:00Z" && TokenSecret.isWhole(Secret(ByteBuffer(string: said.secret))))
        let record = try #require(try TokenStore(tokens).records().first)
        #expect(record.policy?.preset == .noDelete && record.name == said.name)
        let any = try await run(
            "token", "new", "--config", file, "--account", "*", "--name", "zoe@example.org", "--policy", "count")
        #expect(any.code == 0, "\(any.errors)")
        #expect(try TokenStore(tokens).tokens().last?.policy == "count")
    }

    @Test(arguments: [
        (["--account", "ana"], "there is no account 'ana' in the configuration; did you mean 'anna'?"),
        (["--account", "anna", "--name", "bob"], "there is a client with the name 'bob' in the configuration"),
        (["--account", "*", "--name", "zoe"], "there is no account for the login name 'zoe' in the configuration"),
        (["--account", "anna", "--policy", "/no/such.yml"], "the policy cannot be used: /no/such.yml: cannot be read"),
        (["--account", "anna", "--policy", "readonly"], "did you mean 'read-only'?"), (["--account", "*"], "say with --name"),
        (["--account", "an na"], "--account is the name of an account"),
        (["--account", "anna", "--name", "*x"], "--name is letters"),
        (["--account", "anna", "--days", "0"], "--days is a whole number from 1 to 36500"),
        (["--account", "anna", "--days", "1", "--expires", "2099-12-31"], "give --days or --expires, not both"),
        (["--account", "anna", "--expires", "soon"], "--expires is a day, 2026-12-31"),
        (["--account", "anna", "--expires", "2001-01-01"], "--expires 2001-01-01 has passed"),
        (["--account", "anna", "--from", "10.0.0.0/40"], "not '10.0.0.0/40'"),
        (["--account", "anna", "--sessions", "0"], "--sessions is a whole number from 1"),
        (["--account", "anna", "--protocol", "smtp"], "smtp"),
        (["--account", "anna", "--note", "a\u{202E}b"], "--note is a text in one line"),
        ([], "--account"),
    ])
    func `says what is wrong with a new token`(arguments: [String], words: String) async throws {
        let file = try room.write(Self.configuration, to: "interpost.yml")
        let outcome = try await Program.run(
            all: ["token", "new", "--config", file] + arguments, environment: room.environment)
        #expect(outcome.code != 0 && outcome.output.isEmpty && outcome.errors.contains(words), "\(outcome.errors)")
        #expect(try store.tokens().isEmpty)
    }

    @Test func `lists, takes back and removes tokens`() async throws {
        #expect(try await run("token", "list").errors.contains("there are no tokens in \(store.path)"))
        for name in ["one", "two"] { #expect(try await run("token", "new", "--account", "anna", "--name", name).code == 0) }
        let twice = try await run("token", "new", "--account", "anna", "--name", "one")
        #expect(
            twice.code == 1 && twice.errors.contains("there is a token with the name 'one': choose another"), "\(twice.errors)")
        let second: Int64 = 1_000_000_000
        try store.change { tokens in
            var old = tokens[0]
            (old.name, old.created, old.expires) = ("old", WireTime(nanoseconds: 0), WireTime(nanoseconds: 86_400 * second))
            old.note = "\u{202E}\u{1B}[31m\n" + "x"
            tokens.append(old)
        }
        var usage = TokenUsage()
        usage.noteSession(of: "two", at: WireTime(nanoseconds: 90_000 * second))
        usage.noteRefusal(of: "two")
        try store.flush(usage)

        let no = try await run("token", "remove", "old", "two")
        #expect(
            no.code == 1
                && no.errors.contains("two still lets its client in: take it back first, with interpost token revoke two"))
        let unknown = try await run("token", "revoke", "one", "twoo")
        #expect(unknown.code == 1 && unknown.errors.contains("there is no token 'twoo' in \(store.path); did you mean 'two'?"))
        #expect(try store.tokens().allSatisfy { $0.revoked == nil })
        let revoked = try await run("token", "revoke", "one")
        #expect(revoked.code == 0 && revoked.text == "one is revoked\n", "\(revoked.errors)")
        #expect(try await run("token", "revoke", "one").text == "one was revoked before\n")

        let list = try await run("token", "list")
        let lines = list.text.split(separator: "\n").map { $0.split(separator: #/ {2,}/#).map(String.init) }
        #expect(lines.count == 4, "\(list.text)\(list.errors)")
        #expect(lines[0] == ["name", "account", "policy", "taken", "last use", "sessions", "refusals", "note"])
        #expect(lines[1][..<3] == ["one", "anna", "read-only"] && lines[1][3].hasPrefix("revoked 20") && lines[1][4] == "never")
        #expect(lines[2][3].hasPrefix("until 20") && lines[2][4...] == ["1970-01-02T01:00:00Z", "1", "1"])
        #expect(lines[3][0] == "old" && lines[3][3] == "expired 1970-01-01" && lines[3].last == "\u{FFFD}\u{FFFD}[31m\u{FFFD}x")
        let json = try await run("token", "list", "--json")
        #expect(json.text.contains("\"valid\" : false") && json.text.contains("\"valid\" : true"), "\(json.text)")
        #expect(!json.text.unicodeScalars.contains("\u{202E}") && !json.text.unicodeScalars.contains("\u{1B}"))

        let removed = try await run("token", "remove", "one", "old")
        #expect(removed.code == 0 && removed.text == "one is removed\nold is removed\n", "\(removed.errors)")
        #expect(try store.tokens().map(\.name) == ["two"])
    }

    @Test func `loses no token where several processes make and take back some at once`() async throws {
        let environment = room.environment
        _ = try await run("token", "new", "--account", "anna", "--name", "first")
        let codes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<12 {
                group.addTask {
                    let arguments = ["token", "new", "--account", "anna", "--name", "t\(number)"]
                    return try await Program.run(all: arguments, environment: environment).code
                }
            }
            group.addTask { try await Program.run(all: ["token", "revoke", "first"], environment: environment).code }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.allSatisfy { $0 == 0 })
        let tokens = try store.tokens()
        #expect(Set(tokens.map(\.name)) == Set(["first"] + (0..<12).map { "t\($0)" }) && tokens.count == 13)
        #expect(tokens.first { $0.name == "first" }?.revoked != nil)
    }

    @Test(arguments: [
        ("abracadabra", "this is not the secret of a token"), ("", "nothing was said"),
        ("ip-g1772k-6te5f6-vxdhye-n08rqd-6fgpkk-n614q5", "no token in"),
    ])
    func `says whether a secret was mistyped`(secret: String, words: String) async throws {
        let said = try await room.run(
            "bash", "-c", "echo '\(secret)' | '\(Relay.executable())' token find 2>&1; echo status $?")
        #expect(said.contains(words) && said.hasSuffix("status 1\n"), "\(said)")
    }

    @Test(arguments: [0o644, 0o660]) func `uses no file that others may change`(mode: Int) async throws {
        _ = try await run("token", "new", "--account", "anna")
        chmod(store.path, mode_t(mode))
        for arguments in [["list"], ["new", "--account", "anna"], ["revoke", "x"]] {
            let outcome = try await Program.run(all: ["token"] + arguments, environment: room.environment)
            #expect(outcome.code == 1 && outcome.errors.contains("run: chmod 600 \(store.path)"), "\(outcome.errors)")
        }
    }
}

@Suite struct `interpost client hash` {
    private static let password = Secret(ByteBuffer(string: "abra cadabra"))

    private static func proof(_ text: Substring) -> ClientRecord.Proof? {
        ScryptHash(String(text)).map { .scrypt($0) } ?? SCRAMKeys(String(text)).map { .scram($0) }
    }

    @Test(arguments: ["", "--scram"]) func `makes a hash of a line`(flag: String) async throws {
        let room = try Room("hash")
        let text = try await room.run(
            "bash", "-c", "printf 'abra cadabra\\nmore' | '\(Relay.executable())' client hash \(flag)")
        let proof = try #require(Self.proof(text.dropLast()), "\(text)")
        #expect(try PasswordCheck.matches(Self.password, proof))
    }

    @Test func `asks twice at a terminal, and shows nothing of it`() async throws {
        let room = try Room("terminal")
        let program = try Relay.executable()
        let shown = try await room.run(
            "python3", Clients.script("typist"), "Password: ", "abra cadabra", "Password again: ", "abra cadabra", "--", program,
            "client",
            "hash")
        #expect(!shown.contains("cadabra"), "\(shown)")
        let lines = shown.split(separator: "\n")
        #expect(lines.first == "Password: " && lines.dropFirst().first == "Password again: ", "\(shown)")
        #expect(try PasswordCheck.matches(Self.password, try #require(lines.last.flatMap(Self.proof))))
        for answers in [["abra", "cadabra"], ["abra", "\u{3}"]] {
            let script = [
                Clients.script("typist"), "Password: ", answers[0], "Password again: ", answers[1], "--", program, "client",
                "hash",
            ]
            let failed = try await room.run(
                "bash", "-c", "python3 \"$@\" || echo status $?", "bash", script[0], script[1], script[2], script[3], script[4],
                script[5],
                script[6], script[7], script[8])
            #expect(failed.hasSuffix("status 1\n") && !failed.contains("cadabra") && !failed.contains("$scrypt"), "\(failed)")
        }
    }

    @Test(arguments: [
        ("printf ''", "", "nothing was said"), ("echo", "", "nothing was said"), ("printf 'a\\0b'", "", "the octet 0"),
        ("printf 'ü'", "--scram", "with --scram, a password is printable ASCII"),
    ])
    func `says what cannot be a password`(input: String, flag: String, words: String) async throws {
        let room = try Room("hash")
        let said = try await room.run(
            "bash", "-c", "\(input) | '\(Relay.executable())' client hash \(flag) 2>&1; echo status $?")
        #expect(said.contains(words) && said.hasSuffix("status 1\n"), "\(said)")
    }
}
