// Strategy: single lines of answers, in a table; whole sessions are in Fixtures/Wire/Gate/sight-*.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The guard of what may be seen` {
    private static func look(_ line: String, _ sight: Sight) -> SightGuard.Finding {
        var sightGuard = SightGuard(sight)
        let bytes = ByteBuffer(string: line + "\r\n")
        let name = IMAPResponse(reading: bytes).name
        return sightGuard.look(at: bytes, of: name, isFirst: true, isLast: !line.hasSuffix("}"))
    }

    @Test(arguments: [
        (Sight.count, "* 1 FETCH (UID 5 RFC822.SIZE 100)"), (.count, "* 1 EXISTS"), (.count, "* SEARCH 1 2"),
        (.count, "* LIST () \"/\" INBOX"), (.count, "* STATUS x (UNSEEN 1)"), (.flags, "* 1 FETCH (FLAGS (\\Seen) UID 5)"),
        (.flags, "* 1 FETCH (INTERNALDATE \" 1-Feb-2026 00:00:00 +0000\" MODSEQ (5))"), (.count, "* 1 FETCH (EMAILID (M1))"),
        (.count, "* 1 FETCH (X-GUID 5f2c UID 1 X-REAL-UID 5)"), (.flags, "* 1 FETCH (X-MAILBOX BODY[])"),
        (.envelope, "* 1 FETCH (ENVELOPE (\"BODY[]\" NIL ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL \"<RFC822 (>\"))"),
        (.envelope, "* 1 FETCH (BODY[HEADER.FIELDS (\"Subject\" from)]<0> {20}"), (.structure, "* 1 FETCH (BODY (NIL) UID 1)"),
        (.header, "* 1 FETCH (BODY[HEADER] \"a (\" BODY[1.MIME] NIL)"), (.text, "* 1 FETCH (BODY[1] ~{20}"),
        (.text, "* 1 FETCH (PREVIEW \"BODY[] FLAGS\" UID 1)"), (.attachment, "* 1 FETCH (X-NEW y)"),
        (.header, "* 1 FETCH ()"), (.flags, "* 1 STORE (FLAGS (\\Seen))"),
    ])
    func `lets pass what may be seen`(sight: Sight, line: String) { #expect(Self.look(line, sight) == .pass) }

    @Test(arguments: [
        (Sight.count, "* 1 FETCH (FLAGS (\\Seen) UID 5)", "* 1 FETCH (UID 5)"),
        (.count, "* 1 FETCH (UID 5 FLAGS ())", "* 1 FETCH (UID 5)"),
        (.count, "* 1 FETCH (UID 5 FLAGS () MODSEQ (7) RFC822.SIZE 1)", "* 1 FETCH (UID 5 RFC822.SIZE 1)"),
        (.count, "* 1 FETCH (MODSEQ (7) FLAGS () UID 5)", "* 1 FETCH (UID 5)"),
    ])
    func `leaves out flags that nobody asked for`(sight: Sight, line: String, left: String) {
        #expect(Self.look(line, sight) == .replace(ByteBuffer(string: left + "\r\n")))
    }

    @Test(arguments: [
        (Sight.count, "* 1 FETCH (FLAGS (\\Seen))"), (.text, "* URLFETCH x {5}"), (.header, "* SNIPPET x"),
        (.count, "* NEWS (y)"),
        (.text, "* 1 CONVERTED (TAG \"a\") (BODY[1] {9}"), (.text, "* GENURLAUTH \"imap://x\""),
        (.count, "* 1 FETCH (FLAGS () MODSEQ (1))"),
    ])
    func `passes on nothing of an answer in which nothing is left, or that may show anything`(sight: Sight, line: String) {
        #expect(Self.look(line, sight) == .withhold)
    }

    @Test(arguments: [
        (Sight.count, "* 1 FETCH (UID 5 ENVELOPE (NIL))"), (.count, "* 1 FETCH (FLAGS {3}"), (.flags, "* 1 FETCH (BODY (NIL))"),
        (.header, "* 1 FETCH (UID 5 BODY[] {100}"), (.header, "* 1 FETCH (RFC822 \"x\")"), (.text, "* 1 FETCH (BODY[2] NIL)"),
        (.envelope, "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT {4}"), (.text, "* 1 FETCH (X-NEW \"y\")"),
        (.header, "* 1 FETCH (body[text] \"\")"),
        (.envelope, "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT LIST-ID)] {5}"), (.header, "* 1 FETCH (UID 5 = 6)"),
    ])
    func `raises an alarm about more of a message`(sight: Sight, line: String) {
        guard case .alarm = Self.look(line, sight) else {
            Issue.record("\(Self.look(line, sight))")
            return
        }
    }

    @Test func `looks at each line of an answer, and begins anew with the next`() {
        var sightGuard = SightGuard(.text)
        func look(_ line: String, isFirst: Bool, isLast: Bool) -> SightGuard.Finding {
            sightGuard.look(at: ByteBuffer(string: line + "\r\n"), of: Keyword("FETCH"), isFirst: isFirst, isLast: isLast)
        }
        #expect(look("* 1 FETCH (BODY[1] {3}", isFirst: true, isLast: false) == .pass)
        #expect(look(" UID 5 BODYSTRUCTURE ((\"TEXT\" {5}", isFirst: false, isLast: false) == .pass)
        #expect(look(" RFC822) BODY[2]) RFC822.TEXT \"x\")", isFirst: false, isLast: true) == .alarm("RFC822.TEXT"))
        #expect(look("* 1 FETCH (UID 5)", isFirst: true, isLast: true) == .pass)
    }

    @Test(arguments: [
        ("Subject: x\r\n\r\nHello\r\n", "Subject: x\r\n\r\n"), ("\r\nHello\r\n", "\r\n"), ("a: b\n\nc\n", "a: b\n\n"),
        ("a: b\r\n", "a: b\r\n"), ("a: b\r\n \r\n\r\n", "a: b\r\n \r\n\r\n"), ("a\rb\r\n\r\nc", "a\rb\r\n\r\n"), ("", ""),
    ])
    func `passes on the header of a message however it comes`(message: String, header: String) {
        for size in 1...max(1, message.utf8.count) {
            var passage = HeaderPassage()
            var rest = ByteBuffer(string: message)
            var passed = ""
            while let chunk = rest.readSlice(length: min(size, max(1, rest.readableBytes))) {
                passed += String(buffer: passage.passed(of: chunk))
            }
            #expect(passed == header, "\(size)")
        }
    }
}
