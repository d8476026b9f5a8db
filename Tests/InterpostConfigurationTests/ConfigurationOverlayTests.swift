import InterpostCore
import Testing

@testable import InterpostConfiguration

@Suite struct `What a command line says of a configuration` {
    private static let file = """
        relays:
          - listen: imap://127.0.0.1:1143
            upstream: imaps://imap.example.org
          - listen: pop3://127.0.0.1:1110
            upstream: pop3s://pop.example.org
        tls: {trust: [a.pem]}
        limits: {line: 4096}
        """

    private static func read(
        _ text: String = file, _ say: (inout ConfigurationOverlay) throws -> Void
    ) throws -> Configuration {
        var overlay = ConfigurationOverlay()
        try say(&overlay)
        return try ConfigurationFile.read(text: text, file: "test.yml", overlay: overlay)
    }

    private static func mistake(_ text: String = file, _ say: (inout ConfigurationOverlay) throws -> Void) -> String {
        let error = #expect(throws: ConfigurationError.self) { _ = try read(text, say) }
        return error?.description ?? "no error"
    }

    @Test func `is a configuration by itself`() throws {
        var overlay = ConfigurationOverlay()
        overlay.addRelay(listen: "imap://127.0.0.1:0", upstream: "imaps://imap.example.org")
        try overlay.set("limits.sessions=7")
        let read = try ConfigurationFile.read(nil, overlay: overlay)
        #expect(read.relays.map(\.upstream?.description) == ["imaps://imap.example.org:993"] && read.limits.sessions == 7)
    }

    @Test func `is laid over a file, which keeps what is not said`() throws {
        let read = try Self.read {
            try $0.set("limits.sessions=7")
            $0.set("record.path", to: "captures", by: "--record")
            $0.set("record.keep-files", to: "3", by: "--keep-files")
            $0.set("record.keep-days", to: nil, by: "--keep-days")
        }
        #expect(read.limits.sessions == 7 && read.limits.wire.lineLength == 4096)
        #expect(read.record.keep.files == 3 && read.record.keep.days == nil)
    }

    @Test func `is laid over each file that is read, the same again`() throws {
        var overlay = ConfigurationOverlay()
        try overlay.set("limits.line=2048")
        overlay.set("tls.trust", to: "b.pem", by: "--trust")
        let before = try ConfigurationFile.read(text: Self.file, file: "test.yml", overlay: overlay)
        let after = try ConfigurationFile.read(
            text: Self.file.replacing("4096", with: "8192").replacing("a.pem", with: "c.pem"), file: "test.yml", overlay: overlay)
        #expect(before.limits.wire.lineLength == 2048 && after.limits.wire.lineLength == 2048)
        #expect(before.tls.trust == ["a.pem", "b.pem"] && after.tls.trust == ["c.pem", "b.pem"])
    }

    @Test func `adds to lists`() throws {
        func trust(_ text: String) throws -> [String] {
            try Self.read(text) {
                $0.set("tls.trust", to: "x.pem", by: "--trust")
                $0.set("tls.trust", to: "y.pem", by: "--trust")
            }.tls.trust
        }
        #expect(try trust(Self.file) == ["a.pem", "x.pem", "y.pem"])
        #expect(try trust(Self.file.replacing("tls: {trust: [a.pem]}", with: "")) == ["x.pem", "y.pem"])
        #expect(try trust(Self.file.replacing("tls: {trust: [a.pem]}", with: "tls:\n  trust:")) == ["x.pem", "y.pem"])
    }

    @Test func `holds for all relays`() throws {
        let read = try Self.read {
            $0.setEveryRelay("policy", to: "read-only", by: "--policy")
            $0.setEveryRelay("compress", to: "strip", by: "--compress")
        }
        #expect(read.relays.map(\.policy.preset) == [.readOnly, .readOnly] && read.relays.map(\.compress) == [.strip, .strip])
    }

    @Test func `is taken as it was said last`() throws {
        let read = try Self.read {
            $0.set("threads", to: "2", by: "--threads")
            try $0.set("threads=3")
            try $0.set("limits.line=2000")
            try $0.set("limits.line=3000")
        }
        #expect(read.threads == 3 && read.limits.wire.lineLength == 3000)
    }

    @Test func `may have an equals sign in its value`() throws {
        #expect(try Self.read { try $0.set("log.file=a=b.jsonl") }.log.file == "a=b.jsonl")
    }

    @Test(arguments: [
        ("limits.lien=5", "--set limits.lien: there is no key 'limits.lien'; did you mean 'limits.line'?"),
        ("line=5", "--set line: there is no key 'line'; did you mean 'limits.line'?"),
        ("limits=5", "--set limits: 'limits' is a group of keys: limits.line, limits.response"),
        ("threads", "--set threads: 'threads' has no value: write threads=VALUE"),
        ("tls.trust=a", "--set tls.trust: 'tls.trust' is a list: --trust adds to it"),
        ("relays.mirror=true", "--set relays.mirror: relays are said by --listen and --upstream"),
        ("xyzzy=1", "--set xyzzy: there is no key 'xyzzy'"), ("", "--set : there is no key ''"),
        (
            "log.detail=comands",
            "--set log.detail: is one of acts, commands, responses, values, not 'comands'; did you mean 'commands'?"
        ),
        ("tls.certificate=c.pem", "--set tls.certificate: needs 'private-key' beside it"),
    ])
    func `is refused with the likely meaning`(assignment: String, words: String) {
        let mistake = Self.mistake { try $0.set(assignment) }
        #expect(mistake.hasPrefix(words), "\(mistake)")
    }

    @Test func `is named by its flag where it is wrong`() {
        #expect(
            Self.mistake { $0.set("record.keep-files", to: "20000000", by: "--keep-files") }
                == "--keep-files: is a whole number from 1 to 10000000")
        #expect(
            Self.mistake { $0.setEveryRelay("policy", to: "readonly", by: "--policy") }.hasPrefix(
                "--policy: 'readonly'"))
        #expect(
            Self.mistake { $0.setEveryRelay("mirror", to: "true", by: "--mirror") }.hasPrefix("--mirror: mirror makes both legs"))
        #expect(
            Self.mistake { $0.addRelay(listen: "imap://h", upstream: "smtp://h") }.hasPrefix("--upstream: 'smtp://h'")
        )
        #expect(Self.mistake { $0.addRelay(listen: "imap://h", upstream: "pop3://h") }.hasPrefix("--listen: imap://h:143 speaks"))
    }

    @Test(arguments: [
        ("limits: {lien: 5}", "test.yml:6: 'limits' has no key 'lien'"), ("limits: 5", "test.yml:6: 'limits' is a group of keys"),
        ("tls: {trust: a.pem}", "test.yml:6: 'trust' is a list"), ("log: {detail: act}", "test.yml:6: 'detail' is one of"),
        ("record: {label: !<--trust> a/b}", "test.yml:6: 'label' is a word"),
    ])
    func `leaves a file's own mistakes at their lines`(line: String, words: String) {
        let text = Self.file.split(separator: "\n").prefix(5).joined(separator: "\n") + "\n" + line
        let mistake = Self.mistake(text) {
            try $0.set("limits.sessions=7")
            if line.hasPrefix("tls") { $0.set("tls.trust", to: "b.pem", by: "--trust") }
        }
        #expect(mistake.hasPrefix(words), "\(mistake)")
    }
}
