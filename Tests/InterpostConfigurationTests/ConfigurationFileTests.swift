import Foundation
import InterpostCore
import TestSupport
import Testing

@testable import InterpostConfiguration

@Suite struct ConfigurationFileTests {
    private static let relay = """
        relays:
          - listen: imap://127.0.0.1:1143
            upstream: imaps://imap.example.org

        """

    private static func read(_ text: String) throws -> Configuration {
        try ConfigurationFile.read(text: text, file: "test.yml")
    }

    @Test func `the smallest configuration has all the defaults`() throws {
        var expected = Configuration()
        expected.relays = [
            RelayConfiguration(
                listen: try ListenURL("imap://127.0.0.1:1143"), upstream: try UpstreamURL("imaps://imap.example.org"))
        ]
        #expect(try Self.read(Self.relay) == expected)
    }

    @Test func `the example in Config is valid and says the defaults`() throws {
        let file = EventSchema.repository.appending(path: "Config/interpost.yml")
        let example = try ConfigurationFile.read(file.path)
        #expect(!example.relays.isEmpty)
        #expect(example.timeouts == Timeouts())
        #expect(example.limits == Limits())
    }

    @Test func `every key is read`() throws {
        let configuration = try Self.read(
            """
            relays:
              - listen: imaps://127.0.0.1:1993
                upstream: imap://imap.example.org?starttls=off
                compress: strip
              - listen: pop3://127.0.0.1:1110
                upstream: pop3://pop.example.org
                mirror: true
            tls:
              trust: [a.pem, b.pem]
              certificate: c.pem
              private-key: c.key
              authority: /var/lib/interpost
              minimum-client-version: "1.3"
              minimum-upstream-version: "1.3"
              dangerously-skip-upstream-verification: true
            log: {file: events.jsonl, detail: acts, console: quiet, on-failure: continue}
            limits: {line: 2048, literal: 10, pending-commands: 11, unread: 1024, sessions: 13, sessions-per-address: 14}
            timeouts: {handshake: 1, before-login: 2, after-login: 3, idle: 4, drain: 5}
            threads: 6
            """)
        #expect(configuration.relays.map(\.compress) == [.strip, .terminate])
        #expect(configuration.relays.map(\.mirror) == [false, true])
        #expect(configuration.tls.trust == ["a.pem", "b.pem"])
        #expect(configuration.tls.minimumClientVersion == .tls1_3 && configuration.tls.skipsUpstreamVerification)
        #expect(configuration.log.detail == .acts && configuration.log.onFailure == .continue)
        #expect(configuration.limits.wire.lineLength == 2048 && configuration.limits.sessionsPerAddress == 14)
        #expect(configuration.timeouts.idle == 4 && configuration.threads == 6)
    }

    @Test(arguments: [
        ("", "is empty"),
        ("relays: []", "nothing to relay"),
        (
            "relays:\n  - {listen: 'imap://a:1', upstream: 'imap://b'}\n  - {listen: 'imap://a:1', upstream: 'imap://c'}",
            "two relays listen on a port 1"
        ),
        ("relays:\n  - lissten: imap://h\n    upstream: imap://h", "did you mean 'listen'"),
        ("relays:\n  - listen: imap://h", "test.yml:2: a relay needs both keys"),
        ("relays:\n  - listen: imap://h\n    upstream: pop3://h", "does not translate"),
        ("relays:\n  - listen: imap://h\n    upstream: imaps://h\n    mirror: yes please", "'mirror' is true or false"),
        ("relays:\n  - listen: imap://h\n    upstream: imaps://h\n    mirror: true", "mirror makes both legs alike"),
        (relay + "limits:\n  line: 12", "test.yml:5: 'line' is a whole number from 1024"),
        (relay + "limits:\n  lines: 12", "did you mean 'line'?"),
        (relay + "timeouts: soon", "'timeouts' is a group of keys"),
        (relay + "log:\n  detail: comands", "did you mean 'commands'?"),
        (relay + "tls:\n  certificate: a.pem", "test.yml:5: 'certificate' needs 'private-key'"),
        (relay + "tls: {trust: a.pem}", "'trust' is a list"),
        (relay + "thread: 2", "did you mean 'threads'?"),
        ("relays: [", "is not YAML"),
    ])
    func `an error names the file, the line and the likely meaning`(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { _ = try Self.read(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
        #expect(error?.description.hasPrefix("test.yml") == true)
    }
}
