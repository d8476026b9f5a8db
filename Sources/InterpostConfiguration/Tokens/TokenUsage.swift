import Foundation
package import InterpostCore

/// How tokens were used since it was last written. It counts in memory, and the store adds it to what its file has:
///
///     {"v":1,"usage":{"agent-7":{"last":"2026-11-28T09:12:03Z","refusals":1,"sessions":4}}}
///
/// A running program keeps one value for all sessions:
///
///     usage.noteSession(of: "agent-7", at: now)
///     if let due = usage.takeIfDue(at: now) { … on a thread that may block: try store.flush(due) … }
package struct TokenUsage: Sendable, Equatable {
    /// What is known of one token.
    package struct Entry: Codable, Sendable, Equatable {
        /// When it was last used to log in.
        package var last: WireTime?
        /// Sessions that it has opened.
        package var sessions = 0
        /// Logins with its secret that were refused: it was over, or came from somewhere else.
        package var refusals = 0

        package init() {}

        private enum Field: String, CodingKey { case last, sessions, refusals }

        package init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Field.self)
            last = try fields.decodeIfPresent(String.self, forKey: .last).flatMap(ExpiryDate.time)
            sessions = max(0, try fields.decode(Int.self, forKey: .sessions))
            refusals = max(0, try fields.decode(Int.self, forKey: .refusals))
        }

        package func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Field.self)
            try fields.encodeIfPresent(last.map(ExpiryDate.moment), forKey: .last)
            try fields.encode(sessions, forKey: .sessions)
            try fields.encode(refusals, forKey: .refusals)
        }

        fileprivate mutating func add(_ other: Entry) {
            last = [last, other.last].compactMap(\.self).max()
            sessions = sessions.addingReportingOverflow(other.sessions).overflow ? .max : sessions + other.sessions
            refusals = refusals.addingReportingOverflow(other.refusals).overflow ? .max : refusals + other.refusals
        }
    }

    /// Nanoseconds between two times that it is written.
    private static let interval: Int64 = 10_000_000_000

    private var entries: [String: Entry] = [:]
    private var lastTaken: WireTime?

    package init() {}

    init(_ entries: [String: Entry]) { self.entries = entries }

    package var isEmpty: Bool { entries.isEmpty }

    // MARK: - Counting

    package mutating func noteSession(of token: String, at time: WireTime) {
        var entry = Entry()
        (entry.last, entry.sessions) = (time, 1)
        add(entry, of: token)
    }

    package mutating func noteRefusal(of token: String) {
        var entry = Entry()
        entry.refusals = 1
        add(entry, of: token)
    }

    /// What is to be written now: all that was counted, if there is any and the last time was ten seconds ago.
    package mutating func takeIfDue(at time: WireTime) -> TokenUsage? {
        if let lastTaken, time >= lastTaken, time < lastTaken.later(by: Self.interval) { return nil }
        guard let taken = take() else { return nil }
        lastTaken = time
        return taken
    }

    /// All that was counted, however long ago it was last written; for the end of a program.
    package mutating func take() -> TokenUsage? {
        guard !isEmpty else { return nil }
        defer { entries = [:] }
        return TokenUsage(entries)
    }

    /// Adds what could not be written, or was counted elsewhere.
    package mutating func add(_ other: TokenUsage) { for (name, entry) in other.entries { add(entry, of: name) } }

    private mutating func add(_ entry: Entry, of token: String) {
        // Names are those of tokens, so there are no more than a file has.
        guard entries[token] != nil || entries.count < TokenFile.maximumTokens else { return }
        entries[token, default: Entry()].add(entry)
    }

    // MARK: - The file

    private struct Contents: Codable {
        var v = TokenFile.version
        var usage: [String: Entry]
    }

    static func read(_ data: Data) throws -> [String: Entry] {
        let contents = try JSONDecoder().decode(Contents.self, from: data)
        guard contents.v == TokenFile.version, contents.usage.count <= TokenFile.maximumTokens else {
            throw CocoaError(.coderReadCorrupt)
        }
        return contents.usage
    }

    /// Drops what is counted of others.
    mutating func keep(_ names: Set<String>) { entries = entries.filter { names.contains($0.key) } }

    var text: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(Contents(usage: entries)) + Data("\n".utf8)
        }
    }
}
