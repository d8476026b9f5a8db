import InterpostCore
import Testing

@testable import InterpostConfiguration

@Suite struct EndpointURLTests {
    @Test func `the scheme says the protocol and whether TLS comes first`() throws {
        let imaps = try ListenURL("imaps://127.0.0.1:1993")
        #expect(imaps.mailProtocol == .imap && imaps.security == .implicit && imaps.port == 1993)
        let pop3 = try ListenURL("pop3://[::1]")
        #expect(pop3.mailProtocol == .pop3 && pop3.security == .offered && pop3.host == "::1" && pop3.port == 110)
        #expect(try UpstreamURL("imap://mail.example.org").security == .required)
        #expect(try UpstreamURL("pop3s://mail.example.org").port == 995)
    }

    @Test(arguments: ["offered", "required", "off"]) func `a listener's STARTTLS can be chosen`(choice: String) throws {
        #expect(try ListenURL("imap://localhost:0?starttls=\(choice)").security.rawValue == choice)
    }

    @Test func `the URL shows the port that was chosen`() throws {
        #expect(try ListenURL("imap://[::1]:0?starttls=required").url(port: 4711) == "imap://[::1]:4711?starttls=required")
        #expect(try ListenURL("imaps://localhost:0").url(port: 1) == "imaps://localhost:1")
        let zone = try ListenURL("imap://[fe80::1%25eth0]:143")
        #expect(zone.host == "fe80::1%eth0" && zone.description == "imap://[fe80::1%25eth0]:143")
    }

    @Test(arguments: [
        ("imapz://host", "did you mean 'imap'?"), ("smtp://host", "imap, imaps, pop3 or pop3s"), ("imap://", "names no host"),
        ("host:993", "scheme"), ("imap://host:70000", "0 to 65535"), ("imap://host/INBOX", "path"),
        ("imap://user:pass@host", "no user or password"), ("imap://host?startls=off", "did you mean 'starttls'?"),
        ("imap://host?starttls=offerred", "did you mean 'offered'?"), ("imaps://host?starttls=off", "does not go with TLS"),
        ("pop3://[:%25:1]:110", "IPv6 address in brackets"), ("imap://[1.2.3.4]", "IPv6 address in brackets"),
        ("imap://[::1%25]", "IPv6 address in brackets"), ("imap://ho%00st", "no name"),
    ])
    func `what cannot be used is explained`(text: String, hint: String) {
        let error = #expect(throws: EndpointError.self) { _ = try ListenURL(text) }
        #expect(error?.description.contains(hint) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("pass@") != true)
    }
}
