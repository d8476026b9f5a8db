// The figures, for people as a Markdown table and for programs as JSON.
//
// Subjects are compared within a round, where they ran one after the other; the ratio shown is the median of the rounds'.

import Foundation
import Glibc

/// One metric of all rounds.
struct Outcome: Codable {
    let workload: String
    let metric: Metric
    let unit: String
    /// In the order of the rounds.
    let rounds: [SubjectName: [Double]]
    let median: [SubjectName: Double]
    /// relay ÷ HAProxy, in the order of the rounds; rounds without a positive figure of HAProxy's are missing.
    let ratios: [Double]
    let medianRatio: Double?
    /// gate ÷ relay, in the same way.
    let gateRatios: [Double]
    let medianGateRatio: Double?

    /// - Parameter measured: by round.
    static func outcomes(of workload: Workload, _ measured: [[SubjectName: [Metric: Double]]]) -> [Outcome] {
        workload.metrics.map { metric in
            Outcome(workload, metric, measured.map { round in round.compactMapValues { figures in figures[metric] } })
        }
    }

    private init(_ workload: Workload, _ metric: Metric, _ measured: [[SubjectName: Double]]) {
        self.workload = workload.rawValue
        self.metric = metric
        unit = metric.unit
        rounds = measured.reduce(into: [:]) { rounds, round in
            for (subject, value) in round { rounds[subject, default: []].append(value) }
        }
        median = rounds.compactMapValues(\.median)
        ratios = Self.ratios(of: .relay, to: .haproxy, measured)
        medianRatio = ratios.median
        gateRatios = Self.ratios(of: .gate, to: .relay, measured)
        medianGateRatio = gateRatios.median
    }

    private static func ratios(
        of subject: SubjectName, to other: SubjectName, _ measured: [[SubjectName: Double]]
    ) -> [Double] {
        measured.compactMap { round in
            guard let figure = round[subject], let yardstick = round[other], yardstick > 0 else { return nil }
            return figure / yardstick
        }
    }

    fileprivate var row: String {
        let cells =
            ["\(workload): \(metric.title)", unit]
            + [SubjectName.relay, .gate, .haproxy, .direct].map { Self.cell(rounds[$0] ?? []) }
            + [Self.cell(ratios), Self.cell(gateRatios)]
        return "| \(cells.joined(separator: " | ")) |"
    }

    /// `12.3 (11.9–14.0)`
    private static func cell(_ values: [Double]) -> String {
        guard let median = values.median, let least = values.min(), let most = values.max() else { return "–" }
        return "\(number(median)) (\(number(least))–\(number(most)))"
    }

    private static func number(_ value: Double) -> String {
        let digits = abs(value) >= 1_000 ? 0 : abs(value) >= 10 ? 1 : 2
        return String(format: "%.\(digits)f", value)
    }
}

struct Report: Codable {
    let machine: Machine
    let cipherSuite: String
    let group: String
    let tickets: Bool
    let rounds: Int
    let scale: Double
    let outcomes: [Outcome]

    var markdown: String {
        let resumed = tickets ? "upstream sessions may be resumed" : "nothing resumed"
        let scaled = scale == 1 ? "" : ", \(scale) times the usual work"
        return """
            \(machine.cores) cores, \(machine.cpu); Linux \(machine.kernel); HAProxy \(machine.haproxy).
            TLS 1.3 on both sides, \(cipherSuite), \(group), \(resumed).
            Medians of \(rounds) rounds (least–most)\(scaled).

            | Metric | Unit | Relay | Gate | HAProxy | Direct | Relay ÷ HAProxy | Gate ÷ Relay |
            | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
            \(outcomes.map(\.row).joined(separator: "\n"))
            """
    }

    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }
}

/// What the figures depend on.
struct Machine: Codable {
    let cores: Int
    let cpu: String
    let kernel: String
    let haproxy: String

    init(haproxy: String) throws {
        cores = ProcessInfo.processInfo.activeProcessorCount
        let lines = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split(separator: "\n")
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        cpu = model?.trimmingCharacters(in: .whitespaces) ?? "unknown CPU"
        let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        kernel = release.trimmingCharacters(in: .whitespacesAndNewlines)
        self.haproxy = haproxy
    }
}

extension [Double] {
    /// The middle value, or the mean of the two middle ones; nil when there are none.
    fileprivate var median: Double? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
