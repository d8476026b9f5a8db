import ArgumentParser
import Foundation
import InterpostProxy

/// `interpost ca`: the local certificate authority.
struct CA: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Show or export the certificate authority whose certificates clients are shown.",
        subcommands: [Show.self, Export.self], defaultSubcommand: Show.self)

    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp("Where the authority lives.", valueName: "directory"))
        var authority: String?

        /// - Parameter makes: An authority is made where there is none.
        func open(makes: Bool) throws -> CertificateAuthority {
            let directory = authority.map { URL(filePath: $0) } ?? CertificateAuthority.standardDirectory
            guard makes || CertificateAuthority.exists(in: directory) else {
                throw UserError(
                    "there is no authority in \(directory.path); interpost run makes one when it first needs it, and interpost ca export"
                )
            }
            return try CertificateAuthority(directory: directory)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what the authority is, and how to trust it.")

        @OptionGroup var options: Options

        func run() throws {
            let authority = try options.open(makes: false)
            print(authority.summary)
            print(TrustInstructions.text(certificate: authority.directory.appending(path: "ca.pem").path))
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write the authority's certificate, never its key.")

        enum Format: String, ExpressibleByArgument, CaseIterable { case pem, der }

        @OptionGroup var options: Options

        @Option(help: "pem or der.")
        var format = Format.pem

        @Argument(help: "The file to write; standard output when left out.")
        var file: String?

        func run() throws {
            let authority = try options.open(makes: true)
            let bytes = format == .pem ? Data(try authority.pem.utf8) : Data(try authority.der)
            guard let file else { return FileHandle.standardOutput.write(bytes) }
            guard FileManager.default.createFile(atPath: file, contents: bytes) else {
                throw UserError("\(file) cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }
}
