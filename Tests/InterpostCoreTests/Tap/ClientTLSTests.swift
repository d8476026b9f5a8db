import InterpostCore
import NIOCore
import Testing

/// What a client said in clear text has no effect inside its TLS: with a policy and without, in both protocols.
@Suite struct `What is said before STARTTLS` {
    struct Player {
        private var core: SessionCore

        init(
            _ mailProtocol: MailProtocol, _ preset: Policy.Preset, listener: SessionSettings.ListenerSecurity = .offered,
            isMirror: Bool = false
        ) {
            core = SessionCore(
                SessionSettings(
                    mailProtocol: mailProtocol, listener: listener, upstream: isMirror ? .off : .implicit, isMirror: isMirror,
                    compression: .strip, limits: WireLimits(pendingCommands: 4)),
                policy: Policy(preset), context: PolicyContext(mailProtocol))
        }

        mutating func client(_ text: String) -> String { say(text, .client) }
        mutating func server(_ text: String) -> String { say(text, .server) }

        /// What is said and done because of it, but for the log: `S: a NOOP|C: a OK|TLS`.
        private mutating func say(_ text: String, _ side: Side) -> String {
            core.receive(ByteBuffer(string: text), from: side, at: WireTime(nanoseconds: 0))
            var done: [String] = []
            while let action = core.next() {
                switch action {
                case .send(let bytes, let side), .say(let bytes, let side):
                    let lines = String(buffer: bytes).split(separator: "\r\n", omittingEmptySubsequences: true)
                    done += lines.map { (side == .server ? "S: " : "C: ") + $0 }
                case .tell(.anomaly(let anomaly)): done.append("! \(anomaly.kind.rawValue)")
                case .startTLS(let side) where side == .client: done.append("TLS")
                case .close: done.append("end")
                default: break
                }
            }
            return done.joined(separator: "|")
        }
    }

    private static let presets = [Policy.Preset.observe, .readOnly]
    private static let tooLate = "! starttls-too-late"

    /// A client that has ended its input still may not be heard before the answer: neither inside TLS nor in front of it.
    @Test(arguments: [MailProtocol.imap, .pop3]) func `what follows STARTTLS goes nowhere when the client ends its input`(
        mailProtocol: MailProtocol
    ) {
        let isIMAP = mailProtocol == .imap
        var tap = Tap(SessionSettings(mailProtocol: mailProtocol, listener: .offered, upstream: .off, isMirror: true))
        let now = WireTime(nanoseconds: 0)
        tap.receive(ByteBuffer(string: isIMAP ? "* OK hi\r\n" : "+OK hi\r\n"), from: .server, at: now)
        tap.receive(ByteBuffer(string: isIMAP ? "a STARTTLS\r\nb LOGIN x y\r\n" : "STLS\r\nUSER x\r\n"), from: .client, at: now)
        var sent = ""
        for hasEnded in [false, true] {
            if hasEnded { tap.inputEnded(of: .client) }
            while let action = tap.next() { if case .send(let bytes, to: .server) = action { sent += String(buffer: bytes) } }
        }
        #expect(sent == (isIMAP ? "a STARTTLS\r\n" : "STLS\r\n"))
    }

    @Test(arguments: presets) func `a login in the same segment is no login inside TLS`(preset: Policy.Preset) {
        var imap = Player(.imap, preset)
        _ = imap.server("* OK [CAPABILITY IMAP4rev1] hi\r\n")
        let said = imap.client("l LOGIN x y\r\na STARTTLS\r\n")
        #expect(said.contains("S: l LOGIN x y"))
        #expect(said.contains("\(Self.tooLate)|C: a BAD STARTTLS is not possible any more"))
        #expect(!imap.server("l OK in\r\n").contains("TLS"))
        #expect(imap.client("b STARTTLS\r\n") == "\(Self.tooLate)|C: b BAD STARTTLS is not possible any more")

        var pop3 = Player(.pop3, preset)
        _ = pop3.server("+OK hi\r\n")
        #expect(pop3.client("USER x\r\nPASS y\r\nSTLS\r\n").contains(Self.tooLate))
        let answers = pop3.server("+OK\r\n") + pop3.server("+OK in\r\n")
        #expect(answers.contains("C: -ERR STLS is not possible any more"))
        #expect(pop3.client("STLS\r\n").contains("C: -ERR STLS is not possible any more"))
    }

    @Test(arguments: presets) func `a user who was named is not the user inside TLS`(preset: Policy.Preset) {
        var player = Player(.pop3, preset)
        _ = player.server("+OK hi\r\n")
        _ = player.client("USER eve\r\n")
        _ = player.server("+OK\r\n")
        #expect(player.client("STLS\r\n") == "\(Self.tooLate)|C: -ERR STLS is not possible any more")
    }

