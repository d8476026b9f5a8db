// The command line. The benchmark is what it is for; `serve` lends its server half to tests and to people.

import ArgumentParser
import Foundation
import Glibc

@main
struct InterpostLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interpost-load",
        abstract: "Measures what a relay costs, side by side with HAProxy.",
        subcommands: [Bench.self, Serve.self],
        defaultSubcommand: Bench.self
    )
}

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the relay and HAProxy in turn, between an IMAP server and clients of its own (the default)."
    )

    @Option(help: "The interpost program. (default: the one next to this program)")
    var relay: String?

    @Option(help: "The HAProxy program.")
    var haproxy = "/usr/sbin/haproxy"

    @Option(help: "What to measure: all, or one of \(Workload.allCases.map(\.rawValue).joined(separator: ", ")).")
    var workload = WorkloadChoice.all

    @Option(help: "How often to measure each subject.")
    var rounds = 3

    @Option(help: "Multiplies the work: less than 1 to try things out, more for steadier figures.")
    var scale = 1.0

    @Flag(help: "Give the subjects session tickets, with which they may resume their sessions with the server half.")
    var tickets = false

    @Option(help: "A file to write the figures to, as JSON.")
    var json: String?

    func validate() throws {
        guard (1...1_000).contains(rounds) else { throw ValidationError("--rounds must be between 1 and 1000.") }
        guard (0.001...10).contains(scale) else { throw ValidationError("--scale must be between 0.001 and 10.") }
    }

    func run() throws {
        prepareProcess()
        defer { Leftovers.shared.clear() }
        let own = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let sibling = own.deletingLastPathComponent().appending(path: "interpost")
        let subjects = Subjects(relay: relay.map { URL(filePath: $0) } ?? sibling, haproxy: URL(filePath: haproxy))
        let machine = try Machine(haproxy: subjects.haproxyVersion())
        let benchmark = Benchmark(
            subjects: subjects, workloads: workload.workloads, rounds: rounds, scale: scale, tickets: tickets
        )
        let outcomes = try benchmark.run(in: Leftovers.shared.makeDirectory()) { note($0) }
        let report = Report(
            machine: machine, cipherSuite: TLSContext.cipherSuite, group: TLSContext.group, tickets: tickets,
            rounds: rounds, scale: scale, outcomes: outcomes
        )
        print(report.markdown)
        if let json { try report.json.write(to: URL(filePath: json)) }
    }
}

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the IMAP server half alone, on 127.0.0.1, until it is stopped.",
        discussion: """
            Prints its port on the first line and, unless --clear is given, the file of the authority that clients must trust on \
            the second.
            """,
        shouldDisplay: false
    )

    @Option(help: "The port to listen on; 0 lets the system choose.")
    var port: UInt16 = 0

    @Option(help: "The size of every message, in bytes.")
    var messageSize = 16 * 1_048_576

    @Option(help: "The number of messages in the mailbox.")
    var messages = 1_000

    @Flag(help: "Speak without TLS.")
    var clear = false

    @Flag(help: "Give clients session tickets, with which they may resume.")
    var tickets = false

    func validate() throws {
        guard messageSize > 0, messages > 0 else { throw ValidationError("There must be messages, with bytes in them.") }
    }

    func run() throws {
        prepareProcess()
        defer { Leftovers.shared.clear() }
        let credentials = try clear ? nil : Credentials(in: Leftovers.shared.makeDirectory())
        let context = try credentials.map { try TLSContext.server($0, tickets: tickets) }
        let mailbox = Mailbox(message: Message(size: messageSize), count: messages)
        let server = try LoadServer(port: port, context: context, mailbox: mailbox)
        print(server.port)
        if let credentials { print(credentials.authority.path) }
        fflush(nil)
        try server.run()
    }
}

/// `--workload`: all of them, or one.
enum WorkloadChoice: ExpressibleByArgument {
    case all
    case one(Workload)

    init?(argument: String) {
        if argument == "all" {
            self = .all
        } else if let workload = Workload(rawValue: argument) {
            self = .one(workload)
        } else {
            return nil
        }
    }

    var workloads: [Workload] {
        switch self {
        case .all: Workload.allCases
        case .one(let workload): [workload]
        }
    }
}

/// A peer that leaves must not end the process, a signal must not leave subjects behind, and thousands of sessions need sockets.
private func prepareProcess() {
    signal(SIGPIPE, SIG_IGN)
    Leftovers.shared.clearOnSignals()
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// Tells the user something that is no result.
func note(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}
