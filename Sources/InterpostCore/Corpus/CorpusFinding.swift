/// Something in a session that is worth looking into: what was not understood, a rule that a peer broke, or a leniency that
/// reading needed.
public enum CorpusFinding: Hashable, Sendable {
    /// A command that is not read: its verb, or `nil` where showing it might show a secret.
    case command(CommandName?)
    /// A response that is not read: its name, or `nil` where it has none.
    case response(String?)
    /// A line that is neither command nor response.
    case line(Side)
    case anomaly(Anomaly.Kind, Side)
    case quirk(Quirk, Side)

    /// What a reader of many sessions may want to be warned of.
    public enum Category: String, Sendable, CaseIterable {
        case unknown, anomaly, quirk

        /// `1 anomaly`, `2 anomalies`.
        func counted(_ count: Int) -> String {
            switch self {
            case .unknown: "\(count) not understood"
            case .anomaly: count == 1 ? "1 anomaly" : "\(count) anomalies"
            case .quirk: count == 1 ? "1 quirk" : "\(count) quirks"
            }
        }
    }

    /// Which of the three kinds of finding it is.
    public var category: Category {
        switch self {
        case .command, .response, .line: .unknown
        case .anomaly: .anomaly
        case .quirk: .quirk
        }
    }

    /// The side whose bytes it is about.
    public var side: Side {
        switch self {
        case .command: .client
        case .response: .server
        case .line(let side), .anomaly(_, let side), .quirk(_, let side): side
        }
    }

    /// `unexpected-tag`, `lower-case-keyword`; `command`, `response` or `line` for what is unknown.
    public var kind: String {
        switch self {
        case .command: "command"
        case .response: "response"
        case .line: "line"
        case .anomaly(let kind, _): kind.rawValue
        case .quirk(let quirk, _): quirk.rawValue
        }
    }

    /// The name of an unknown command or response.
    public var name: String? {
        switch self {
        case .command(let name): name?.description
        case .response(let name): name
        case .line, .anomaly, .quirk: nil
        }
    }

    /// What should have been, and where that is written.
    public var rule: String? {
        switch self {
        case .command, .response, .line: nil
        case .anomaly(let kind, let side): Anomaly(kind, side: side, offset: 0).rule
        case .quirk(let quirk, _): quirk.rule
        }
    }
}

/// A place in a corpus of sessions.
public struct CorpusPlace: Hashable, Sendable, CustomStringConvertible {
    /// The file's name, as it was given.
    public var file: String
    /// Where in the file.
    public var origin: SessionTurn.Origin

    /// `session.imap:7`, a line of a transcript; `server.bin@120`, after 120 octets of a file.
    public var description: String {
        let name = TerminalText.shown(file)
        return if let line = origin.line { "\(name):\(line)" } else { "\(name)@\(origin.offset)" }
    }
}

/// Findings counted, each with the first places where it is found.
public struct CorpusFindings: Sendable {
    /// How often something was found, and where first.
    public struct Found: Sendable {
        /// How often, all files together.
        public var count = 0
        /// The first places, 10 at most.
        public var places: [CorpusPlace] = []
    }

    /// The most places that are kept for each finding.
    static let maximumPlaces = 10
    /// The most findings that are told apart: a server may think of any number of names for its responses.
    static let maximumNames = 1000

    private var found: [CorpusFinding: Found] = [:]

    /// No findings.
    public init() {}

    /// How often and where `finding` was found; `nil` where it never was.
    public subscript(finding: CorpusFinding) -> Found? { found[finding] }

    mutating func add(_ finding: CorpusFinding, at place: CorpusPlace?, count: Int = 1) {
        var finding = finding
        if case .response(_?) = finding, found[finding] == nil, found.count >= Self.maximumNames - 1 { finding = .response(nil) }
        var sum = found[finding] ?? Found()
        sum.count += count
        if let place, sum.places.count < Self.maximumPlaces { sum.places.append(place) }
        found[finding] = sum
    }

    mutating func add(_ others: CorpusFindings) {
        for (finding, more) in others.found {
            add(finding, at: nil, count: more.count)
            for place in more.places { add(finding, at: place, count: 0) }
        }
    }

    /// How often anything of a category was found.
    public func count(of category: CorpusFinding.Category) -> Int {
        found.reduce(0) { $0 + ($1.key.category == category ? $1.value.count : 0) }
    }

    /// Those of a category, the most frequent first.
    public func sorted(_ category: CorpusFinding.Category) -> [(finding: CorpusFinding, found: Found)] {
        found.filter { $0.key.category == category }
            .sorted {
                ($1.value.count, $0.key.kind, $0.key.name ?? "", $0.key.side.rawValue)
                    < ($0.value.count, $1.key.kind, $1.key.name ?? "", $1.key.side.rawValue)
            }
            .map { ($0.key, $0.value) }
    }
}
