import InterpostCore
import NIOCore
import Testing

/// The tap as a value: what one side says, and what goes where.
@Suite struct TapTests {
    /// Plays lines into a core and tells what it did in short words: `→S a NOOP␍␊` is what the server got,
    /// `→C …` what the client got.
    struct Player {
        var core: Tap
        var events: [LogEvent] = []

        init(
            _ mailProtocol: MailProtocol = .imap, listener: SessionSettings.ListenerSecurity = .offered,
            upstream: SessionSettings.UpstreamSecurity = .implicit, isMirror: Bool = false,
            compression: SessionSettings.Compression = .terminate, limits: WireLimits = .standard
        ) {
            core = Tap(
                SessionSettings(
                    mailProtocol: mailProtocol, listener: listener, upstream: upstream, isMirror: isMirror,
                    compression: compression, limits: limits))
        }

        mutating func client(_ text: String) -> [String] { say(text, .client) }
        mutating func server(_ text: String) -> [String] { say(text, .server) }

        private mutating func say(_ text: String, _ side: Side) -> [String] {
            core.receive(ByteBuffer(string: text), from: side, at: WireTime(nanoseconds: 0))
            return actions()
        }

        mutating func tlsIsUp(_ side: Side) -> [String] {
            core.tlsIsUp(side)
            return actions()
        }

        mutating func actions() -> [String] {
            var done: [String] = []
            while let action = core.next() {
                switch action {
                case .record(let event): for anomaly in event.anomalies { done.append("! \(anomaly.kind.rawValue)") }
                case .tell(.anomaly(let anomaly)): done.append("! \(anomaly.kind.rawValue)")
                case .tell(.edited(let change)):
                    done.append("edited -\(change.removed.joined(separator: " ")) +\(change.added.joined(separator: " "))")
                case .tell(let event): events.append(event)
                case .send(let bytes, .server), .say(let bytes, .server): done.append("→S " + Self.shown(bytes))
                case .send(let bytes, .client), .say(let bytes, .client): done.append("→C " + Self.shown(bytes))
                case .startTLS(let side): done.append("TLS \(side)")
                case .startDeflate(let side, let unread): done.append("deflate \(side) \(Self.shown(unread))")
                case .close(let by, _): done.append("close by \(by)")
                }
            }
            return done
        }

        private static func shown(_ bytes: ByteBuffer) -> String {
            String(
                String.UnicodeScalarView(String(buffer: bytes).unicodeScalars.map { $0 == "\r" ? "␍" : $0 == "\n" ? "␊" : $0 }))
        }
    }

    // MARK: - The tap

    /// curl 7.88 gives up where much comes in one record of TLS, and servers write line by line.
    @Test func `many lines go on in small pieces, and what is in literals does not`() {
        var player = Player(listener: .implicit)
        _ = player.server("* PREAUTH hi\r\n")
        _ = player.client("a FETCH 1:* FLAGS\r\n")
        let lines = (1...100).map { "* \($0) FETCH (FLAGS (\\Seen))\r\n" }.joined()
        let pieces = player.server(lines)
        #expect(pieces.count == (lines.utf8.count + 1399) / 1400)
        #expect(pieces.map { $0.dropFirst(3) }.joined() == lines.replacing("\r\n", with: "␍␊"))
        #expect(player.server("* 1 FETCH (BODY[] {5000}\r\n" + String(repeating: "x", count: 5000) + ")\r\n").count == 1)
    }

    @Test func `bytes go on exactly as they came, many lines in one piece`() {
        var player = Player(listener: .implicit)
        #expect(player.server("* PREAUTH hi\r\n") == ["→C * PREAUTH hi␍␊"])
        #expect(player.client("a  nOOp \r\nb XYZZY\n") == ["→S a  nOOp ␍␊b XYZZY␊"])
        #expect(player.server("a OK\r\nb BAD\r\n* 1 EX") == ["→C a OK␍␊b BAD␍␊"])
        #expect(player.server("ISTS\r\n") == ["→C * 1 EXISTS␍␊"])
    }

