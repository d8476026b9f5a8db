import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostOAuth
import NIOCore

/// `interpost account list`: which accounts log in with tokens, and who has allowed it.
struct AccountList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the accounts with 'oauth', and whether a person has allowed them.")

    @OptionGroup var options: Account.Options

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Row: Encodable {
        var name: String
        var account: String?
        var flow: String?
        var server: String
        /// `allowed`, `needed`, `unreadable` or `not-needed`.
        var state: String
        var since: String?
        var note: String?

        var line: [String] {
            let shown =
                switch state {
                case "allowed": "allowed \(since ?? "")"
                case "not-needed": "needs nobody to allow it"
                case "needed": "run: interpost account authorise \(name)"
                default: state
                }
            return [name, flow ?? "-", server, shown + (note.map { "; \($0)" } ?? "")]
        }
    }

    func run() throws {
        let configuration = try options.configuration()
        let store = try Account.store(configuration)
        let stored: [(file: String, grant: Result<StoredGrant, GrantStoreError>)]
        do {
            stored = try store.all()
        } catch {
            throw UserError("\(error)")
        }
        var rows = stored.map { row(of: $0.grant, at: $0.file, in: configuration) }
        for account in configuration.accounts {
            guard let oauth = account.oauth, !rows.contains(where: { $0.name == account.name }) else { continue }
            // One that is for many is allowed by each of them.
            if account.hasUserPerLogin, oauth.flow.needsPerson { continue }
            rows.append(
                Row(
                    name: account.name, account: account.name, flow: oauth.flow.rawValue, server: oauth.provider.tokenURL.host,
                    state: oauth.flow.needsPerson ? "needed" : "not-needed"))
        }
        rows.sort { $0.name < $1.name }
        if json { return try StandardOutput.write(json: ["accounts": rows]) }
        guard !rows.isEmpty else { return StandardOutput.write("no account has 'oauth'\n") }
        write([["NAME", "FLOW", "SERVER", "STATE"]] + rows.map(\.line))
    }

    private func row(
        of grant: Result<StoredGrant, GrantStoreError>, at file: String, in configuration: Configuration
    ) -> Row {
        switch grant {
        case .failure(let error):
            let name = file.split(separator: "/").last.map(String.init) ?? file
            return Row(name: name, server: "-", state: "unreadable", note: error.description)
        case .success(let grant):
            let account = configuration.accounts.first {
                $0.oauth != nil && ($0.name == grant.account || TextPattern($0.name).matches(ByteBuffer(string: grant.account)))
            }
            var row = Row(
                name: grant.account, account: account?.name, flow: account?.oauth?.flow.rawValue,
                server: (try? OAuthURL(grant.tokenURL))?.host ?? "-", state: "allowed", since: grant.authorised.iso8601)
            guard let oauth = account?.oauth else {
                row.note = "no account of the configuration uses it"
                return row
            }
            if oauth.clientID != grant.clientID || oauth.provider.tokenURL.text != grant.tokenURL {
                (row.state, row.since, row.note) = ("needed", nil, "what is stored is for another application or server")
            }
            return row
        }
    }

    private func write(_ lines: [[String]]) {
        let widths = (0..<3).map { column in lines.map { $0[column].count }.max() ?? 0 }
        for line in lines {
            let cells = line.enumerated().map { index, cell in
                index < 3 ? cell + String(repeating: " ", count: widths[index] - cell.count) : cell
            }
            StandardOutput.write(cells.joined(separator: "  ") + "\n")
        }
    }
}

/// `interpost account forget`: what a person has allowed is removed.
struct AccountForget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Remove what is stored of an account. The provider does not hear of it: take it back there, too.")

    @Argument(help: ArgumentHelp("The name of the account, or of the login, as 'list' shows it.", valueName: "name"))
    var name: String

    @OptionGroup var options: Account.Options

    func run() async throws {
        let store = try Account.store(try options.configuration())
        let lock = try await Account.lock(name, store)
        do {
            guard try store.remove(name) else {
                throw UserError("nothing is stored of '\(TerminalText.shown(name, atMost: 64))'")
            }
        } catch let error as GrantStoreError {
            throw UserError(error.description)
        }
        withExtendedLifetime(lock) {}
        StandardOutput.write("'\(name)' is forgotten\n")
    }
}
