import Foundation
import InterpostCore
import NIOCore
import Testing

/// Messages: their encodings, their parts, and the ways in which they are fetched.
@Suite struct ContentMessageTests {
    /// The message as a server gives it whole, redacted.
    private static func fetched(
        _ message: String, _ level: RedactionLevel = .all, item: String = "BODY[]", number: Int = 1
    ) -> String {
        let message = message.replacing("\n", with: "\r\n")
        let said =
            "* PREAUTH ready\r\n* \(number) FETCH (\(item) {\(message.utf8.count)}\r\n\(message) UID 7)\r\n"
        let session = RedactedReading.read(.imap, [(.server, ByteBuffer(string: said))], level)
        let text = session.text(of: .server)
        #expect(text.hasSuffix(" UID 7)\r\n") && text.utf8.count == said.utf8.count)
        let bytes = text.utf8.dropFirst(said.utf8.count - message.utf8.count - 9).dropLast(9)
        return String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
    }

    private static func retrieved(_ stuffed: String, _ level: RedactionLevel = .all) -> String {
        let said: [(side: Side, bytes: ByteBuffer)] = [
            (.server, ByteBuffer(string: "+OK ready\r\n")), (.client, ByteBuffer(string: "RETR 1\r\n")),
            (.server, ByteBuffer(string: "+OK\r\n" + stuffed.replacing("\n", with: "\r\n") + ".\r\n")),
        ]
        return RedactedReading.read(.pop3, said, level).text(of: .server).replacing("\r\n", with: "\n")
    }