    @Test func `what cannot be read goes on too`() {
        var player = Player(listener: .implicit)
        #expect(player.server("\u{1}\u{2}???\r\n") == ["! greeting-missing", "→C \u{1}\u{2}???␍␊"])
        #expect(player.client("\r\n") == ["! not-a-command", "→S ␍␊"])
    }

    @Test func `a literal's octets do not wait for the server's answer`() {
        var player = Player(listener: .implicit)
        _ = player.server("* OK hi\r\n")
        #expect(player.client("a APPEND x {3}\r\nabc\r\n") == ["→S a APPEND x {3}␍␊", "! literal-not-awaited", "→S abc␍␊"])
        #expect(player.server("+ go\r\n") == ["→C + go␍␊"])
        #expect(player.client("b NOOP\r\n") == ["→S b NOOP␍␊"])
    }

    @Test func `octets that ran ahead of a refusal are read as the next command`() {
        var player = Player(listener: .implicit)
        _ = player.server("* OK hi\r\n")
        _ = player.client("a APPEND x {3}\r\nb NOOP\r\n")
        #expect(player.server("a NO\r\nb OK\r\n") == ["→C a NO␍␊b OK␍␊"])
    }

    @Test func `a line over the limit goes on, and the session is read no more`() {
        var player = Player(listener: .implicit, limits: WireLimits(lineLength: 10))
        #expect(player.server("* OK 6789\r\n") == ["! line-too-long", "→C * OK 6789␍␊"])
        #expect(player.client("a STARTTLS\r\n") == ["→S a STARTTLS␍␊"])
    }

    @Test func `a line at the limit is read`() {
        var player = Player(listener: .implicit, limits: WireLimits(lineLength: 10))
        #expect(player.server("* OK 678\r\n") == ["→C * OK 678␍␊"])
    }

    @Test func `an incomplete line goes on when its sender says no more`() {
        var player = Player(listener: .implicit)
        _ = player.server("* PREAUTH hi\r\n")
        #expect(player.client("a NO") == [])
        player.core.inputEnded(of: .client)
        #expect(player.actions() == ["→S a NO"])
        #expect(player.server("* BYE\r\n") == ["→C * BYE␍␊"])
    }

    @Test func `a refusal does not stand in the middle of a literal`() {
        var player = Player(listener: .implicit, compression: .strip)
        _ = player.server("* PREAUTH hi\r\n")
        _ = player.client("a FETCH 1 BODY[]\r\n")
        _ = player.server("* 1 FETCH (BODY[] {5}\r\nab")
        #expect(player.client("b COMPRESS DEFLATE\r\n") == [])
        #expect(player.server("cde)\r\na OK\r\n") == ["→C cde)␍␊", "→C b NO COMPRESS is not offered here␍␊", "→C a OK␍␊"])
    }

