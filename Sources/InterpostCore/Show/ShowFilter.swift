import NIOCore

/// Which exchanges of a conversation are shown: those for which all conditions hold.
///
///     verb=FETCH,STORE     mailbox=INBOX     result=NO     from=client     session=3     time=10..20.5     verb!=NOOP
package struct ShowFilter: Sendable, Equatable {
    package enum Key: String, Sendable, CaseIterable { case session, verb, mailbox, from, result, time }

    package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String
        /// The word that is none of ``words``.
        package var word: String?
        package var words: [String] = []
    }

    private struct Condition: Sendable, Equatable {
        var key: Key
        var isNegated: Bool
        var values: [String]
        /// Nanoseconds since the session began.
        var times: [ClosedRange<Int64>] = []
    }

    private var conditions: [Condition] = []

    package init() {}

    /// Adds conditions, with spaces between them. One of the values that follow a key, with commas between them, has to hold.
    package mutating func add(_ text: String) throws(Problem) {
        for word in text.split(whereSeparator: \.isWhitespace) { conditions.append(try Self.condition(word)) }
    }

    private static func condition(_ word: Substring) throws(Problem) -> Condition {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else {
            throw Problem(description: "a condition is KEY=VALUE or KEY!=VALUE, not '\(word)'")
        }
        let isNegated = parts[0].hasSuffix("!")
        let name = isNegated ? parts[0].dropLast() : parts[0]
        guard let key = Key(rawValue: name.lowercased()) else {
            let words = Key.allCases.map(\.rawValue)
            throw Problem(
                description: "'\(name)' is none of \(words.joined(separator: ", "))", word: String(name), words: words)
        }
        let values = parts[1].split(separator: ",").map(String.init)
        var condition = Condition(key: key, isNegated: isNegated, values: values.map { $0.uppercased() })
        switch key {
        case .mailbox: condition.values = values
        case .session:
            guard values.allSatisfy({ Int($0) != nil }) else {
                throw Problem(description: "a session is a number, not '\(parts[1])'")
            }
        case .from:
            let sides = Side.allCases.map(\.rawValue)
            if let other = values.first(where: { !sides.contains($0.lowercased()) }) {
                throw Problem(description: "a line is from client or server, not '\(other)'", word: other, words: sides)
            }
        case .time:
            for value in values {
                guard let range = times(value) else {
                    throw Problem(
                        description: "a time is FROM..TO in seconds since the session began, as 1.5..20, not '\(value)'")
                }
                condition.times.append(range)
            }
        case .verb:
            // A server may have verbs of its own, which begin with X (RFC 3501 §6.5).
            let other = condition.values.first { word in
                let name = Keyword(word)
                return name.map { !ShowableNames.contains($0, in: .imap) && !ShowableNames.contains($0, in: .pop3) } ?? true
                    && !word.hasPrefix("X")
            }
            if let other {
                let words = IMAPVerb.all.map(\.name.description) + POP3Verb.all.map(\.name.description)
                throw Problem(description: "'\(other)' is not a verb of IMAP or POP3", word: other, words: words)
            }
        case .result:
            if let other = condition.values.first(where: { !results.contains($0) }) {
                throw Problem(
                    description: "an exchange ends with \(results.joined(separator: ", ")), not '\(other)'", word: other,
                    words: results)
            }
        }
        return condition
    }

    private static let results = ["OK", "NO", "BAD", "+OK", "-ERR", "NONE"]

    /// `1.5..20`, `10..`, `..3`.
    private static func times(_ text: String) -> ClosedRange<Int64>? {
        guard let dots = text.firstRange(of: "..") else { return nil }
        func nanoseconds(_ text: Substring, _ otherwise: Int64) -> Int64? {
            if text.isEmpty { return otherwise }
            guard let seconds = Double(text), seconds >= 0, seconds < 9e9 else { return nil }
            return Int64(seconds * 1e9)
        }
        guard let from = nanoseconds(text[..<dots.lowerBound], 0), let to = nanoseconds(text[dots.upperBound...], .max),
            from <= to
        else { return nil }
        return from...to
    }

    // MARK: - What holds

    /// Whether something of the session may be shown.
    package func admits(session: Int) -> Bool { holds(.session) { $0.values.contains("\(session)") } }

    /// `since` is how long after the beginning of the session it was said.
    func admits(from side: Side?, since: Int64) -> Bool {
        holds(.time) { $0.times.contains { $0.contains(since) } }
            && holds(.from) { side.map { $0.rawValue.uppercased() }.map($0.values.contains) ?? false }
    }

    /// Whether something is asked of exchanges: what is no part of one is shown only where nothing is.
    var asksForExchanges: Bool {
        conditions.contains { $0.key == .verb || $0.key == .mailbox || $0.key == .result }
    }

    func admits(_ exchange: ShownExchange) -> Bool {
        holds(.verb) { condition in exchange.verbs.contains { condition.values.contains($0) } }
            && holds(.mailbox) { condition in
                condition.values.contains { pattern in exchange.mailboxes.contains { Self.matches($0, pattern) } }
            }
            && holds(.result) { $0.values.contains(exchange.result ?? "NONE") }
    }

    private func holds(_ key: Key, _ test: (Condition) -> Bool) -> Bool {
        conditions.allSatisfy { $0.key != key || test($0) != $0.isNegated }
    }

    /// Compares the name as it is on the wire and as people read it; `*` at the end stands for anything.
    private static func matches(_ name: MailboxName, _ pattern: String) -> Bool {
        let (wire, text) = (name.description, String(buffer: ModifiedUTF7.decode(name.string.bytes).text))
        guard pattern.hasSuffix("*") else { return MailboxName(pattern) == name || text == pattern }
        return wire.hasPrefix(pattern.dropLast()) || text.hasPrefix(pattern.dropLast())
    }
}

/// One command with its answer, as far as filters ask for it.
struct ShownExchange: Sendable, Equatable {
    /// `UID FETCH` and `FETCH`.
    var verbs: [String]
    /// The mailbox that it names, and the selected one.
    var mailboxes: [MailboxName]
    /// `OK`, `NO`, `BAD`, `+OK`, `-ERR`; `nil` without a completion.
    var result: String?
}
