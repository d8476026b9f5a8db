import NIOCore
import Testing

@testable import InterpostCore

@Suite struct FramerTests {
    static let interesting = Array("a b{}+-~0123\"\\()[]*.\r\n\r\n\0".utf8) + [0xFF, 0x80]
    static let small = WireLimits(lineLength: 40, literalSize: 30, keptLiteralSize: 4, pendingCommands: 3)

    @Test(arguments: 0..<400) func `fragments joined are the input, for IMAP`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let input = random.bytes(300, of: Self.interesting)
        for side in Side.allCases {
            for limits in [.standard, Self.small] {
                var framer = IMAPFramer(sender: side, limits: limits)
                var output: [UInt8] = []
                for piece in random.pieces(of: input) {
                    framer.append(piece)
                    while let fragment = framer.next() {
                        #expect(fragment.bytes.readableBytes > 0)
                        output += fragment.bytes.readableBytesView
                        switch Int.random(in: 0..<40, using: &random) {
                        case 0: framer.expectPlainLine()
                        case 1: framer.expectCommand()
                        case 2...9: framer.cancelLiteral()
                        default: break
                        }
                    }
                    if Bool.random(using: &random) { framer.settle() }
                    #expect(output.count + framer.unread <= input.count)
                }
                output += framer.takeUnread().readableBytesView
                #expect(output == input)
            }
        }
    }

    @Test(arguments: 0..<400) func `fragments joined are the input, for POP3`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let input = random.bytes(300, of: Array("a...\r\n\r\n\n".utf8))
        for limits in [.standard, Self.small] {
            var framer = POP3Framer(limits: limits)
            var output: [UInt8] = []
            for piece in random.pieces(of: input) {
                framer.append(piece)
                while let fragment = framer.next() {
                    #expect(fragment.bytes.readableBytes > 0)
                    output += fragment.bytes.readableBytesView
                    guard case .line = fragment else { continue }
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: framer.expect(.body)
                    case 1: framer.expect(.listing)
                    default: break
                    }
                }
                if Bool.random(using: &random) { framer.settle() }
            }
            output += framer.takeUnread().readableBytesView
            #expect(output == input)
        }
    }

    @Test(arguments: 0..<400) func `a message ends at the first dot alone on a line, however it was cut`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let input = random.bytes(60, of: Array("a..\r\n\r\n\n".utf8)) + Array("\r\n.\r\n".utf8)
        var framer = POP3Framer()
        framer.expect(.body)
        var body: [UInt8] = []
        var hasEnded = false
        for piece in random.pieces(of: input) where !hasEnded {
            framer.append(piece)
            while !hasEnded, let fragment = framer.next() {
                if case .terminator = fragment { hasEnded = true }
                body += fragment.bytes.readableBytesView
            }
        }
        // The plain definition, to compare with: `. CR LF` at the beginning, or behind an LF.
        let end = (3...input.count).first { end in
            input[(end - 3)..<end].elementsEqual(Array(".\r\n".utf8)) && (end == 3 || input[end - 4] == 0x0A)
        }
        #expect(hasEnded)
        #expect(body.count == end)
    }

    // MARK: - Limits

    private static func fragments(_ text: String, _ side: Side, _ limits: WireLimits) -> (IMAPFramer, [WireFragment]) {
        var framer = IMAPFramer(sender: side, limits: limits)
        framer.append(ByteBuffer(string: text))
        var fragments: [WireFragment] = []
        while let fragment = framer.next() { fragments.append(fragment) }
        return (framer, fragments)
    }

    private static func fragments(_ text: String, _ limits: WireLimits) -> (POP3Framer, [WireFragment]) {
        var framer = POP3Framer(limits: limits)
        framer.append(ByteBuffer(string: text))
        var fragments: [WireFragment] = []
        while let fragment = framer.next() { fragments.append(fragment) }
        return (framer, fragments)
    }

    @Test(arguments: Side.allCases) func `a line of as many octets as the limit is a line, one more is not`(side: Side) {
        let limits = WireLimits(lineLength: 10)
        let (framer, whole) = Self.fragments("* OK 678\r\n", side, limits)
        #expect(whole == [.line(ByteBuffer(string: "* OK 678\r\n"), literal: nil)])
        #expect(framer.breach == nil)
        let (broken, opaque) = Self.fragments("* OK 6789\r\n", side, limits)
        #expect(opaque == [.opaque(ByteBuffer(string: "* OK 6789\r\n"))])
        #expect(broken.breach == .lineTooLong(limit: 10))
    }

    @Test(arguments: Side.allCases) func `without its end, a line is too long with the first octet beyond the limit`(
        side: Side
    ) {
        let limits = WireLimits(lineLength: 10)
        let (framer, none) = Self.fragments("* OK 67890", side, limits)
        #expect(none.isEmpty)
        #expect(framer.breach == nil)
        let (broken, opaque) = Self.fragments("* OK 678901", side, limits)
        #expect(opaque == [.opaque(ByteBuffer(string: "* OK 678901"))])
        #expect(broken.breach == .lineTooLong(limit: 10))
    }

    @Test func `a POP3 line has the same limit`() {
        let limits = WireLimits(lineLength: 10)
        let (framer, whole) = Self.fragments("+OK 5678\r\n", limits)
        #expect(whole == [.line(ByteBuffer(string: "+OK 5678\r\n"), literal: nil)])
        #expect(framer.breach == nil)
        let (broken, opaque) = Self.fragments("+OK 56789\r\n", limits)
        #expect(opaque == [.opaque(ByteBuffer(string: "+OK 56789\r\n"))])
        #expect(broken.breach == .lineTooLong(limit: 10))
        #expect(Self.fragments("+OK 567890", limits).1.isEmpty)
        #expect(Self.fragments("+OK 5678901", limits).1.count == 1)
    }

    @Test func `a message has no line limit`() {
        var framer = POP3Framer(limits: WireLimits(lineLength: 10))
        framer.expect(.body)
        framer.append(ByteBuffer(string: "a line that is longer than ten octets"))
        #expect(framer.next()?.bytes.readableBytes == 37)
        #expect(framer.breach == nil)
    }

    @Test(arguments: Side.allCases) func `a literal of as many octets as the limit is announced, one more is not`(
        side: Side
    ) {
        let limits = WireLimits(literalSize: 3)
        let (framer, whole) = Self.fragments("* LIST () {3}\r\nabc\r\n", side, limits)
        #expect(whole.count == 3)
        #expect(framer.breach == nil)
        let (broken, opaque) = Self.fragments("* LIST () {4}\r\nabcd\r\n", side, limits)
        #expect(opaque.count == 2)
        #expect(opaque.last == .opaque(ByteBuffer(string: "abcd\r\n")))
        #expect(broken.breach == .literalTooLarge(limit: 3))
    }

    @Test func `a literal of as many octets as are kept can be read, a longer one is counted`() {
        let limits = WireLimits(keptLiteralSize: 3)
        for (literal, shown) in [("{3+}\r\nabc", "abc"), ("{4+}\r\nabcd", "[4 octets]")] {
            var reading = Reading(.imap, limits: limits)
            reading.receive(ByteBuffer(string: "a CREATE \(literal)\r\n"), from: .client)
            guard case .command(let command)? = reading.events.last?.meaning, case .create(let name, _) = command.body
            else {
                Issue.record("no CREATE")
                continue
            }
            #expect(name.description == shown)
        }
    }

    @Test func `literals of one command take no more room than a line`() {
        let limits = WireLimits(lineLength: 100, keptLiteralSize: 30)
        var reading = Reading(.imap, limits: limits)
        let literal = "{30+}\r\n" + String(repeating: "x", count: 30)
        reading.receive(ByteBuffer(string: "a ENABLE \(literal) \(literal) \(literal) \(literal)\r\n"), from: .client)
        guard case .command(let command)? = reading.events.last?.meaning else {
            Issue.record("no command")
            return
        }
        #expect(command.text.literals.map { $0.octets?.readableBytes } == [30, 30, 30, nil])
    }

    @Test func `octets behind a text that was cut short are not kept`() {
        let limits = WireLimits(lineLength: 20, keptLiteralSize: 10)
        var reading = Reading(.imap, limits: limits)
        reading.receive(ByteBuffer(string: "a ENABLE {1+}\r\nx 34567890 {900+}\r\n"), from: .client)
        reading.receive(ByteBuffer(repeating: 0x78, count: 900), from: .client)
        reading.receive(ByteBuffer(string: "\r\n"), from: .client)
        guard case .command(let command)? = reading.events.last?.meaning else {
            Issue.record("no command")
            return
        }
        #expect(command.text.isCutShort)
        #expect(command.text.literals.map { $0.octets?.readableBytes } == [1])
    }

    @Test func `as many commands as the limit may be in progress, with one more the oldest is forgotten`() {
        var reading = Reading(.imap, limits: WireLimits(pendingCommands: 2))
        reading.receive(ByteBuffer(string: "a NOOP\r\nb NOOP\r\n"), from: .client)
        let early = reading.events.flatMap(\.anomalies)
        #expect(early.isEmpty)
        reading.receive(ByteBuffer(string: "c NOOP\r\n"), from: .client)
        #expect(reading.events.last?.anomalies.map(\.kind) == [.tooManyPendingCommands])
        reading.receive(ByteBuffer(string: "b OK done\r\nc OK done\r\n"), from: .server)
        let late = reading.events.suffix(2).flatMap(\.anomalies)
        #expect(late.isEmpty)
        reading.receive(ByteBuffer(string: "a OK done\r\n"), from: .server)
        #expect(reading.events.last?.anomalies.map(\.kind) == [.unexpectedTag])
    }

    @Test func `with one POP3 command more than the limit reading stops`() {
        var reading = Reading(.pop3, limits: WireLimits(pendingCommands: 2))
        reading.receive(ByteBuffer(string: "NOOP\r\nNOOP\r\n"), from: .client)
        let early = reading.events.flatMap(\.anomalies)
        #expect(early.isEmpty)
        reading.receive(ByteBuffer(string: "NOOP\r\nNOOP\r\n"), from: .client)
        let anomalies = reading.events.flatMap(\.anomalies)
        #expect(anomalies.map(\.kind) == [.tooManyPendingCommands])
        if case .opaque? = reading.events.last?.meaning {} else { Issue.record("still read") }
    }

    @Test func `a POP3 command in progress keeps no secret, and no more of a name than the limit`() {
        var reading = Reading(.pop3, limits: WireLimits(keptLiteralSize: 8))
        reading.receive(ByteBuffer(string: "+OK\r\n"), from: .server)
        for (line, kept) in [
            ("USER 12345678", "user(12345678)"), ("USER 123456789", "user(12345678)"), ("PASS 123456789", "pass([redacted])"),
            ("XTND XLST          Message-Id 1", "xtnd(xlst(header: Message-, message: 1))"), ("MSG 1 2 3", "vendor([])"),
        ] {
            reading.receive(ByteBuffer(string: line + "\r\n"), from: .client)
            reading.receive(ByteBuffer(string: "-ERR\r\n"), from: .server)
            guard case .pop3Completion(_, let record?)? = reading.events.last?.meaning else {
                Issue.record("\(line) is not answered")
                continue
            }
            #expect(described(record.command) == kept)
            if case .pass(let secret) = record.command { #expect(secret == Secret(ByteBuffer())) }
        }
    }

    // MARK: - Conversations

    static let imapPhrases: [Side: [String]] = [
        .client: [
            "a NOOP\r\n", "b LOGIN {3}\r\n", "b LOGIN x {4+}\r\n", "abc", "abcd\r\n", " {2}\r\n", " {0}\r\n", "\r\n",
            "c IDLE\r\n", "c idle\n", "DONE\r\n", "done\r\n", "d AUTHENTICATE PLAIN\r\n",
            "d AUTHENTICATE LOGIN YQ==\r\n",
            "AGEAYg==\r\n", "*\r\n", "e STARTTLS\r\n", "e COMPRESS DEFLATE\r\n", "f SELECT INBOX\r\n",
            "f EXAMINE {5}\r\n",
            "f CLOSE\r\n", "g UID FETCH 1:* (FLAGS BODY[])\r\n", "g STORE 1 +FLAGS (\\Deleted)\r\n", "h EXPUNGE\r\n",
            "h APPEND x (\\Seen) ~{3}\r\n", "h APPEND x {3+}\r\n", "i LOGOUT\r\n", "a XFOO {2+}\r\n", "\"",
            "{99999999999999999999}\r\n",
            "x {3}\r\n", "{3+}\r\n", "\r", "\n", "\0",
        ],
        .server: [
            "* OK ready\r\n", "* PREAUTH x\r\n", "* BYE {3}\r\n", "+ \r\n", "+ {3}\r\n", "+ go\r\n", "a OK done\r\n",
            "b NO [X \"]\"] y\r\n",
            "b OK\r\n", "c OK done\r\n", "c BAD x\r\n", "d OK done\r\n", "d NO x\r\n", "e OK x\r\n", "e BAD x\r\n",
            "f OK [READ-ONLY] x\r\n",
            "f NO x\r\n", "g OK x\r\n", "h OK x\r\n", "h NO [TRYCREATE] x\r\n", "i OK x\r\n", "* 3 EXISTS\r\n",
            "* 1 EXPUNGE\r\n",
            "* 1 FETCH (BODY[] {3}\r\n", "abc", " UID 4)\r\n", ")\r\n", "* CAPABILITY IMAP4rev1\r\n",
            "* VANISHED 1:18446744073709551615\r\n",
            "* LIST () \"/\" {0}\r\n", "* LIST () NIL {2+}\r\n", "\r\n", "\n", "\r",
            "* 99999999999999999999 FETCH (\r\n", "\0",
        ],
    ]
    static let pop3Phrases: [Side: [String]] = [
        .client: [
            "USER a\r\n", "PASS b c\r\n", "APOP a b\r\n", "AUTH\r\n", "AUTH \r\n", "AUTH PLAIN\r\n",
            "AUTH PLAIN AGEAYg==\r\n", "AGEAYg==\r\n",
            "*\r\n", "STLS\r\n", "CAPA\r\n", "LIST\r\n", "LIST 1\r\n", "LIST x\r\n", "UIDL\r\n", "RETR 1\r\n",
            "RETR x\r\n", "TOP 1 0\r\n",
            "DELE 1\r\n", "RSET\r\n", "NOOP\r\n", "QUIT\r\n", "LANG\r\n", "XFOO\r\n", "\r\n", "noop\n", "\r", "\0",
            "XTND XMIT\r\n", "XTND XMIT\r\n", "XTND XLST To\r\n", ".\r\n", ".x\r\n", "HELP\r\n", "UIDL 1\r\n", "AUTH PLAIN =\r\n",
            " TOP 01\r\n", "RPOP  x\r\n", "MSG\r\n",
        ],
        .server: [
            "+OK\r\n", "+OK <a@b>\r\n", "-ERR [AUTH] x\r\n", "-ERR\r\n", "+ \r\n", "+\r\n", "1 120\r\n", ".\r\n",
            "..\r\n", ".\n", ".", "\r\n", "\n",
            "\r", "abc", "\0", "+OK x\r\n", "PLAIN\r\n", ". \r\n", ".\r", "x\n.", "+ go\r\n", "+ok 1 a7\r\n", "1 a7 b\r\n",
        ],
    ]

    @Test(arguments: MailProtocol.allCases, 0..<120)
    func `whatever both sides say, no byte is lost and no cut makes a difference`(mailProtocol: MailProtocol, seed: Int) {
        var random = SeededGenerator(seed: seed)
        let phrases = mailProtocol == .imap ? Self.imapPhrases : Self.pop3Phrases
        let limits = seed % 3 == 0 ? Self.small : WireLimits.standard
        let turns: [(side: Side, bytes: [UInt8])] = (0..<60).map { _ in
            let side: Side = Bool.random(using: &random) ? .client : .server
            let text = (0..<Int.random(in: 1...3, using: &random))
                .flatMap { _ in phrases[side]?.randomElement(using: &random)?.utf8.map { $0 } ?? [] }
            let noise = Int.random(in: 0..<30, using: &random) == 0 ? random.bytes(6, of: Self.interesting) : []
            return (side, text + noise)
        }
        var whole = Reading(mailProtocol, detail: .responses, limits: limits)
        for turn in turns { whole.receive(ByteBuffer(bytes: turn.bytes), from: turn.side) }
        for _ in 0..<3 {
            var cut = Reading(mailProtocol, detail: .responses, limits: limits)
            for turn in turns {
                for piece in random.pieces(of: turn.bytes) { cut.receive(piece, from: turn.side) }
            }
            #expect(cut.log.map(\.summary) == whole.log.map(\.summary))
            #expect(cut.state == whole.state)
            for side in Side.allCases {
                let unread = Array(cut.conversation.takeUnread(from: side).readableBytesView)
                #expect(cut.bytes(of: side) + unread == turns.filter { $0.side == side }.flatMap(\.bytes))
            }
        }
    }

    @Test(arguments: MailProtocol.allCases, 0..<200)
    func `noise is read without a crash and comes out as it went in`(mailProtocol: MailProtocol, seed: Int) {
        var random = SeededGenerator(seed: seed)
        var reading = Reading(mailProtocol, detail: .responses, limits: seed % 2 == 0 ? Self.small : .standard)
        var sent: [Side: [UInt8]] = [:]
        for _ in 0..<40 {
            let side: Side = Bool.random(using: &random) ? .client : .server
            let bytes = random.bytes(Int.random(in: 0...50, using: &random), of: Self.interesting)
            sent[side, default: []] += bytes
            reading.receive(ByteBuffer(bytes: bytes), from: side)
        }
        for side in Side.allCases {
            let unread = Array(reading.conversation.takeUnread(from: side).readableBytesView)
            #expect(reading.bytes(of: side) + unread == sent[side] ?? [])
        }
        for (number, event) in reading.events.enumerated() { #expect(event.number == number + 1) }
    }

    @Test func `a line full of braces in front of a literal is read in linear time`() {
        // Each brace might be the literal's announcement; looking ahead from each to the line's end took minutes.
        var reading = Reading(.imap)
        let braces = String(repeating: "{ ", count: 200_000)
        let clock = ContinuousClock()
        let time = clock.measure {
            reading.receive(ByteBuffer(string: "a ENABLE \(braces){1+}\r\nx\r\n"), from: .client)
        }
        #expect(time < .seconds(10))
        #expect(reading.log.count == 2)
    }
}
