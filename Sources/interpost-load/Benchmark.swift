// Runs the workloads in rounds: relay, gate, HAProxy, and again, so that what changes on the machine meanwhile affects all.

import Foundation

struct Benchmark {
    let subjects: Subjects
    let workloads: [Workload]
    let rounds: Int
    let scale: Double
    /// Whether the server half gives its clients, the subjects, tickets to resume their sessions with.
    let tickets: Bool

    static let message = Message(size: 16 * 1_048_576)

    /// Starts the server half, measures everything, and tells `progress` what it is at.
    func run(in directory: URL, progress: (String) -> Void) throws -> [Outcome] {
        let credentials = try Credentials(in: directory)
        let server = try LoadServer(
            port: 0,
            context: .server(credentials, tickets: tickets),
            mailbox: Mailbox(message: Self.message, count: 1_000)
        )
        server.runOnThread()
        let client = try TLSContext.client(trusting: credentials)

        var outcomes: [Outcome] = []
        for workload in workloads {
            var measured: [[SubjectName: [Metric: Double]]] = []
            for round in 1...rounds {
                var figures: [SubjectName: [Metric: Double]] = [:]
                for name in workload.subjects {
                    progress("\(workload.rawValue), round \(round) of \(rounds): \(name.rawValue)")
                    let own = directory.appending(path: "\(workload.rawValue)-\(round)-\(name.rawValue)")
                    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: false)
                    let surroundings = Surroundings(upstreamPort: server.port, credentials: credentials, directory: own)
                    figures[name] = try measure(workload, name, in: surroundings, client)
                    // The relay's log of one measurement can be large.
                    try FileManager.default.removeItem(at: own)
                }
                measured.append(Self.withAddedLatency(figures))
            }
            outcomes += Outcome.outcomes(of: workload, measured)
        }
        return outcomes
    }

    private func measure(
        _ workload: Workload, _ name: SubjectName, in surroundings: Surroundings, _ client: TLSContext
    ) throws -> [Metric: Double] {
        let subject = try subjects.start(name, in: surroundings)
        let target = Target(port: subject.port, usage: subject.usage, context: client, message: Self.message)
        let figures: [Metric: Double]
        do {
            figures = try workload.measure(target, scale: scale)
        } catch {
            defer { subject.process?.kill() }
            // When the subject has died the client's error is only a symptom; the news of the death may come a little later.
            Thread.sleep(forTimeInterval: 0.5)
            try subject.process?.checkRunning()
            let lastWords = subject.process?.lastWords ?? ""
            throw MeasurementError(workload: workload, subject: name, cause: error, lastWords: lastWords)
        }
        try subject.stop()
        return figures
    }

    /// A round's figures, with how much longer a round trip takes than without a subject.
    private static func withAddedLatency(_ figures: [SubjectName: [Metric: Double]]) -> [SubjectName: [Metric: Double]] {
        guard let direct = figures[.direct]?[.latencyMedian] else { return figures }
        var result = figures
        for (name, values) in figures where name != .direct {
            result[name]?[.latencyAdded] = values[.latencyMedian].map { $0 - direct }
        }
        return result
    }
}

private struct MeasurementError: Error, CustomStringConvertible {
    let workload: Workload
    let subject: SubjectName
    let cause: any Error
    let lastWords: String
    var description: String { "\(workload.rawValue) through \(subject.rawValue): \(cause)\(lastWords)" }
}
