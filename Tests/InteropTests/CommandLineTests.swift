// Strategy: mistakes that people make in a configuration or on the command line, each with what they must be told; and
// the subcommands that show the authority and read recorded sessions, whose output other programs must accept.

import Foundation
import TestSupport
import Testing

@Suite struct `The command line` {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let words: [String]

        init(_ name: String, _ text: String, _ words: String...) {
            testDescription = name
            self.text = text
            self.words = words
        }
    }

    private static let relay = "relays:\n  - listen: imap://127.0.0.1:0\n    upstream: imap://localhost\n"

    private static let mistakes = [
        Mistake("unknown key", relay + "log:\n  fiel: x\n", "mistake.yml:5:", "'fiel'", "did you mean 'file'?"),
        Mistake("unknown section", relay + "time-outs: {drain: 1}\n", "mistake.yml:4:", "did you mean 'timeouts'?"),
        Mistake("unknown key of a relay", "relays:\n  - lissten: imap://h\n", "mistake.yml:2:", "did you mean 'listen'?"),
        Mistake("number that is none", relay + "limits:\n  sessions: many\n", "mistake.yml:5:", "'sessions' is a whole number"),
        Mistake("number out of range", relay + "limits:\n  sessions: 0\n", "mistake.yml:5:", "from 1 to"),
        Mistake("flag that is none", relay + "    mirror: maybe\n", "mistake.yml:4:", "'mirror' is true or false"),
        Mistake("text that is a list", relay + "tls:\n  authority: [a]\n", "mistake.yml:5:", "'authority' is a text"),
        Mistake("list that is a text", relay + "tls:\n  trust: ca.pem\n", "mistake.yml:5:", "'trust' is a list"),
        Mistake("section that is a text", relay + "limits: 5\n", "mistake.yml:4:", "'limits' is a group of keys"),
        Mistake(
            "word that is none of the choice", relay + "log:\n  detail: command\n", "mistake.yml:5:", "did you mean 'commands'?"),
        Mistake(
            "other protocol", "relays:\n  - listen: imap://h\n    upstream: pop3://h\n", "mistake.yml:2:", "does not translate"),
        Mistake(
            "mirror of two kinds", "relays:\n  - {listen: imaps://h, upstream: imap://h, mirror: true}\n", "mistake.yml:2:",
            "mirror"),
        Mistake(
            "mirror that requires", "relays:\n  - {listen: 'imap://h?starttls=required', upstream: imap://h, mirror: true}\n",
            "mirror"),
        Mistake("certificate without key", relay + "tls:\n  certificate: c.pem\n", "mistake.yml:5:", "'private-key'"),
        Mistake("key without certificate", relay + "tls:\n  private-key: c.pem\n", "mistake.yml:5:", "'certificate'"),
        Mistake("relay without upstream", "relays:\n  - listen: imap://h\n", "mistake.yml:2:", "'listen' and 'upstream'"),
        Mistake(
            "other scheme", "relays:\n  - {listen: imap://h, upstream: imap4://h}\n", "mistake.yml:2:", "did you mean 'imap'?"),
        Mistake(
            "other option", "relays:\n  - {listen: 'imap://h?startls=off', upstream: imap://h}\n", "did you mean 'starttls'?"),
        Mistake(
            "other value", "relays:\n  - {listen: 'imap://h?starttls=require', upstream: imap://h}\n", "did you mean 'required'?"),
        Mistake(
            "option of TLS", "relays:\n  - {listen: 'imaps://h?starttls=off', upstream: imap://h}\n", "TLS from the first byte"),
        Mistake(
            "password in a URL", "relays:\n  - {listen: imap://h, upstream: 'imap://u:abracadabra@h'}\n", "no user or password"),
        Mistake("nothing to relay", "limits: {sessions: 5}\n", "nothing to relay"),
        Mistake("key that stands twice", relay + "limits: {sessions: 5}\nlimits: {sessions: 6}\n", "twice", "limits"),
        Mistake("no YAML", relay + "limits: {sessions: 5\n", "mistake.yml:", "is not YAML"),
        Mistake("nothing at all", "", "is empty"),
        Mistake(
            "secret of an account", relay + "accounts: [{name: a, upstream: imap://h, user: a, secret: abracadabra}]\n",
            "mistake.yml:4:", "'secret' says where the secret is"),
        Mistake(
            "password of a client", relay + "clients:\n  - {name: a, account: a, password: abracadabra}\n", "mistake.yml:5:",
            "interpost client hash"),
        Mistake(
            "accounts of another relay",
            "relays: [{listen: pop3://h, accounts: [a]}]\naccounts: [{name: a, upstream: imap://h, user: a, secret: env:A}]\n",
            "mistake.yml:1:", "the account 'a' has no server for POP3"),
    ]

    @Test(arguments: mistakes)
    func `says what is wrong with a configuration, and where`(mistake: Mistake) async throws {
        let room = try Room("mistake")
        let file = try room.write(mistake.text, to: "mistake.yml")
        for command in [["check-config", file], ["run", "--config", file]] {
            let outcome = try await Program.run(all: command)
            #expect(outcome.code != 0)
            for word in mistake.words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
            #expect(outcome.output.isEmpty)
            #expect(!outcome.errors.contains("abracadabra"))
        }
    }

    /// Transcripts of sessions that cannot be read to their end, on purpose.
    private static let unreadable: Set = [
        "smap-login.imap", "literal-size-overflows.imap", "server-literal-overflows.imap", "compress.pop3",
    ]

    @Test func `imports every transcript, and verifies it and every committed capture`() async throws {
        let room = try Room("fixtures")
        let wire = EventSchema.repository.appending(path: "Fixtures/Wire")
        let names = try FileManager.default.contentsOfDirectory(atPath: wire.path).sorted().filter { $0.contains(".") }
        #expect(names.count > 200 && Self.unreadable.isSubset(of: names))
        let files = names.filter { !Self.unreadable.contains($0) }.map { wire.appending(path: $0).path }
        let capture = room.path("all.interpost")
        let imported = try await Program.run(all: ["import"] + files + ["--to", capture])
        #expect(imported.code == 0, "\(imported.errors)")
        #expect(imported.errors.contains("\(files.count) sessions in"), "\(imported.errors)")
        let folder = EventSchema.repository.appending(path: "Fixtures/Captures")
        let captures = try FileManager.default.contentsOfDirectory(atPath: folder.path).map { folder.appending(path: $0).path }
        let verified = try await Program.run(all: ["verify", capture] + captures)
        #expect(verified.code == 0, "\(verified.text)")
    }

    @Test func `runs a command beside a replay, and ends as it does`() async throws {
        let capture = EventSchema.repository.appending(path: "Fixtures/Captures/demo.interpost").path
        let script =
            "echo $INTERPOST_IMAP_URL $INTERPOST_POP3_URL $INTERPOST_HOST $INTERPOST_USER; (sleep 60 < /dev/null > /dev/null 2>&1 &); exit 7"
        let outcome = try await Program.run("replay", capture, "--user", "anna", "--", "sh", "-c", script)
        #expect(outcome.code == 7, "\(outcome.errors)")
        let words = outcome.text.split(whereSeparator: \.isWhitespace)
        #expect(words.count == 4 && words[0].hasPrefix("imap://127.0.0.1:") && words[1].hasPrefix("pop3://127.0.0.1:"))
        #expect(words[2...].elementsEqual(["127.0.0.1", "anna"]))
        #expect(outcome.errors.contains("Recorded sessions that nobody connected for"))
        let missing = try await Program.run("replay", capture, "--", "/no/such/program")
        #expect(missing.code == 1 && missing.errors.contains("/no/such/program cannot be run: No such file or directory"))
    }

    @Test func `checks a policy`() async throws {
        let room = try Room("policy")
        let good = try await Program.run(
            "policy", "check", room.write("preset: read-only\nrules:\n  - {command: STORE, action: allow}\n", to: "good.yml"))
        #expect(good.code == 0 && good.text.hasSuffix("preset read-only, 1 rule\n"), "\(good.errors)")
        let bad = try await Program.run("policy", "check", room.write("preset: read-only\nruless: []\n", to: "bad.yml"))
        #expect(bad.code == 1 && bad.errors.contains("bad.yml:2:") && bad.errors.contains("did you mean 'rules'?"))
    }

    @Test func `says what a good configuration means`() async throws {
        let room = try Room("good")
        let file = try room.write(Self.relay, to: "good.yml")
        let outcome = try await Program.run("check-config", file)
        #expect(outcome.code == 0)
        #expect(outcome.text.contains("imap://127.0.0.1:0 → imap://localhost:143"))
        #expect(outcome.errors.isEmpty)
    }

    @Test func `prints a configuration with every key, which is good`() async throws {
        let printed = try await Program.run("check-config", "--defaults")
        #expect(printed.code == 0 && printed.text.contains("# line: 1048576  # 1024 to 67108864"))
        let room = try Room("defaults")
        let file = try room.write(printed.text, to: "defaults.yml")
        #expect(try await Program.run("check-config", file).code == 0)
    }

    @Test(arguments: [
        (["run", "--lissten", "imap://h"], "--listen"), (["run", "--listen", "imap://h"], "--upstream"),
        (["run"], "--config"), (["run", "--config", "/no/such/file.yml"], "no such file"),
        (["run", "--listen", "imap://h", "--upstream", "imap://h", "--config", "x.yml"], "--config"),
        (["run", "--listen", "imap://h", "--upstream", "imap://h", "--certificate", "c.pem"], "private key"),
        (["run", "--listen", "imap://h", "--upstream", "imap://h", "--detail", "command"], "commands"),
        (["run", "--listen", "imap://h", "--upstream", "imap://h", "--threads", "0"], "1 to 256"),
        (
            ["run", "--listen", "imap://h", "--upstream", "imap://h", "--keep-files", "20000000"],
            "--keep-files: is a whole number from 1 to 10000000"
        ),
        (["run", "--listen", "imap://h", "--upstream", "imap://h", "--set", "limits.lien=1"], "did you mean 'limits.line'?"),
        (
            ["run", "--listen", "imap://h", "--upstream", "imap://h", "--set", "limits.line=1"],
            "--set limits.line: is a whole number from 1024"
        ),
        (["check-config"], "--defaults"), (["check-config", "x.yml", "--defaults"], "--defaults"),
        (
            ["replay", "x.interpost", "--listen", "imap://h", "--certificate", "c.pem"],
            "--certificate: needs 'private-key'"
        ),
        (["run", "--listen", "imap://h", "--upstream", "imap://h", "--redact", "all"], "--redact: needs 'path'"),
        (["replay", "x.interpost", "--listen", "imap://h", "--times", "x0"], "x0"),
        (["show", "x.interpost", "--filter", "verb=FETHC"], "did you mean 'FETCH'?"),
        (["show", "x.interpost", "--filter", "result=N"], "NONE, not 'N'"),
        (["verify", "x.interpost", "--secret-file", "/no/such/file"], "No such file"),
        (["verify", "x.interpost", "--secret-file", "/dev/null"], "holds no secret to look for"),
        (["verify", "/usr"], "/usr is a folder: name the captures in it, as in /usr/*.interpost"),
        (["policy", "explain", "read-only", "NOOP", "--client", "10.1.1.300"], "not '10.1.1.300'"),
        (["check-confg"], "check-confg"), (["check-config", "/no/such/file.yml"], "no such file"),
        (["read", "/no/such/session.imap"], "/no/such/session.imap"),
    ])
    func `says what is wrong with its arguments`(arguments: [String], word: String) async throws {
        let outcome = try await Program.run(all: arguments)
        #expect(outcome.code != 0 && outcome.code > 0)
        if ["run", "replay", "show"].contains(arguments[0]), !arguments.contains("--config") { #expect(outcome.code == 64) }
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
    }

    @Test func `says what a file is that is not a capture`() async throws {
        let room = try Room("other")
        let file = try room.write("C: a NOOP\n", to: "other.txt")
        for arguments in [["show", file], ["events", file], ["verify", file], ["redact", file, room.path("copy")]] {
            let outcome = try await Program.run(all: arguments)
            #expect(outcome.code != 0)
            let said = outcome.errors + outcome.text
            #expect(
                said.contains("\(file)") && said.contains("is not a capture of Interpost; interpost import makes one"), "\(said)")
        }
    }

    @Test func `uses what there is of a capture that is cut off, and says so`() async throws {
        let capture = EventSchema.repository.appending(path: "Fixtures/Captures/demo.interpost").path
        let room = try Room("cut")
        let whole = try Data(contentsOf: URL(filePath: capture))
        let cut = room.path("cut.interpost")
        for size in [10, whole.count - 200, whole.count - 1] {
            try whole.prefix(size).write(to: URL(filePath: cut))
            for arguments in [
                ["show", cut], ["events", cut], ["read", cut], ["export", cut, "--format", "json", "--to", "-"],
                ["diff", cut, cut],
            ] {
                let outcome = try await Program.run(all: arguments)
                // Of ten octets there is nothing to compare and to export.
                let isEmpty = size == 10 && ["export", "diff"].contains(arguments[0])
                #expect(outcome.code == 2 || isEmpty && outcome.code != 0, "\(arguments)")
                #expect(
                    isEmpty || outcome.errors.contains("the capture is cut off at its end"), "\(arguments): \(outcome.errors)")
            }
        }
        let filtered = try await Program.run("show", capture, "--filter", "session=9")
        #expect(filtered.text.isEmpty && filtered.errors.contains("--filter holds for nothing in it"), "\(filtered.errors)")
        let shown = try await Program.run("show", cut)
        #expect(shown.text.hasSuffix("the capture is cut off here\n") && shown.text.hasPrefix("Session 1"), "\(shown.text)")
    }

    @Test func `leaves no transcript of one session where two were asked for`() async throws {
        let capture = EventSchema.repository.appending(path: "Fixtures/Captures/demo.interpost").path
        let room = try Room("two")
        let file = room.path("transcript")
        let outcome = try await Program.run("export", capture, "--format", "transcript", "--to", file)
        #expect(outcome.code == 1 && outcome.errors.contains("give a folder, --to FOLDER/"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: file))
        let folder = try await Program.run("export", capture, "--format", "transcript", "--to", file + "/")
        #expect(folder.code == 0, "\(folder.errors)")
    }

    @Test func `looks for what a relay needs before it is started`() async throws {
        let room = try Room("needs")
        let relays = "relays: [{listen: imap://127.0.0.1:0, upstream: imap://localhost}]\n"
        let empty = try room.write("", to: "empty.pem")
        for (keys, words) in [
            ("tls: {trust: [/no/such.pem]}", "tls.trust: /no/such.pem cannot be read: "),
            (
                "tls: {certificate: \(empty), private-key: /no/such.key}",
                "tls: the certificate \(empty) cannot be read: it holds no certificate"
            ),
            (
                "record: {path: /no/such/folder/mail.interpost}",
                "record.path: /no/such/folder/mail.interpost cannot be written: No such file"
            ),
            ("log: {file: /no/such/folder/log}", "log.file: /no/such/folder/log cannot be written: No such file"),
            (
                "accounts: [{name: a, upstream: imap://h, user: a, secret: file:/no/such/secret}]",
                "accounts, a: /no/such/secret cannot be read: No such file"
            ),
            (
                "accounts: [{name: a, upstream: imap://h, user: a, secret: exec:/no/such/program}]",
                "accounts, a: /no/such/program cannot be run: No such file"
            ),
        ] {
            let file = try room.write(relays + keys + "\n", to: "relay.yml")
            let outcome = try await Program.run("check-config", file)
            #expect(outcome.code == 1 && outcome.errors.contains("\(file): \(words)"), "\(outcome.errors)")
        }
    }

    @Test func `does not copy over a file that is there`() async throws {
        let capture = EventSchema.repository.appending(path: "Fixtures/Captures/demo.interpost").path
        let room = try Room("copy")
        let copy = try room.write("mine", to: "copy.interpost")
        let outcome = try await Program.run("redact", capture, copy)
        #expect(
            outcome.code == 1 && outcome.errors == "Error: \(copy) exists already; choose another file\n", "\(outcome.errors)")
        #expect(try String(contentsOfFile: copy, encoding: .utf8) == "mine")
    }

    @Test func `finds each capture of the fixtures good`() async throws {
        let folder = EventSchema.repository.appending(path: "Fixtures/Captures").path
        let captures = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".interpost") }
        #expect(!captures.isEmpty)
        let outcome = try await Program.run(all: ["verify"] + captures.map { "\(folder)/\($0)" })
        #expect(outcome.code == 0, "\(outcome.text)")
    }

    @Test func `reads configurations, certificates and secrets from pipes`() async throws {
        let room = try Room("pipes")
        let capture = EventSchema.repository.appending(path: "Fixtures/Captures/demo.interpost").path
        let program = try Relay.executable()
        let checked = try await room.run(
            "bash", "-c",
            "'\(program)' check-config <(printf 'relays: [{listen: imap://127.0.0.1:0, upstream: imap://localhost}]')")
        #expect(checked.contains("is good"))
        let verified = try await room.run("bash", "-c", "'\(program)' verify '\(capture)' --secret-file <(echo abracadabra)")
        #expect(verified.contains("none of 1 secret\n"))
    }

    @Test func `checks policies, too`() async throws {
        let policy = EventSchema.repository.appending(path: "Config/read-only.yml").path
        let good = try await Program.run("check-config", policy)
        #expect(good.code == 0 && good.text.contains("read-only.yml is a good policy: read-only, 2 rules"), "\(good.text)")
        let room = try Room("policy")
        let bad = try await Program.run("check-config", try room.write("preset: readonly\n", to: "bad.yml"))
        #expect(bad.code != 0 && bad.errors.contains("bad.yml:1:") && bad.errors.contains("did you mean 'read-only'?"))
    }

    @Test(arguments: ["pem", "der"])
    func `exports the authority as other programs read it`(format: String) async throws {
        let room = try Room("authority")
        let authority = room.path("authority")
        let file = room.path("exported")
        let outcome = try await Program.run("ca", "export", "--authority", authority, "--format", format, file)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let printed = try await Program.run("ca", "export", "--authority", authority, "--format", format)
        let written = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(printed.output == written)
        #expect(written.firstRange(of: Data("PRIVATE".utf8)) == nil)
        let text = try await room.run(
            "openssl", "x509", "-inform", format, "-in", file, "-noout", "-text", "-fingerprint", "-sha256")
        #expect(text.contains("CA:TRUE, pathlen:0") && text.contains("Certificate Sign"))
        #expect(try Program.mode(of: "\(authority)/ca.key") == 0o600)
        #expect(try Program.mode(of: authority) == 0o700)
        try await room.run("openssl", "pkey", "-in", "\(authority)/ca.key", "-check", "-noout")

        let shown = try await Program.run("ca", "show", "--authority", authority)
        let fingerprint = text.split(separator: "\n").first { $0.contains("Fingerprint") }?.split(separator: "=").last
        #expect(shown.text.contains(try #require(fingerprint).replacing(":", with: "").lowercased()))
        #expect(shown.text.contains("\(authority)/ca.pem"))
    }

    @Test(arguments: [0o644, 0o640, 0o604])
    func `refuses an authority whose key others may read`(mode: Int) async throws {
        let room = try Room("authority")
        let authority = room.path("authority")
        let missing = try await Program.run("ca", "show", "--authority", authority)
        #expect(missing.code == 1 && missing.errors.contains("there is no authority in \(authority)"))
        #expect(!FileManager.default.fileExists(atPath: authority))
        #expect(try await Program.run("ca", "export", "--authority", authority).code == 0)
        chmod("\(authority)/ca.key", mode_t(mode))
        let run = [
            "run", "--listen", "imap://127.0.0.1:0", "--upstream", "imap://localhost:9", "--authority", authority,
        ]
        for arguments in [["ca", "show", "--authority", authority], run] {
            let outcome = try await Program.run(all: arguments)
            #expect(outcome.code != 0)
            #expect(outcome.errors.contains("chmod 600 \(authority)/ca.key"), "\(outcome.errors)")
        }
    }
}
