import ArgumentParser
import Foundation
import InterpostCore
import InterpostFiles

/// `interpost export`: the sessions of a capture in the forms of other programs.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the sessions of a capture as pcapng, eml, mbox, JSON lines, transcripts or rawlogs.",
        discussion: """
            pcapng      for Wireshark: what was said, decrypted, in made-up packets
            eml, mbox   the messages that went by whole: fetched, retrieved, stored
            json        the events, as interpost read prints them
            transcript  C: and S: in front of the lines; in a folder a file a session
            rawlog      as Dovecot writes it: a folder with two files for each session

            What is exported is what the client said and heard, or with --view server what the server heard and said. Files have \
            mode 0600; what is there already is not replaced without --force.

            Examples:
              interpost export mail.interpost --format pcapng --to mail.pcapng
              interpost export mail.interpost#3 --format transcript --to -
              interpost export mail.interpost --format eml --to messages/
              interpost export mail.interpost --format json --to - | jq .event
            """)

    @Argument(help: "A capture of interpost run --record or interpost import; mail.interpost#3 is one session of it.")
    var capture: CapturePlace

    @Option(help: "pcapng, eml, mbox, json, transcript or rawlog.")
    var format: ExportFormat

    @Option(help: ArgumentHelp("A file, - for standard output, or a folder.", valueName: "path"))
    var to: String

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only these sessions, as the capture counts them.", valueName: "n"))
    var session: [Int] = []

    @Option(help: "Whose leg of the sessions: client or server.")
    var view = Side.client

    @Flag(help: "Replace files that are there already.")
    var force = false

    func validate() throws {
        if to == "-", format == .eml || format == .rawlog {
            throw ValidationError("--format \(format.rawValue) makes more than one file: give a folder with --to")
        }
        if session.contains(where: { $0 < 1 }) { throw ValidationError("--session is a number from 1") }
    }

    func run() throws {
        guard CaptureReader.isCapture(capture.path) else {
            guard access(capture.path, R_OK) == 0 else {
                throw UserError("\(capture) cannot be read: \(String(cString: strerror(errno)))")
            }
            guard !SessionFiles.isFolder(capture.path) else {
                throw UserError("\(capture) is a folder: name a capture in it")
            }
            throw UserError(CaptureError.notACapture, at: capture.description)
        }
        do {
            let sessions = try CapturedSessions(capture, leg: view, sessions: session.isEmpty ? nil : Set(session))
            let exporter = try CaptureExporter(format, to: to, replaces: force)
            let outcome = try exporter.run(sessions, progress: ProgressLine(total: capture.size, label: capture.path))
            guard outcome.sessions > 0 else {
                throw UserError(
                    session.isEmpty ? "\(capture) has no sessions" : "\(capture) has none of the sessions of --session")
            }
            let words = [Count.of(outcome.sessions, "session")] + outcome.notes
            StandardError.note(words.joined(separator: ", "))
            if CutOff.note([capture]) { throw ExitCode(2) }
        } catch let code as ExitCode {
            throw code
        } catch let error as CaptureError {
            throw UserError(error, at: capture.description)
        } catch {
            throw UserError(error)
        }
    }
}

extension ExportFormat: ExpressibleByArgument {}
