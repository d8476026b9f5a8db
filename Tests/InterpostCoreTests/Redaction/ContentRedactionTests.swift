import Foundation
import InterpostCore
import NIOCore
import Testing

/// What is gone at which level, and what stays.
@Suite struct ContentRedactionTests {
    /// Words that begin with `Geheim` stand for what is personal, by the level at which they have to be gone.
    private static let imap = #"""
        S: * PREAUTH ready
        C: a LIST "" "*"
        S: * LIST (\HasChildren \Sent) "/" Sent
        S: * LIST (\HasChildren) "/" "GeheimAll Eins"
        S: * LIST () "/" INBOX
        S: * LIST () "/" {14}
        S: GeheimAll Eins
        S: a OK done
        C: b SELECT "GeheimAll Eins"
        S: * FLAGS (\Seen $Junk GeheimAllFlag)
        S: * OK [PERMANENTFLAGS (\Seen GeheimAllFlag \*)] limited
        S: * OK [MAILBOXID (GeheimAllId)] Ok
        S: b OK [READ-WRITE] done
        C: c FETCH 1 (ENVELOPE BODYSTRUCTURE PREVIEW EMAILID BODY[])
        S: * 1 FETCH (FLAGS (\Seen GeheimAllFlag) ENVELOPE ("Mon, 7 Feb 1994 21:52:25 -0800" "GeheimHeadA betrifft" (("GeheimHeadB" NIL "GeheimHeadC" "GeheimHeadD.example")) NIL NIL NIL NIL NIL NIL "<GeheimHeadE@example>") BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 20 1)("IMAGE" "PNG" ("NAME" "GeheimHeadF.png") "<GeheimHeadG@x>" "GeheimHeadH" "BASE64" 12 NIL ("ATTACHMENT" ("FILENAME" "GeheimHeadF.png")) NIL NIL) "MIXED" ("BOUNDARY" "GeheimBodyB-1") NIL NIL NIL) PREVIEW "GeheimBodyA" EMAILID (GeheimAllMail) BODY[] {466}
        S: Subject: GeheimHeadA betrifft
        S: From: GeheimHeadB <GeheimHeadC@GeheimHeadD.example>
        S: Date: Mon, 7 Feb 1994 21:52:25 -0800
        S: Message-ID: <GeheimHeadE@example>
        S: Content-Type: multipart/mixed; boundary="GeheimBodyB-1"
        S:
        S: --GeheimBodyB-1
        S: Content-Type: text/plain; charset=utf-8
        S:
        S: GeheimBodyA 12345
        S:
        S: --GeheimBodyB-1
        S: Content-Type: image/png; name="GeheimHeadF.png"
        S: Content-Id: <GeheimHeadG@x>
        S: Content-Transfer-Encoding: base64
        S:
        S: R2VoZWltQm9keUM=
        S: --GeheimBodyB-1--
        S: )
        S: c OK done
        C: d SEARCH FROM GeheimAllSuche TEXT "GeheimAllText" KEYWORD GeheimAllFlag HEADER X-Foo "GeheimAllWert"
        S: * SEARCH 1
        S: d OK done
        C: e APPEND Sent (\Seen) {43+}
        C: Subject: GeheimHeadA
        C:
        C: GeheimBodyA again
        C:
        S: e OK done
        C: f GETACL Sent
        S: * ACL Sent GeheimHeadUser lrs anyone l
        S: f OK done
        C: g ID ("name" "GeheimKept" "os" "GeheimAllOS")
        S: * ID NIL
        S: g OK done
        C: h STATUS "GeheimAll Eins" (MESSAGES)
        S: * STATUS "GeheimAll Eins" (MESSAGES 1)
        S: h OK done
        C: i SETMETADATA "" (/private/comment "GeheimAllNote")
        S: i OK done
        """#

    private static func said(_ level: RedactionLevel) throws -> (whole: RedactedReading, client: String, server: String) {
        let session = try RedactedReading.read(.imap, level, imap)
        return (session, session.text(of: .client), session.text(of: .server))
    }

    @Test func `the session is read as it is meant`() throws {
        let session = try Self.said(.none).whole
        #expect(session.reading.events.allSatisfy { $0.anomalies.isEmpty })
        let commands = session.reading.events.filter { if case .completion = $0.meaning { true } else { false } }
        #expect(commands.count == 9)
    }

    @Test(arguments: RedactionLevel.allCases) func `each level takes what is its own, and no more`(level: RedactionLevel) throws {
        let (_, client, server) = try Self.said(level)
        let text = client + server
        let rank = RedactionLevel.allCases.firstIndex(of: level) ?? 0
        #expect(text.contains("GeheimHead") == (rank < 1))
        #expect(text.contains("R2VoZWltQm9keUM=") == (rank < 2))
        #expect(text.contains("GeheimBody") == (rank < 2))
        #expect(text.contains("GeheimAll") == (rank < 3))
        #expect(text.contains("GeheimKept"))
        if rank == 1 {
            #expect(server.contains("\r\nGeheimBodyA 12345\r\n"))
            #expect(server.contains("\r\n--GeheimBodyB-1\r\n"))
        }
    }

    @Test func `what says nothing of anybody stays`() throws {
        let (_, client, server) = try Self.said(.all)
        for kept in [
            "* LIST (\\HasChildren \\Sent) \"/\" Sent\r\n", "* LIST () \"/\" INBOX\r\n", "(\\Seen $Junk ",
            "Date: Mon, 7 Feb 1994 21:52:25 -0800\r\n", "(\"Mon, 7 Feb 1994 21:52:25 -0800\" ",
            "Content-Type: multipart/mixed; boundary=\"", "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Transfer-Encoding: base64\r\n", "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 20 1)",
            "(\"IMAGE\" \"PNG\" (\"NAME\" \"", "(\"ATTACHMENT\" (\"FILENAME\" \"", " anyone l\r\n", "* ACL Sent ",
        ] { #expect(server.contains(kept), "\(kept)") }
        #expect(client.contains("e APPEND Sent (\\Seen) {43+}\r\nSubject: "))
        #expect(client.contains("SETMETADATA \"\" (/private/comment \""))
    }

    @Test func `all views of a value have one pseudonym`() throws {
        let (_, client, server) = try Self.said(.all)
        let mailbox = try #require(server.firstMatch(of: /\* LIST \(\\HasChildren\) "\/" "([^"]*)"/)?.1)
        #expect(server.contains("{14}\r\n\(mailbox)\r\n"))
        #expect(client.contains("SELECT \"\(mailbox)\"") && client.contains("STATUS \"\(mailbox)\""))
        let subject = try #require(server.firstMatch(of: /ENVELOPE \("[^"]*" "([^"]*)"/)?.1)
        #expect(server.contains("\r\nSubject: \(subject)\r\n"))
        #expect(client.contains("\r\nSubject: \(subject.prefix(11))\r\n"))
        let identifier = try #require(server.firstMatch(of: /"<([^>]*)>"\) BODYS/)?.1)
        #expect(server.contains("\r\nMessage-ID: <\(identifier)>\r\n"))
        let boundary = try #require(server.firstMatch(of: /"BOUNDARY" "([^"]*)"/)?.1)
        #expect(server.contains("boundary=\"\(boundary)\"\r\n") && server.contains("\r\n--\(boundary)\r\n"))
        #expect(server.contains("\r\n--\(boundary)--\r\n"))
        let preview = try #require(server.firstMatch(of: /PREVIEW "([^"]*)"/)?.1)
        #expect(server.contains("\r\n\(preview) ") && client.contains("\r\n\(preview) "))
        let flag = try #require(server.firstMatch(of: /FLAGS \(\\Seen \$Junk (\S*)\)/)?.1)
        #expect(server.contains("[PERMANENTFLAGS (\\Seen \(flag) \\*)]") && client.contains("KEYWORD \(flag) "))
        #expect(server.contains("FETCH (FLAGS (\\Seen \(flag)) "))
    }

    @Test func `pseudonyms are those of the key`() throws {
        let first = try RedactedReading.read(.imap, .all, key: 1, Self.imap)
        let again = try RedactedReading.read(.imap, .all, key: 1, Self.imap)
        let other = try RedactedReading.read(.imap, .all, key: 2, Self.imap)
        #expect(first.bytes(of: .server) == again.bytes(of: .server))
        #expect(first.bytes(of: .server) != other.bytes(of: .server))
    }

    @Test func `atoms, quoted strings and literals have one pseudonym`() throws {
        let session = try RedactedReading.read(
            .imap, .all,
            #"""
            S: * PREAUTH ready
            C: a SELECT Projekt.Geheim
            S: a OK done
            C: b SELECT "Projekt.Geheim"
            S: b OK done
            C: c SELECT {14+}
            C: Projekt.Geheim
            S: c OK done
            C: d CREATE "a\"b\\c"
            S: d OK done
            C: e CREATE {5+}
            C: a"b\c
            S: e OK done
            """#)
        let lines = session.text(of: .client).split(separator: "\r\n")
        let name = lines[0].dropFirst("a SELECT ".count)
        #expect(!name.contains("Projekt") && !name.contains("Geheim") && name.count == 14)
        #expect(lines[1] == "b SELECT \"\(name)\"")
        #expect(lines[3] == name)
        let quoted = lines[4].dropFirst("d CREATE ".count).dropFirst().dropLast()
        #expect(quoted.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\") == lines[6])
    }

    @Test func `names that differ have pseudonyms that differ`() throws {
        let names = (0..<26).map { String(UnicodeScalar(UInt8(97 + $0))) } + ["INBOX", "Inbox2", "I", "S", "Sent", "Se", "Senf"]
        let list = names.map { "S: * LIST () \"/\" \($0)" }.joined(separator: "\n")
        let session = try RedactedReading.read(.imap, .all, "S: * PREAUTH ready\n" + list)
        let found = Set(session.text(of: .server).split(separator: "\r\n").dropFirst())
        #expect(found.count == names.count)
        #expect(found.contains("* LIST () \"/\" INBOX") && found.contains("* LIST () \"/\" Sent"))
    }

    @Test func `names in modified UTF-7 stay such names`() throws {
        let names = ["Entw&APw-rfe", "&U,BTF2XlZyyKng-", "A &- B", "&2D3cSQ-", "R&D"]
        let list = names.map { "S: * LIST () \"/\" \"\($0)\"" }.joined(separator: "\n")
        let session = try RedactedReading.read(.imap, .all, "S: * PREAUTH ready\n" + list)
        let lines = session.text(of: .server).split(separator: "\r\n").dropFirst()
        for (name, line) in zip(names, lines) {
            let found = line.dropFirst("* LIST () \"/\" \"".count).dropLast()
            #expect(found != name && found.utf8.count == name.utf8.count)
            let before = ModifiedUTF7.decode(ByteBuffer(string: name))
            let after = ModifiedUTF7.decode(ByteBuffer(substring: found))
            #expect(after.quirks == before.quirks, "\(name): \(found)")
            let lengths = [before.text, after.text].map { String(buffer: $0).unicodeScalars.count }
            #expect(lengths[0] == lengths[1])
        }
    }
}
