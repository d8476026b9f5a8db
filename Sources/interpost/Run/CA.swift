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
            if let file { try bytes.write(to: URL(filePath: file)) } else { FileHandle.standardOutput.write(bytes) }
        }
    }
}

/// How to make clients trust the authority.
enum TrustInstructions {
    static func text(certificate: String) -> String {
        """

        Whoever trusts this certificate trusts whoever has its key (ca.key, beside it). Trust it only in the
        clients that you watch, and remove it afterwards.

        Thunderbird    Settings > Privacy & Security > Certificates > Manage Certificates > Authorities > Import,
                       choose the PEM file, tick "Trust this CA to identify websites".
        Apple Mail     Export as DER, open the file; in Keychain Access set it to "Always Trust". On iOS: send the file
                       to the device, install the profile, then Settings > General > About > Certificate Trust Settings.
        Outlook        Export as DER, run: certutil -addstore -user Root ca.der  (or double-click > Install Certificate >
                       Trusted Root Certification Authorities).
        mutt, neomutt  set ssl_ca_certificates_file = "\(certificate)"   (in ~/.muttrc; quotes as shown)
        mbsync         CertificateFile \(certificate)
        fetchmail      sslcertfile \(certificate)
        curl           --cacert \(certificate)
        Debian         cp \(certificate) /usr/local/share/ca-certificates/interpost.crt && update-ca-certificates
                       (undo: remove the file, then update-ca-certificates --fresh)
        """
    }
}
