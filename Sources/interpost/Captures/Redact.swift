import ArgumentParser
import InterpostCore
import InterpostFiles

/// `interpost redact`: a copy of a capture, without what is personal.
struct Redact: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a capture without its secrets, and without what is personal in the mail.",
        discussion: """
            The secrets of logins always go, and who logs in gets a pseudonym. Lengths, sizes and structures of the mail stay as they are, so that the copy replays as the \
            original did. A name has the same pseudonym in all of the copy, and in all copies made with the same --pseudonym-key.

            Examples:
              interpost redact mail.interpost fixture.interpost --level all
              interpost redact mail.interpost#3 fixture.interpost --level headers \\
                  --pseudonym-key key
            """)

    @Argument(help: "A capture; mail.interpost#3 is one session of it.")
    var capture: CapturePlace

    @Argument(help: "The copy; a file that does not exist yet.")
    var copy: String

    @Option(help: "What is replaced beside secrets: none, headers, bodies or all.")
    var level = RedactionLevel.none

    @OptionGroup var pseudonyms: PseudonymOptions

    func run() throws {
        do {
            let progress = ProgressLine(total: capture.size, label: capture.path)
            defer { progress.finish() }
            let redaction = try CaptureRedaction(
                of: capture, to: copy, level, key: pseudonyms.key(), progress: progress.advance(to:))
            progress.finish()
            let cut = redaction.isCutOff ? "; the original is cut off at its end" : ""
            let (sessions, records) = (Count.of(redaction.sessions, "session"), Count.of(redaction.records, "record"))
            if let complaint = redaction.complaint { StandardError.note("\(capture): \(complaint)") }
            StandardError.note("\(copy) has \(sessions), \(records)\(cut)")
        } catch let failure as CaptureFile.Failure {
            throw UserError(failure)
        } catch {
            throw UserError(error, at: capture.description)
        }
    }
}

/// Where pseudonyms come from.
struct PseudonymOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Make pseudonyms with the key in this file, which is made when there is none; without it, with one that is forgotten.",
            valueName: "file"))
    var pseudonymKey: String?

    func key() throws -> PseudonymHMAC { try pseudonymKey.map(PseudonymHMAC.init(file:)) ?? PseudonymHMAC() }
}

extension CapturePlace: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
