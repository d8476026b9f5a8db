import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore

/// `interpost token`: credentials for single clients, to be taken back at any time.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and take back tokens: logins to Interpost for single clients of a relay with accounts.",
        subcommands: [TokenNew.self, TokenList.self, Revoke.self, Remove.self, Find.self])

    struct Options: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "The token file. Without it, that of --config, or 'tokens' in the state directory.", valueName: "file"),
            completion: .file())
        var tokens: String?

        @Option(
            help: ArgumentHelp("The configuration of the relay, which names the accounts and the token file.", valueName: "file"),
            completion: .file())
        var config: String?

        func configuration() throws -> Configuration? {
            do {
                return try config.map { try ConfigurationFile.read($0) }
            } catch {
                throw UserError(error)
            }
        }

        func store() throws -> TokenStore { TokenStore(try tokens ?? configuration()?.tokens) }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take tokens back: nobody logs in with them any more, and a running program ends their sessions.")

        @Argument(help: ArgumentHelp("The names of tokens.", valueName: "name"))
        var names: [String]

        @OptionGroup var options: Options

        func run() throws {
            let store = try options.store()
            let now = TokenCommand.now
            let old = try store.change { tokens in
                let places = try TokenCommand.places(of: names, in: tokens, store)
                let old = places.filter { tokens[$0].revoked != nil }.map { tokens[$0].name }
                for place in places where tokens[place].revoked == nil { tokens[place].revoked = now }
                return old
            }
            for name in names {
                StandardOutput.write(old.contains(name) ? "\(name) was revoked before\n" : "\(name) is revoked\n")
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove tokens that are revoked or have expired from the file, with what was counted of them.")

        @Argument(help: ArgumentHelp("The names of tokens.", valueName: "name"))
        var names: [String]

        @OptionGroup var options: Options

        func run() throws {
            let store = try options.store()
            let now = TokenCommand.now
            try store.change { tokens in
                let places = try TokenCommand.places(of: names, in: tokens, store)
                if let place = places.first(where: { !tokens[$0].isOver(at: now) }) {
                    let name = tokens[place].name
                    throw UserError("\(name) still lets its client in: take it back first, with interpost token revoke \(name)")
                }
                tokens.removeAll { names.contains($0.name) }
            }
            for name in names { StandardOutput.write("\(name) is removed\n") }
        }
    }

    struct Find: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which token has a secret, or that the secret was mistyped.",
            discussion: "The secret is asked for at the terminal, or is the first line of standard input.")

        @OptionGroup var options: Options

        func run() throws {
            let store = try options.store()
            let secret = try PasswordPrompt.read("Secret", isNew: false)
            guard TokenSecret.isWhole(secret) else {
                throw UserError("this is not the secret of a token: a letter is missing, or is another one")
            }
            let digest = TokenSecret.digest(of: secret)
            guard let token = try store.tokens().first(where: { $0.digest == digest }) else {
                throw UserError("no token in \(store.path) has this secret")
            }
            StandardOutput.write("\(token.name)  \(TokenList.state(of: token, at: TokenCommand.now))\n")
        }
    }

    // MARK: -

    /// In whole seconds, as files have it.
    static var now: WireTime { WireTime(nanoseconds: Int64(Date().timeIntervalSince1970) * 1_000_000_000) }

    private static func places(of names: [String], in tokens: [Token], _ store: TokenStore) throws -> [Int] {
        try names.map { name in
            guard let place = tokens.firstIndex(where: { $0.name == name }) else {
                let shown = TerminalText.shown(name, atMost: 64)
                throw UserError(
                    "there is no token '\(shown)' in \(store.path)" + Suggestion.nearest(to: shown, among: tokens.map(\.name)))
            }
            return place
        }
    }
}
