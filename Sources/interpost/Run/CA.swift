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

        func open() throws -> CertificateAuthority {
            try CertificateAuthority(
                directory: authority.map { URL(filePath: $0) } ?? CertificateAuthority.standardDirectory)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what the authority is, and how to trust it.")

        @OptionGroup var options: Options

        func run() throws {
            let authority = try options.open()
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
            let authority = try options.open()
            let bytes = format == .pem ? Data(try authority.pem.utf8) : Data(try authority.der)
            guard let file else { return FileHandle.standardOutput.write(bytes) }
            guard FileManager.default.createFile(atPath: file, contents: bytes) else {
                throw UserError("\(file) cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }
}
