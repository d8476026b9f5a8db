import ArgumentParser
import InterpostConfiguration
import InterpostCore

/// What can be said about a relay on the command line: the most used keys by flags of their own, all others by `--set`. What a
/// key may be is decided where files are read, and nowhere else.
struct RelayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where clients connect: imap, imaps, pop3 or pop3s; port 0 lets the system choose.", valueName: "url"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("The server of the listener that precedes it.", valueName: "url"))
    var upstream: [String] = []

    @Option(help: ArgumentHelp("A YAML file that says all this and more; see Config/interpost.yml.", valueName: "file"))
    var config: String?

    @Option(help: .key("tls.trust", valueName: "file"))
    var trust: [String] = []

    @Option(help: .ofRelays("policy", valueName: "preset|file"), completion: .file())
    var policy: String?

    @OptionGroup var shown: CertificateOptions

    @Option(help: .key("log.file", valueName: "file|-"), completion: .file())
    var log: String?

    @Option(help: .key("log.detail"), completion: .key("log.detail"))
    var detail: String?

    @Option(help: .key("record.path", valueName: "file|folder"), completion: .file())
    var record: String?

    @Option(help: .key("record.redact", valueName: "level"), completion: .key("record.redact"))
    var redact: String?

    @Flag(help: .key("record.dangerously-keep-secrets"))
    var dangerouslyKeepSecrets = false

    @Option(help: .key("record.pseudonym-key", valueName: "file"), completion: .file())
    var pseudonymKey: String?

    @Option(help: .key("record.label", valueName: "word"))
    var label: String?

    @Option(help: .key("record.keep-files", valueName: "number"))
    var keepFiles: String?

    @Option(help: .key("record.keep-mebibytes", valueName: "MiB"))
    var keepMebibytes: String?

    @Option(help: .key("record.keep-days", valueName: "days"))
    var keepDays: String?

    @Option(help: .key("log.console"), completion: .key("log.console"))
    var console: String?

    @Option(help: .ofRelays("compress"), completion: .list(["terminate", "strip"]))
    var compress: String?

    @Option(help: .key("threads", valueName: "number"))
    var threads: String?

    @Flag(help: .ofRelays("mirror"))
    var mirror = false

    @Flag(help: .key("tls.dangerously-skip-upstream-verification"))
    var dangerouslySkipUpstreamVerification = false

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Say any other key: limits.line=2048. May be repeated; the last one holds. interpost check-config --defaults lists them.",
            valueName: "key=value"),
        completion: .list(ConfigurationTable.paths))
    var settings: [String] = []

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
        do {
            // Mistakes in a file are reported when the file is needed; mistakes in flags are wrong usage, and are reported
            // here.
            if config == nil { _ = try configuration() } else { _ = try overlay() }
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The file's configuration, if there is one, with the flags laid over it. Read again at each call.
    func configuration() throws -> Configuration { try ConfigurationFile.read(config, overlay: overlay()) }

    private func overlay() throws(ConfigurationError) -> ConfigurationOverlay {
        var overlay = ConfigurationOverlay()
        for (listen, upstream) in zip(listen, upstream) { overlay.addRelay(listen: listen, upstream: upstream) }
        overlay.setEveryRelay("policy", to: policy, by: "--policy")
        overlay.setEveryRelay("mirror", to: mirror ? "true" : nil, by: "--mirror")
        overlay.setEveryRelay("compress", to: compress, by: "--compress")
        for file in trust { overlay.set("tls.trust", to: file, by: "--trust") }
        shown.lay(over: &overlay)
        overlay.set("log.file", to: log, by: "--log")
        overlay.set("log.detail", to: detail, by: "--detail")
        overlay.set("log.console", to: console, by: "--console")
        overlay.set("record.path", to: record, by: "--record")
        overlay.set("record.redact", to: redact, by: "--redact")
        overlay.set("threads", to: threads, by: "--threads")
        // These flags have the names of their keys.
        let ofRecord = [
            ("pseudonym-key", pseudonymKey), ("label", label), ("keep-files", keepFiles), ("keep-mebibytes", keepMebibytes),
            ("keep-days", keepDays), ("dangerously-keep-secrets", dangerouslyKeepSecrets ? "true" : nil),
        ]
        for (name, text) in ofRecord { overlay.set("record.\(name)", to: text, by: "--\(name)") }
        let skip = "dangerously-skip-upstream-verification"
        overlay.set("tls.\(skip)", to: dangerouslySkipUpstreamVerification ? "true" : nil, by: "--\(skip)")
        for assignment in settings { try overlay.set(assignment) }
        return overlay
    }
}

/// What clients are shown.
struct CertificateOptions: ParsableArguments {
    @Option(help: .key("tls.certificate", valueName: "file"), completion: .file())
    var certificate: String?

    @Option(help: .key("tls.private-key", valueName: "file"), completion: .file())
    var privateKey: String?

    @Option(help: .key("tls.authority", valueName: "directory"), completion: .directory)
    var authority: String?

    func lay(over overlay: inout ConfigurationOverlay) {
        for (name, text) in [("certificate", certificate), ("private-key", privateKey), ("authority", authority)] {
            overlay.set("tls.\(name)", to: text, by: "--\(name)")
        }
    }
}

extension ArgumentHelp {
    /// What the table says about a key: `limits.line`.
    fileprivate static func key(_ path: String, valueName: String? = nil) -> ArgumentHelp {
        help(ConfigurationTable.key(path), valueName)
    }

    fileprivate static func ofRelays(_ name: String, valueName: String? = nil) -> ArgumentHelp {
        help(ConfigurationTable.relay.first { $0.name == name }, valueName)
    }

    private static func help<Root>(_ key: ConfigurationKey<Root>?, _ valueName: String?) -> ArgumentHelp {
        let text = key?.help.replacing("\n", with: " ") ?? ""
        let range = key.flatMap { $0.form == .flag ? nil : $0.range }.map { " (\($0))" } ?? ""
        return ArgumentHelp(stringLiteral: text + range).named(valueName)
    }

    private func named(_ valueName: String?) -> ArgumentHelp {
        var help = self
        help.valueName = valueName
        return help
    }
}

extension CompletionKind {
    /// The words that a key may be.
    fileprivate static func key(_ path: String) -> CompletionKind {
        if case .choice(let names)? = ConfigurationTable.key(path)?.form { .list(names) } else { .default }
    }
}

extension LogEvent.Detail: ExpressibleByArgument {}
extension MailProtocol: ExpressibleByArgument {}
extension RedactionLevel: ExpressibleByArgument {}
extension Side: ExpressibleByArgument {}
