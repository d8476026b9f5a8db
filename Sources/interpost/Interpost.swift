import ArgumentParser
import InterpostCore

@main
struct Interpost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interpost",
        abstract: "An intercepting relay for IMAP and POP3: sees what mail clients and servers say to each other.",
        version: SoftwareVersion.current,
        subcommands: [
            Run.self, Replay.self, CheckConfig.self, CA.self, Demo.self, Read.self,
            Redact.self,
            Show.self,
            Events.self,
            Verify.self,
            Export.self,
            Import.self,
            Diff.self,
            ReplayAsClient.self,
            PolicyCommand.self,
            Hold.self,
            TokenCommand.self,
            Account.self,
            ClientCommand.self,
        ])

    static func main() async { await main(Replay.arguments(Array(CommandLine.arguments.dropFirst()))) }
}
