import ArgumentParser
import InterpostCore
import InterpostFiles

/// `interpost import`: a capture of sessions that somebody else wrote down.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a capture, or a fixture, of transcripts, Dovecot rawlogs and captures of tcpdump.",
        discussion: """
            What a file is shows in its beginning and its name, as for interpost read: a pcap or pcapng file with IMAP or POP3 in clear \
            text, a transcript with C: and S: in front of the lines, half of a rawlog (.in, .out; the other half is found beside it). \
            Folders are read with all that is in them.

            Passwords, tokens and the like are replaced as interpost run --record does it. The exit status is 2 when something was not \
            imported, or not to its end.

            With --as-fixture a session becomes a transcript with the events that Interpost tells of it, in the form of the tests in \
            Fixtures/Wire: one session in a new file, or each in one of its own in a folder, --to FOLDER/.

            Examples:
              interpost import dump.pcap --to mail.interpost
              interpost import 20261123-100000-1234-1.in --to mail.interpost --redact bodies
              interpost import transcripts/ --to mail.interpost --append
              interpost import dump.pcap --as-fixture --to Fixtures/Wire/my-case.imap
            """)

    @Argument(help: "Files and folders; - is standard input.")
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "The capture, a new file with mode 0600; with --as-fixture also a folder, or - for standard output.",
            valueName: "file"))
    var to: String

    @Flag(help: "Append to an existing capture.")
    var append = false

    @Flag(help: "Write what was said and the events of it as a fixture of Interpost's tests.")
    var asFixture = false

    @Option(name: .customLong("protocol"), help: "imap or pop3, for files that do not show it.")
    var mailProtocol: MailProtocol?

    @Option(help: "What is replaced, beside secrets: none, headers, bodies or all.")
    var redact = RedactionLevel.none

    @Flag(help: "Write passwords as they were said.")
    var dangerouslyKeepSecrets = false

    func validate() throws {
        if asFixture, append { throw ValidationError("--append is for captures, and --as-fixture makes none") }
    }

    func run() throws {
        let (files, failures) = SessionFiles.files(at: paths)
        for failure in failures { StandardError.note("\(failure)") }
        var failed = !failures.isEmpty
        do {
            let importer = try importer()
            let dumps = DumpImport(into: importer, mailProtocol: mailProtocol) { StandardError.note($0) }
            for file in files where try !dumps.read(file) { failed = true }
            try importer.finish()
            // Without a session no file is made.
            let sessions = Count.of(importer.count, "session")
            StandardError.note(importer.count > 0 ? "\(sessions) in \(to)" : "no session was imported, and \(to) is as it was")
        } catch {
            throw UserError(error)
        }
        if failed { throw ExitCode(2) }
    }

    private func importer() throws -> any SessionImporter {
        guard asFixture else {
            return try CaptureImporter(into: to, appends: append, level: redact, keepsSecrets: dangerouslyKeepSecrets)
        }
        return try FixtureImporter(into: to, level: redact, keepsSecrets: dangerouslyKeepSecrets)
    }
}
