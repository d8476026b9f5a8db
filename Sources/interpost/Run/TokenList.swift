import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore

/// `interpost token list`: who may log in, and who has.
struct TokenList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show all tokens, and how they were used. A running program writes what it counts every ten seconds.")

    @OptionGroup var options: TokenCommand.Options

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let store = try options.store()
        let tokens = try store.tokens()
        let usage = try store.usage()
        let now = TokenCommand.now
        if json {
            let shown = tokens.map { Shown($0, usage[$0.name] ?? TokenUsage.Entry(), at: now) }
            return try StandardOutput.write(json: List(v: 1, tokens: shown))
        }
        if tokens.isEmpty { return StandardError.note("there are no tokens in \(store.path)") }
        StandardOutput.write(Self.table(tokens, usage, at: now))
    }

    /// `until 2026-12-28`, `expired 2026-10-01`, `revoked 2026-11-02`
    static func state(of token: Token, at now: WireTime) -> String {
        if let revoked = token.revoked { return "revoked \(revoked.iso8601.prefix(10))" }
        guard let expires = token.expires else { return "for ever" }
        return (expires <= now ? "expired " : "until ") + ExpiryDate.text(expires)
    }

    private static func table(_ tokens: [Token], _ usage: [String: TokenUsage.Entry], at now: WireTime) -> String {
        var rows = [["name", "account", "policy", "taken", "last use", "sessions", "refusals", "note"]]
        for token in tokens {
            let used = usage[token.name] ?? TokenUsage.Entry()
            rows.append([
                token.name, token.account, TerminalText.shown(token.policy, atMost: 60), state(of: token, at: now),
                used.last.map(ExpiryDate.moment) ?? "never", "\(used.sessions)", "\(used.refusals)",
                TerminalText.shown(token.note ?? "", atMost: Token.maximumNote),
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    private struct List: Encodable {
        let v: Int
        let tokens: [Shown]
    }

    private struct Shown: Encodable {
        let name: String
        let account: String
        let policy: String
        let created: String
        let expires: String?
        let revoked: String?
        /// Whether it is neither revoked nor expired.
        let valid: Bool
        let from: [String]?
        let protocols: [String]?
        let sessions: Int?
        let note: String?
        let usage: TokenUsage.Entry

        init(_ token: Token, _ usage: TokenUsage.Entry, at now: WireTime) {
            name = token.name
            account = token.account
            policy = TerminalText.shown(token.policy)
            created = ExpiryDate.moment(token.created)
            expires = token.expires.map(ExpiryDate.moment)
            revoked = token.revoked.map(ExpiryDate.moment)
            valid = !token.isOver(at: now)
            from = token.from.isEmpty ? nil : token.from.map(\.description)
            protocols = token.protocols.map { $0.map(\.rawValue).sorted() }
            sessions = token.sessions
            note = token.note.map { TerminalText.shown($0) }
            self.usage = usage
        }
    }
}
