// The figures, for people as Markdown tables and for programs as JSON.

import Foundation

/// All rounds of one workload.
struct Result: Codable {
    let workload: String
    let title: String
    let octets: Int
    let lines: Int
    /// CPU seconds of a pass, by layer, in the order of the rounds.
    let seconds: [String: [Double]]

    init(scene: Scene, octets: Int, lines: Int, seconds: [String: [Double]]) {
        workload = scene.rawValue
        title = scene.title
        self.octets = octets
        self.lines = lines
        self.seconds = seconds
    }

    fileprivate var isBulk: Bool { Scene(rawValue: workload)?.isBulk == true }

    fileprivate var table: String {
        let names = Layer.allCases.map(\.rawValue) + [PythonPeer.name]
        let rows = names.compactMap { name in seconds[name].map { row(name, $0) } }
        return """
            \(title): \(Self.number(Double(octets) / 1e6)) MB\(isBulk ? "" : ", \(lines) lines")

            | Layer | MB/s | \(isBulk ? "µs per MiB" : "ns per line") | time ÷ floor |
            | --- | ---: | ---: | ---: |
            \(rows.joined(separator: "\n"))

            """
    }

    private func row(_ name: String, _ measured: [Double]) -> String {
        let speeds = measured.map { Double(octets) / $0 / 1e6 }
        let unit = isBulk ? Double(octets) / 1_048_576 / 1e6 : Double(max(1, lines)) / 1e9
        let ratios = zip(measured, seconds[Layer.floor.rawValue] ?? []).map { $0 / $1 }
        return "| \(name) | \(Self.cell(speeds)) | \(Self.cell(measured.map { $0 / unit })) | \(Self.cell(ratios)) |"
    }

    /// `12.3 (11.9–14.0)`
    private static func cell(_ values: [Double]) -> String {
        let sorted = values.sorted()
        guard let least = sorted.first, let most = sorted.last else { return "–" }
        let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        return "\(number(median)) (\(number(least))–\(number(most)))"
    }

    private static func number(_ value: Double) -> String {
        String(format: "%.\(value >= 100 ? 0 : value >= 10 ? 1 : 2)f", value)
    }
}

struct Report: Codable {
    let machine: Machine
    let rounds: Int
    let scale: Double
    let results: [Result]

    var markdown: String {
        """
        \(machine.cores) cores, \(machine.cpu); Linux \(machine.kernel)\(machine.python.map { "; Python " + $0 } ?? "").
        CPU time of one thread. Medians of \(rounds) rounds (least–most)\(scale == 1 ? "" : ", \(scale) times the usual work").

        \(results.map(\.table).joined(separator: "\n"))
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
    let python: String?

    init(python: String?) throws {
        self.python = python
        cores = ProcessInfo.processInfo.activeProcessorCount
        let lines = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split(separator: "\n")
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        cpu = model?.trimmingCharacters(in: .whitespaces) ?? "unknown CPU"
        let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        kernel = release.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
