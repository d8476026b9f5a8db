import InterpostCore
import InterpostProxy

/// What became of the connections of a ``MailServer``.
public struct MailServerReport: Sendable, CustomStringConvertible {
    /// What became of one connection. There is no secret in it.
    public struct Connection: Sendable, CustomStringConvertible {
        /// Counted from 1, in the order in which they ended.
        public let number: Int
        /// The protocol that the client spoke.
        public let service: MailServer.Service
        let report: ReplayReport

        /// The client sent only commands that are in the capture and, unless the order is free, all of them.
        public var isClean: Bool { report.isClean }
        /// How many commands the client sent.
        public var commands: Int { report.commands }
        /// Commands that are not in the capture: the first 20.
        public var notInCapture: [String] { report.notInCapture }
        /// Recorded commands that the client did not send: the first 20.
        public var neverAsked: [String] { report.neverAsked }
        /// The last lines before the first difference, each after `C:` or `S:`; empty if there is no difference.
        public var conversation: [String] { report.conversation }

        /// The whole report in words.
        public var description: String { "Connection \(number), \(service.rawValue)\n\(report.text)" }
    }

    /// In the order in which they ended.
    public private(set) var connections: [Connection] = []
    /// How many recorded sessions no client connected for.
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

    /// What fails a test: a text for each connection that is not clean, and one for sessions that no client connected for.
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
