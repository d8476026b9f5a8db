import NIOCore
import Testing

@testable import InterpostCore

/// A recorded client before a live server.
@Suite struct ReplayClientTests {
    /// A server that is played by a test.
    private struct Stage {
        var client: ReplayClient
        var now = WireTime(nanoseconds: 0)
        var wait: WireTime?
        var isClosed = false

        init(_ transcript: String, _ mailProtocol: MailProtocol = .imap, _ options: ReplayClientOptions? = nil) throws {
            let turns = try Transcript(reading: ByteBuffer(string: transcript)).lines.compactMap(SessionTurn.init)
            var given = options ?? ReplayClientOptions()
            if options == nil { given.login = .given(user: "anna", password: Secret(ByteBuffer(string: "sesame"))) }
            client = ReplayClient(ClientScript(mailProtocol, records: RecordedSession.records(turns)), given)
            client.opened(at: now)
            _ = hears
        }

        /// Says lines, and tells what the client says then, with `|` for each line end.
        mutating func says(_ lines: String) -> String {
            client.receive(ByteBuffer(string: lines.replacing("|", with: "\r\n")), at: now)
            return hears
        }

        mutating func pass(until time: Int64) -> String {
            now = WireTime(nanoseconds: time)
            client.tick(at: now)
            return hears
        }

        private var hears: String {
            mutating get {
                var heard = ""
                while let action = client.next() {
                    switch action {
                    case .send(let bytes): heard += String(buffer: bytes).replacing("\r\n", with: "|")
                    case .wait(let time): wait = time
                    case .close: isClosed = true
                    }
                }
                return heard
            }
        }
    }

