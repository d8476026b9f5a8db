public import InterpostCore

/// Everything that a relay can be told, with its defaults. `Config/interpost.yml` documents each key.
public struct Configuration: Sendable, Equatable {
    /// Listeners with their servers. There has to be one; see ``problems``.
    public var relays: [RelayConfiguration] = []
    /// What Interpost logs in with, for clients of its own.
    package var accounts: [AccountConfiguration] = []
    /// Who may log in to Interpost, beside those with a token.
    package var clients: [ClientRecord] = []
    /// Trust and certificates, for all relays.
    public var tls = TLSSettings()
    /// The log of events.
    public var log = LogSettings()
    /// Captures of sessions.
    public var record = RecordSettings()
    /// How much a session, and all of them together, may use.
    public var limits = Limits()
    /// How long each step may take.
    public var timeouts = Timeouts()
    /// Event loops. A session lives on one of them.
    public var threads = 1
    package var sources = Sources()
    /// The Unix socket by which commands that are held are answered; one in the state directory when `nil`, where a rule holds.
    public var control: String?
    /// The file with the tokens that the program has made; one in the state directory when `nil`.
    public var tokens: String?
    /// The folder with what people have allowed; one in the state directory when `nil`.
    package var grants: String?
    /// Where the key for these files is.
    package var grantsKey: String?

    /// The defaults, without a relay.
    public init() {}

    /// What it was read from: texts of files, and what the command line says. Configurations that mean the same are equal,
    /// whatever they were read from.
    package struct Sources: Sendable, Equatable {
        package var texts: [String] = []

        package static func == (left: Self, right: Self) -> Bool { true }
    }

    /// What is impossible about it as a whole, one sentence each.
    public var problems: [String] {
        var problems: [String] = []
        if relays.isEmpty { problems.append("there is nothing to relay: name a listener and its upstream") }
        for relay in relays { problems += relay.problems }
        var places: Set<String> = []
        for relay in relays where relay.listen.port != 0 {
            let place = "\(relay.listen.host) port \(relay.listen.port)"
            if !places.insert(place).inserted { problems.append("two relays listen on \(place)") }
        }
        if let problem = tls.problem { problems.append(problem.message) }
        return problems
    }
}

/// One listener and the server, or the accounts, that it leads to.
public struct RelayConfiguration: Sendable, Equatable {
    /// Where clients connect.
    public var listen: ListenURL
    /// The server that the relay leads to; `nil` where it leads to accounts, each of which has its own.
    public private(set) var upstream: UpstreamURL?
    /// The names of accounts that clients may be led to when they have logged in to Interpost; `nil` where there is a server.
    package private(set) var accounts: [String]?
    /// Each leg does what the other does, and nothing is edited.
    public var mirror = false
    /// What becomes of COMPRESS=DEFLATE (RFC 4978).
    public var compress = SessionSettings.Compression.terminate
    /// What may be done through it.
    public var policy = Policy(.observe)

    /// A relay that watches and changes nothing.
    public init(listen: ListenURL, upstream: UpstreamURL) {
        self.listen = listen
        self.upstream = upstream
    }

    /// A relay that asks its clients for a login of Interpost's own.
    package init(listen: ListenURL, accounts: [String]) {
        self.listen = listen
        self.accounts = accounts
    }

    static let compressWithAccounts = "'compress' does not go with 'accounts': leave it out"

    var problems: [String] {
        guard let upstream else { return problemsWithAccounts }
        var problems: [String] = []
        if listen.mailProtocol != upstream.mailProtocol {
            problems.append(
                "\(listen.description) speaks \(listen.mailProtocol.title), \(upstream.description) speaks "
                    + "\(upstream.mailProtocol.title): a relay does not translate")
        }
        if mirror, (listen.security == .implicit) != (upstream.security == .implicit) {
            problems.append(
                "mirror makes both legs alike, but \(listen.description) and \(upstream.description) differ: use TLS from the "
                    + "first byte on both or on neither")
        }
        if mirror, listen.security == .required || listen.security == .off {
            problems.append("mirror leaves STARTTLS to the two peers: \(listen.description) cannot ask for its own way")
        }
        if mirror, policy.isEnforcing {
            problems.append("mirror edits nothing, so it cannot refuse anything: leave out mirror, or the policy")
        }
        if mirror, compress == .strip {
            problems.append("mirror edits nothing, so it cannot strip COMPRESS: leave one of them out")
        }
        return problems
    }

    private var problemsWithAccounts: [String] {
        var problems: [String] = []
        if mirror {
            problems.append("mirror leaves the login to the two peers, and with accounts it is Interpost's: leave out mirror")
        }
        if compress != .terminate { problems.append(Self.compressWithAccounts) }
        if policy.isDryRun { problems.append("'policy': \(AccountConfiguration.dryRun)") }
        return problems
    }

    /// What a session of this relay is like. Where it leads to accounts, their servers say how the leg to them is carried.
    package func settings(limits: Limits) -> SessionSettings {
        SessionSettings(
            mailProtocol: listen.mailProtocol, listener: listen.security, upstream: upstream?.security ?? .implicit,
            isMirror: mirror,
            compression: compress, limits: limits.wire)
    }
}

/// What is trusted, what is shown, and which versions of TLS are spoken.
public struct TLSSettings: Sendable, Equatable {
    /// The oldest version that is spoken.
    public enum Version: String, Sendable, CaseIterable { case tls1_2 = "1.2", tls1_3 = "1.3" }

