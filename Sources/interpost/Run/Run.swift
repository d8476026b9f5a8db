import ArgumentParser
import Foundation
import InterpostProxy
import Logging
import ServiceLifecycle
import UnixSignals

/// `interpost run`: the relay itself.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Relay mail sessions and tell what happens in them.",
        discussion: """
            Examples:
              interpost run --listen imaps://127.0.0.1:1993 \\
                  --upstream imaps://imap.example.org
              interpost run --log events.jsonl \\
                  --listen imap://127.0.0.1:1143 --upstream imaps://imap.example.org \\
                  --listen pop3://127.0.0.1:1110 --upstream pop3s://pop.example.org
              interpost run --config /etc/interpost.yml
            """)

    @OptionGroup var options: RelayOptions

    @Option(help: "Write the chosen ports to this file as JSON when clients can connect.")
    var readyFile: String?

    func run() async throws {
        // Trapped before anybody can know that the program runs.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        Self.raiseFileLimit()
        let options = options
        let logger = Logger(label: "interpost") { StreamLogHandler.standardError(label: $0) }
        let relay: Relay
        do {
            relay = try await Relay(source: { try options.configuration() }, logger: logger)
        } catch {
            throw UserError(error)
        }
        for listener in relay.listeners {
            StandardError.note("listening on \(listener.url)")
        }
        if let readyFile { try ReadyFile(listeners: relay.listeners).write(to: readyFile) }
        defer { ReadyFile.remove(readyFile) }
        let group = ServiceGroup(services: [relay], logger: logger)
        let signalTask = Task { await Self.obey(signals, relay: relay, group: group) }
        try await group.run()
        signalTask.cancel()
    }

    /// A session takes two descriptors, and the usual soft limit is made for programs that open a few files.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// SIGHUP reloads; the first SIGTERM or SIGINT drains, the second ends the program at once.
    private static func obey(_ signals: UnixSignalsSequence, relay: Relay, group: ServiceGroup) async {
        var isEnding = false
        for await signal in signals {
            if signal == .sighup {
                relay.reload()
            } else if isEnding {
                Foundation.exit(signal == .sigint ? 130 : 143)
            } else {
                isEnding = true
                await group.triggerGracefulShutdown()
            }
        }
    }
}

/// What `--ready-file` holds.
struct ReadyFile: Codable {
    var listeners: [Listener]

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
    }

    /// Clients cannot connect any more.
    static func remove(_ path: String?) {
        if let path { unlink(path) }
    }
}
