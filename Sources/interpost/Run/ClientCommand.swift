import ArgumentParser
import InterpostCore
import InterpostProxy
import NIOCore

/// `interpost client`: what the configuration says of clients.
struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Help with the clients of a configuration.", subcommands: [Hash.self])

    struct Hash: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make what a configuration has in place of a client's password.",
            discussion: """
                The password is asked for at the terminal, twice, or is the first line of standard input. What is printed is the \
                value of 'password' in 'clients'.

                Examples:
                  interpost client hash
                  pass show interpost/backup | interpost client hash --scram
                """)

        @Flag(
            help: ArgumentHelp(
                "Make keys for SCRAM-SHA-256, so that the client need not say its password. Whoever gets them guesses more quickly than with scrypt, the default."
            ))
        var scram = false

        func run() throws {
            let password = try PasswordPrompt.read("Password", isNew: true)
            guard !password.withExposedBytes({ $0.readableBytesView.contains(0) }) else {
                throw UserError("a password with the octet 0 cannot be said in either protocol")
            }
            guard scram else { return StandardOutput.write("\(try PasswordHash.scrypt(of: password))\n") }
            // Clients prepare other passwords in ways of their own (RFC 4013), and would make other keys of them.
            guard password.withExposedBytes({ $0.readableBytesView.allSatisfy { (0x20..<0x7F).contains($0) } }) else {
                throw UserError("with --scram, a password is printable ASCII: clients do not agree about others")
            }
            StandardOutput.write("\(try PasswordHash.scram(of: password))\n")
        }
    }
}
