import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import InterpostProxy
import Logging
import ServiceLifecycle
import UnixSignals

/// `interpost replay`: a mail server that behaves as the recorded one did.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer mail clients from captures, as the recorded servers did.",
        usage: "interpost replay <captures> ... --listen <url> [<options>] [-- <command> ...]",
        discussion: """
            Each connection gets a session of the captures, in their order, and from the first again when there are no more. Any \
            password will do, unless --user and --password-file say which. At the end standard output tells what was asked that is not \
            in the capture, what was never asked, and the first difference; the exit status is 1 when there was any.

            A command after -- is run while clients can connect, with INTERPOST_URL, INTERPOST_HOST, INTERPOST_PORT, INTERPOST_USER \
            and INTERPOST_PASSWORD in its environment, and with INTERPOST_IMAP_URL and INTERPOST_POP3_URL. Everything ends with it, the report goes to standard error, and its exit \
            status is the program's. --listen may be left out then.

            Examples:
              interpost replay mail.interpost --listen imap://127.0.0.1:1143
              interpost replay mail.interpost --listen imaps://127.0.0.1:0 \\
                  --sessions 1 --ready-file ready.json
              interpost replay mail.interpost -- sh -c \\
                  'curl "$INTERPOST_URL" --user "$INTERPOST_USER:$INTERPOST_PASSWORD"'
              interpost replay a.interpost b.interpost \\
                  --listen pop3://127.0.0.1:1110 --matching state --times recorded
            """)

    @Argument(help: "Captures of interpost run --record; mail.interpost#3 is one session of one.")
    var captures: [CapturePlace]

    @Option(
        help: ArgumentHelp("Where clients connect: imap, imaps, pop3 or pop3s; port 0 lets the system choose.", valueName: "url"),
        transform: ListenURL.init)
    var listen: [ListenURL] = []

    @Option(help: "What answers a command: strict (the same octets), ordered (the same in any spelling), state (any that fits).")
    var matching = ReplayOptions.Matching.ordered

    @Option(
        help: ArgumentHelp(
            "When the server speaks: none (at once), recorded, or x2 for twice as slow.", valueName: "none|recorded|xN"))
    var times = ReplayTimes(times: .none)

    @Option(help: "What a command gets that is not in the capture: no, close or fail.")
    var onUnmatched = ReplayOptions.Unmatched.no

    @Option(help: "Which mechanisms are offered: recorded, or plain (PLAIN and LOGIN).")
    var auth = ReplayOptions.Offer.recorded

    @Option(help: "Who has to log in.")
    var user: String?

    @Option(help: ArgumentHelp("A file whose first line is the password.", valueName: "file"))
    var passwordFile: String?

    @OptionGroup var shown: CertificateOptions

    @Option(help: "Write the chosen ports to this file as JSON when clients can connect.")
    var readyFile: String?

    @Option(help: ArgumentHelp("End after so many connections.", valueName: "n"))
    var sessions: Int?

    /// What follows `--`, word by word: the library has no arguments after a list of arguments.
    @Option(name: .customLong(Self.commandOption), parsing: .unconditionalSingleValue, help: .hidden)
    var command: [String] = []

    private static let commandOption = "command-word"

    /// The arguments of the program, with `--` and what follows it written as this command reads them.
    static func arguments(_ typed: [String]) -> [String] {
        guard typed.first == "replay", let end = typed.firstIndex(of: "--") else { return typed }
        return typed[..<end] + typed[(end + 1)...].flatMap { ["--" + commandOption, $0] }
    }

    func validate() throws {
        if listen.isEmpty, command.isEmpty { throw ValidationError("give --listen URL, or -- and a command") }
        do {
            _ = try tls()
        } catch {
            throw ValidationError("\(error)")
        }
        if let sessions, sessions < 1 { throw ValidationError("--sessions is a number from 1") }
    }

    func run() async throws {
        let replayer: Replayer
        let password: String?
        do {
            var options = ReplayOptions(matching)
            (options.times, options.onUnmatched, options.auth, options.user) = (times.times, onUnmatched, auth, user)
            password = try passwordFile.map(PasswordFile.read)
            options.password = password
            let recorded = try RecordedSessions(captures)
            CutOff.note(captures)
            let listen = try listen.isEmpty ? Self.listeners(for: recorded) : listen
            replayer = try await Replayer(
                recorded, listeners: listen, options: options, tls: tls(), maximumConnections: sessions)
        } catch {
            throw UserError(error)
        }
        for listener in replayer.listeners {
            StandardError.note("answering on \(listener.url)")
        }
        if let readyFile { try ReadyFile(listeners: replayer.listeners).write(to: readyFile) }
        defer { ReadyFile.remove(readyFile) }
        let logger = Logger(label: "interpost") { StreamLogHandler.standardError(label: $0) }
        let service = ServiceGroupConfiguration.ServiceConfiguration(
            service: replayer, successTerminationBehavior: .gracefullyShutdownGroup)
        let group = ServiceGroup(
            configuration: .init(services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        guard let program = command.first else {
            try await group.run()
            for line in report(replayer) { StandardOutput.write(line) }
            guard isClean(replayer) else { throw ExitCode(1) }
            return
        }
        let child = try ChildCommand(
            program, Array(command.dropFirst()), environment: ChildCommand.environment(replayer.listeners, user, password))
        let serving = Task {
            // A signal ends it, too.
            defer { child.terminate() }
            try await group.run()
        }
        let status = await child.wait()
        replayer.end()
        try await serving.value
        for line in report(replayer) { StandardError.note(line.trimmingCharacters(in: .newlines)) }
        if status != 0 { throw ExitCode(status) }
    }

    /// A listener on a port of its own for each protocol that the captures hold.
    private static func listeners(for recorded: RecordedSessions) throws -> [ListenURL] {
        let protocols = Set(recorded.sessions.map(\.mailProtocol.rawValue)).sorted()
        return try protocols.map { try ListenURL("\($0)://127.0.0.1:0") }
    }

    private func tls() throws(ConfigurationError) -> TLSSettings {
        var overlay = ConfigurationOverlay()
        shown.lay(over: &overlay)
        return try ConfigurationFile.settings(overlay).tls
    }

    private func report(_ replayer: Replayer) -> [String] {
        let neverPlayed = replayer.sessionsNeverPlayed
        return replayer.outcomes.map { "Connection \($0.connection), \($0.mailProtocol.title)\n\($0.report.text)\n" }
            + (neverPlayed > 0 ? ["Recorded sessions that nobody connected for: \(neverPlayed)\n"] : [])
    }

    private func isClean(_ replayer: Replayer) -> Bool {
        replayer.sessionsNeverPlayed == 0 && replayer.outcomes.allSatisfy(\.report.isClean)
    }
}

/// `none`, `recorded`, `x0.5`.
struct ReplayTimes: ExpressibleByArgument {
    var times: ReplayOptions.Times

    init(times: ReplayOptions.Times) { self.times = times }

    init?(argument: String) {
        switch argument {
        case "none": times = .none
        case "recorded": times = .recorded
        default:
            guard argument.hasPrefix("x"), let factor = Double(argument.dropFirst()), factor > 0, factor.isFinite else {
                return nil
            }
            times = .factor(factor)
        }
    }

    var defaultValueDescription: String { "none" }
}

extension ReplayOptions.Matching: ExpressibleByArgument {}
extension ReplayOptions.Unmatched: ExpressibleByArgument {}
extension ReplayOptions.Offer: ExpressibleByArgument {}
