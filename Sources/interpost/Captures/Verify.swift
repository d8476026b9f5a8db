import ArgumentParser
import InterpostCore
import InterpostFiles

/// `interpost verify`: whether a capture may be committed.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that captures are whole, replay against themselves, and hold none of some secrets.",
        discussion: """
            Each line of --secret-file is a secret. It is looked for in all that was said and told, as it is, in quotes, percent-encoded, \
            quoted-printable, in modified UTF-7, in hexadecimal and in base64 wherever it begins; a secret that was compressed or encrypted \
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
                StandardOutput.write(verification.text)
                if !verification.isGood { status = max(status, 1) }
            } catch {
                StandardError.note("\(capture) \(error)")
                status = 2
            }
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func readSecrets() throws -> [Secret] {
        do {
            return try secretFile.flatMap { try SecretFile.read($0) }
        } catch {
            throw UserError("--secret-file \(error)")
        }
    }
}
