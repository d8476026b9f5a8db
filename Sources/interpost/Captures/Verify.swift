import ArgumentParser
import Foundation
import InterpostCore
import InterpostFiles
import NIOCore

/// `interpost verify`: whether a capture may be committed.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that captures are whole, replay against themselves, and hold none of some secrets.",
        discussion: """
            Each line of --secret-file is a secret. It is looked for in all that was said and told, as it is, in quotes, percent-encoded,
            quoted-printable, in modified UTF-7, in hexadecimal and in base64 wherever it begins; a secret that was compressed or encrypted
            is not found. What is printed names a secret by its line.

            The exit status is 0 when all is well, 1 when something is wrong with a capture, 2 when one cannot be read.

            Examples:
              interpost verify fixture.interpost
              interpost verify Fixtures/Captures/*.interpost --secret-file passwords.txt
            """)

    @Argument(help: "Captures; mail.interpost#3 is one session of one.")
    var captures: [CapturePlace]

    @Option(help: ArgumentHelp("A file with a secret on each line.", valueName: "file"))
    var secretFile: [String] = []

    func run() throws {
        let secrets = try readSecrets()
        var status: Int32 = 0
        for capture in captures {
            do {
                let progress = ProgressLine(total: capture.size, label: capture.path)
                let verification = try CaptureVerification(of: capture, secrets: secrets, progress: progress.advance(to:))
                progress.finish()
                print(verification, of: capture, secrets: secrets.count)
                if !verification.isGood { status = max(status, 1) }
            } catch {
                StandardError.note("\(capture) \(error)")
                status = 2
            }
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func print(_ verification: CaptureVerification, of capture: CapturePlace, secrets: Int) {
        var text = verification.problems.map { "\($0)\n" }.joined()
        if verification.hasMoreProblems { text += "\(capture): and more\n" }
        if verification.isGood {
            text = """
                \(capture) is good: \(verification.sessions) sessions, \(verification.records) records, \(verification.octets) octets; \
                redacted: \(verification.redaction.rawValue); \(secrets == 0 ? "no secrets were looked for" : "none of \(secrets) secrets")

                """
        }
        StandardOutput.write(text)
    }

    private func readSecrets() throws -> [Secret] {
        try secretFile.flatMap { file in
            let data: Data
            do {
                data = try Data(contentsOf: URL(filePath: file))
            } catch {
                throw ValidationError("--secret-file \(file) cannot be read")
            }
            let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            return try lines.enumerated().compactMap { index, line -> Secret? in
                let secret = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
                if secret.isEmpty { return nil }
                guard secret.count >= SecretSearch.minimumLength else {
                    throw ValidationError(
                        "\(file):\(index + 1): a secret of fewer than \(SecretSearch.minimumLength) octets would be found everywhere"
                    )
                }
                return Secret(ByteBuffer(bytes: secret))
            }
        }
    }
}