    /// PEM files with certificates that are trusted beside the system's.
    public var trust: [String] = []
    /// PEM files for all listeners, instead of the authority's leaves.
    public var certificate: String?
    /// The key of ``certificate``, a PEM file; both are `nil`, or neither is.
    public var privateKey: String?
    /// Where the authority lives; the state directory when `nil`.
    public var authority: String?
    /// For the clients' legs.
    public var minimumClientVersion = Version.tls1_2
    /// For the servers' legs.
    public var minimumUpstreamVersion = Version.tls1_2
    /// Dangerous: any certificate of a server is taken.
    public var skipsUpstreamVerification = false

    /// The system's trust, the authority's leaves, and TLS 1.2 or later.
    public init() {}

    var problem: (key: String, message: String)? {
        guard (certificate == nil) != (privateKey == nil) else { return nil }
        let (given, missing) = certificate == nil ? ("private-key", "certificate") : ("certificate", "private-key")
        return (given, "'\(given)' needs '\(missing)' beside it: give a certificate and its private key, or neither")
    }
}

/// Where events go, how many there are, and what happens when they cannot be written.
public struct LogSettings: Sendable, Equatable {
    /// Whether events are also shown on the terminal, as lines for people.
    public enum Console: String, Sendable, CaseIterable { case pretty, quiet }
    /// What becomes of sessions while a file cannot be written.
    public enum FailurePolicy: String, Sendable, CaseIterable {
        /// Sessions end and no new ones begin until the log can be written again.
        case close
        /// Sessions go on; events are lost, and how many is told when the log can be written again.
        case `continue`
    }

    /// A path, or `-` for standard output.
    public var file: String?
    /// How much is told of each session.
    public var detail = LogEvent.Detail.commands
    /// What is shown on the terminal.
    public var console = Console.pretty
    /// How messages are named, beside their UIDs.
    public var names = FollowingSettings.Names.messageID
    /// What becomes of sessions while the log cannot be written.
    public var onFailure = FailurePolicy.close
    /// What the program is called in each event; the host's name when `nil`.
    public var instance: String?
}

/// Where captures go, and what happens when they cannot be written.
public struct RecordSettings: Sendable, Equatable {
    /// A file for all sessions, or a folder with a file for each one; nothing is recorded when `nil`.
    public var path: String?
    /// A word in the names of the files in a folder.
    public var label: String?
    /// What becomes of sessions while a capture cannot be written.
    public var onFailure = LogSettings.FailurePolicy.close
    /// How much of the mail is replaced, beside the secrets of logins.
    public var redaction = RedactionLevel.none
    /// Passwords are recorded as they were said.
    public var keepsSecrets = false
    /// How much of a folder is kept.
    public var keep = Keep()
    /// A file with the key of pseudonyms; when `nil`, a key that is forgotten when the program ends.
    public var pseudonymKey: String?

    /// Limits of a folder; the captures beyond them are deleted, the oldest first. `nil` for no limit.
    public struct Keep: Sendable, Equatable {
        /// Captures in the folder.
        public var files: Int?
        /// MiB of all captures in the folder together.
        public var mebibytes: Int?
        /// Days since a capture was last written.
        public var days: Int?

        /// No limits.
        public init() {}
    }

    /// A key about captures that is set although nothing is recorded.
    var problem: (key: String, message: String)? {
        guard path == nil else { return nil }
        let said: [(String, Bool)] = [
            ("redact", redaction != .none), ("label", label != nil), ("keep-files", keep.files != nil),
            ("keep-mebibytes", keep.mebibytes != nil), ("keep-days", keep.days != nil), ("pseudonym-key", pseudonymKey != nil),
            ("dangerously-keep-secrets", keepsSecrets),
        ]
        return said.first { $0.1 }.map {
            ($0.0, "'\($0.0)' needs 'path' beside it: nothing is recorded without --record or record.path")
        }
    }

    /// Whether a word may be part of the name of a file.
    public static func isLabel(_ word: String) -> Bool {
        !word.isEmpty && word.count <= 64 && !word.hasPrefix(".")
            && word.unicodeScalars.allSatisfy {
                ($0.isASCII && $0.properties.isAlphabetic) || "0123456789-_.".unicodeScalars.contains($0)
            }
    }
}

/// Limits are inclusive.
public struct Limits: Sendable, Equatable {
    /// How much of each direction of a session is looked at.
    public var wire = WireLimits.standard
    /// Sessions at once.
    public var sessions = 10_000
    /// Sessions at once from one client address.
    public var sessionsPerAddress = 2_500
    /// Logins to Interpost that fail in one session before it is closed.
    public var loginFailures = 3
    /// Messages of the selected mailbox that a session remembers, for the log.
    public var followedMessages = FollowingSettings.standard.maximumMessages
    /// Octets per second to which what one side of a session sends compressed may inflate, beyond a multiple of what it
    /// sends.
    public var inflatedPerSecond = 8 << 20
    /// Octets of log per second that a session may give rise to, beyond a multiple of what is sent.
    public var loggedPerSecond = 4 << 20
}

/// Seconds.
public struct Timeouts: Sendable, Equatable {
    /// Connecting to the server, both handshakes and the server's greeting.
    public var handshake = 30
    /// From the connection to the login, whatever is said.
    public var login = 600
    /// Without a byte from either side before login.
    public var beforeLogin = 120
    /// Without a byte from either side after login (RFC 9051 §5.4 asks for at least 30 minutes).
    public var afterLogin = 1_860
    /// In IDLE; clients begin it again every 29 minutes (RFC 2177 §3).
    public var idle = 3_600
    /// Without a byte when one side has closed its direction, and for what was written before a close.
    public var closing = 60
    /// How long sessions may finish what they are doing when the program ends.
    public var drain = 30
}
