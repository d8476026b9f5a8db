import ArgumentParser
import InterpostConfiguration
import InterpostCore
import NIOCore

/// `interpost policy`: what policies say.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Look at policies.", subcommands: [Check.self, Explain.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a policy file. A mistake in it is named with its line, and the exit status is 1.")

        @Argument(help: ArgumentHelp("A policy file.", valueName: "file"))
        var file: String

        func run() throws {
            do {
                let policy = try PolicyFile.read(presetOrPath: file)
                for problem in policy.rulesWithoutEffect { StandardError.note("\(file): \(problem)") }
                let rules = policy.rules.count == 1 ? "1 rule" : "\(policy.rules.count) rules"
                let hidden = policy.hidden.isEmpty ? "" : ", hides \(policy.hidden.map(\.description).joined(separator: ", "))"
                StandardOutput.write(
                    "\(file): preset \(policy.basis), \(rules)\(hidden)\(policy.isDryRun ? ", dry run" : "")\n")
            } catch {
                throw UserError(error)
            }
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what would happen to a command, and by which rule.",
            discussion: """
                Examples:
                  interpost policy explain read-only --mailbox INBOX \\
                      'a STORE 1 +FLAGS (\\Deleted)'
                  interpost policy explain Config/read-only.yml 'DELE 1'
                  interpost policy explain organise --and agent.yml 'a MOVE 1 Trash'
                  interpost policy explain --config interpost.yml --client agent-7 'a EXPUNGE'

                A command that begins with a verb of POP3 is POP3's, unless --protocol says otherwise; one of IMAP may leave out its \
                tag. \\r\\n is a line end, before a literal.
                """)

        @Argument(
            help: ArgumentHelp(
                "A preset (observe, count, headers, read-only, no-delete, organise) or a policy file, then the command as the client sends it; with --config the command alone.",
                valueName: "preset|file> <command"))
        var words: [String]

        @Option(
            help: ArgumentHelp(
                "A configuration. The policies are those of the relay, the account and the client that --client names.",
                valueName: "file"))
        var config: String?

        @Option(help: ArgumentHelp("The token file, if not the configuration's.", valueName: "file"))
        var tokens: String?

        @Option(
            help: ArgumentHelp(
                "Another policy that holds, too; the narrowest one decides. May be given several times.",
                valueName: "preset|file"))
        var and: [String] = []

        @Option(name: .customLong("protocol"), help: "imap or pop3, where the command does not tell.")
        var mailProtocol: MailProtocol?

        @Option(help: "The user that is logged in.")
        var user: String?

        @Option(help: "The mailbox that is selected.")
        var mailbox: String?

        @Flag(help: "Nobody has logged in.")
        var beforeLogin = false

        @Option(help: ArgumentHelp("The client's address; with --config, its login name.", valueName: "address|name"))
        var client = "127.0.0.1"

        @Option(help: ArgumentHelp("The URL that is listened on.", valueName: "url"))
        var listener = "imaps://127.0.0.1:1993"

        @Option(help: "The client's TLS: none, 1.2 or 1.3.")
        var tls = "1.3"

        @Option(help: "What separates the levels of mailbox names.")
        var separator = "/"

        @Option(help: "Logins that the server has refused in this session.")
        var failedLogins = 0

        @Option(help: ArgumentHelp("The size of the message that a POP3 command is about.", valueName: "octets"))
        var size: UInt64?

        func validate() throws {
            guard ["none", "1.2", "1.3"].contains(tls) else { throw ValidationError("--tls is none, 1.2 or 1.3") }
            guard words.count == (config == nil ? 2 : 1) else {
                throw ValidationError(
                    config == nil
                        ? "a policy and one command are wanted: 'a STORE 1 +FLAGS (\\Seen)' in quotes"
                        : "with --config one command is wanted, and no policy")
            }
            guard IPAddress(client) != nil || config != nil else {
                throw ValidationError("--client is an IP address, such as 192.0.2.7 or 2001:db8::7, not '\(client)'")
            }
            guard separator.utf8.count == 1 else { throw ValidationError("--separator is one character") }
        }

        func run() throws {
            let others = try and.map { (title: $0, policy: try read($0)) }
            let policy: Policy
            if let config {
                policy = try ConfiguredPolicy.of(login: client, config: config, tokens: tokens, listener: listener)
                    .narrowed(by: others)
            } else {
                policy = try read(words[0]).narrowed(by: others, titled: words[0])
            }
            let typed = ByteBuffer(string: (words.last ?? "").replacing("\\r", with: "\r").replacing("\\n", with: "\n"))
            let (bytes, mailProtocol) = PolicyExplanation.command(asTyped: typed, mailProtocol)
            guard let explanation = PolicyExplanation(of: bytes, policy, in: context(of: mailProtocol)) else {
                throw UserError("the command is not whole: a literal's octets follow \\r\\n")
            }
            StandardOutput.write(explanation.text(policy))
            let prefix = others.isEmpty && config == nil ? "\(words[0]): " : ""
            for problem in policy.rulesWithoutEffect { StandardError.note("\(prefix)\(problem)") }
        }

        private func read(_ presetOrPath: String) throws -> Policy {
            do {
                return try PolicyFile.read(presetOrPath: presetOrPath)
            } catch {
                throw UserError(error)
            }
        }

        private func context(of mailProtocol: MailProtocol) -> PolicyContext {
            let octet = separator.utf8.first
            var context = PolicyContext(
                mailProtocol, state: beforeLogin ? .notAuthenticated : mailbox == nil ? .authenticated : .selected,
                user: user.map { ByteBuffer(string: $0) }, separator: octet,
                clientAddress: IPAddress(client) ?? IPAddress("127.0.0.1"), listener: listener,
                clientIsEncrypted: tls != "none", clientTLSVersion: TLSProtocolVersion(number: tls), failedLogins: failedLogins,
                messageSize: size)
            context.selected = mailbox.flatMap {
                CanonicalMailbox(MailboxName(IMAPString(ModifiedUTF7.encode($0))), separator: octet)
            }
            return context
        }
    }
}
