import ArgumentParser
import Foundation
import InterpostProxy
import Logging

/// `interpost demo`: everything at once, in one process, without an account.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the relay at work between a built-in client and a server that a recording plays.")

    @Option(
        help: ArgumentHelp(
            "Where the certificates, the recording and the event log go; a temporary directory when left out.",
            valueName: "directory"))
    var directory: String?

    func run() async throws {
        let place =
            directory.map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory.appending(
                path: "interpost-demo-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            try FileManager.default.createDirectory(
                at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw UserError("the folder \(place.path) cannot be made: \(ErrorWords.of(error))")
        }
        say(
            """
            client ──TLS──▶ interpost ──TLS──▶ server        all three in this process, over loopback
                               │
                               └─▶ events
            """)
        var logger = Logger(label: "interpost") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        try await Demonstration.run(in: place, logger: logger)
        let program = CommandLine.arguments[0]
        say(
            """

            Three sessions: IMAP with STARTTLS, IMAP with TLS from the first byte, POP3 with STLS.
            The same as JSON lines: \(place.appending(path: "events.jsonl").path)
            The server was a recording, and its client did nothing that is not in it: \(place.appending(path: "demo.interpost").path)

            With your own server (put its name in the place of imap.example.org):

              \(program) run --listen imaps://127.0.0.1:1993 --upstream imaps://imap.example.org
              \(program) run --listen imap://127.0.0.1:1143 --upstream imap://imap.example.org
              \(program) run --listen pop3s://127.0.0.1:1995 --upstream pop3s://pop.example.org --log events.jsonl

            Then, as a client (the authority is made on the first run; `\(program) ca show` tells how to trust it):

              \(program) ca export ca.pem
              curl --cacert ca.pem --user NAME imaps://localhost:1993/INBOX
              curl --cacert ca.pem --user NAME --ssl-reqd imap://localhost:1143/INBOX
              curl --cacert ca.pem --user NAME pop3s://localhost:1995/
            """)
    }

    /// Bypasses the buffer of `print`, so that the lines stay in order with those of the relay's console.
    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
