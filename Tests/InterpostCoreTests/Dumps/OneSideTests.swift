import InterpostCore
import NIOCore
import Testing

/// Sessions of which only one side's bytes are left.
@Suite struct `The bytes of one side` {
    /// What is told, the same wherever the bytes are cut.
    private static func events(_ mailProtocol: MailProtocol, _ side: Side, _ text: String) -> [String] {
        let bytes = ByteBuffer(string: text)
        var first: [String] = []
        for cut in 0...bytes.readableBytes {
            var reading = SessionReading(mailProtocol, detail: .responses, kind: .oneSide(side, isTimed: false))
            var told: [String] = []
            var rest = bytes
            for length in [cut, bytes.readableBytes - cut] {
                let piece = rest.readSlice(length: length) ?? ByteBuffer()
                reading.receive(SessionTurn(side: side, bytes: piece)) { told.append($0.summary) }
            }
            reading.finish { told.append($0.summary) }
            if cut == 0 { first = told } else { #expect(told == first, "cut at \(cut)") }
            #expect(side == .client ? reading.traffic.serverOctets == 0 : reading.traffic.clientOctets == 0)
        }
        return first
    }

    private static func commands(_ mailProtocol: MailProtocol, _ text: String) -> [String] {
        events(mailProtocol, .client, text).filter { $0.hasPrefix("command") || $0.hasPrefix("anomaly") }
    }

    @Test func `of a client have its literals`() {
        #expect(
            Self.commands(.imap, "a LOGIN {4}\r\nfred {11}\r\nabracadabra\r\nb APPEND x {3-}\r\nabc\r\nc NOOP\r\n") == [
                "command tag=a name=LOGIN arguments=\"fred [redacted]\"",
                "anomaly kind=literal-minus side=client offset=37 rule=\"\(Anomaly(.literalMinus, side: .client, offset: 0).rule)\"",
                "command tag=b name=APPEND arguments=\"x {3-}\"", "command tag=c name=NOOP",
            ])
    }

    @Test func `of a client have its SASL responses, and none of them is shown`() {
        let text = "a AUTHENTICATE LOGIN\r\nZnJlZA==\r\nYWJyYWNhZGFicmE=\r\nb AUTHENTICATE PLAIN\r\n*\r\nc NOOP\r\n"
        #expect(
            Self.commands(.imap, text) == [
                "command tag=a name=AUTHENTICATE arguments=LOGIN", "command tag=b name=AUTHENTICATE arguments=PLAIN",
                "command tag=c name=NOOP",
            ])
        #expect(
            Self.commands(.pop3, "AUTH PLAIN\r\nAGZyZWQAYWJyYWNhZGFicmE=\r\nSTAT\r\nAUTH CRAM-MD5\r\nQUIT\r\n") == [
                "command name=AUTH arguments=PLAIN", "command name=STAT", "command name=AUTH arguments=CRAM-MD5",
                "command name=QUIT",
            ])
    }

    @Test func `of a client have its IDLE`() {
        #expect(
            Self.events(.imap, .client, "a IDLE\r\nDONE\r\nb IDLE\r\nDONE\r\n")
                == ["command tag=a name=IDLE", "idle.ended", "command tag=b name=IDLE", "idle.ended"])
    }

    @Test func `of a client end where TLS begins, and go on where it was refused`() {
        #expect(Self.commands(.imap, "a STARTTLS\r\nb NOOP\r\n") == ["command tag=a name=STARTTLS", "command tag=b name=NOOP"])
        #expect(Self.commands(.imap, "a STARTTLS\r\n\u{16}\u{3}\u{1}b NOOP\r\nc NOOP\r\n") == ["command tag=a name=STARTTLS"])
        #expect(Self.commands(.pop3, "STLS\r\nCAPA\r\n") == ["command name=STLS", "command name=CAPA"])
        #expect(Self.commands(.imap, "a COMPRESS DEFLATE\r\nb NOOP\r\n").last == "command tag=b name=NOOP")
    }

    @Test func `of a client are commands, however many`() {
        var reading = SessionReading(.pop3, detail: .responses, kind: .oneSide(.client, isTimed: false))
        var told = 0
        for _ in 0..<2500 {
            reading.receive(SessionTurn(side: .client, bytes: ByteBuffer(string: "RETR 1\r\n"))) { _ in told += 1 }
        }
        #expect(told == 2500)
        #expect(reading.findings.count(of: .anomaly) == 0)
        var imap = SessionReading(.imap, detail: .responses, kind: .oneSide(.client, isTimed: false))
        for _ in 0..<2500 { imap.receive(SessionTurn(side: .client, bytes: ByteBuffer(string: "a NOOP\r\n"))) { _ in } }
        #expect(imap.findings.count(of: .anomaly) == 0)
        #expect(imap.events == ["command": 2500])
    }

    @Test func `of a server are responses, and nobody's tags are no anomaly`() {
        #expect(
            Self.events(.imap, .server, "* OK ready\r\n* 3 EXISTS\r\na OK done\r\n+ go on\r\n* 1 FETCH (BODY[] {3}\r\nabc)\r\n")
                .map {
                    $0.split(separator: " ").first ?? ""
                } == ["greeting", "response", "completion", "literal", "response"])
    }

    @Test func `of a POP3 server have lists and messages where they are`() {
        let text =
            "+OK ready\r\n+OK\r\n+OK 2\r\n1 120\r\n2 abracadabra\r\n.\r\n+OK\r\n.\r\n-ERR no\r\n+OK message\r\n..\r\n+ok?\r\n.\r\n+OK bye\r\n"
        let told = Self.events(.pop3, .server, text)
        #expect(told.first == "greeting result=ok text=ready")
        #expect(told.allSatisfy { $0.hasPrefix("greeting") || $0.hasPrefix("completion") })
        #expect(told.compactMap { $0.split(separator: " octets=").dropFirst().last } == ["0", "22", "0", "0", "10", "0"])
        #expect(told.last == "completion result=+OK text=\"[3 octets]\" untagged=0 octets=0")
    }

    @Test func `of a POP3 server that begin in the middle are not understood there, and are no anomaly`() {
        var reading = SessionReading(.pop3, detail: .responses, kind: .oneSide(.server, isTimed: false))
        reading.receive(SessionTurn(side: .server, bytes: ByteBuffer(string: "1 120\r\n.\r\n+OK\r\n"))) { _ in }
        reading.finish { _ in }
        #expect(reading.findings[.line(.server)]?.count == 2)
        #expect(reading.findings.sorted(.anomaly).map(\.finding) == [.anomaly(.greetingMissing, .server)])
    }
}
