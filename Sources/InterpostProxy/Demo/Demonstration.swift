public import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
public import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The main use, with nothing to configure: a mail server that answers from a recording, a relay before it with a fresh certificate
/// authority, and a client that reads mail through the relay, all over real sockets with real TLS.
public struct Demonstration {
    /// Runs the demonstration, with the console on standard output. The authorities, the server's capture and the event log are
    /// written to `directory`.
    public static func run(in directory: URL, logger: Logger) async throws {
        let server = try await Self.server(directory: directory)
        let serving = Task { try await server.run() }
        defer { server.end() }
        let configuration = try Self.configuration(directory: directory, ports: server.listeners.map(\.port))
        let relay = try await Relay(source: { configuration }, logger: logger)
        let services = ServiceGroup(services: [relay], logger: logger)
        let running = Task { try await services.run() }
        do {
            try await visit(relay.listeners.map(\.port), trusting: directory.appending(path: "ca/ca.pem").path)
        } catch {
            running.cancel()
            try? await running.value
            throw error
        }
        await services.triggerGracefulShutdown()
        try await running.value
        server.end()
        try await serving.value
        let reports = server.outcomes.map(\.report).filter { !$0.isClean }
        guard reports.isEmpty, server.sessionsNeverPlayed == 0 else {
            throw DemoClient.Disappointment(
                description:
                    "the demo's client did otherwise than the recorded one\n\(reports.map(\.text).joined(separator: "\n"))")
        }
    }

    /// IMAP with STARTTLS, IMAP and POP3 with TLS from the first byte.
    private static func server(directory: URL) async throws -> Replayer {
        let capture = directory.appending(path: "demo.interpost")
        guard
            FileManager.default.createFile(
                atPath: capture.path, contents: Data(PackageResources.demo_interpost), attributes: [.posixPermissions: 0o600])
        else { throw DemoClient.Disappointment(description: "\(capture.path) cannot be written") }
        var tls = TLSSettings()
        tls.authority = directory.appending(path: "server-ca").path
        return try await Replayer(
            RecordedSessions([capture.path]),
            listeners: ["imap://127.0.0.1:0", "imaps://127.0.0.1:0", "pop3s://127.0.0.1:0"].map { try ListenURL($0) },
            options: ReplayOptions(.ordered), tls: tls)
    }

    private static func visit(_ ports: [Int], trusting authority: String) async throws {
        try await DemoClient.run(imapOverSTARTTLS, port: ports[0], isImplicit: false, trusting: authority, group: .singleton)
        try await DemoClient.run(imap, port: ports[1], isImplicit: true, trusting: authority, group: .singleton)
        try await DemoClient.run(pop3, port: ports[2], isImplicit: false, trusting: authority, group: .singleton)
    }

    /// The client's leg and the server's leg of each relay: STARTTLS and TLS; TLS and STARTTLS; STLS and TLS.
    private static func configuration(directory: URL, ports: [Int]) throws -> Configuration {
        var configuration = Configuration()
        configuration.relays = [
            RelayConfiguration(
                listen: try ListenURL("imap://127.0.0.1:0"), upstream: try UpstreamURL("imaps://localhost:\(ports[1])")),
            RelayConfiguration(
                listen: try ListenURL("imaps://127.0.0.1:0"), upstream: try UpstreamURL("imap://localhost:\(ports[0])")),
            RelayConfiguration(
                listen: try ListenURL("pop3://127.0.0.1:0"), upstream: try UpstreamURL("pop3s://localhost:\(ports[2])")),
        ]
        configuration.tls.trust = [directory.appending(path: "server-ca/ca.pem").path]
        configuration.tls.authority = directory.appending(path: "ca").path
        configuration.log.file = directory.appending(path: "events.jsonl").path
        configuration.timeouts.drain = 5
        return configuration
    }

    // MARK: - What the client does

    private static let password = "correct horse battery staple"
    private static let login = "LOGIN demo \"\(password)\""

    private static let imapOverSTARTTLS: [DemoClient.Step] = [
        .expect("* OK"), .send("a1 STARTTLS"), .expect("a1 OK"), .startTLS,
        .send("a2 CAPABILITY"), .expect("a2 OK"), .send("a3 \(login)"), .expect("a3 OK"),
        .send("a4 LIST \"\" *"), .expect("a4 OK"), .send("a5 SELECT INBOX"), .expect("a5 OK"),
        .send("a6 FETCH 1:* (FLAGS UID RFC822.SIZE)"), .expect("a6 OK"),
        .send("a7 UID FETCH 102 BODY[]"), .expect("a7 OK"),
        .send("a8 STORE 2 +FLAGS (\\Flagged)"), .expect("a8 OK"),
        .send("a9 LOGOUT"), .expect("a9 OK"),
    ]

    private static let imap: [DemoClient.Step] = [
        .expect("* OK"), .send("b1 AUTHENTICATE PLAIN AGRlbW8Ab29wcw=="), .expect("b1 BAD"),
        .send("b2 \(login)"), .expect("b2 OK"), .send("b3 SELECT INBOX"), .expect("b3 OK"),
        .send("b4 IDLE"), .expect("* 4 EXISTS"), .send("DONE"), .expect("b4 OK"),
        .send("b5 APPEND Sent (\\Seen) {18}"), .expect("+"), .send("Subject: hello\r\n\r\n"), .expect("b5 OK"),
        .send("b6 STORE 1 +FLAGS (\\Deleted)"), .expect("b6 OK"), .send("b7 EXPUNGE"), .expect("b7 OK"),
        .send("b8 LOGOUT"), .expect("b8 OK"),
    ]

    private static let pop3: [DemoClient.Step] = [
        .expect("+OK"), .send("CAPA"), .expect("."), .send("STLS"), .expect("+OK"), .startTLS,
        .send("USER demo"), .expect("+OK"), .send("PASS \(password)"), .expect("+OK"),
        .send("STAT"), .expect("+OK"), .send("UIDL"), .expect("."), .send("RETR 2"), .expect("."),
        .send("DELE 2"), .expect("+OK"), .send("QUIT"), .expect("+OK"),
    ]
}
