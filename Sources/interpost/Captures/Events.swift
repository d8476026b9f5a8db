import ArgumentParser
import InterpostCore
import InterpostFiles

/// `interpost events`: the event log that a capture's sessions would have had.
struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the events of a capture as JSON lines, in the form of interpost run --log.",
        discussion: """
            What is not on the wire (connections, TLS, edited capabilities) stands in the capture; everything else is read again from what \
            the client said and heard, without secrets: who logs in has a pseudonym. Sessions are those of the capture, and times those of \
            the recording.

            Examples:
              interpost events mail.interpost --detail acts
              interpost events mail.interpost#3
            """)

    @Argument(help: "A capture; mail.interpost#3 is one session of it.")
    var capture: CapturePlace

    @Option(help: "Which events are printed: acts, commands, responses or values.")
    var detail = LogEvent.Detail.commands

    func run() throws {
        let printer = EventPrinter(
            detail: detail, isPretty: false, hasColour: false, write: { StandardOutput.write($0) })
        var sessions = CaptureReadings(capture, detail: detail, printer: printer, printsRecorded: true)
        do {
            try sessions.read { _ in }
            printer.flush()
            if let complaint = sessions.complaint { StandardError.note("\(capture): \(complaint)") }
            if CutOff.note([capture]) { throw ExitCode(2) }
        } catch let failure as CorpusSummary.Failure {
            printer.flush()
            StandardError.note(failure.description)
            throw ExitCode(2)
        }
    }
}