    /// Only names that all mail has are kept: a line without a colon may be anything.
    @Test(
        arguments: [
            ("From anna.berg@secretcorp.example Mon Jan  1\nSubject: hello Bob\n\nDear Bob\n", ["From ", "Subject: "]),
            (">From anna.berg@secretcorp.example Mon\n\nDear Bob\n", []),
            ("Subject: hello Bob\nBob Stein wrote to Anna\nX-A: b\n\nDear Bob\n", ["Subject: "]),
            ("Bob Stein\n\nDear Bob\n", []), ("Bob Stein <bob@secretcorp.example>: to Anna\n\nhi\n", []),
            ("Subject : hello Bob\n\nhi\n", ["Subject : "]), ("X-Bob-Stein: a\n\nhi\n", ["X-"]), ("\nDear Bob\n", []),
            (
                "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Bob-Stein: Anna\n\nBob\n--x--\n",
                ["Content-Type: multipart/mixed"]
            ),
        ]) func `with a broken header holds nothing of it`(message: String, kept: [String])
    {
        for found in [Self.fetched(message), Self.retrieved(message)] {
            for word in ["Bob", "Stein", "Anna", "anna", "berg", "secretcorp", "Dear"] {
                #expect(!found.contains(word), "\(found)")
            }
            for word in kept { #expect(found.contains(word), "\(found)") }
        }
    }

    @Test func `base64 stays base64, line by line`() throws {
        let data = Data((0..<300).map { UInt8($0 * 7 % 256) })
        let body = data.base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed]) + "\n"
        let message = "Content-Transfer-Encoding: base64\n\n" + body
        let found = Self.fetched(message).dropFirst("Content-Transfer-Encoding: base64\n\n".count)
        #expect(found != body && found.split(separator: "\n").map(\.count) == body.split(separator: "\n").map(\.count))
        #expect(Data(base64Encoded: String(found.replacing("\n", with: "")))?.count == data.count)
    }

    /// The text of an encoded word in base64, redacted and decoded.
    private static func encodedWord(_ text: Data, charset: String) throws -> [UInt8] {
        let head = "Subject: =?\(charset)?B?"
        let word = text.base64EncodedString()
        let found = fetched("\(head)\(word)?=\n\nx\n")
        #expect(found.hasPrefix(head))
        return Array(try #require(Data(base64Encoded: String(found.dropFirst(head.count).prefix(word.count)))))
    }

    @Test(arguments: [
        "Grüße aus Köln, Straße 17", "Привет, Катя Иванова", "件名は日本語です", "😀 Party bei Anna €", "Zażółć gęślą jaźń", "plain words",
    ])
    func `an encoded word in base64 stays text of its charset`(text: String) throws {
        for prefix in ["", "a", "ab"] {
            let bytes = try Self.encodedWord(Data((prefix + text).utf8), charset: "UTF-8")
            let found = try #require(String(validating: bytes, as: UTF8.self))
            #expect(found.unicodeScalars.count == (prefix + text).unicodeScalars.count)
            #expect(!found.unicodeScalars.contains { $0.properties.generalCategory == .control })
            for (new, old) in zip(found.unicodeScalars, (prefix + text).unicodeScalars) where old.properties.isAlphabetic {
                #expect(new != old)
            }
        }
    }

    @Test func `and so does one of KOI8-R, and text of JIS keeps its escapes`() throws {
        let cyrillic: [UInt8] = [0xEB, 0xC1, 0xD4, 0xD1, 0x20, 0xE9, 0xD7, 0xC1, 0xCE, 0xCF, 0xD7, 0xC1]
        let found = try Self.encodedWord(Data(cyrillic), charset: "koi8-r")
        #expect(zip(found, cyrillic).allSatisfy { $1 == 0x20 ? $0 == $1 : $0 != $1 && $0 >= 0xC0 })
        let japanese: [UInt8] = [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x4B, 0x5C, 0x1B, 0x28, 0x42]
        let kept = try Self.encodedWord(Data(japanese), charset: "ISO-2022-JP")
        #expect(kept.prefix(3).elementsEqual(japanese.prefix(3)) && kept.suffix(3).elementsEqual(japanese.suffix(3)))
        #expect(kept[3...6] != japanese[3...6])
    }

    @Test func `quoted-printable of another charset is not readable either`() {
        let found = Self.fetched("=EB=C1=D4=D1 =E9=D7=C1=CE=CF=D7=C1\n", item: "BODY[TEXT]")
        let same = zip(found.split(separator: "="), "=EB=C1=D4=D1 =E9=D7=C1=CE=CF=D7=C1\n".split(separator: "=")).count {
            $0 == $1
        }
        #expect(same <= 2, "\(found)")
    }

    @Test func `quoted-printable stays decodable, and UTF-8 in it`() throws {
        let text = "Gr=C3=BC=C3=9Fe, Geheimnis =3D 1 =E2=82=AC und noch ein sehr lan=\nges Wort=20\n"
        let found = Self.fetched(text, item: "BODY[TEXT]")
        #expect(!found.contains("Geheimnis") && found != text)
        #expect(found.contains(" =3D ") && found.hasSuffix("=20\n") && found.contains("=\n"))
        var bytes: [UInt8] = []
        var rest = Array(found.replacing("=\n", with: "").utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                bytes.append(byte)
                continue
            }
            bytes.append(try #require(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)))
            rest = rest.dropFirst(2)
        }
        #expect(String(validating: bytes, as: UTF8.self) != nil)
    }

    @Test func `UTF-8 stays UTF-8, and no letter what it was`() {
        let text = "Größe Übermut жизнь 今日は 😀 ÿ\n"
        let found = Self.fetched(text, item: "BODY[TEXT]")
        #expect(String(validating: found.utf8, as: UTF8.self) != nil && found.unicodeScalars.count == text.unicodeScalars.count)
        for (old, new) in zip(text.unicodeScalars, found.unicodeScalars) where old.properties.isAlphabetic {
            #expect(old != new)
        }
    }

    @Test func `encoded words keep their frame`() throws {
        let found = Self.fetched("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_Geheim?= und =?iso-8859-1?B?R2VoZWlt?=\n\n", .headers)
        let match = try #require(
            found.firstMatch(of: /^Subject: =\?utf-8\?Q\?([^?]*)\?= (\w*) =\?iso-8859-1\?B\?([^?]*)\?=\n\n$/))
        #expect(match.1 != "Gr=C3=BC=C3=9Fe_Geheim" && match.2 != "und" && match.3 != "R2VoZWlt")
        #expect(Data(base64Encoded: String(match.3)) != nil && match.1.contains("_"))
    }

    @Test func `header fields are mapped at headers, and the text stays`() {
        let message = """
            Received: from geheim.example
             by mx.example; Mon, 7 Feb 1994
            Date: Mon, 7 Feb 1994 21:52:25 -0800
            X-Mailer: Geheim 1.0
            MIME-Version: 1.0
            Content-Type: text/plain; charset="utf-8"; format=flowed;
             name*=utf-8''geheim%20notiz.txt
            Content-Transfer-Encoding: 7bit

            Lieber Geheim,

            """
        let found = Self.fetched(message, .headers)
        #expect(!found.prefix(found.count - 20).lowercased().contains("geheim"))
        for kept in [
            "Received: ", "\nDate: Mon, 7 Feb 1994 21:52:25 -0800\n", "\nMIME-Version: 1.0\n",
            "\nContent-Type: text/plain; charset=\"utf-8\"; format=flowed;\n name*=utf-8''", "\nX-Mailer: ",
            "\nContent-Transfer-Encoding: 7bit\n", "\n\nLieber Geheim,\n",
        ] { #expect(found.contains(kept), "\(kept)") }
    }

    @Test func `messages in messages have headers too`() {
        let message = """
            Content-Type: multipart/digest; boundary=b

            --b
            Content-Type: message/rfc822

            Subject: Geheim
            To: geheim@example.org

            Text
            --b--

            """
        let found = Self.fetched(message, .headers)
        #expect(found.contains("\n\nSubject: ") && found.contains("\nTo: ") && found.hasSuffix("\n\nText\n--b--\n"))
        #expect(!found.lowercased().contains("geheim"))
    }

    @Test func `all ways to fetch a text agree`() {
        let header = "Subject: Geheim\n\n"
        let text = "Lieber Geheim, 12 Uhr\n..\n.x\n"
        let whole = Self.fetched(header + text)
        #expect(whole.hasSuffix(Self.fetched(text, item: "BODY[TEXT]")))
        #expect(whole.hasSuffix(Self.fetched(text, item: "BODY[1]")))
        #expect(whole.hasPrefix(Self.fetched(header, item: "BODY[HEADER.FIELDS (SUBJECT)]")))
        #expect(whole.hasPrefix(Self.fetched(header, item: "RFC822.HEADER")))
        let stuffed = header + text.replacing("\n.", with: "\n..")
        #expect(Self.retrieved(stuffed) == "+OK ready\n+OK\n" + whole.replacing("\n.", with: "\n..") + ".\n")
    }

    @Test func `pieces that go on where the last one ended are mapped as one text`() {
        let message = "Subject: Geheimnis\r\nTo: Anna\r\n\r\nLiebe Anna, so geheim\r\n"
        let whole = Self.fetched(message.replacing("\r\n", with: "\n"))
        for level in [RedactionLevel.headers, .all] {
            let expected = level == .all ? whole : Self.fetched(message.replacing("\r\n", with: "\n"), level)
            for size in 1...message.utf8.count {
                var session = RedactedReading(.imap, level)
                session.receive(ByteBuffer(string: "* PREAUTH ready\r\n"), from: .server)
                var found = ""
                let bytes = Array(message.utf8)
                for start in stride(from: 0, to: bytes.count, by: size) {
                    let piece = String(decoding: bytes[start..<min(bytes.count, start + size)], as: UTF8.self)
                    let told = session.recorded.count
                    session.receive(
                        ByteBuffer(string: "* 3 FETCH (BODY[]<\(start)> {\(piece.utf8.count)}\r\n\(piece))\r\n"), from: .server)
                    for (_, bytes) in session.recorded[(told + 1)...].dropLast() { found += String(buffer: bytes) }
                }
                #expect(found.replacing("\r\n", with: "\n") == expected, "pieces of \(size)")
            }
        }
    }

    @Test func `a piece from the middle tells nothing`() {
        for level in [RedactionLevel.headers, .bodies] {
            let found = Self.fetched("heim <anna@geheim.example>\nTo: Anna\n", level, item: "BODY[]<20>")
            #expect(!found.contains("heim") && !found.contains("anna") && !found.contains("Anna"))
        }
    }

    @Test func `dots stay where they are`() {
        let found = Self.retrieved("Subject: x\n\n..\n..Geheim\n.. a\n")
        #expect(found.contains("\n\n..\n..") && found.hasSuffix("\n.. b\n.\n") == false)
        #expect(found.split(separator: "\n").filter { $0.hasPrefix("..") }.count == 3)
    }

    @Test func `unique identifiers of POP3 stay unique, printable, and the same everywhere`() throws {
        let identifiers = (0..<50).map { "UID\($0)-\(1_000_000 + $0 * 7919)" }
        let listing = identifiers.enumerated().map { "S: \($0.offset + 1) \($0.element)" }.joined(separator: "\n")
        let session = try RedactedReading.read(
            .pop3, .all,
            """
            S: +OK ready
            C: UIDL
            S: +OK
            \(listing)
            S: .
            C: UIDL 7
            S: +OK 7 \(identifiers[6])
            """)
        let lines = session.text(of: .server).split(separator: "\r\n")
        let found = lines[2..<52].map { $0.split(separator: " ")[1] }
        #expect(Set(found).count == 50 && Set(found).isDisjoint(with: identifiers.map { $0[...] }))
        #expect(zip(found, identifiers).allSatisfy { $0.utf8.count == $1.utf8.count })
        #expect(lines.last == "+OK 7 \(found[6])")
    }

    @Test func `names that a server repeats are gone there too`() throws {
        let session = try RedactedReading.read(
            .imap, .all,
            """
            S: * PREAUTH ready
            C: a SELECT Geheim
            S: a NO [NONEXISTENT] Mailbox does not exist: Geheim
            C: b RENAME Geheim Gold
            S: b NO [NEWNAME Geheim Gold] moved to Gold
            """)
        let server = session.text(of: .server)
        let name = try #require(session.text(of: .client).firstMatch(of: /a SELECT (\w*)/)?.1)
        let other = try #require(session.text(of: .client).firstMatch(of: /b RENAME \w* (\w*)/)?.1)
        #expect(server.contains("a NO [NONEXISTENT] Mailbox does not exist: \(name)\r\n"))
        #expect(server.contains("b NO [NEWNAME \(name) \(other)] moved to \(other)\r\n"))
    }

    @Test func `levels of a name, short names and listed names are gone there too`() throws {
        let session = try RedactedReading.read(
            .imap, .all,
            """
            S: * PREAUTH ready
            C: a SELECT Lists/Birds
            S: a NO Birds is not in LISTS; listsbirds, Birdsong and blacklists are
            C: b SELECT {2+}
            C: Jo
            S: b NO Jo is not Jon
            C: c LIST "" *
            S: * LIST () "/" Uma
            S: c OK Uma is all
            C: d SELECT Zed^Qux
            S: d NO Qux is gone
            C: e IDLE
            S: + no qux, Jo
            """)
        let server = session.text(of: .server)
        for name in ["Birds is", "in LISTS", "Jo is", "Uma", "Qux is", "no qux", ", Jo"] { #expect(!server.contains(name)) }
        for word in ["; listsbirds, Birdsong and blacklists are\r\n", "is not Jon\r\n", "is all\r\n"] {
            #expect(server.contains(word))
        }
        let (client, levels) = (session.text(of: .client), try #require(server.firstMatch(of: /a NO (\w*) is not in (\w*);/)))
        #expect(client.lowercased().contains("a select \(levels.2)/\(levels.1)\r\n".lowercased()))
    }
}
