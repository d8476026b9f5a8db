import Foundation
public import InterpostCore

/// Two captures, session by session.
public struct CaptureComparison: Sendable {
    fileprivate struct Pair: Sendable {
        let left: ComparedSessions.Session
        let right: ComparedSessions.Session
        let comparison: SessionComparison
    }

    private let pairs: [Pair]
    /// Sessions that only one of the captures has.
    private let unpaired: (left: [ComparedSessions.Session], right: [ComparedSessions.Session])
    private let sides: [Side]

    /// Fails where sessions of two protocols are in the same place.
    public init(_ left: ComparedSessions, _ right: ComparedSessions, sides: [Side] = Side.allCases) throws {
        self.sides = sides
        pairs = try zip(left.sessions, right.sessions).map { left, right in
            guard left.mailProtocol == right.mailProtocol else {
                throw CaptureReader.Failure(
                    description: """
                        session \(left.number) of A is \(left.mailProtocol.title) and session \(right.number) of B is \
                        \(right.mailProtocol.title); name two that go together as FILE#N
                        """)
            }
            return Pair(left: left, right: right, comparison: SessionComparison(left.entries, right.entries))
        }
        unpaired = (Array(left.sessions.dropFirst(pairs.count)), Array(right.sessions.dropFirst(pairs.count)))
    }

    /// Whether both captures have the same sessions, as far as they are compared.
    public var isSame: Bool {
        unpaired.left.isEmpty && unpaired.right.isEmpty && pairs.allSatisfy { $0.comparison.isSame(sides) }
    }

    /// The text is empty where they are the same.
    package func text(_ style: SessionComparison.Style) -> String {
        var parts = pairs.compactMap { pair -> String? in
            let text = pair.comparison.text(style)
            guard !text.isEmpty else { return nil }
            let names =
                pair.left.number == pair.right.number ? "\(pair.left.number)" : "\(pair.left.number) and \(pair.right.number)"
            return "Session \(names), \(pair.left.mailProtocol.title)\n\(text)"
        }
        for (name, sessions) in [("A", unpaired.left), ("B", unpaired.right)] where !sessions.isEmpty {
            let numbers = sessions.prefix(10).map { "\($0.number)" }.joined(separator: ", ")
            parts.append(
                "Only in \(name): \(sessions.count == 1 ? "session" : "sessions") \(numbers)\(sessions.count > 10 ? ", …" : "")\n"
            )
        }
        return parts.joined(separator: "\n")
    }
}

/// For programs: `{"v":1,"same":false,"sessions":[{"a":1,"b":1,"protocol":"imap","same":false,…}],"only_a":[],"only_b":[]}`
extension CaptureComparison: Encodable {
    private enum Key: String, CodingKey {
        case v, same, sessions
        case onlyLeft = "only_a"
        case onlyRight = "only_b"
    }

    public func encode(to encoder: any Encoder) throws {
        var report = encoder.container(keyedBy: Key.self)
        try report.encode(1, forKey: .v)
        try report.encode(isSame, forKey: .same)
        try report.encode(unpaired.left.map(\.number), forKey: .onlyLeft)
        try report.encode(unpaired.right.map(\.number), forKey: .onlyRight)
        try report.encode(pairs, forKey: .sessions)
    }
}

extension CaptureComparison.Pair: Encodable {
    private enum Key: String, CodingKey { case a, b, `protocol` }

    func encode(to encoder: any Encoder) throws {
        try comparison.encode(to: encoder)
        var pair = encoder.container(keyedBy: Key.self)
        try pair.encode(left.number, forKey: .a)
        try pair.encode(right.number, forKey: .b)
        try pair.encode(left.mailProtocol.rawValue, forKey: .protocol)
    }
}