    /// What is said, what the server says to it, and whether STARTTLS still works.
    private static let imap: [(said: String, answer: String, isOpen: Bool)] = [
        ("a CAPABILITY\r\n", "* CAPABILITY IMAP4rev1\r\na OK\r\n", true),
        ("a noop\r\n", "a OK\r\n", true),
        ("a ID (\"name\" \"x\" \"version\" NIL)\r\n", "* ID NIL\r\na OK\r\n", true),
        ("a LOGIN x y\r\n", "a NO no\r\n", true),
        ("a AUTHENTICATE PLAIN\r\n", "a NO no\r\n", true),
        ("a XYZZY\r\n", "a BAD what\r\n", true),
        ("a CAPABILITY \r\n", "* CAPABILITY IMAP4rev1\r\na OK\r\n", true),
        ("a ID (\"name\" \"caf\u{E9}\" \"guid\" \"1\")\r\n", "a OK\r\n", true),
        ("a ID (\"x-originating-ip\" \"192.0.2.1\")\r\n", "a OK\r\n", false),
        ("a LOGIN x y\r\n", "a OK in\r\n", false),
        ("a XYZZY\r\n", "a OK done\r\n", false),
        ("a ENABLE UTF8=ACCEPT\r\n", "a OK\r\n", false),
        ("a LANGUAGE de\r\n", "a OK\r\n", false),
        // Servers differ in where these end, so what they were to one of them is not known.
        ("a NOOP\rb LOGIN eve x\r\n", "a OK\r\n", false),
        ("a NOOP {17+}\r\nb LOGIN eve xyz\r\n\r\n", "a OK\r\n", false),
        ("a NOOP\0\r\n", "a OK\r\n", false),
        ("a LOGIN {1+}\r\nx {1+}\r\ny\r\n", "a NO no\r\n", false),
        ("a NOOP\n", "a OK\r\n", false),
        ("\r\n", "* BAD what\r\n", false),
        // Which of the two was refused?
        ("a LOGIN x y\r\na NOOP\r\n", "a OK\r\na NO\r\n", false),
        // An answer to a command that was forgotten.
        ("a LOGIN x y\r\nb NOOP\r\nc NOOP\r\nd NOOP\r\ne NOOP\r\n", "b OK\r\nc OK\r\nd OK\r\ne OK\r\n", false),
    ]

    @Test(arguments: imap) func `closes the way to TLS where it may have an effect`(
        said: String, answer: String, isOpen: Bool
    ) {
        var player = Player(.imap, .observe)
        _ = player.server("* OK hi\r\n")
        _ = player.client(said)
        _ = player.server(answer)
        let done = player.client("z STARTTLS\r\n")
        #expect(done == (isOpen ? "C: z OK begin TLS now|TLS" : "\(Self.tooLate)|C: z BAD STARTTLS is not possible any more"))
    }

    private static let pop3: [(said: String, answer: String, isOpen: Bool)] = [
        ("CAPA\r\n", "+OK\r\nSTLS\r\n.\r\n", true), ("NOOP\r\n", "+OK\r\n", true), ("AUTH\r\n", "+OK\r\nPLAIN\r\n.\r\n", true),
        ("USER x\r\n", "-ERR only with TLS\r\n", true), ("AUTH PLAIN\r\n", "-ERR\r\n", true), ("XYZZY\r\n", "-ERR\r\n", true),
        ("USER x\r\n", "+OK\r\n", false), ("UTF8\r\n", "+OK\r\n", false), ("LANG de\r\n", "+OK\r\n", false),
        ("XYZZY\r\n", "+OK\r\n", false), ("NOOP\rUSER eve\r\n", "+OK\r\n", false), ("NOOP\n", "+OK\r\n", false),
        ("\r\n", "-ERR\r\n", false), ("XCLIENT ADDR=192.0.2.1\r\n", "+OK\r\n", false),
    ]

    @Test(arguments: pop3) func `closes the way to TLS in POP3 too`(said: String, answer: String, isOpen: Bool) {
        var player = Player(.pop3, .observe)
        _ = player.server("+OK hi\r\n")
        _ = player.client(said)
        _ = player.server(answer)
        let done = player.client("STLS\r\n")
        #expect(done == (isOpen ? "C: +OK begin TLS now|TLS" : "\(Self.tooLate)|C: -ERR STLS is not possible any more"))
    }

