import NIOCore
import Testing

@testable import InterpostCore

/// What is made alike before two sessions are compared, and what stays.
@Suite struct NormalFormTests {
    static func entries(
        _ transcript: String, _ mailProtocol: MailProtocol = .imap, _ normalisation: Normalisation = .all
    ) throws -> [ComparedEntry] {
        let turns = try Transcript(reading: ByteBuffer(string: transcript)).lines.compactMap(SessionTurn.init)
        return entries(turns.map { ($0.side, $0.bytes) }, mailProtocol, normalisation)
    }

    static func entries(
        _ said: [(side: Side, bytes: ByteBuffer)], _ mailProtocol: MailProtocol, _ normalisation: Normalisation = .all
    ) -> [ComparedEntry] {
        var reading = NormalFormReading(mailProtocol, normalisation)
        var entries: [ComparedEntry] = []
        for (index, turn) in said.enumerated() {
            reading.receive(turn.bytes, from: turn.side, at: WireTime(nanoseconds: Int64(index) * 1000)) { entries.append($0) }
        }
        reading.finish { entries.append($0) }
        return entries
    }

    /// The normal texts of what is said behind a greeting.
    private static func texts(_ transcript: String, _ normalisation: Normalisation = .all) throws -> [String] {
        try entries("S: * PREAUTH hi\n" + transcript, .imap, normalisation).dropFirst().map {
            String(decoding: $0.text, as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("C: a1 NOOP\nS: a1 OK done\n", ["<tag> NOOP", "<tag> OK done"]),
        ("S: * OK Fetch completed (0.001 + 0.000 + 0.002 secs).\n", ["* OK Fetch completed (<time>)."]),
        ("S: * NO failed, 1 attempts in 2 secs\n", ["* NO failed, 1 attempts in <time>"]),
        ("S: * OK in SESSIONID=<host-1-2>\n", ["* OK in SESSIONID=<id>"]),
        (
            "S: * 3 FETCH (UID 7 FLAGS (\\Seen))\nS: * 4 FETCH (UID 9)\nS: * 3 FETCH (UID 7)\n",
            ["* 3 FETCH (UID u1 FLAGS (\\Seen))", "* 4 FETCH (UID u2)", "* 3 FETCH (UID u1)"]
        ),
        ("S: * 3 FETCH (INTERNALDATE \"17-Jul-2026 02:44:25 +0000\")\n", ["* 3 FETCH (INTERNALDATE \"<date>\")"]),
        ("S: * 3 FETCH (MODSEQ (12) EMAILID (M1) THREADID NIL)\n", ["* 3 FETCH (MODSEQ (m1) EMAILID (i1) THREADID NIL)"]),
        (
            "S: * 3 FETCH (ENVELOPE (\"Fri, 17 Jul 2026 02:44:25 +0200\" \"UID 7\" NIL))\n",
            ["* 3 FETCH (ENVELOPE (\"<date>\" \"UID 7\" NIL))"]
        ),
        (
            "S: * STATUS a (UIDNEXT 5 UIDVALIDITY 77 MESSAGES 3 HIGHESTMODSEQ 9)\n",
            ["* STATUS a (UIDNEXT u1 UIDVALIDITY v1 MESSAGES 3 HIGHESTMODSEQ m1)"]
        ),
        ("S: * VANISHED (EARLIER) 41,43:45\n", ["* VANISHED (EARLIER) u1,u2:u3"]),
        ("S: * OK [UIDVALIDITY 77] ok\nS: * OK [UIDNEXT 5] ok\n", ["* OK [UIDVALIDITY v1] ok", "* OK [UIDNEXT u1] ok"]),
        (
            "C: a UID SEARCH SINCE 1-Jan-2026\nS: * SEARCH 11 12\nS: a OK x\n",
            ["<tag> UID SEARCH SINCE <date>", "* SEARCH u1 u2", "<tag> OK x"]
        ),
        ("C: a SEARCH UNSEEN\nS: * SEARCH 11 12\nS: a OK x\n", ["<tag> SEARCH UNSEEN", "* SEARCH 11 12", "<tag> OK x"]),
        ("C: a UID FETCH 1:*,7 (UID FLAGS) (CHANGEDSINCE 12)\n", ["<tag> UID FETCH 1:*,u1 (UID FLAGS) (CHANGEDSINCE m1)"]),
        (
            "C: a UID SEARCH RETURN (ALL) UNSEEN\nS: * ESEARCH (TAG \"a\") UID ALL 4:6,9 COUNT 4\n",
            ["<tag> UID SEARCH RETURN (ALL) UNSEEN", "* ESEARCH (TAG \"<tag>\") UID ALL u1:u2,u3 COUNT 4"]
        ),
        ("C: a UID COPY 4 b\nS: a OK [COPYUID 9 4 4] done\n", ["<tag> UID COPY u1 b", "<tag> OK [COPYUID v1 u1 u1] done"]),
        ("C: a SELECT b (QRESYNC (67 9 41,43:45 (4:10 8:20)))\n", ["<tag> SELECT b (QRESYNC (v1 m1 u1,u2:u3 (4:10 u4:u5)))"]),
        ("C: a LOGIN {4+}\nC: anna\\\nC:  \"x y\"\n", ["<tag> LOGIN {<user>}+ \"<secret>\""]),
        (
            "C: a AUTHENTICATE PLAIN\nS: + \nC: AGFubmEAeA==\nS: a OK in\n",
            ["<tag> AUTHENTICATE PLAIN", "+ <sasl>", "<sasl>", "<tag> OK in"]
        ),
    ])
    func `what differs each time is made alike`(transcript: String, expected: [String]) throws {
        #expect(try Self.texts(transcript) == expected)
    }

    @Test func `each kind can be kept`() throws {
        let said = """
            C: a1 UID FETCH 7 (UID)
            S: * 3 FETCH (UID 7 INTERNALDATE "17-Jul-2026 02:44:25 +0000" EMAILID (M1))
            S: a1 OK done (0.001 secs)

            """
        func texts(keeping kept: Normalisation) throws -> [String] { try Self.texts(said, .all.subtracting(kept)) }
        #expect(try texts(keeping: .tags)[0] == "a1 UID FETCH u1 (UID)")
        #expect(try texts(keeping: .uids)[0] == "<tag> UID FETCH 7 (UID)")
        #expect(try texts(keeping: .uids)[1].contains("UID 7"))
        #expect(try texts(keeping: .dates)[1].contains("17-Jul-2026"))
        #expect(try texts(keeping: .ids)[1].contains("EMAILID (M1)"))
        #expect(try texts(keeping: .times)[2] == "<tag> OK done (0.001 secs)")
        #expect(
            try texts(keeping: .all) == [
                "a1 UID FETCH 7 (UID)", "* 3 FETCH (UID 7 INTERNALDATE \"17-Jul-2026 02:44:25 +0000\" EMAILID (M1))",
                "a1 OK done (0.001 secs)",
            ])
    }