    @Test func `a refusal in POP3 waits for its turn`() {
        var player = Player(.pop3, listener: .required)
        _ = player.server("+OK hi\r\n")
        #expect(player.client("CAPA\r\nUSER u\r\nCAPA\r\n") == ["→S CAPA␍␊", "→S CAPA␍␊"])
        let said = player.server("+OK\r\nUIDL\r\n.\r\n+OK\r\nUIDL\r\n.\r\n").filter { $0.hasPrefix("→C") }
        #expect(
            said == [
                "→C +OK␍␊UIDL␍␊", "→C STLS␍␊.␍␊", "→C -ERR [SYS/PERM] STARTTLS is required first␍␊", "→C +OK␍␊UIDL␍␊",
                "→C STLS␍␊.␍␊",
            ])
    }

    // MARK: - STARTTLS of the client

    @Test func `the client's STARTTLS is answered here and never passed on`() {
        var player = Player()
        _ = player.server("* OK hi\r\n")
        #expect(player.client("a STARTTLS\r\n") == ["→C a OK begin TLS now␍␊", "TLS client"])
        #expect(player.server("* 1 EXISTS\r\n") == [])
        #expect(player.tlsIsUp(.client) == ["! mailbox-data-before-login", "→C * 1 EXISTS␍␊"])
        #expect(player.client("b NOOP\r\n") == ["→S b NOOP␍␊"])
    }

    @Test(arguments: [MailProtocol.imap, .pop3])
    func `clear text behind STARTTLS ends the session and reaches nobody`(mailProtocol: MailProtocol) {
        var player = Player(mailProtocol)
        _ = player.server(mailProtocol == .imap ? "* OK hi\r\n" : "+OK hi\r\n")
        let line = mailProtocol == .imap ? "a STARTTLS\r\nb LOGIN u p\r\n" : "STLS\r\nUSER u\r\n"
        #expect(player.client(line) == ["! clear-text-behind-starttls", "close by interpost"])
        #expect(player.client("c NOOP\r\n") == [])
    }

    @Test func `half a line behind STARTTLS is clear text too`() {
        var player = Player()
        _ = player.server("* OK hi\r\n")
        #expect(player.client("a STARTTLS\r\nb") == ["! clear-text-behind-starttls", "close by interpost"])
    }

    @Test func `STARTTLS where there is none is refused, and inside TLS too`() {
        for listener in [SessionSettings.ListenerSecurity.off, .implicit] {
            var player = Player(listener: listener)
            _ = player.server("* OK hi\r\n")
            #expect(player.client("a STARTTLS\r\n") == ["→C a BAD STARTTLS is not available here␍␊"])
            #expect(player.client("b NOOP\r\n") == ["→S b NOOP␍␊"])
        }
    }

    @Test func `STLS keeps POP3 in step`() {
        var player = Player(.pop3)
        _ = player.server("+OK hi\r\n")
        #expect(player.client("STLS\r\n") == ["→C +OK begin TLS now␍␊", "TLS client"])
        #expect(player.tlsIsUp(.client) == [])
        #expect(player.client("CAPA\r\n") == ["→S CAPA␍␊"])
        #expect(player.server("+OK\r\nSTLS\r\nUSER\r\n.\r\n") == ["→C +OK␍␊", "edited -STLS +", "→C USER␍␊.␍␊"])
    }

    @Test func `a required STARTTLS lets nothing through before it`() {
        var player = Player(listener: .required)
        #expect(
            player.server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n") == [
                "edited -AUTH=PLAIN +STARTTLS LOGINDISABLED", "→C * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi␍␊",
            ])
        #expect(player.client("a LOGIN u p\r\n") == ["→C a NO [PRIVACYREQUIRED] STARTTLS is required first␍␊"])
        #expect(player.client("b LOGIN {1}\r\n") == ["→C b NO [PRIVACYREQUIRED] STARTTLS is required first␍␊"])
        #expect(
            player.client("c LOGIN {1+}\r\nu {1+}\r\np\r\n") == ["→C c NO [PRIVACYREQUIRED] STARTTLS is required first␍␊"])
        #expect(
            player.client("d AUTHENTICATE PLAIN\r\ne NOOP\r\n") == [
                "→C d NO [PRIVACYREQUIRED] STARTTLS is required first␍␊", "→S e NOOP␍␊",
            ])
    }

    // MARK: - STARTTLS of the server

    @Test func `the server's leg is encrypted before the client hears of it`() {
        var player = Player(listener: .implicit, upstream: .required)
        #expect(player.server("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n") == ["→S interpost STARTTLS␍␊"])
        #expect(player.server("* 9 EXISTS\r\ninterpost OK go\r\n") == ["edited -IMAP4rev1 STARTTLS +", "TLS server"])
        #expect(player.tlsIsUp(.server) == ["→C * OK hi␍␊"])
        #expect(player.client("a NOOP\r\n") == ["→S a NOOP␍␊"])
    }

    @Test func `a server that slips in clear text behind its STARTTLS is left`() {
        var player = Player(listener: .implicit, upstream: .required)
        _ = player.server("* OK hi\r\n")
        let done = player.server("interpost OK go\r\n* PREAUTH hi\r\n")
        #expect(done.first == "! clear-text-behind-starttls")
        #expect(done.last == "close by interpost")
        #expect(!done.contains("TLS server"))
    }

    @Test func `PREAUTH in clear text is not accepted where STARTTLS is required`() {
        var player = Player(listener: .implicit, upstream: .required)
        #expect(player.server("* PREAUTH hi\r\n").first == "! preauthenticated-in-clear-text")
    }

    @Test func `a server that refuses STARTTLS gets no login in clear text`() {
        var player = Player(.pop3, listener: .implicit, upstream: .required)
        #expect(player.server("+OK hi\r\n") == ["→S STLS␍␊"])
        let done = player.server("-ERR no\r\n")
        #expect(done.first?.hasPrefix("→C -ERR [SYS/TEMP] ") == true)
        #expect(done.last == "close by interpost")
    }

    // MARK: - Mirror

    @Test func `in a mirror both legs do what the peers agree upon`() {
        var player = Player(upstream: .off, isMirror: true)
        #expect(player.server("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n") == ["→C * OK [CAPABILITY IMAP4rev1 STARTTLS] hi␍␊"])
        #expect(player.client("a STARTTLS\r\n") == ["→S a STARTTLS␍␊"])
        #expect(player.server("a OK go\r\n") == ["→C a OK go␍␊", "TLS server", "TLS client"])
        #expect(player.tlsIsUp(.client) == [])
        #expect(player.tlsIsUp(.server) == [])
        #expect(player.client("b NOOP\r\n") == ["→S b NOOP␍␊"])
    }

    @Test func `in a mirror clear text behind STARTTLS ends the session in both directions`() {
        var player = Player(upstream: .off, isMirror: true)
        _ = player.server("* OK hi\r\n")
        #expect(player.client("a STARTTLS\r\nb LOGIN u p\r\n") == ["→S a STARTTLS␍␊"])
        Self.expectEnd(player.server("a OK go\r\n"))
        var other = Player(upstream: .off, isMirror: true)
        _ = other.server("* OK hi\r\n")
        _ = other.client("a STARTTLS\r\n")
        Self.expectEnd(other.server("a OK go\r\n* BYE\r\n"))
    }

    private static func expectEnd(_ done: [String]) {
        #expect(done.contains("! clear-text-behind-starttls"))
        #expect(done.last == "close by interpost")
        #expect(!done.contains { $0.hasPrefix("TLS") || $0.contains("LOGIN") })
    }

    @Test func `in a mirror a refused STARTTLS lets the clear text behind it go on`() {
        var player = Player(upstream: .off, isMirror: true)
        _ = player.server("* OK hi\r\n")
        _ = player.client("a STARTTLS\r\nb NOOP\r\n")
        #expect(player.server("a BAD\r\n") == ["→C a BAD␍␊", "→S b NOOP␍␊"])
    }

    // MARK: - COMPRESS

    @Test func `compression begins at the byte behind its OK`() {
        var player = Player(listener: .implicit)
        _ = player.server("* OK hi\r\n")
        #expect(player.client("a COMPRESS DEFLATE\r\nxyz") == ["→S a COMPRESS DEFLATE␍␊"])
        #expect(player.server("a OK on\r\nabc") == ["→C a OK on␍␊", "deflate client xyz", "deflate server abc"])
        #expect(player.client("b NOOP\r\n") == ["→S b NOOP␍␊"])
    }

    @Test func `a refused compression lets go of what stood behind it`() {
        var player = Player(listener: .implicit)
        _ = player.server("* OK hi\r\n")
        _ = player.client("a COMPRESS DEFLATE\r\nb NOOP\r\n")
        #expect(player.server("a NO\r\n") == ["→C a NO␍␊", "→S b NOOP␍␊"])
    }

    @Test func `stripped compression is neither offered nor passed on`() {
        var player = Player(listener: .implicit, compression: .strip)
        #expect(
            player.server("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi\r\n") == [
                "edited -COMPRESS=DEFLATE +", "→C * OK [CAPABILITY IMAP4rev1] hi␍␊",
            ])
        #expect(player.client("a COMPRESS DEFLATE\r\n") == ["→C a NO COMPRESS is not offered here␍␊"])
    }

    @Test func `a compression that ran ahead is not taken out of the stream`() {
        var player = Player(listener: .implicit, compression: .strip)
        _ = player.server("* OK hi\r\n")
        _ = player.client("a AUTHENTICATE FOO\r\nb COMPRESS DEFLATE\r\nc NOOP\r\n")
        let done = player.server("a NO\r\n")
        #expect(done.contains("! switch-behind-unread-octets"))
        #expect(done.last == "close by interpost")
    }

    // MARK: - Capabilities

    @Test func `an answer to AUTH without a mechanism is edited as a whole`() {
        var player = Player(.pop3, listener: .implicit)
        _ = player.server("+OK hi\r\n")
        _ = player.client("AUTH\r\n")
        #expect(
            player.server("+OK\r\nSCRAM-SHA-256\r\nPLAIN\r\nSCRAM-SHA-256-PLUS\r\n.\r\n") == [
                "→C +OK␍␊", "edited -SCRAM-SHA-256 SCRAM-SHA-256-PLUS +", "→C PLAIN␍␊.␍␊",
            ])
    }

    @Test func `a preauthenticated session can still do the STARTTLS that is required`() {
        var player = Player(listener: .required, upstream: .implicit)
        _ = player.server("* PREAUTH hi\r\n")
        #expect(player.client("a STARTTLS\r\n") == ["→C a OK begin TLS now␍␊", "TLS client"])
    }

    @Test func `channel binding takes the SCRAM family out of what is offered`() {
        var player = Player(listener: .implicit)
        _ = player.server("* OK hi\r\n")
        _ = player.client("a CAPABILITY\r\n")
        #expect(
            player.server("* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS\r\na OK\r\n") == [
                "edited -AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS +", "→C * CAPABILITY IMAP4rev1 AUTH=PLAIN␍␊", "→C a OK␍␊",
            ])
    }

    @Test func `SCRAM without channel binding stays`() {
        var player = Player(listener: .implicit)
        let line = "* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256] hi\r\n"
        #expect(player.server(line) == ["→C * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256] hi␍␊"])
    }

    @Test func `POP3 lists are edited line by line`() {
        var player = Player(.pop3)
        _ = player.server("+OK hi\r\n")
        _ = player.client("CAPA\r\n")
        #expect(
            player.server("+OK\r\nSASL PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS\r\nUIDL\r\n.\r\n") == [
                "→C +OK␍␊", "edited -SCRAM-SHA-1 SCRAM-SHA-1-PLUS +", "→C SASL PLAIN␍␊", "→C UIDL␍␊", "edited - +STLS",
                "→C STLS␍␊.␍␊",
            ])
    }

    @Test func `a message that looks like a capability list is left alone`() {
        var player = Player(listener: .implicit)
        _ = player.server("* PREAUTH hi\r\n")
        _ = player.client("a FETCH 1 BODY[]\r\n")
        let text = "* 1 FETCH (BODY[] {25}\r\n* CAPABILITY STARTTLS x\r\n)\r\na OK\r\n"
        let sent = player.server(text).joined()
        #expect(sent == "→C " + text.replacing("\r\n", with: "␍␊"))
    }

    // MARK: - Ending

    @Test func `an operator's end waits for the command in progress`() {
        var player = Player(listener: .implicit)
        _ = player.server("* OK hi\r\n")
        _ = player.client("a NOOP\r\n")
        player.core.drain()
        #expect(player.actions() == [])
        #expect(player.server("a OK\r\n") == ["→C a OK␍␊", "→C * BYE Interpost is ending␍␊", "close by operator"])
    }

    @Test func `nothing is said in the middle of a literal`() {
        var player = Player(listener: .implicit)
        _ = player.server("* OK hi\r\n")
        _ = player.client("a FETCH 1 BODY[]\r\n")
        _ = player.server("* 1 FETCH (BODY[] {5}\r\nab")
        player.core.end(reason: "now")
        #expect(player.actions() == ["close by operator"])
    }

    @Test func `POP3 hears nothing that it did not ask for`() {
        var player = Player(.pop3, listener: .implicit)
        _ = player.server("+OK hi\r\n")
        player.core.timedOut(limit: "timeouts.before-login", seconds: 1)
        #expect(player.actions() == ["close by limit"])
    }

    @Test func `a client is told in its protocol that the server is out of reach`() {
        var player = Player(listener: .implicit)
        player.core.upstreamFailed(reason: "refused\r\n* OK injected")
        #expect(
            player.actions() == ["→C * BYE Interpost cannot reach the server: refused??* OK injected␍␊", "close by interpost"])
    }
}
