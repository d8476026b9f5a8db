import ArgumentParser
import InterpostConfiguration
import InterpostCore
import InterpostProxy

/// `interpost replay-client`: a recorded client before a live server.
struct ReplayAsClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay-client",
        abstract: "Play the client's half of a capture to a live server, and say how the answers differ.",
        discussion: """
            Each session of the capture gets a connection, one after another. What the client said is said again; only the login \
            is made with the given user and password. The answers are compared with the recorded ones, with tags, times, dates, \
            UIDs and other identifiers made alike.

            WHAT CHANGED A MAILBOX WHEN IT WAS RECORDED CHANGES THE LIVE ONE: STORE, EXPUNGE, APPEND, DELE and the like, and \
            FETCH BODY[], which marks messages as read. A capture with such commands is played only with --allow-changes.

            The exit status is 0 when the answers are the recorded ones, 1 when they are not, and 2 when the server cannot be \
            reached, is not to be trusted, refuses the login, or does not answer.

            Examples:
              interpost replay-client mail.interpost --to imaps://imap.example.org \\
                  --user anna --password-file secret
              interpost replay-client mail.interpost --session 2 \\
                  --to 'imap://127.0.0.1:1143?starttls=off' --user a --password-file p
            """)

    @Argument(help: "A capture of interpost run --record, or FILE#N.")
    var capture: String

    @Option(
        help: ArgumentHelp("The server: imap, imaps, pop3 or pop3s, as --upstream of run.", valueName: "url"),
        transform: UpstreamURL.init)
    var to: UpstreamURL

    @Option(help: "Who logs in.")
    var user: String?

    @Option(help: ArgumentHelp("A file whose first line is the password.", valueName: "file"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("Play only session number n; all when left out.", valueName: "n"))
    var session: Int?

    @Flag(help: "Play commands, too, that change what is in the account.")
    var allowChanges = false

    @Flag(help: "Say commands before those that precede them are answered, where the recorded client did.")
    var pipelined = false

    @Option(help: ArgumentHelp("How long an IDLE waits for what was pushed when it was recorded.", valueName: "seconds"))
    var patience = 5

    @Option(help: ArgumentHelp("How long an answer may take.", valueName: "seconds"))
    var timeout = 60

    @OptionGroup var normal: NormalFormOptions

    @Option(help: ArgumentHelp("PEM certificates to trust for the server, beside the system's.", valueName: "file"))
    var trust: [String] = []

    @Flag(help: "Accept any certificate of the server. Anybody on the way can then read the password.")
    var dangerouslySkipUpstreamVerification = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if let session, session < 1 { throw ValidationError("--session is a number from 1") }
        if !(0...3600).contains(patience) { throw ValidationError("--patience is a number of seconds from 0 to 3600") }
        if !(1...3600).contains(timeout) { throw ValidationError("--timeout is a number of seconds from 1 to 3600") }
        if (user == nil) != (passwordFile == nil) {
            throw ValidationError("--user needs --password-file, and the other way round")
        }
    }

    func run() async throws {
        let outcomes: [ClientReplay.Outcome]
        do {
            var replay = ClientReplay(capture, session: session, to: to, normalisation: normal.normalisation)
            (replay.user, replay.password) = (user, try passwordFile.map(PasswordFile.read))
            (replay.allowsChanges, replay.patience, replay.timeout) = (allowChanges, patience, timeout)
            replay.pipelines = pipelined
            (replay.tls.trust, replay.tls.skipsUpstreamVerification) = (trust, dangerouslySkipUpstreamVerification)
            if dangerouslySkipUpstreamVerification { StandardError.note("the server's certificate is NOT verified") }
            outcomes = try await replay.run()
        } catch {
            StandardError.note("\(error)")
            throw ExitCode(2)
        }
        if json {
            try StandardOutput.write(json: Outcomes(v: 1, sessions: outcomes))
        } else {
            for outcome in outcomes { StandardOutput.write("Session \(outcome.session)\n\(outcome.report.text)\n") }
        }
        if outcomes.contains(where: { $0.report.failure != nil }) { throw ExitCode(2) }
        if !outcomes.allSatisfy(\.report.isSame) { throw ExitCode(1) }
    }

    private struct Outcomes: Encodable {
        let v: Int
        let sessions: [ClientReplay.Outcome]
    }
}
