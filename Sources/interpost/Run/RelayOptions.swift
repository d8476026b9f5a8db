import ArgumentParser
import InterpostConfiguration
import InterpostCore

/// What can be said of a relay on the command line.
struct RelayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where clients connect: imap, imaps, pop3 or pop3s; port 0 lets the system choose.", valueName: "url"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("The server behind the listener before it.", valueName: "url"))
    var upstream: [String] = []

    @Option(help: ArgumentHelp("A YAML file that says all this and more; see Config/interpost.yml.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("PEM certificates to trust for servers, beside the system's.", valueName: "file"))
    var trust: [String] = []

    @Option(
        help: ArgumentHelp(
            "What may be done to the mail: observe, read-only, no-delete, organise, or a policy file; see Config/read-only.yml.",
            valueName: "preset|file"))
    var policy: String?

    @OptionGroup var shown: CertificateOptions

    @Option(help: ArgumentHelp("Write events as JSON lines; - is standard output.", valueName: "file|-"))
    var log: String?

    @Option(help: "What the log carries: acts, commands, responses or values.")
    var detail: LogEvent.Detail?

    @Option(
        help: ArgumentHelp(
            "Record all sessions in a capture; in a folder that exists, each in its own.", valueName: "file|folder"))
    var record: String?

    @Option(help: "What of the mail is replaced in captures: none, headers, bodies or all.")
    var redact: RedactionLevel?

    @Flag(help: "Record passwords as they are said. Whoever gets the capture can log in with them.")
    var dangerouslyKeepSecrets = false

    @OptionGroup var pseudonyms: PseudonymOptions

    @Option(help: ArgumentHelp("A word in the names of the files in a folder.", valueName: "word"))
    var label: String?

    @Option(help: ArgumentHelp("Keep so many files of a folder, the latest ones.", valueName: "number"))
    var keepFiles: Int?

    @Option(help: ArgumentHelp("Keep so many MiB of a folder.", valueName: "MiB"))
    var keepMebibytes: Int?

    @Option(help: ArgumentHelp("Keep files of a folder for so many days.", valueName: "days"))
    var keepDays: Int?

    @Option(help: "What the console shows: pretty or quiet.")
    var console: LogSettings.Console?

    @Option(help: "COMPRESS=DEFLATE: terminate or strip.")
    var compress: SessionSettings.Compression?

    @Option(help: "Event loops.")
    var threads: Int?

    @Flag(help: "Each leg does what the other does; nothing is edited.")
    var mirror = false

    @Flag(help: "Accept any certificate of a server. Anybody on the way can then read and change the mail.")
    var dangerouslySkipUpstreamVerification = false

    func validate() throws {
        if config != nil, !listen.isEmpty || !upstream.isEmpty {
            throw ValidationError("--config says where to listen: leave out --listen and --upstream, or --config")
        }
        if config == nil, listen.isEmpty, upstream.isEmpty {
            throw ValidationError("give --listen URL --upstream URL, or --config FILE")
        }
        guard listen.count == upstream.count else {
            throw ValidationError(
                "each --listen needs its --upstream: there are \(listen.count) and \(upstream.count) of them")
        }
        if let label, !RecordSettings.isLabel(label) {
            throw ValidationError("--label stands in names of files: letters, digits, '-', '_' and '.', not '\(label)'")
        }
        for (flag, number) in [("files", keepFiles), ("mebibytes", keepMebibytes), ("days", keepDays)] {
            if let number, number < 1 { throw ValidationError("--keep-\(flag) is a number from 1") }
        }
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads is a number from 1 to 256") }
    }

    /// The file's configuration, if there is one, with the flags laid over it.
    func configuration() throws -> Configuration {
        var configuration = try config.map { try ConfigurationFile.read($0) } ?? Configuration()
        for (listen, upstream) in zip(listen, upstream) {
            configuration.relays.append(
                RelayConfiguration(listen: try ListenURL(listen), upstream: try UpstreamURL(upstream)))
        }
        let policy = try policy.map { try PolicyFile.read(presetOrPath: $0) }
        for index in configuration.relays.indices {
            if let policy { configuration.relays[index].policy = policy }
            if mirror { configuration.relays[index].mirror = true }
            if let compress { configuration.relays[index].compress = compress }
        }
        configuration.tls.trust += trust
        shown.lay(over: &configuration.tls)
        if dangerouslySkipUpstreamVerification { configuration.tls.skipsUpstreamVerification = true }
        if let log { configuration.log.file = log }
        if let record { configuration.record.path = record }
        if let redact { configuration.record.redaction = redact }
        if let file = pseudonyms.pseudonymKey { configuration.record.pseudonymKey = file }
        if let label { configuration.record.label = label }
        if let keepFiles { configuration.record.keep.files = keepFiles }
        if let keepMebibytes { configuration.record.keep.mebibytes = keepMebibytes }
        if let keepDays { configuration.record.keep.days = keepDays }
        if dangerouslyKeepSecrets { configuration.record.keepsSecrets = true }
        if let detail { configuration.log.detail = detail }
        if let console { configuration.log.console = console }
        if let threads { configuration.threads = threads }
        if let problem = configuration.problems.first { throw UserError(problem) }
        return configuration
    }
}

/// What clients are shown.
struct CertificateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show clients this certificate (PEM chain) instead of the authority's.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The private key of --certificate (PEM).", valueName: "file"))
    var privateKey: String?

    @Option(help: ArgumentHelp("Where the certificate authority lives.", valueName: "directory"))
    var authority: String?

    func lay(over tls: inout TLSSettings) {
        if let certificate { tls.certificate = certificate }
        if let privateKey { tls.privateKey = privateKey }
        if let authority { tls.authority = authority }
    }
}

extension LogEvent.Detail: ExpressibleByArgument {}
extension LogSettings.Console: ExpressibleByArgument {}
extension SessionSettings.Compression: ExpressibleByArgument {}
extension MailProtocol: ExpressibleByArgument {}
extension RedactionLevel: ExpressibleByArgument {}
extension Side: ExpressibleByArgument {}
