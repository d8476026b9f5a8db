/// A configuration with every key in a comment, as `Config/interpost.yml` is.
package enum ConfigurationDefaults {
    package static let text = ([head] + [relays] + ConfigurationTable.sections.map(section)).joined(separator: "\n")

    private static let head = """
        # Interpost's configuration. This file is valid as it is: `interpost check-config Config/interpost.yml`. It is what
        # `interpost check-config --defaults` prints.
        #
        # Every key is here. A key in a comment shows its default, or an example where it says so: there is none by default. What a
        # value may be follows it. Unknown keys, wrong types and values out of range are errors that name the line. Relative paths
        # are relative to the directory that the program was started in.
        #
        # Each key outside relays can be said on the command line, too, and holds over the file: `--set limits.line=2048`.
        #
        # What SIGHUP reads again: upstream, mirror, compress and policy of each relay, tls, limits, timeouts. New sessions get the
        # new values, running ones keep theirs. The log file is closed and opened anew (rotation). A restart is needed for
        # other listeners (a reload that changes them is refused), and for log, record and threads (changes in them are not looked at).

        """

    private static let relays = """
        # One listener and the server behind it, as many pairs as wanted. Required.
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
        relays:
          - listen: imaps://127.0.0.1:1993
            upstream: imaps://imap.example.org
        \(relayKeys)
          - listen: imap://127.0.0.1:1143?starttls=required
            upstream: imap://imap.example.org
          - listen: pop3s://127.0.0.1:1995
            upstream: pop3s://pop.example.org

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
