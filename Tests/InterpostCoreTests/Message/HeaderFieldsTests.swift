import NIOCore
import Testing

@testable import InterpostCore

@Suite struct DeepHeaderTests {
    private static func fields(_ text: String) -> [String] {
        HeaderFields(ByteBuffer(string: text)).map {
            "\(String(buffer: $0.name))|\(String(buffer: $0.value))\($0.isCutShort ? "…" : "")"
        }
    }

    @Test(arguments: [
        ("Subject: hi\r\nTo: ann@example.org\r\n\r\nBody: no\r\n", ["Subject|hi", "To|ann@example.org"]),
        ("Subject: hi\nTo: ann@example.org\n\nBody: no\n", ["Subject|hi", "To|ann@example.org"]),
        ("Subject: a long\r\n\tsubject\r\n  of three lines\r\nX: y\r\n", ["Subject|a long\tsubject  of three lines", "X|y"]),
        ("Subject : obsolete\r\nTo\t:x\r\n", ["Subject|obsolete", "To|x"]),
        ("Subject:\r\n folded at once\r\n", ["Subject|folded at once"]),
        ("Subject:\r\nX:   \r\n\t\r\nY: z\r\n", ["Subject|", "X|", "Y|z"]),
        ("From ann Mon Jan  1\r\nno colon\r\n and more: x\r\nSubject: hi\r\n", ["Subject|hi"]),
        (">From: ann\r\n: nothing\r\na b: c\r\nSubject: a:b:c\r\n", [">From|ann", "Subject|a:b:c"]),
        ("Subject: cut o", ["Subject|cut o…"]),
        ("Subject: whole\r\nTo: cut\r\n more", ["Subject|whole", "To|cut more…"]),
        ("Subject: whole\r\nMess", ["Subject|whole"]),
        ("Subject: whole\r\n", ["Subject|whole"]),
        ("Subject: caf\u{E9}\r\n", ["Subject|café"]),
        ("", []), ("\r\nSubject: body\r\n", []), ("\nSubject: body\n", []), (" Subject: x\r\n", []), ("\r", []), (":", []),
    ]) func `fields are found`(text: String, fields: [String]) {
        #expect(Self.fields(text) == fields)
    }

    @Test func `a field is found by its name in any case`() {
        let header = HeaderFields(
            ByteBuffer(string: "received: x\r\nMESSAGE-id:\r\n <1@a>\r\nsubject: one\r\nSubject: two\r\nDate: cut"))
        #expect(header.messageID == ByteBuffer(string: "<1@a>"))
        #expect(header.subject == ByteBuffer(string: "one"))
        #expect(header["DATE"] == nil)
        #expect(header["TO"] == nil)
    }

    @Test(arguments: 0..<60) func `a prefix has no field that the whole has not`(cut: Int) {
        let text = "Message-ID: <1@a>\r\nSubject: a\r\n b\r\nTo: x\r\n\r\nBody: y\r\n"
        let whole = Self.fields(text)
        let prefix = HeaderFields(ByteBuffer(string: String(text.unicodeScalars.prefix(cut))))
        for (index, field) in prefix.enumerated() where !field.isCutShort {
            let read = "\(String(buffer: field.name))|\(String(buffer: field.value))"
            // At the end of a line nobody can tell whether another one continues it.
            #expect(read == whole[index] || (read == "Subject|a" && cut < 35))
        }
    }

    @Test(arguments: 0..<300) func `the fields of noise lie inside it`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let bytes = random.bytes(Int.random(in: 0...60, using: &random), of: Array("aB: \t\r\n\r\n\n:".utf8) + [0, 0xE9])
        for field in HeaderFields(ByteBuffer(bytes: bytes)) {
            #expect(field.name.readableBytes > 0)
            #expect(!field.value.readableBytesView.contains(0x0A))
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""),
        ("=?iso-8859-1?Q?Entw=FCrfe?= (2)", "Entwürfe (2)"),
        ("=?UTF-8?B?RW50d8O8cmZl?=", "Entwürfe"),
        ("=?utf-8?b?RW50d8O8cmZl?= =?utf-8?q?_2?=", "Entwürfe 2"),
        ("=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        // A character cut in two by two words.
        ("=?utf-8?B?w?= =?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?windows-1252?Q?=80_=84x=93_=81?=", "€ „x“  "),
        ("=?ISO-8859-1?Q?=80?=", "€"),
        ("=?iso-8859-15?q?=A4=BD?=", "€œ"),
        ("=?us-ascii*en?q?hello?=", "hello"),
        ("=?utf-8?Q?with space?=", "with space"),
        ("=?utf-8?B?YWI?=", "ab"),
        ("=?utf-8?q??=", ""),
        // Not decoded.
        ("=?gbk?B?tcTAsg==?=", "=?gbk?B?tcTAsg==?="),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?b?a b?=", "=?utf-8?b?a b?="),
        ("=?utf-8?q?=ZZ?=", "=?utf-8?q?=ZZ?="),
        ("=?utf-8?q?cut", "=?utf-8?q?cut"), ("=?utf-8?q?cut?", "=?utf-8?q?cut?"), ("=?", "=?"), ("=", "="),
        ("a=?b?c?d", "a=?b?c?d"),
        ("1 = 2 ? 3", "1 = 2 ? 3"),
        // Nothing that draws on a terminal comes out.
        ("=?utf-8?q?a=1B[2Jb=0D=0Ac?=", "a [2Jb  c"), ("a\u{1B}b\tc\u{7F}\u{9B}d", "a b c  d"),
        ("caf\u{E9}", "café"),
    ]) func `encoded words are decoded`(text: String, decoded: String) {
        #expect(EncodedWords.decode(ByteBuffer(string: text)) == decoded)
    }

    @Test func `a long text is cut at the limit`() {
        #expect(EncodedWords.decode(ByteBuffer(string: "abcdef"), limit: 6) == "abcdef")
        #expect(EncodedWords.decode(ByteBuffer(string: "abcdefg"), limit: 6) == "abcdef…")
        #expect(EncodedWords.decode(ByteBuffer(string: "a"), limit: -1) == "…")
        #expect(EncodedWords.decode(ByteBuffer(bytes: [0x61, 0xFF, 0x62])) == "a\u{FFFD}b")
    }
}
