import InterpostCore
import InterpostProxy

/// What became of the connections of a ``MailServer``.
public struct MailServerReport: Sendable, CustomStringConvertible {
    /// What became of one of them. Nothing in it is a secret.
    public struct Connection: Sendable, CustomStringConvertible {
        /// Counted from 1, in the order in which they ended.
        public let number: Int
        public let service: MailServer.Service
        let report: ReplayReport

        /// The client asked nothing that is not in the capture and, unless the order is free, all that is.
        public var isClean: Bool { report.isClean }
        /// How many commands the client gave.
        public var commands: Int { report.commands }
        /// The commands that are not in the capture: the first 20.
        public var notInCapture: [String] { report.notInCapture }
        /// The recorded commands that were not asked: the first 20.
        public var neverAsked: [String] { report.neverAsked }
        /// The last lines up to the first difference, with `C:` or `S:` before each; empty where there is no difference.
        public var conversation: [String] { report.conversation }

        /// The whole of it for people.
        public var description: String { "Connection \(number), \(service.rawValue)\n\(report.text)" }
    }

    /// In the order in which they ended.
    public private(set) var connections: [Connection] = []
    /// Recorded sessions for which no client came.
    public private(set) var sessionsNeverPlayed = 0
    private var wantsAll = false

    init() {}

    init(_ replayer: Replayer) {
        connections = replayer.outcomes.map {
            Connection(number: $0.connection, service: MailServer.Service($0.mailProtocol), report: $0.report)
        }
        sessionsNeverPlayed = replayer.sessionsNeverPlayed
        wantsAll = replayer.matching != .state
    }

    /// Every connection is clean and, unless the order is free, every recorded session was played.
    public var isClean: Bool { problems.isEmpty }

    public var description: String {
        (connections.map(\.description) + [neverPlayed].compactMap { $0 }).joined(separator: "\n")
    }

    /// What fails a test, one text for each connection.
    var problems: [String] {
        connections.filter { !$0.isClean }.map(\.description) + (wantsAll ? [neverPlayed].compactMap { $0 } : [])
    }

    private var neverPlayed: String? {
        switch sessionsNeverPlayed {
        case 0: nil
        case 1: "A recorded session that no client came for\n"
        case let count: "Recorded sessions that no client came for: \(count)\n"
        }
    }
}
