import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore

/// `interpost token new`: a login for one client, whose secret is shown once.
struct TokenNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a token: the login name and the secret of one client. The secret is shown once.",
        discussion: """
            What the client may do is what the token, the account and the relay all allow. A running program takes the token without a \
            restart.

            Examples:
              interpost token new --account anna --note "agent 7"
              interpost token new --account anna --policy no-delete --days 7 \\
                  --from 10.0.0.0/8 --protocol imap --sessions 2 --config /etc/interpost.yml
            """)

    @Option(help: ArgumentHelp("The account that the client is led to.", valueName: "name"))
    var account: String

    @Option(
        help: ArgumentHelp(
            "What the client may do: a preset (\(Policy.named.map(\.name).joined(separator: ", "))) or a policy file.",
            valueName: "preset|file"),
        completion: .file())
    var policy = Policy.Preset.readOnly.rawValue

    @Option(help: "How many days it is taken, from now. (default: 30)")
    var days: Int?

    @Option(help: ArgumentHelp("Until when it is taken: \(ExpiryDate.rule).", valueName: "date"))
    var expires: String?

    @Option(
        help: ArgumentHelp("An address, or a range of them, that the client may come from. May be repeated.", valueName: "cidr"))
    var from: [String] = []

    @Option(name: .customLong("protocol"), help: "imap or pop3; both when left out.")
    var protocols: [MailProtocol] = []

    @Option(help: "How many sessions the client may have at once; as many as it wants when left out.")
    var sessions: Int?

    @Option(help: "The login name; one that begins with the account's when left out.")
    var name: String?

    @Option(help: ArgumentHelp("What to remember about it, for people.", valueName: "text"))
    var note: String?

    @OptionGroup var options: TokenCommand.Options

    @Flag(help: "Print one JSON object.")
    var json = false

    private static let standardDays = 30
    private static let maximumDays = 36_500

    func validate() throws {
        guard LoginName.isGood(account, wildcard: true) else {
            throw ValidationError("--account is the name of an account: \(LoginName.rule)")
        }
        if let name, !LoginName.isGood(name) { throw ValidationError("--name is \(LoginName.rule)") }
        if name == nil, account.contains("*") {
            throw ValidationError("--account \(account) is for several login names: say with --name which one this is")
        }
        if days != nil, expires != nil { throw ValidationError("give --days or --expires, not both") }
        if let days, !(1...Self.maximumDays).contains(days) {
            throw ValidationError("--days is a whole number from 1 to \(Self.maximumDays)")
        }
        if let expires {
            guard let time = ExpiryDate.time(expires) else {
                throw ValidationError("--expires is \(ExpiryDate.rule), not '\(TerminalText.shown(expires, atMost: 64))'")
            }
            guard time > TokenCommand.now else { throw ValidationError("--expires \(ExpiryDate.text(time)) has passed") }
        }
        if let bad = from.first(where: { AddressRange($0) == nil }) {
            throw ValidationError(
                "--from is an address or a range of them, such as 192.0.2.0/24 or 2001:db8::/32, not "
                    + "'\(TerminalText.shown(bad, atMost: 64))'")
        }
        if let sessions, !Token.sessionCounts.contains(sessions) {
            throw ValidationError("--sessions is a whole number from 1 to \(Token.sessionCounts.upperBound)")
        }
        if let note, note.unicodeScalars.count > Token.maximumNote || !note.unicodeScalars.allSatisfy(TerminalText.isShown) {
            throw ValidationError("--note is a text in one line, \(Token.maximumNote) characters at most")
        }
    }

    func run() throws {
        let configuration = try options.configuration()
        if let configuration { try check(configuration) }
        _ = try TokenStore.policy(policy)
        var generator = SystemRandomNumberGenerator()
        let secret = TokenSecret(using: &generator)
        let store = try options.store()
        let token = try store.change { tokens in
            let token = try make(digest: secret.digest, beside: tokens, configuration, using: &generator)
            tokens.append(token)
            return token
        }
        if configuration == nil {
            StandardError.note(
                "whether there is an account '\(account)' was not looked at: --config FILE names the configuration")
        }
        try show(token, secret)
    }

    /// The account has to be there, and the token must not be hidden by a client with the same name.
    private func check(_ configuration: Configuration) throws {
        let names = configuration.accounts.map(\.name)
        guard account == "*" || names.contains(account) else {
            throw UserError(
                "there is no account '\(account)' in the configuration\(Suggestion.nearest(to: account, among: names))")
        }
        guard let name else { return }
        if configuration.clients.contains(where: { $0.name == name }) {
            throw UserError("there is a client with the name '\(name)' in the configuration: choose another --name")
        }
        if account == "*", !names.contains(where: { $0 == name || TextPattern($0).matches(ByteBuffer(string: name)) }) {
            throw UserError("there is no account for the login name '\(name)' in the configuration")
        }
    }

    private func make(
        digest: [UInt8], beside tokens: [Token], _ configuration: Configuration?,
        using generator: inout SystemRandomNumberGenerator
    ) throws -> Token {
        let taken = Set(tokens.map(\.name) + (configuration?.clients.map(\.name) ?? []))
        if let name, taken.contains(name) {
            throw UserError("there is a token with the name '\(name)': choose another, or remove that one first")
        }
        let now = TokenCommand.now
        let seconds = Int64(days ?? Self.standardDays) * 86_400
        return Token(
            name: name ?? freeName(taken, using: &generator), account: account, digest: digest, policy: wholePolicy,
            expires: expires.flatMap(ExpiryDate.time) ?? now.later(by: seconds * 1_000_000_000),
            from: from.compactMap { AddressRange($0) }, protocols: protocols.isEmpty ? nil : Set(protocols), sessions: sessions,
            note: note, created: now)
    }

    /// A policy file's whole path: the program that reads it may have been started elsewhere.
    private var wholePolicy: String {
        Policy(named: policy) == nil ? URL(filePath: policy).standardizedFileURL.path : policy
    }

    /// `anna-4k2m`
    private func freeName(_ taken: Set<String>, using generator: inout SystemRandomNumberGenerator) -> String {
        let start = account.prefix(LoginName.maximumLength - 8)
        var name: String
        repeat {
            let letters = (0..<4).compactMap { _ in "abcdefghjkmnpqrstvwxyz23456789".randomElement(using: &generator) }
            name = "\(start)-\(String(letters))"
        } while taken.contains(name)
        return name
    }

    private func show(_ token: Token, _ secret: TokenSecret) throws {
        let text = secret.text.withExposedBytes { String(buffer: $0) }
        guard !json else {
            return try StandardOutput.write(
                json: Made(
                    v: 1, name: token.name, secret: text, account: token.account, policy: token.policy,
                    expires: token.expires.map(ExpiryDate.moment)))
        }
        StandardOutput.write(
            """
            login name  \(token.name)
            secret      \(text)
            account     \(token.account)
            policy      \(TerminalText.shown(token.policy))
            expires     \(token.expires.map(ExpiryDate.text) ?? "never")

            """)
        StandardError.note("the secret is shown this once: only its hash is kept")
    }

    private struct Made: Encodable {
        let v: Int
        let name: String
        let secret: String
        let account: String
        let policy: String
        let expires: String?
    }
}