    @Test(arguments: presets, [MailProtocol.imap, .pop3])
    func `may be TLS where clear text is expected, which is told`(preset: Policy.Preset, mailProtocol: MailProtocol) {
        var player = Player(mailProtocol, preset)
        _ = player.server(mailProtocol == .imap ? "* OK hi\r\n" : "+OK hi\r\n")
        let farewell = mailProtocol == .imap ? "C: * BYE Interpost expects clear text here, and not TLS|" : ""
        #expect(player.client("\u{16}\u{3}\u{1}\u{1}\u{0}\u{1}") == "\(farewell)end")
        var later = Player(mailProtocol, preset)
        _ = later.server(mailProtocol == .imap ? "* OK hi\r\n" : "+OK hi\r\n")
        _ = later.client("a CAPABILITY\r\n")
        #expect(later.client("\u{16}\u{3}") == "", "what follows is no handshake")
    }

    /// A server that waits for a handshake says nothing to a client in clear text.
    @Test(arguments: [
        (SessionSettings.UpstreamSecurity.off, "; one that expects TLS at once is named with imaps://"),
        (.required, "; one that expects TLS at once is named with imaps://"), (.implicit, ""),
    ])
    func `may meet a server that says nothing`(upstream: SessionSettings.UpstreamSecurity, hint: String) {
        for end in ["the client closed its connection", "handshake of 30 s passed"] {
            var tap = Tap(SessionSettings(mailProtocol: .imap, listener: .off, upstream: upstream))
            if end.hasPrefix("the") { tap.closed(by: .client) } else { tap.timedOut(limit: "handshake", seconds: 30) }
            var reasons: [String] = []
            while let action = tap.next() { if case .close(_, let reason) = action { reasons.append(reason) } }
            #expect(reasons == ["\(end), and the server has said nothing\(hint)"])
        }
    }

    @Test(arguments: presets) func `is not offered in the capabilities of a login`(preset: Policy.Preset) {
        for login in ["LOGIN x y", "AUTHENTICATE PLAIN"] {
            var player = Player(.imap, preset)
            #expect(player.server("* OK [CAPABILITY IMAP4rev1] hi\r\n").contains("STARTTLS"))
            _ = player.client("a \(login)\r\n")
            #expect(!player.server("* CAPABILITY IMAP4rev1 IDLE\r\n").contains("STARTTLS"), "\(login)")
        }
    }

    @Test(arguments: presets) func `is refused while anything is in progress`(preset: Policy.Preset) {
        var player = Player(.imap, preset)
        _ = player.server("* OK hi\r\n")
        let done = player.client("a CAPABILITY\r\nb STARTTLS\r\n")
        #expect(done.contains(Self.tooLate) && done.contains("C: b BAD STARTTLS is not possible any more"))
        _ = player.server("* CAPABILITY IMAP4rev1\r\na OK\r\n")
        #expect(player.client("c STARTTLS\r\n") == "C: c OK begin TLS now|TLS")
    }

    @Test(
        arguments: presets,
        [
            "a UID STARTTLS\r\n", "a STARTTLS x\r\n", "a STARTTLS \r\n", "a  STARTTLS\r\n", "a STARTTLS\n", "a STARTTLS\r\r\n",
            "a\tSTARTTLS\r\n", " a STARTTLS\r\n", "a NOOP\rb STARTTLS\r\n",
        ]) func `is no STARTTLS unless it stands alone`(preset: Policy.Preset, line: String)
    {
        for listener in [SessionSettings.ListenerSecurity.offered, .required, .off, .implicit] {
            var player = Player(.imap, preset, listener: listener)
            _ = player.server("* OK hi\r\n")
            let done = player.client(line)
            #expect(!done.contains("TLS|") && !done.hasSuffix("TLS") && !done.contains("S: "), "\(listener): \(done)")
            #expect(done.contains("C: a ") || done.contains("C: * B"), "\(listener): \(done)")
        }
    }

    @Test(arguments: presets) func `is no STARTTLS with a literal, and ends the session`(preset: Policy.Preset) {
        for command in ["starttls", "UID STARTTLS", "COMPRESS DEFLATE"] {
            var player = Player(.imap, preset)
            _ = player.server("* OK hi\r\n")
            let done = player.client("a \(command) {7+}\r\n") + player.client("DEFLATE\r\n")
            #expect(done.contains("C: a NO") || done.contains("C: a BAD") || done.hasSuffix("end"), "\(command): \(done)")
            #expect(!player.server("a OK go\r\n").contains("TLS"))
        }
    }

    @Test(arguments: presets, ["STLS x\r\n", "STLS \r\n", " STLS\r\n", "STLS\n"])
    func `is no STLS unless it stands alone`(preset: Policy.Preset, line: String) {
        var player = Player(.pop3, preset)
        _ = player.server("+OK hi\r\n")
        #expect(player.client(line) == "C: -ERR STLS is a line of its own")
    }