    @Test func `UIDs are those of a mailbox`() throws {
        let texts = try Self.texts(
            """
            C: a SELECT one
            S: a OK x
            S: * 1 FETCH (UID 11)
            C: b SELECT two
            S: b OK x
            S: * 1 FETCH (UID 1)
            C: c SELECT one
            S: c OK x
            S: * 1 FETCH (UID 11)

            """)
        #expect(texts.filter { $0.contains("FETCH") } == Array(repeating: "* 1 FETCH (UID u1)", count: 3))
    }

    @Test func `copies have the UIDs and the validity of the mailbox that they are in`() throws {
        let texts = try Self.texts(
            """
            C: a SELECT one
            S: * OK [UIDVALIDITY 7] x
            S: a OK x
            C: b UID COPY 11,13 two
            S: b OK [COPYUID 8 11,13 1:2] x
            C: c STATUS two (UIDVALIDITY UIDNEXT)
            S: * STATUS two (UIDVALIDITY 8 UIDNEXT 3)

            """)
        #expect(texts[1] == "* OK [UIDVALIDITY v1] x")
        #expect(texts[4] == "<tag> OK [COPYUID v1 u1,u2 u1:u2] x")
        #expect(texts[6] == "* STATUS two (UIDVALIDITY v1 UIDNEXT u3)")
    }

    @Test func `completions say which command they are for, by its place among those in progress`() throws {
        let texts = try Self.texts("C: a NOOP\nC: b NOOP\nS: b OK x\nS: a OK x\nS: z OK x\n")
        #expect(texts == ["<tag> NOOP", "<tag> NOOP", "<tag+1> OK x", "<tag> OK x", "<tag?> OK x"])
    }

