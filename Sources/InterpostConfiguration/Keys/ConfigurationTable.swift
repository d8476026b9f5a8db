import InterpostCore

/// Every key that a configuration can have, but for accounts, clients, and where a relay leads. A key that is not here cannot be
/// read.
package enum ConfigurationTable {
    /// The keys of each relay, beside `listen`, `upstream` and `accounts`.
    package static let relay: [ConfigurationKey<RelayConfiguration>] = [
        .flag(
            "mirror", \.mirror,
            """
            Each leg does what the other does (the client's STARTTLS goes to the server), and nothing is edited. Only with the same
            kind of URL on both sides, without ?starttls=required or off in 'listen'.
            """),
        .choice(
            "compress", \.compress,
            """
            COMPRESS=DEFLATE. With terminate: each leg is inflated and deflated here, so that it can be read. With strip: it is
            not offered.
            """),
        .policy(
            "policy", \.policy,
            """
            What may be done to the mail: a preset (observe, count, headers, read-only, no-delete, organise), the path of a policy
            file, or in a configuration its keys; Config/read-only.yml shows them all. Not together with mirror, if it refuses
            anything.
            """),
    ]

    package static let sections = [tls, log, record, limits, timeouts, process]

    /// A key outside relays: `limits.line`.
    package static func key(_ path: String) -> ConfigurationKey<Configuration>? { byPath[path] }

    /// All keys outside relays, in their order: `tls.trust`, …
    package static let paths = sections.flatMap { section in section.keys.map(section.path) }

    private static let byPath = Dictionary(
        uniqueKeysWithValues: sections.flatMap { section in section.keys.map { (section.path(of: $0), $0) } })

    private static let tls = ConfigurationSection(
        "tls", "",
        [
            .list(
                "trust", \.tls.trust, example: "/etc/interpost/internal-ca.pem",
                "PEM files with certificates that are trusted for servers, beside the system's."),
            .text(
                "certificate", \.tls.certificate, example: "/etc/interpost/fullchain.pem",
                """
                A certificate that clients are shown on all listeners (PEM, the leaf first, then the chain). Without it each name
                that is asked for gets a leaf of the local authority.
                """),
            .text(
                "private-key", \.tls.privateKey, example: "/etc/interpost/privkey.pem", "The private key of 'certificate' (PEM)."),
            .text(
                "authority", \.tls.authority, example: "/var/lib/interpost",
                """
                The folder of the local authority (ca.key, ca.pem). Without it $XDG_STATE_HOME/interpost, else
                ~/.local/state/interpost.
                """),
            .choice("minimum-client-version", \.tls.minimumClientVersion, "The oldest TLS that clients may speak."),
            .choice("minimum-upstream-version", \.tls.minimumUpstreamVersion, "The oldest TLS that servers may speak."),
            .flag(
                "dangerously-skip-upstream-verification", \.tls.skipsUpstreamVerification,
                """
                Accept any certificate of a server. Anybody on the way can then read and change the mail. Each session has a
                `warning` event.
                """),
        ], problem: { $0.tls.problem })

    private static let log = ConfigurationSection(
        "log", "",
        [
            .text(
                "file", \.log.file, example: "/var/log/interpost/events.jsonl",
                """
                Write events as JSON lines: a path (made with mode 0600, appended to), or - for standard output. Without it there
                are no JSON lines.
                """),
            .choice(
                "detail", \.log.detail,
                """
                What the log carries. With acts: sessions, TLS, logins, what was done to mail, and whatever is wrong. With commands:
                every command with its completion, too. With responses: every response of the server, too. With values: what
                each of these says, too, as JSON for programs.
                """),
            .choice(
                "console", \.log.console,
                """
                What standard output shows, unless the JSON lines go there. With pretty: lines for people. With quiet: nothing.
                """),
            .choice(
                "names", \.log.names,
                """
                What acts call a message by, beside its number and UID, when that went by: none, its Message-ID, or that and its
                subject.
                """),
            .choice(
                "on-failure", \.log.onFailure,
                """
                When the log file cannot be written. With close: sessions end and no new ones begin until it can. With continue:
                sessions go on, and standard error is told how many octets were lost when it can be written again.
                """),
            .text(
                "instance", \.log.instance, example: "mail-1",
                """
                What this program is called in each event, beside `run`, which is another one at each start. Without it, the name of
                the host.
                """),
        ])

    private static let record = ConfigurationSection(
        "record",
        """
        What is recorded, to be read and replayed later. Secrets of logins are replaced before anything is written.
        """,
        [
            .text(
                "path", \.record.path, example: "/var/lib/interpost/captures",
                """
                Record all sessions in this file (made with mode 0600, appended to), or in a folder that exists, each in its own.
                Without it nothing is recorded.
                """),
            .choice(
                "redact", \.record.redaction,
                """
                What is replaced in captures beside the secrets of logins and the names of those who log in. With headers: names,
                addresses, subjects and the like. With bodies: the text of messages, too. With all: names of mailboxes, keywords,
                searches, identifiers, addresses and hosts, too. Lengths and structure stay.
                """),
            .word(
                "label", \.record.label, example: "thunderbird",
                "A word in the names of the files in a folder: letters, digits, '-', '_' and '.', 64 at most."),
            .number(
                "keep-files", \.record.keep.files, in: 1...10_000_000, example: 10_000,
                """
                Keep this many files of a folder, the latest ones. The oldest are deleted when a session ends and once an hour; only
                those that are named as Interpost names them, with this label. Without the three keys all is kept.
                """),
            .number(
                "keep-mebibytes", \.record.keep.mebibytes, in: 1...(1 << 30), example: 1024,
                "Keep this many MiB of a folder, in the same way."),
            .number(
                "keep-days", \.record.keep.days, in: 1...100_000, example: 30,
                "Keep files of a folder for this many days after their last octet, in the same way."),
            .text(
                "pseudonym-key", \.record.pseudonymKey, example: "/var/lib/interpost/pseudonyms",
                """
                Make pseudonyms with the key in this file, so that captures of different days have the same; it is made (mode 0600)
                when there is none. Without it the key is forgotten when the program ends. Who has the key can undo the pseudonyms.
                """),
            .choice(
                "on-failure", \.record.onFailure,
                """
                When a capture cannot be written. With close: sessions end and no new ones begin until it can. With continue:
                sessions go on, and what cannot be written is missing.
                """),
            .flag(
                "dangerously-keep-secrets", \.record.keepsSecrets,
                "Record passwords as they are said. Whoever gets the capture can log in with them."),
        ], problem: { $0.record.problem })

    private static let limits = ConfigurationSection(
        "limits", "Inclusive: the value itself is allowed.",
        [
            .number(
                "line", \.limits.wire.lineLength, in: 1024...(1 << 26),
                "Octets in a line, its end included. A session with a longer one is passed on unread."),
            .number(
                "response", \.limits.wire.responseLength, in: 1024...(1 << 26),
                """
                Octets in a line of an IMAP server, no fewer than `line` has: the answer to a SEARCH names each message in one. A
                longer one is passed on unread up to its end.
                """),
            .number(
                "literal", \.limits.wire.literalSize, in: 1...Int.max,
                "Octets in one literal. A session with a longer one is passed on unread."),
            .number(
                "pending-commands", \.limits.wire.pendingCommands, in: 1...100_000,
                """
                Commands of one session that await their answers. Beyond it IMAP forgets the oldest, POP3 is passed on unread.
                """),
            .number(
                "unread", \.limits.wire.unreadOctets, in: 1024...(1 << 26),
                "Octets that a client may send ahead of an answer that is needed to read them."),
            .number(
                "followed-messages", \.limits.followedMessages, in: 0...10_000_000,
                """
                Messages of the selected mailbox that a session remembers, the latest ones, so that the log can tell acts by UID and
                Message-ID; rounded down to a power of two. Each takes up to 1 KiB.
                """),
            .number(
                "inflated-per-second", \.limits.inflatedPerSecond, in: 65_536...(1 << 40),
                """
                Octets that one side of a compressed session may make in a second, beyond 32 times what it sends. What is more waits.
                """),
            .number(
                "logged-per-second", \.limits.loggedPerSecond, in: 65_536...(1 << 40),
                """
                Octets of log that a session may give rise to in a second, beyond 32 times what it sends and receives. Beyond it the
                session waits.
                """),
            .number("sessions", \.limits.sessions, in: 1...1_000_000, "Sessions at once. More are closed at once."),
            .number(
                "sessions-per-address", \.limits.sessionsPerAddress, in: 1...1_000_000,
                "Sessions at once from one client address. More are closed at once."),
            .number(
                "login-failures", \.limits.loginFailures, in: 1...100,
                "Logins to Interpost that may fail in one session; then it is closed. Only where a relay has accounts."),
        ])

    private static let timeouts = ConfigurationSection(
        "timeouts", "Seconds.",
        [
            .number(
                "handshake", \.timeouts.handshake, in: seconds,
                "Connecting to the server, both handshakes, and the server's greeting."),
            .number(
                "login", \.timeouts.login, in: seconds, "From the connection to the login, however much is said meanwhile."),
            .number("before-login", \.timeouts.beforeLogin, in: seconds, "Without a byte from either side before login."),
            .number(
                "after-login", \.timeouts.afterLogin, in: seconds,
                "Without a byte from either side after login (RFC 9051 §5.4 asks for at least 1800)."),
            .number("idle", \.timeouts.idle, in: seconds, "Without a byte from either side in IDLE."),
            .number(
                "closing", \.timeouts.closing, in: seconds,
                """
                When one side has closed its direction, or a session ends: how long what is under way may go without a byte.
                """),
            .number(
                "drain", \.timeouts.drain, in: 0...86_400, "How long sessions may finish what they are doing after SIGTERM."),
        ])

    private static let seconds = 1...(7 * 86_400)

    private static let process = ConfigurationSection(
        nil, "",
        [
            .number("threads", \.threads, in: 1...256, "Event loops. A session lives on one of them."),
            .text(
                "control", \.control, example: "/run/interpost/control.socket",
                """
                The Unix socket (mode 0600) by which `interpost hold` decides about commands that a policy holds. Without it, one in
                the state directory, $XDG_STATE_HOME/interpost or ~/.local/state/interpost, where a rule holds commands.
                """),
            .text(
                "tokens", \.tokens, example: "/var/lib/interpost/tokens",
                """
                The file (mode 0600) with the tokens that `interpost token` makes for relays with accounts. Without it, `tokens` in
                the state directory.
                """),
            .text(
                "grants", \.grants, example: "/var/lib/interpost/accounts",
                """
                The folder (mode 0700) with what people have allowed accounts with `oauth`, encrypted: `interpost account authorise`.
                Without it, `accounts` in the state directory.
                """),
            .text(
                "grants-key", \.grantsKey, example: "credential:grants-key",
                """
                The key for these files, 16 octets or more: credential:NAME (LoadCredential= of systemd), or a file, which is made (mode
                0600) where there is none. Without it, `accounts.key` beside `accounts`.
                """),
        ])
}