    @Test func `is refused behind a greeting that lets the client in`() {
        var player = Player(.imap, .observe)
        #expect(player.client("a STARTTLS\r\n") == "")
        #expect(player.server("* PREAUTH hi\r\n") == "C: * PREAUTH hi|C: a BAD STARTTLS is not available here")
    }

    @Test func `ends the session in a mirror`() {
        for said in ["l LOGIN x y\r\na STARTTLS\r\n", "a STARTTLS x\r\n", "a UID STARTTLS\r\n", "a STARTTLS\n"] {
            var player = Player(.imap, .observe, isMirror: true)
            _ = player.server("* OK hi\r\n")
            let done = player.client(said)
            #expect(done.hasSuffix("|end") && done.contains(Self.tooLate) && !done.contains("S: a"), "\(done)")
        }
        var player = Player(.pop3, .observe, isMirror: true)
        _ = player.server("+OK hi\r\n")
        _ = player.client("USER x\r\n")
        _ = player.server("+OK\r\n")
        #expect(player.client("STLS\r\n").hasSuffix("|end"))
    }

    @Test func `says nothing in the clear of mechanisms where STARTTLS is required`() {
        for line in ["a ID (\"name\" \"x\" \"x-proxy\" \"1\")\r\n", "a CAPABILITY \r\n", "a NOOP\rb LOGIN eve x\r\n"] {
            var player = Player(.imap, .observe, listener: .required)
            _ = player.server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n")
            if player.client(line).contains("S: a") { _ = player.server("a OK\r\n") }
            _ = player.client("b CAPABILITY\r\n")
            let list = player.server("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nb OK\r\n")
            #expect(list.contains("STARTTLS LOGINDISABLED") && !list.contains("AUTH="), "\(line): \(list)")
            #expect(player.client("c STARTTLS\r\n") == "C: c OK begin TLS now|TLS", "\(line)")
        }
    }
}

/// A login that somebody on the way can read.
@Suite struct `A login in clear text` {
    private static func warnings(
        _ said: [String], _ mailProtocol: MailProtocol = .imap, listener: SessionSettings.ListenerSecurity,
        upstream: SessionSettings.UpstreamSecurity, isMirror: Bool = false
    ) -> [String] {
        var tap = Tap(SessionSettings(mailProtocol: mailProtocol, listener: listener, upstream: upstream, isMirror: isMirror))
        tap.receive(
            ByteBuffer(string: mailProtocol == .imap ? "* OK hi\r\n" : "+OK hi\r\n"), from: .server, at: WireTime(nanoseconds: 0))
        var told: [String] = []
        for line in said {
            tap.receive(ByteBuffer(string: line + "\r\n"), from: .client, at: WireTime(nanoseconds: 0))
            while let action = tap.next() { if case .tell(.warning(let text)) = action { told.append(text) } }
        }
        return told
    }

    private static let client = "a login in clear text: the client's connection is not encrypted"
    private static let server = "a login in clear text: the connection to the server is not encrypted"

    @Test(arguments: [
        ["a LOGIN x y"], ["a AUTHENTICATE PLAIN"], ["a LOGIN {1}"], ["a LOGIN x"], ["a NOOP", "a LOGIN x y", "b LOGIN x y"],
    ])
    func `is told once of each leg`(said: [String]) {
        #expect(Self.warnings(said, listener: .off, upstream: .off) == [Self.client, Self.server])
        #expect(Self.warnings(said, listener: .offered, upstream: .implicit) == [Self.client])
        #expect(Self.warnings(said, listener: .required, upstream: .implicit) == [Self.client])
        #expect(Self.warnings(said, listener: .implicit, upstream: .off) == [Self.server])
        #expect(Self.warnings(said, listener: .implicit, upstream: .implicit).isEmpty)
        #expect(Self.warnings(said, listener: .offered, upstream: .off, isMirror: true) == [Self.client, Self.server])
    }

    @Test func `is told in POP3, and only of logins`() {
        #expect(Self.warnings(["USER x", "PASS y"], .pop3, listener: .off, upstream: .implicit) == [Self.client])
        #expect(Self.warnings(["APOP x y"], .pop3, listener: .off, upstream: .implicit) == [Self.client])
        #expect(Self.warnings(["CAPA", "NOOP", "QUIT"], .pop3, listener: .off, upstream: .off).isEmpty)
        #expect(Self.warnings(["a CAPABILITY", "b NOOP"], listener: .off, upstream: .off).isEmpty)
    }
}