    @Test func `commands are said one after another, and their answers compared`() throws {
        var stage = try Stage(
            "S: * PREAUTH hi\nC: a NOOP\nS: a OK x\nC: b CHECK\nS: * 3 EXISTS\nS: b OK x\nC: c LOGOUT\nS: c OK x\n")
        #expect(stage.says("* PREAUTH hi|") == "a NOOP|")
        #expect(stage.says("a OK x|") == "b CHECK|")
        #expect(stage.says("* 4 EXISTS|") == "")
        #expect(stage.says("b OK x|") == "c LOGOUT|")
        #expect(stage.says("c OK x|") == "")
        #expect(stage.isClosed)
        #expect(
            stage.client.report.differences == [
                .init(command: "b CHECK", number: 2, expected: ["* 3 EXISTS"], got: ["* 4 EXISTS"], expectedCount: 1, gotCount: 1)
            ])
        #expect(stage.client.report.same == 2)
        #expect(!stage.client.report.isSame)
    }

    @Test func `what was pipelined waits for its answer, whichever came first`() throws {
        var stage = try Stage(
            "S: * PREAUTH hi\nC: a NOOP\nC: b CHECK\nS: * 3 EXISTS\nS: b OK x\nS: a NO x\nC: c NOOP\nS: c OK x\n")
        #expect(stage.says("* PREAUTH hi|") == "a NOOP|")
        #expect(stage.says("a NO x|") == "b CHECK|")
        #expect(stage.says("* 3 EXISTS|b OK x|") == "c NOOP|")
        #expect(stage.says("c OK x|") == "")
        #expect(stage.client.report.isSame)
    }

    @Test func `a command that was completed before its octets came has that answer`() throws {
        var stage = try Stage("S: * PREAUTH hi\nC: a APPEND x {4+}\nS: a NO [TRYCREATE] x\nC: abcd\nC: b NOOP\nS: b OK x\n")
        #expect(stage.says("* PREAUTH hi|") == "a APPEND x {4}|")
        #expect(stage.says("a NO [TRYCREATE] x|") == "b NOOP|")
        #expect(stage.says("b OK x|") == "")
        #expect(stage.client.report.isSame)
        #expect(stage.client.report.same == 2)
    }

    @Test func `what was pipelined is pipelined, if that is wanted`() throws {
        var options = ReplayClientOptions()
        options.pipelines = true
        var stage = try Stage(
            "S: * PREAUTH hi\nC: a NOOP\nC: b CHECK\nS: a OK x\nS: b OK x\nC: c NOOP\nS: c OK x\n", .imap, options)
        #expect(stage.says("* PREAUTH hi|") == "a NOOP|b CHECK|")
        #expect(stage.says("a OK x|") == "")
        #expect(stage.says("b OK x|") == "c NOOP|")
    }

    @Test(arguments: [
        ("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi|", "interpost-2 AUTHENTICATE PLAIN AGFubmEAc2VzYW1l|"),
        ("* OK [CAPABILITY IMAP4rev1] hi|", "interpost-2 LOGIN \"anna\" \"sesame\"|"),
        ("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi|", "interpost-2 AUTHENTICATE PLAIN|"),
        ("* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN LOGINDISABLED] hi|", "interpost-2 AUTHENTICATE LOGIN|"),
        ("* OK hi|", "interpost-1 CAPABILITY|"),
    ])
    func `the login is made in the best way that is offered`(greeting: String, login: String) throws {
        var stage = try Stage("S: * OK hi\nC: a LOGIN user-abc xxxxxxxx\nS: a OK in\nC: b NOOP\nS: b OK x\n")
        #expect(stage.says(greeting) == login)
    }

    @Test func `a challenge is answered, and the login is compared`() throws {
        var stage = try Stage("S: * OK hi\nC: a LOGIN user-abc xxxxxxxx\nS: a OK in\nC: b NOOP\nS: b OK x\n")
        #expect(stage.says("* OK hi|") == "interpost-1 CAPABILITY|")
        #expect(stage.says("* CAPABILITY IMAP4rev1 AUTH=PLAIN|interpost-1 OK x|") == "interpost-2 AUTHENTICATE PLAIN|")
        #expect(stage.says("+ |") == "AGFubmEAc2VzYW1l|")
        #expect(stage.says("interpost-2 OK in|") == "b NOOP|")
        #expect(stage.says("b OK x|") == "")
        #expect(stage.client.report.isSame, "\(stage.client.report.text)")
    }

    @Test func `a refused login is the end`() throws {
        var stage = try Stage("S: * OK hi\nC: a LOGIN user-abc xxxxxxxx\nS: a OK in\nC: b NOOP\nS: b OK x\n")
        _ = stage.says("* OK [CAPABILITY IMAP4rev1] hi|")
        #expect(stage.says("interpost-2 NO no sesame|") == "")
        #expect(stage.isClosed)
        #expect(stage.client.report.failure?.hasPrefix("the server refuses the login of anna") == true)
        #expect(!stage.client.report.text.contains("sesame"))
        #expect(stage.client.report.neverSaid == 1)
    }

    @Test func `no login is made where none can be`() throws {
        var stage = try Stage("S: * OK hi\nC: a LOGIN user-abc xxxxxxxx\nS: a OK in\n")
        #expect(stage.says("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=SCRAM-SHA-256] hi|") == "")
        #expect(stage.client.report.failure != nil)
    }

    @Test func `a failed login, STARTTLS and COMPRESS are left out`() throws {
        var stage = try Stage(
            "S: * OK hi\nC: a LOGIN x y\nS: a NO no\nC: b COMPRESS DEFLATE\nS: b NO no\nC: c NOOP\nS: c OK x\n")
        #expect(stage.says("* OK hi|") == "c NOOP|")
        #expect(stage.client.report.leftOut == 2)
    }

    @Test func `POP3 logs in with USER and PASS`() throws {
        var stage = try Stage("S: +OK hi\nC: USER x\nS: +OK\nC: PASS xxxxxxxx\nS: +OK in\nC: STAT\nS: +OK 0 0\n", .pop3)
        #expect(stage.says("+OK hi|") == "CAPA|")
        #expect(stage.says("-ERR no|") == "USER anna|")
        #expect(stage.says("+OK|") == "PASS sesame|")
        #expect(stage.says("+OK in|") == "STAT|")
        #expect(stage.says("+OK 0 0|") == "")
        #expect(stage.client.report.isSame, "\(stage.client.report.text)")
    }

    @Test func `POP3 logs in with AUTH PLAIN where it is offered`() throws {
        var stage = try Stage("S: +OK hi\nC: APOP x 00\nS: +OK in\nC: STAT\nS: +OK 0 0\n", .pop3)
        #expect(stage.says("+OK hi|") == "CAPA|")
        #expect(stage.says("+OK|SASL PLAIN LOGIN|.|") == "AUTH PLAIN|")
        #expect(stage.says("+ |") == "AGFubmEAc2VzYW1l|")
        #expect(stage.says("+OK in|") == "STAT|")
    }

    @Test func `a literal waits for its +, and is given up when it is refused`() throws {
        let recorded = "S: * PREAUTH hi\nC: a CREATE {3}\nS: + go\nC: foo\nS: a OK x\nC: b NOOP\nS: b OK x\n"
        var stage = try Stage(recorded)
        #expect(stage.says("* PREAUTH hi|") == "a CREATE {3}|")
        #expect(stage.says("+ go|") == "foo|")
        #expect(stage.says("a OK x|") == "b NOOP|")
        stage = try Stage(recorded)
        _ = stage.says("* PREAUTH hi|")
        #expect(stage.says("a NO no|") == "b NOOP|")
        #expect(stage.client.report.differences.map(\.got) == [["a NO no"]])
    }

    @Test func `a literal that does not wait does so only where the server can do it`() throws {
        let recorded = "S: * PREAUTH hi\nC: a CREATE {3+}\nC: foo\nS: a OK x\n"
        var stage = try Stage(recorded)
        #expect(stage.says("* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi|") == "a CREATE {3+}|foo|")
        stage = try Stage(recorded)
        #expect(stage.says("* PREAUTH [CAPABILITY IMAP4rev1] hi|") == "a CREATE {3}|")
        #expect(stage.says("+ go|") == "foo|")
        #expect(stage.says("a OK x|") == "")
        #expect(stage.client.report.isSame, "\(stage.client.report.text)")
    }

    @Test func `IDLE ends when as much was pushed as was recorded, or when patience ends`() throws {
        let recorded = "S: * PREAUTH hi\nC: a IDLE\nS: + ok\nS: * 4 EXISTS\nC: DONE\nS: a OK x\n"
        var stage = try Stage(recorded)
        #expect(stage.says("* PREAUTH hi|") == "a IDLE|")
        #expect(stage.says("+ ok|") == "")
        #expect(stage.says("* 4 EXISTS|") == "DONE|")
        _ = stage.says("a OK x|")
        #expect(stage.client.report.isSame, "\(stage.client.report.text)")
        stage = try Stage(recorded)
        _ = stage.says("* PREAUTH hi|")
        _ = stage.says("+ ok|")
        #expect(stage.wait == WireTime(nanoseconds: 5_000_000_000))
        #expect(stage.pass(until: 4_999_999_999) == "")
        #expect(stage.pass(until: 5_000_000_000) == "DONE|")
    }

    @Test func `a server that does not answer is not waited for`() throws {
        var stage = try Stage("S: * PREAUTH hi\nC: a NOOP\nS: a OK x\n")
        _ = stage.says("* PREAUTH hi|")
        _ = stage.pass(until: 60_000_000_000)
        #expect(stage.client.report.failure == "the server has not answered in time")
    }

    @Test func `the order of LIST and of capabilities means nothing`() throws {
        var stage = try Stage(
            "S: * PREAUTH hi\nC: a LIST \"\" *\nS: * LIST () \"/\" a\nS: * LIST () \"/\" b\nS: a OK [CAPABILITY A B] x\n")
        _ = stage.says("* PREAUTH hi|")
        _ = stage.says("* LIST () \"/\" b|* LIST () \"/\" a|a OK [CAPABILITY B STARTTLS A] x|")
        #expect(stage.client.report.isSame, "\(stage.client.report.text)")
    }

    @Test func `capabilities are compared where they were asked for`() throws {
        let recorded = "S: * PREAUTH [CAPABILITY A] hi\nC: a CAPABILITY\nS: * CAPABILITY A B\nS: a OK x\n"
        var stage = try Stage(recorded)
        _ = stage.says("* PREAUTH hi|")
        _ = stage.says("* CAPABILITY A|a OK x|")
        #expect(stage.client.report.differences.map(\.number) == [1])
    }

    @Test(arguments: [
        ("C: a STORE 1 +FLAGS x\nS: a OK x\n", ["STORE"]), ("C: a FETCH 1 (BODY.PEEK[])\nS: a OK x\n", []),
        ("C: a UID FETCH 1 (BODY[])\nS: a OK x\n", ["UID FETCH BODY[]"]),
        ("C: a EXAMINE b\nS: a OK x\nC: b FETCH 1 RFC822\nS: b OK x\nC: c CLOSE\nS: c OK x\n", []),
        ("C: a SELECT b\nS: a OK x\nC: c CLOSE\nS: c OK x\nC: d APPEND x {0}\nS: d NO x\n", ["CLOSE"]),
    ])
    func `commands that change something are known`(said: String, changes: [String]) throws {
        let turns = try Transcript(reading: ByteBuffer(string: "S: * PREAUTH hi\n" + said)).lines.compactMap(SessionTurn.init)
        #expect(ClientScript(.imap, records: RecordedSession.records(turns)).changes == changes)
    }

    /// Not what a server says unasked in POP3: whether it is an answer depends on when the client speaks.
    static let fixtures = ReplayFixtureTests.fixtures.filter {
        $0.testDescription != "unexpected-reply.pop3"
    }

    @Test(arguments: fixtures, [Int.max, 1]) func `a recorded client finds its own server`(fixture: WireFixture, size: Int) {
        let records = RecordedSession.records(fixture.said.map { SessionTurn(side: $0.side, bytes: $0.bytes) })
        let replay = SelfReplay(fixture.mailProtocol, records: records, pieceSize: size)
        #expect(replay.isSame, "\(replay.client.text)\n\(replay.server.text)")
    }
}
