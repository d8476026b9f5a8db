import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import InterpostProxy
import NIOCore
import Synchronization

/// A mail server in this process that answers from a capture, on a port of its own.
///
///     @Test(.mailServer("gmail-idle.interpost")) func `my client idles`() async throws {
///         let server = try MailServer.current
///         let client = try await MyClient(server.host, server.port)
///         try await client.login(server.user, server.password)
///     }
///
/// Without Swift Testing it is started and stopped by hand:
///
///     let server = try await MailServer(capture: "Captures/gmail-idle.interpost")
///     …
///     let report = try await server.stop()
///     XCTAssert(report.isClean, report.description)
public final class MailServer: Sendable {
    /// The protocols of mail clients.
    public enum Service: String, Sendable, CaseIterable {
        case imap = "IMAP"
        case pop3 = "POP3"
    }

    /// How clients connect, whatever the recorded one did.
    public enum Security: Sendable, CaseIterable {
        case clear
        /// Logging in is possible only after STARTTLS (in POP3 STLS).
        case startTLS
        /// TLS from the first byte.
        case implicitTLS
    }

    /// `localhost`, which is 127.0.0.1; the certificate has both.
    public let host = "localhost"
    /// The port for IMAP; `nil` if the capture has no IMAP session.
    public let imapPort: Int?
    /// The port for POP3; `nil` if the capture has no POP3 session.
    public let pop3Port: Int?
    /// How clients reach both ports.
    public let security: Security
    /// Who can log in: the user in the settings. If they name none, anybody can.
    public let user: String
    /// Whether a real server answers and the session is recorded.
    public let isRecording: Bool
    private let secret: Secret
    private let engine: Engine
    private let isRunning = Mutex(true)

    private enum Engine {
        case replay(Replayer, Task<Void, any Error>)
        case relay(Recorder)
    }

    /// Starts a server that replays.
    /// - Parameter capture: The path of a capture.
    public convenience init(capture: String, _ settings: Settings = Settings()) async throws {
        try await self.init(replaying: settings.choose(from: RecordedSessions([capture]), of: capture), settings)
    }

    init(replaying recorded: RecordedSessions, _ settings: Settings) async throws {
        let services = Service.allCases.filter { service in recorded.sessions.contains { $0.mailProtocol == service.mailProtocol }
        }
        let replayer = try await Replayer(
            recorded, listeners: services.map { try settings.security.listener(for: $0) }, options: settings.options,
            tls: TestAuthority.settings())
        engine = .replay(replayer, Task { try await replayer.run() })
        (imapPort, pop3Port) = Self.ports(replayer.listeners.map(\.port), of: services)
        (security, isRecording) = (settings.security, false)
        (user, secret) = (settings.user ?? "anybody", settings.secret ?? Secret(ByteBuffer(string: "anything")))
    }

    init(recording recorder: Recorder, user: String, password: Secret) {
        engine = .relay(recorder)
        (imapPort, pop3Port) = Self.ports(recorder.ports, of: recorder.services)
        (security, isRecording) = (recorder.security, true)
        (self.user, secret) = (user, password)
    }

    deinit {
        if case .replay(let replayer, _) = engine { replayer.end() }
    }

    private static func ports(_ ports: [Int], of services: [Service]) -> (imap: Int?, pop3: Int?) {
        let found = Dictionary(zip(services, ports)) { first, _ in first }
        return (found[.imap], found[.pop3])
    }

    /// The port of the protocol that the server speaks; if it speaks both, the port for IMAP.
    public var port: Int { imapPort ?? pop3Port ?? 0 }

    /// A password that ``user`` can log in with.
    public var password: String { secret.withExposedBytes { String(buffer: $0) } }

    /// The path of the certificate, in PEM, that a client with TLS is to trust. It is made when it is first needed, is valid for
    /// this process only, and is removed with it.
    public var certificateAuthority: String {
        get throws { try TestAuthority.certificate() }
    }

    /// Closes the listeners and all connections.
    /// - Returns: What became of the connections that were answered from the capture; those that were recorded are not in it.
    @discardableResult
    public func stop() async throws -> MailServerReport {
        let wasRunning = isRunning.withLock { isRunning in
            defer { isRunning = false }
            return isRunning
        }
        switch engine {
        case .replay(let replayer, let running):
            replayer.end()
            try await running.value
            return report
        case .relay(let recorder):
            if wasRunning { try await recorder.stop() }
            return report
        }
    }

    /// What has become of the connections that have ended so far.
    public var report: MailServerReport {
        guard case .replay(let replayer, _) = engine else { return MailServerReport() }
        return MailServerReport(replayer)
    }
}

extension MailServer.Service {
    var mailProtocol: MailProtocol {
        switch self {
        case .imap: .imap
        case .pop3: .pop3
        }
    }

    init(_ mailProtocol: MailProtocol) {
        switch mailProtocol {
        case .imap: self = .imap
        case .pop3: self = .pop3
        }
    }
}

extension MailServer.Security {
    /// A free port of this machine.
    func listener(for service: MailServer.Service) throws -> ListenURL {
        let scheme = service.mailProtocol.rawValue
        return switch self {
        case .clear: try ListenURL("\(scheme)://127.0.0.1:0?starttls=off")
        case .startTLS: try ListenURL("\(scheme)://127.0.0.1:0?starttls=required")
        case .implicitTLS: try ListenURL("\(scheme)s://127.0.0.1:0")
        }
    }
}
