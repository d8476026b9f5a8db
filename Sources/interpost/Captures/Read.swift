import ArgumentParser
import InterpostCore
import InterpostFiles

/// `interpost read`: sessions that are on the disk, as events or as a summary.
struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the events of a recorded session, or a summary of many.",
        discussion: """
            Of one file the events are printed, of several files or a folder a summary: how many sessions, which events, what was \
            not understood, which rules were broken and which leniencies were needed, and where. Folders are read with all that is \
            in them, in the order of their names, but for names that begin with a dot.

            A file is one of these, told from its name and its beginning:
              a transcript, with C: or S: in front of each line; # begins a comment
              a half of Dovecot's rawlog, .in or .out, up to 64 MiB, and the other half
              the bytes of one side as they were on the wire, of any size
              a capture of interpost run --record, with any number of sessions

            The exit status is 2 when something could not be read, 1 when something that --fail-on names was found, else 0.

            Examples:
              interpost read session.imap
              interpost read 20261123-100000-1234-1.in --protocol imap --pretty
              interpost read server-bytes.bin --side server
              interpost read corpus/ --fail-on unknown,anomaly
              interpost read corpus/ --quirks
              ssh mail.example.org cat dump.bin | interpost read - --side server --summary
            """)

    @Argument(help: "Files and folders; - is standard input.")
    var paths: [String]

    @Option(name: .customLong("protocol"), help: "imap or pop3; from the file's name or beginning when left out.")
    var mailProtocol: MailProtocol?

    @Option(help: "Whose bytes the files hold, if they hold only one side's: client or server.")
    var side: Side?

    @Option(help: "Which events are printed: acts, commands, responses or values.")
    var detail = LogEvent.Detail.responses

    @Flag(help: "Print events as lines for people instead of JSON: commands with their results, and what was done.")
    var pretty = false

    @Flag(help: "Print the events of several files, too; \"session\" counts the sessions.")
    var events = false

    @Flag(help: "Print the summary of one file, too.")
    var summary = false

    @Flag(help: "Print how often each leniency was needed, by which side, what the rule is, and where it was first.")
    var quirks = false

    @Flag(help: "Print the summary as one JSON object.")
    var json = false

    @Option(
        name: .customLong("fail-on"),
        help: ArgumentHelp(
            "End with status 1 when there is any: unknown, anomaly, quirk; may be repeated or hold commas.", valueName: "what"),
        transform: { try Words($0, of: "--fail-on", among: CorpusFinding.Category.allCases.map { ($0.rawValue, $0) }) })
    var failOn: [Words<CorpusFinding.Category>] = []

    func validate() throws {
        if json, pretty { throw ValidationError("--pretty is for events and --json for the summary: leave one of them out") }
        if events, json || summary || quirks {
            throw ValidationError("--events prints events instead of a summary: leave out --summary, --quirks and --json, or it")
        }
        if pretty, summary || quirks { throw ValidationError("--pretty is for events: leave it out, or --summary and --quirks") }
    }

    func run() throws {
        let isOneFile = paths.count == 1 && !SessionFiles.isFolder(paths[0])
        let printsEvents = events || (isOneFile && !summary && !quirks && !json)
        let printer = EventPrinter(
            detail: detail, isPretty: pretty, hasColour: Terminal.showsColour, write: { StandardOutput.write($0) })
        var reader = CorpusReader(
            side: side, mailProtocol: mailProtocol, detail: detail, printer: printsEvents ? printer : nil, isOneFile: isOneFile)
        reader.read(all: paths) { if printsEvents { StandardError.note($0.description) } }
        printer.flush()
        if !printsEvents { try printSummary(of: reader.summary) }
        let verdict = reader.summary.verdict(unwanted: Set(failOn.flatMap(\.chosen)))
        for reason in verdict.reasons { StandardError.note(reason) }
        if verdict.status != 0 { throw ExitCode(verdict.status) }
    }

    private func printSummary(of corpus: CorpusSummary) throws {
        if json {
            return try StandardOutput.write(json: corpus)
        }
        let parts = (quirks && !summary ? [] : [corpus.text]) + (quirks ? [corpus.lint] : [])
        StandardOutput.write(parts.joined(separator: "\n"))
    }
}
