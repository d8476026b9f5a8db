/// What many recorded sessions have in them, counted: what happened, what was not understood, which rules were broken and
/// which leniencies were needed, and where.
package struct CorpusSummary: Sendable {
    /// A file that was not read, or not to its end.
    package struct Failure: Error, Hashable, Encodable, CustomStringConvertible {
        package var file: String
        package var problem: String
        /// What to do about it.
        package var advice: String?

        package init(file: String, problem: String, advice: String? = nil) {
            self.file = file
            self.problem = problem
            self.advice = advice
        }

        package var description: String { TerminalText.shown("\(file): \(problem)" + (advice.map { "; " + $0 } ?? "")) }
    }

    /// How a program that read the corpus should end.
    package struct Verdict: Hashable, Sendable {
        /// 0 for success, 1 when something was found that should not be there, 2 when something could not be read.
        package var status: Int32
        /// One line for each reason.
        package var reasons: [String]
    }

    /// Files that were read; a rawlog has two.
    package private(set) var files = 0
    package private(set) var sessions: [MailProtocol: Int] = [:]
    package private(set) var traffic = Traffic()
    /// Octets at the ends of sessions that are no whole line, or that wait for an answer that never came.
    package private(set) var unreadOctets = 0
    /// How often each event was told, by its name.
    package private(set) var events: [String: Int] = [:]
    package private(set) var findings = CorpusFindings()
    package private(set) var failures: [Failure] = []

    package init() {}

    /// Adds a session that was read to its end.
    package mutating func add(_ reading: SessionReading, files count: Int = 1) {
        files += count
        sessions[reading.mailProtocol, default: 0] += 1
        traffic.add(reading.traffic)
        unreadOctets += reading.unreadOctets
        events.merge(reading.events) { $0 + $1 }
        findings.add(reading.findings)
    }

    package mutating func add(_ failure: Failure) { failures.append(failure) }

    /// What is found of the categories that are not wanted, and what could not be read.
    package func verdict(unwanted: Set<CorpusFinding.Category>) -> Verdict {
        var reasons: [String] = []
        for category in CorpusFinding.Category.allCases where unwanted.contains(category) {
            let count = findings.count(of: category)
            guard count > 0, let first = findings.sorted(category).first else { continue }
            let place = first.found.places.first.map { ", the first at \($0)" } ?? ""
            reasons.append(
                "--fail-on \(category.rawValue): \(category.counted(count)); most often \(first.finding.title)\(place)")
        }
        let status: Int32 = failures.isEmpty ? (reasons.isEmpty ? 0 : 1) : 2
        if !failures.isEmpty {
            reasons.append("\(failures.count == 1 ? "1 file was" : "\(failures.count) files were") not read, or not to the end")
        }
        return Verdict(status: status, reasons: reasons)
    }
}

extension Traffic {
    fileprivate mutating func add(_ other: Traffic) {
        clientOctets += other.clientOctets
        serverOctets += other.serverOctets
        commands += other.commands
        responses += other.responses
    }
}

extension CorpusFinding {
    /// As people read it: `unexpected-tag of the server`, `command XYZZY`.
    package var title: String {
        switch self {
        case .command(let name): "command \(name?.description ?? "whose name is not shown")"
        case .response(let name): "response \(name.map { TerminalText.shown($0) } ?? "whose name is not kept")"
        case .line(let side): "line of the \(side.rawValue)"
        case .anomaly(let kind, let side): "\(kind.rawValue) of the \(side.rawValue)"
        case .quirk(let quirk, let side): "\(quirk.rawValue) of the \(side.rawValue)"
        }
    }
}
