import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import InterpostProxy
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A relay in this process, between the test's client and a real server, that records what passes. The recording is a file next to
/// the capture, and takes the capture's place if it is kept.
final class Recorder: Sendable {
    let ports: [Int]
    let services: [MailServer.Service]
    let security: MailServer.Security
    private let path: String
    private let temporary: String
    private let upstreams: [String]
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    private static let counter = Atomic<Int>(0)

    init(_ plan: RecordingPlan, to path: String, security: MailServer.Security) async throws {
        let upstreams = try plan.upstreams.map { try UpstreamURL($0) }
        services = upstreams.map { MailServer.Service($0.mailProtocol) }
        guard Set(services).count == services.count else {
            throw MailServerError("of each protocol one server can be recorded: \(plan.upstreams.joined(separator: ", "))")
        }
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        let file = URL(filePath: path)
        temporary =
            file.deletingLastPathComponent()
            .appending(path: ".\(file.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)-\(number)").path
        self.path = path
        self.upstreams = upstreams.map(\.description)
        self.security = security
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        var configuration = Configuration()
        configuration.relays = try zip(services, upstreams).map { service, upstream in
            RelayConfiguration(listen: try security.listener(for: service), upstream: upstream)
        }
        configuration.tls = try TestAuthority.settings()
        configuration.tls.trust = plan.trust
        configuration.log.console = .quiet
        configuration.record.path = temporary
        configuration.record.redaction = plan.redaction.level
        configuration.timeouts.drain = 5
        let settings = configuration
        let logger = Logger(label: "interpost") { _ in SwiftLogNoOpLogHandler() }
        let relay: Relay
        do {
            relay = try await Relay(source: { settings }, logger: logger)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
        ports = relay.listeners.map(\.port)
        let group = ServiceGroup(services: [relay], logger: logger)
        self.group = group
        running = Task { try await group.run() }
    }

    /// Ends the sessions that are at rest, and completes the file.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// Why the recording is not worth keeping; `nil` if it is.
    var problem: String? {
        let sessions = (try? RecordedSessions([temporary]))?.sessions ?? []
        if sessions.contains(where: { !$0.exchanges.isEmpty }) { return nil }
        let reasons = Set((try? ends()) ?? []).sorted().prefix(3)
        return "no command was recorded before \(upstreams.joined(separator: ", "))"
            + (reasons.isEmpty ? ": no client connected" : ": \(reasons.joined(separator: "; "))")
    }

    /// How the sessions ended.
    private func ends() throws -> [String] {
        let reader = try CaptureReader(temporary)
        var reasons: [String] = []
        while let record = try reader.next() {
            guard record.kind == .event,
                let event = try? JSONDecoder().decode(Event.self, from: Data(record.bytes.readableBytesView)),
                event.event == "session.closed", let reason = event.reason
            else { continue }
            reasons.append(reason)
        }
        return reasons
    }

    private struct Event: Decodable {
        var event: String
        var reason: String?
    }

    /// Puts the recording in the capture's place.
    func keep() throws {
        guard rename(temporary, path) == 0 else {
            throw MailServerError("the capture \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Deletes the recording, if it was not kept.
    func discard() { try? FileManager.default.removeItem(atPath: temporary) }
}

/// Where a test's capture comes from.
struct RecordingPlan: Sendable {
    var mode: RecordMode
    /// URLs as `interpost run --upstream` takes them.
    var upstreams: [String]
    /// PEM files with certificates that are trusted in addition to the system's.
    var trust: [String]
    var redaction: MailServer.Redaction
}

extension MailServer {
    /// How much of the mail is replaced in what is recorded, by text of the same length. The secrets of logins are always replaced.
    public enum Redaction: Sendable, CaseIterable {
        case none
        /// Header fields, and whatever repeats them.
        case headers
        /// Also texts and attachments.
        case bodies
        /// Also names of mailboxes, keywords, search terms and identifiers.
        case all
    }
}

extension MailServer.Redaction {
    fileprivate var level: RedactionLevel {
        switch self {
        case .none: .none
        case .headers: .headers
        case .bodies: .bodies
        case .all: .all
        }
    }
}