    @Test func `a message is its length and a digest, but for when it was written`() throws {
        func fetch(_ date: String, _ text: String) throws -> [UInt8] {
            let message = "Date: \(date)\r\nReceived: from a;\r\n \(date)\r\nSubject: Date: x\r\n\r\n\(text)\r\n"
            let lines = message.replacing("\r\n", with: "\nS: ")
            return try Self.entries("S: * PREAUTH hi\nS: * 1 FETCH (BODY[] {\(message.utf8.count)}\nS: \(lines))\n")[1].text
        }
        let first = try fetch("Fri, 17 Jul 2026 02:44:25 +0200", "hello")
        #expect(try fetch("Sat, 1 Jan 2000 00:00:00 +0000", "hello") == first)
        #expect(try fetch("Fri, 17 Jul 2026 02:44:25 +0200", "hallo") != first)
        #expect(first.count < 60)
    }

    @Test func `POP3 has unique-ids, timestamps, logins and messages`() throws {
        let entries = try Self.entries(
            """
            S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
            C: USER anna
            S: +OK
            C: PASS sesame
            S: +OK in
            C: UIDL
            S: +OK
            S: 1 whqtswO00WBw418f9t5JxYwZ
            S: 2 QhdPYR:00WBw1Ph7x7
            S: .
            C: UIDL 1
            S: +OK 1 whqtswO00WBw418f9t5JxYwZ
            C: RETR 1
            S: +OK
            S: Subject: hi
            S:
            S: .
            C: QUIT

            """, .pop3)
        #expect(
            entries.map { String(decoding: $0.text, as: UTF8.self) }.map { $0.hasPrefix("{") ? "{…}" : $0 } == [
                "+OK POP3 server ready <id>", "USER <user>", "+OK", "PASS <secret>", "+OK in", "UIDL", "+OK", "1 u1", "2 u2", ".",
                "UIDL 1", "+OK 1 u1", "RETR 1", "+OK", "{…}", ".", "QUIT",
            ])
        #expect(!entries.contains { $0.shown.contains("sesame") || $0.shown.contains("anna") })
    }

    @Test func `an entry takes little room`() throws {
        let entries = try Self.entries("S: * PREAUTH hi\nS: * X \(String(repeating: "x", count: 100_000))\nS: * X yz\n")
        #expect(entries[1].text.count < ComparedEntry.maximumText + 40)
        #expect(entries[1].shown.count == ComparedEntry.maximumShown + 1)
        func text(_ count: Int) throws -> [UInt8] {
            try Self.entries("S: * PREAUTH hi\nS: * X \(String(repeating: "x", count: count - 4))\n")[1].text
        }
        #expect(try text(ComparedEntry.maximumText).count == ComparedEntry.maximumText)
        #expect(try text(ComparedEntry.maximumText + 1).count > ComparedEntry.maximumText)
        #expect(try text(ComparedEntry.maximumText + 1) != text(ComparedEntry.maximumText + 2))
    }

    @Test func `names beyond the limit are all the same`() {
        var names = NormalFormNames()
        var text: [UInt8] = []
        for number in 0..<UInt64(NormalFormNames.maximumCount) { names.write(number, .uid, of: 0, to: &text) }
        text = []
        names.write(1, .uid, of: 0, to: &text)
        names.write(UInt64(NormalFormNames.maximumCount), .uid, of: 0, to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "u2u?")
    }

    @Test(arguments: WireFixture.all) func `cuts make no difference`(fixture: WireFixture) {
        let whole = Self.entries(fixture.said, fixture.mailProtocol)
        for size in [1, 3, 7] {
            let cut = fixture.said.flatMap { side, bytes in
                stride(from: 0, to: bytes.readableBytes, by: size).compactMap { start in
                    bytes.getSlice(at: bytes.readerIndex + start, length: min(size, bytes.readableBytes - start)).map {
                        (side, $0)
                    }
                }
            }
            let entries = Self.entries(cut, fixture.mailProtocol)
            #expect(entries.map(\.text) == whole.map(\.text), "pieces of \(size)")
            #expect(entries.map(\.offset) == whole.map(\.offset), "pieces of \(size)")
        }
    }

    @Test(arguments: WireFixture.all) func `a session does not differ from itself`(fixture: WireFixture) {
        let entries = Self.entries(fixture.said, fixture.mailProtocol)
        #expect(!entries.isEmpty)
        #expect(SessionComparison(entries, entries).isSame())
    }
}
