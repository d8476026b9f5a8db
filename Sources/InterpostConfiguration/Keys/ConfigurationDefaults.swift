/// A configuration with every key in a comment, as `Config/interpost.yml` is.
package enum ConfigurationDefaults {
    package static let text = ([head, relays, accounts] + ConfigurationTable.sections.map(section)).joined(separator: "\n")

    private static let head = """
        # Interpost's configuration. This file is valid as it is: `interpost check-config Config/interpost.yml`. It is what
        # `interpost check-config --defaults` prints.
        #
        # Every key is here. A key in a comment shows its default, or an example where it says so: there is none by default. What a
        # value may be follows it. Unknown keys, wrong types and values out of range are errors that name the line. Relative paths
        # are relative to the directory that the program was started in.
        #
        # Each key outside relays, accounts and clients can be said on the command line, too, and holds over the file: `--set limits.line=2048`.
        #
        # What SIGHUP reads again: all of each relay but its listener, accounts, clients, tls, limits, timeouts. New sessions get the
        # new values, running ones keep theirs. The log file is closed and opened anew (rotation). A restart is needed for
        # other listeners (a reload that changes them is refused), and for log, record and threads (changes in them are not looked at).

        """

    private static let relays = """
        # One listener and the server that it leads to, as many pairs as wanted. Required.
        #
        #   listen     imaps://HOST:PORT, pop3s://…     TLS from the first byte
        #              imap://HOST:PORT,  pop3://…      clear text, STARTTLS (STLS) offered; the same as ?starttls=offered
        #              imap://…?starttls=required       clear text, and nothing but STARTTLS is done before it
        #              imap://…?starttls=off            clear text for good
        #              Port 0 lets the system choose. Without a port: 143, 993, 110, 995.
        #   upstream   imaps://HOST:PORT, pop3s://…     TLS from the first byte
        #              imap://HOST:PORT,  pop3://…      clear text, Interpost does STARTTLS (STLS) first, or closes
        #              imap://…?starttls=off            clear text for good
        #              The host is also the name that the server's certificate must have.
        #   accounts   [anna, bob], or all              in place of upstream: Interpost greets and asks for a login of its own, and
        #              logs in to the server with an account (see below). Neither mirror nor compress goes with it, and no dry run.
        relays:
          - listen: imaps://127.0.0.1:1993
            upstream: imaps://imap.example.org
        \(relayKeys)
          - listen: imap://127.0.0.1:1143?starttls=required
            upstream: imap://imap.example.org
          - listen: pop3s://127.0.0.1:1995
            upstream: pop3s://pop.example.org

        """

    private static let accounts = """
        # What Interpost logs in with, so that its clients need not know it. Only for relays with 'accounts'. None by default.
        #
        #   name       what relays, clients and tokens call it: letters, digits, - _ . @ +
        #              '*@example.org' is for each login name that fits.
        #   upstream   one URL as above, or a list of them: one of each protocol at most
        #   user       who logs in at the server; {login} is the name with which the client has logged in
        #   mailbox    whose mail it is, where that is not the user's: a shared mailbox
        #   auth       auto (the strongest that server and secret allow), password, plain, login, cram-md5, scram-sha-256, apop,
        #              xoauth2, oauthbearer or external
        #   secret     where the secret is read; never the secret itself
        #              file:PATH            the first line of a file that nobody else can read (mode 0600)
        #              env:NAME             a variable of the environment
        #              credential:NAME      a file in $CREDENTIALS_DIRECTORY (LoadCredential= of systemd)
        #              exec:/path arg …     the first line that a program writes within 10 seconds, run without a shell; a list
        #                                   where an argument has spaces: [exec:/usr/bin/pass, show, my mail]
        #   oauth      in place of secret, for a server that takes tokens of OAuth2 (`interpost account authorise NAME`):
        #              preset           google, microsoft, fastmail or yahoo (Config/oauth.yml)
        #              flow             code (a person and a browser; the default), device (a person and another machine),
        #                               client-credentials (no person: Microsoft 365), service-account (no person: Google Workspace)
        #              client-id        what the provider calls the application, when it is registered
        #              client-secret    where its secret is, if it has one: as secret
        #              tenant           the organisation, at Microsoft
        #              key, certificate files of the flows without a person
        #              scopes, token-url, authorize-url, device-url, redirect-url    in place of the preset's
        #   policy     what may be done in the account, by whomever, beside what relay and client may: as a relay's
        #
        # accounts:
        #   - name: anna
        #     upstream: [imaps://imap.example.org, pop3s://pop.example.org]
        #     user: anna@example.org
        #     secret: file:/etc/interpost/anna.secret
        #   - name: otto
        #     upstream: imaps://imap.gmail.com
        #     user: otto@gmail.com
        #     oauth: {preset: google, client-id: 123.apps.googleusercontent.com, client-secret: file:/etc/interpost/google.secret}
        #   - name: '*@example.org'
        #     upstream: imaps://imap.example.org
        #     user: '{login}'
        #     auth: plain
        #     mailbox: team@example.org
        #     secret: [exec:/usr/local/bin/secret-of, example.org]
        #     policy: no-delete

        # Who may log in to Interpost and with which account that leads to mail, beside those with a token (`interpost token new`).
        #
        #   name       the login name; '*@example.org' is for each one that fits
        #   password   a hash of it, made by `interpost client hash`: $scrypt$… or SCRAM-SHA-256$…
        #   account    the name of an account, or '*': the account whose name is the login name, or fits it
        #   policy     what the client may do, beside what relay and account allow: as a relay's
        #   expires    a day, 2026-12-31 (to its end, in UTC), or a time, 2026-12-31T18:00:00Z
        #   from       addresses from which it may come: 192.0.2.7, or a list with ranges
        #   protocols  imap or pop3; both without it
        #   sessions   at once, 1 to 1000000; as many as wanted without it
        #
        # clients:
        #   - name: backup
        #     password: $scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI
        #     account: anna
        #     policy: read-only
        #     expires: 2026-12-31
        #     from: [10.0.0.0/8]
        #     protocols: [imap]
        #     sessions: 4

        """

    private static var relayKeys: String {
        guard let listen = try? ListenURL("imap://localhost"), let upstream = try? UpstreamURL("imap://localhost") else {
            return ""
        }
        let relay = RelayConfiguration(listen: listen, upstream: upstream)
        return ConfigurationTable.relay.map { lines(of: $0, value: $0.value(relay), indent: "    ") }.joined(separator: "\n")
    }

    private static func section(_ section: ConfigurationSection) -> String {
        let indent = section.name == nil ? "" : "  "
        let keys = section.keys.map { lines(of: $0, value: $0.value(Configuration()), indent: indent) }.joined(separator: "\n\n")
        let head = section.name.map { comment(section.help, indent: "") + "\($0):\n" } ?? ""
        return head + keys + "\n"
    }

    private static func lines<Root>(of key: ConfigurationKey<Root>, value: String?, indent: String) -> String {
        let remarks = [value == nil ? "an example" : nil, key.range].compactMap { $0 }.joined(separator: "; ")
        let shown = value.map(quoted) ?? key.example ?? ""
        return comment(key.help, indent: indent) + "\(indent)# \(key.name): \(shown)" + (remarks.isEmpty ? "" : "  # \(remarks)")
    }

    private static func comment(_ text: String, indent: String) -> String {
        text.split(separator: "\n").map { "\(indent)# \($0)\n" }.joined()
    }

    /// A version is a text, though it looks like a number.
    private static func quoted(_ value: String) -> String { Double(value) != nil && Int(value) == nil ? "\"\(value)\"" : value }
}
