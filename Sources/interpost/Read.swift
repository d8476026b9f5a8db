import ArgumentParser
import Foundation
import InterpostCore
import NIOCore

/// `interpost read`: the events of a session that lies on the disk.
struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the events of a recorded session.",
        discussion: """
            Takes a C:/S: transcript, a Dovecot rawlog (give the .in file or the .out file, the other is found beside it),
            or the raw bytes of one side with --protocol and --side.

            Examples:
              interpost read session.txt --protocol imap
              interpost read 20261123-100000-1234-1.in --protocol imap
              interpost read server-bytes.bin --protocol pop3 --side server
            """)

    @Argument(help: "The file.")
    var file: String

    @Option(name: .customLong("protocol"), help: "imap or pop3; from the file's ending when left out.")
    var mailProtocol: MailProtocol?

    @Option(help: "Whose bytes the file holds, if it holds only one side: client or server.")
    var side: Side?

    @Option(help: "acts, commands or responses.")
    var detail = LogEvent.Detail.responses

    @Flag(help: "Lines for people instead of JSON.")
    var pretty = false

    func run() throws {
        let bytes = try SessionFile.bytes(file)
        let mailProtocol = try self.mailProtocol ?? SessionFile.mailProtocol(of: file)
        let turns = try SessionFile.turns(file, bytes, side: side)
        var reading = SessionReading(mailProtocol, detail: detail)
        let console = ConsoleLine(hasColour: isatty(1) == 1)
        for turn in turns {
            var lines: [UInt8] = []
            reading.receive(turn) { event in
                if pretty {
                    console.write(event, session: 1, at: turn.time, to: &lines)
                } else if event.detail <= detail {
                    event.writeJSON(session: 1, at: turn.time, to: &lines)
                }
            }
            FileHandle.standardOutput.write(Data(lines))
        }
    }
}

/// What kinds of files hold a session, and how they are taken apart.
enum SessionFile {
    static func bytes(_ file: String) throws -> ByteBuffer {
        do {
            return ByteBuffer(bytes: try Data(contentsOf: URL(filePath: file)))
        } catch {
            throw ValidationError("\(file) cannot be read: \(error.localizedDescription)")
        }
    }

    static func mailProtocol(of file: String) throws -> MailProtocol {
        guard let mailProtocol = MailProtocol(rawValue: URL(filePath: file).pathExtension.lowercased()) else {
            throw ValidationError("say which protocol the file holds: --protocol imap or --protocol pop3")
        }
        return mailProtocol
    }

    /// What was said, one after another.
    static func turns(_ file: String, _ bytes: ByteBuffer, side: Side?) throws -> [SessionTurn] {
        if let side { return [SessionTurn(side: side, bytes: bytes)] }
        if Transcript.looksLike(bytes) {
            do {
                return try Transcript(reading: bytes).turns
            } catch {
                throw ValidationError("\(file), \(error)")
            }
        }
        let url = URL(filePath: file)
        if let other = ["in": "out", "out": "in"][url.pathExtension] {
            let partner = try self.bytes(url.deletingPathExtension().appendingPathExtension(other).path)
            let client = url.pathExtension == "in" ? bytes : partner
            let server = url.pathExtension == "in" ? partner : bytes
            return Rawlog.turns(client: client, server: server)
        }
        throw ValidationError(
            "\(file) is neither a C:/S: transcript nor a Dovecot rawlog (.in, .out); for the bytes of one side give --side")
    }
}
