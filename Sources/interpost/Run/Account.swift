import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostOAuth
import InterpostProxy
import NIOCore

/// `interpost account`: accounts that log in with tokens of a provider (OAuth2).
struct Account: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Allow accounts with 'oauth' to be used, and see which are.",
        subcommands: [AccountAuthorise.self, AccountList.self, AccountForget.self])

    struct Options: ParsableArguments {
        @Option(
            help: ArgumentHelp("The configuration, which names the accounts.", valueName: "file"), completion: .file())
        var config: String

        func configuration() throws -> Configuration {
            do {
                return try ConfigurationFile.read(config)
            } catch {
                throw UserError(error)
            }
        }
    }

    /// An account, and under which name its grant is stored.
    struct Place {
        var account: OAuthAccount
        /// Where each login has a user of its own.
        var user: String?

        var name: String { account.tokenName(for: user) }
    }

    /// The account with this name, or the one whose pattern this login name fits.
    static func place(of name: String, in configuration: Configuration) throws -> Place {
        let accounts = configuration.accounts
        let exact = accounts.first { $0.name == name }
        let fitting = accounts.sorted { $0.name.utf8.count > $1.name.utf8.count }
            .first { TextPattern($0.name).matches(ByteBuffer(string: name)) }
        guard let found = exact ?? fitting else {
            let shown = TerminalText.shown(name, atMost: 64)
            throw UserError("there is no account '\(shown)'" + Suggestion.nearest(to: shown, among: accounts.map(\.name)))
        }
        let reader = SecretReader()
        let account = OAuthAccount(found) { source in try await reader.read(source, of: found.name) }
        guard let account else {
            throw UserError(
                "the account '\(found.name)' has no 'oauth': it logs in with its 'secret', and nobody has to allow it")
        }
        guard found.hasUserPerLogin else { return Place(account: account, user: nil) }
        guard LoginName.isGood(name) else {
            throw UserError(
                "the account '\(found.name)' is for many: say the login name of one of them, such as anna@example.org")
        }
        return Place(account: account, user: found.user(for: name))
    }

    static func store(_ configuration: Configuration) throws -> GrantStore {
        do {
            return try GrantStore(configuration)
        } catch {
            throw UserError("\(error)")
        }
    }

    /// Waits while a running program asks for a token of the account.
    static func lock(_ name: String, _ store: GrantStore) async throws -> GrantLock {
        for _ in 0..<600 {
            do {
                if let lock = try store.lock(name) { return lock }
            } catch {
                throw UserError("\(error)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw UserError("another program is asking for a token of '\(name)' and does not come to an end")
    }
}
