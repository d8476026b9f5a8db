import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import NIOCore

/// `interpost read`: sessions that lie on the disk, as events or as a summary.
struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the events of a recorded session, or a summary of many.",
        discussion: """
            Of one file the events are printed, of several files or a folder a summary: how many sessions, which events, what was \
            not understood, which rules were broken and which leniencies were needed, and where. Folders are read with all that is \
            in them, in the order of their names, but for names that begin with a dot.

            A file is one of these, told from its name and its beginning:
              a transcript, with C: or S: in front of each line; # begins a comment
              a half of Dovecot's rawlog, .in or .out, up to 64 MiB; the other half is found beside it
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

    @Option(help: "Which events are printed: acts, commands or responses.")
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
        transform: Unwanted.init)
    var failOn: [Unwanted] = []

    func validate() throws {
        if json, pretty { throw ValidationError("--pretty is for events and --json for the summary: leave one of them out") }
        if events, json || summary || quirks {
            throw ValidationError("--events prints events instead of a summary: leave out --summary, --quirks and --json, or it")
        }
        if pretty, summary || quirks { throw ValidationError("--pretty is for events: leave it out, or --summary and --quirks") }
    }

    func run() throws {
        let (files, failures) = SessionFiles.files(at: paths)
        var corpus = CorpusSummary()
        for failure in failures { corpus.add(failure) }
        let isOneFile = paths.count == 1 && !SessionFiles.isFolder(paths[0])
        var sessions = 0
        let printsEvents = events || (isOneFile && !summary && !quirks && !json)
        let printer = EventPrinter(detail: detail, isPretty: pretty)
        for file in files {
            do throws(CorpusSummary.Failure) {
                if CaptureReader.isCapture(file) {
                    let earlier = isOneFile ? 0 : sessions
                    let place = CapturePlace(path: file)
                    var capture = CaptureReadings(place, detail: detail, printer: printsEvents ? printer : nil, earlier: earlier)
                    var files = 1
                    try capture.read { reading in
                        corpus.add(reading, files: files)
                        (files, sessions) = (0, sessions + 1)
                    }
                    continue
                }
                sessions += 1
                let source = try SessionSource(file, side: side, mailProtocol: mailProtocol)
                printer.showsCommands = source.holdsOnlyCommands
                let reading = try read(source, as: sessions, printer: printsEvents ? printer : nil)
                corpus.add(reading, files: source.fileCount)
                if let end = reading.whereReadingEnds {
                    throw CorpusSummary.Failure(file: "\(end.place)", problem: "is not read to its end: \(end.reason)")
                }
            } catch {
                corpus.add(error)
                if printsEvents { StandardError.note(error.description) }
            }
        }
        printer.flush()
        if !printsEvents { try printSummary(of: corpus) }
        let verdict = corpus.verdict(unwanted: Set(failOn.flatMap(\.categories)))
        for reason in verdict.reasons { StandardError.note(reason) }
        if verdict.status != 0 { throw ExitCode(verdict.status) }
    }

    /// Reads a session to its end. All of it is counted, whatever is printed.
    private func read(
        _ source: SessionSource, as number: Int, printer: EventPrinter?
    ) throws(CorpusSummary.Failure) -> SessionReading {
        var counting = source.reading(detail: .responses)
        var printing = printer == nil || detail == .responses ? nil : source.reading(detail: detail)
        var time = WireTime(nanoseconds: 0)
        let print: (LogEvent) -> Void = { event in printer?.print(event, session: number, at: time) }
        try source.turns { turn in
            time = turn.time
            counting.receive(turn) { if printing == nil { print($0) } }
            printing?.receive(turn, tell: print)
        }
        counting.finish { if printing == nil { print($0) } }
        printing?.finish(tell: print)
        return counting
    }

    private func printSummary(of corpus: CorpusSummary) throws {
        if json {
            return try StandardOutput.write(json: corpus)
        }
        let parts = (quirks && !summary ? [] : [corpus.text]) + (quirks ? [corpus.lint] : [])
        StandardOutput.write(parts.joined(separator: "\n"))
    }
}

/// What `--fail-on` names: `anomaly`, or `unknown,anomaly`.
struct Unwanted {
    var categories: [CorpusFinding.Category]

    init(_ argument: String) throws {
        let words = CorpusFinding.Category.allCases.map(\.rawValue)
        categories = try argument.split(separator: ",").map { word in
            guard let category = CorpusFinding.Category(rawValue: word.lowercased()) else {
                let suggestion = Suggestion.nearest(to: "\(word)", among: words)
                throw ValidationError("--fail-on is one or more of \(words.joined(separator: ", ")), not '\(word)'\(suggestion)")
            }
            return category
        }
        guard !categories.isEmpty else { throw ValidationError("--fail-on names what: \(words.joined(separator: ", "))") }
    }
}

/// Writes events to standard output, many at once.
final class EventPrinter: EventTaker {
    private let detail: LogEvent.Detail
    private let isPretty: Bool
    private var console = ConsoleLine(hasColour: Terminal.showsColour)
    private var lines: [UInt8] = []

    init(detail: LogEvent.Detail, isPretty: Bool) {
        self.detail = detail
        self.isPretty = isPretty
    }

    var showsCommands: Bool {
        get { console.showsCommands }
        set { console.showsCommands = newValue }
    }

    func print(_ event: LogEvent, session: Int, at time: WireTime) {
        if isPretty {
            console.write(event, session: session, at: time, to: &lines)
        } else if event.detail <= detail {
            event.writeJSON(session: session, at: time, to: &lines)
        }
        if lines.count > 1 << 16 { flush() }
    }

    func print(recorded line: ByteBuffer) {
        lines.append(contentsOf: line.readableBytesView)
        lines.append(UInt8(ascii: "\n"))
    }

    func flush() {
        StandardOutput.write(Data(lines))
        lines.removeAll(keepingCapacity: true)
    }
}
