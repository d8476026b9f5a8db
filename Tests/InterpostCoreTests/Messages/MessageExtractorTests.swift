import NIOCore
import Testing

@testable import InterpostCore

/// Messages that go by.
@Suite struct `A message in a session` {
    /// The name of its file and its text; ` …` in front of the text of one that is not whole.
    struct Found: Equatable {
        var messages: [String] = []
        var leftOut = 0
    }

    private static func find(_ said: [(Side, String)], _ mailProtocol: MailProtocol, cut: Int) -> Found {
        var (conversation, extractor, found) = (Conversation(mailProtocol), MessageExtractor(), Found())
        var open: [Side: [UInt8]] = [:]
        func take(_ piece: MessagePiece, from sender: Side?) {
            switch piece {
            case .begin(let origin):
                #expect(open[origin.sender] == nil)
                open[origin.sender] = []
            case .bytes(let bytes): if let sender { open[sender]? += bytes.readableBytesView }
            case .end(let origin, let isWhole):
                let name = origin.fileName(count: found.messages.count + 1, session: 1)
                let text = String(decoding: open.removeValue(forKey: origin.sender) ?? [], as: UTF8.self)
                found.messages.append("\(name) \(isWhole ? "" : "… ")\(text)")
            }
        }
        for (side, text) in said {
            var rest = ByteBuffer(string: text)
            while let piece = rest.readSlice(length: min(cut, rest.readableBytes)), piece.readableBytes > 0 {
                conversation.receive(piece, from: side, at: WireTime(nanoseconds: 0))
                while let event = conversation.next() {
                    var mailbox: MailboxName?
                    if case .selected(let name, _)? = conversation.imap?.state { mailbox = name }
                    extractor.observe(event, in: mailbox) { take($0, from: event.sender) }
                }
            }
        }
        extractor.finish { take($0, from: nil) }
        found.leftOut = extractor.leftOut
        return found
    }

    private static let selected: [(Side, String)] = [
        (.server, "* PREAUTH ready\r\n"), (.client, "a SELECT In/../x\r\n"), (.server, "a OK done\r\n"),
    ]

    private static func expect(
        _ said: [(Side, String)], in mailProtocol: MailProtocol = .imap, has messages: [String], leftOut: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for cut in [Int.max, 1, 2, 3, 7] {
            #expect(
                find(said, mailProtocol, cut: cut) == Found(messages: messages, leftOut: leftOut), "cut \(cut)",
                sourceLocation: sourceLocation)
        }
    }

    @Test func `that a client fetches has its UID, wherever that stands`() {
        let answers =
            "* 1 FETCH (UID 17 BODY[] {5}\r\none\r\n)\r\n" + "* 2 FETCH (FLAGS (\\Seen) RFC822 {3}\r\ntwo UID 18)\r\n"
            + "* 3 FETCH (BINARY[] ~{5}\r\nthree)\r\n" + "* 4 FETCH (BODY[] \"four\" UID 20)\r\n* 5 FETCH (BODY[] NIL)\r\n"
            + "* 6 FETCH (BODY[TEXT] {1}\r\nx BODY[]<0> {1}\r\ny UID 21)\r\n* 22 UIDFETCH (BODY[] {1}\r\nz)\r\nb OK done\r\n"
        Self.expect(
            Self.selected + [(.client, "b FETCH 1:6 BODY[]\r\n"), (.server, answers)],
            has: [
                "0001-s1-In_.._x-uid17.eml one\r\n", "0002-s1-In_.._x-uid18.eml two", "0003-s1-In_.._x-n3.eml three",
                "0004-s1-In_.._x-uid20.eml four", "0005-s1-In_.._x-uid21.eml … y", "0006-s1-In_.._x-uid22.eml z",
            ])
    }

    @Test(arguments: [
        "BODY[HEADER]", "BODY[TEXT]", "BODY[1]", "BODY[HEADER.FIELDS (SUBJECT)]", "RFC822.HEADER", "RFC822.TEXT", "BODY[1.MIME]",
        "BINARY[1]", "X[]", "SNIPPET",
    ])
    func `is not a part of one`(item: String) {
        let answer = "* 1 FETCH (UID 17 \(item) {5}\r\none\r\n)\r\nb OK done\r\n"
        Self.expect(Self.selected + [(.client, "b FETCH 1 \(item)\r\n"), (.server, answer)], has: [])
        Self.expect(Self.selected + [(.server, "* LIST () \"/\" {6}\r\nBODY[]\r\n* X BODY[] {1}\r\nx\r\n")], has: [])
    }

    @Test func `in pieces is joined while they follow one another`() {
        func piece(_ number: Int, _ offset: Int, _ text: String, _ more: String = "") -> (Side, String) {
            (.server, "* \(number) FETCH (BODY[]<\(offset)> {\(text.utf8.count)}\r\n\(text)\(more))\r\n")
        }
        let asked: [(Side, String)] = Self.selected + [(.client, "b UID FETCH 7 BODY.PEEK[]<0.4>\r\n")]
        Self.expect(
            asked + [piece(1, 0, "abcd"), (.server, "* 9 EXISTS\r\n"), piece(1, 4, "efgh", " UID 7"), piece(1, 8, "ij")],
            has: ["0001-s1-In_.._x-uid7.eml abcdefghij"])
        Self.expect(
            asked + [piece(1, 0, "abcd"), piece(1, 4, ""), piece(2, 0, "abcd"), piece(3, 0, "x"), piece(3, 4, "y")],
            has: ["0001-s1-In_.._x-n1.eml abcd", "0002-s1-In_.._x-n2.eml … abcd", "0003-s1-In_.._x-n3.eml x"], leftOut: 1)
    }

    @Test func `that a client stores is taken, and its mailbox`() {
        let said: [(Side, String)] = [
            (.server, "* PREAUTH ready\r\n"), (.client, "a APPEND {4+}\r\nSent (\\Seen) \"1-Jan-2026 00:00:00 +0000\" {3}\r\n"),
            (.server, "+ ok\r\n"), (.client, "one {3+}\r\ntwo\r\n"), (.server, "a OK done\r\n"),
            (.client, "b UID REPLACE 4 \"my {1+}\" UTF8 (~{5+}\r\nthree)\r\n"), (.server, "b OK\r\n"),
            (.client, "c APPEND x CATENATE (TEXT {1+}\r\na TEXT {1+}\r\nb) CATENATE (URL {2+}\r\n/x TEXT {1+}\r\nc)\r\n"),
            (.client, "d APPEND x CATENATE (TEXT {1+}\r\ne URL /y)\r\nd2 CREATE {4+}\r\nmail\r\n"),
            (.client, "e APPEND x {4}\r\n"),
            (.server, "e NO full\r\n"), (.client, "f APPEND x {9}\r\n"), (.server, "+ ok\r\n"), (.client, "half"),
        ]
        Self.expect(
            said,
            has: [
                "0001-s1-Sent-append.eml one", "0002-s1-Sent-append.eml two", "0003-s1-my__1__-replace.eml three",
                "0004-s1-x-append.eml ab", "0005-s1-x-append.eml … c", "0006-s1-x-append.eml … e", "0007-s1-x-append.eml … ",
                "0008-s1-x-append.eml … half",
            ])
    }

    @Test func `of POP3 is taken without its stuffed dots`() {
        Self.expect(
            [
                (.server, "+OK ready\r\n"), (.client, "TOP 1 0\r\nRETR 1\r\nRETR 9\r\nRETR 2\r\n"),
                (.server, "+OK\r\nhead\r\n\r\n.\r\n+OK\r\n..\r\n\r\n..x\r\n.y\r\nz.\r\n.\r\n-ERR no\r\n+OK\r\nhalf"),
            ], in: .pop3, has: ["0001-s1-pop3-n1.eml .\r\n\r\n.x\r\ny\r\nz.\r\n", "0002-s1-pop3-n2.eml … half"])
        Self.expect(
            [
                (.server, "+OK ready\r\n"), (.client, "XTND XMIT\r\n"), (.server, "+OK\r\n"),
                (.client, "To: x\r\n\r\n..\r\n.\r\nQUIT\r\n"), (.server, "+OK\r\n"),
            ], in: .pop3, has: ["0001-s1-pop3-xmit.eml To: x\r\n\r\n.\r\n"])
    }

    @Test func `has a file name that leads nowhere else`() {
        func name(_ mailbox: String?) -> String {
            MessageOrigin(
                mailProtocol: .imap, sender: .server, time: WireTime(nanoseconds: 0), mailbox: mailbox.map { MailboxName($0) },
                number: 3, section: "BODY[]"
            ).fileName(count: 12_345, session: 7)
        }
        #expect(name("inbox") == "12345-s7-INBOX-n3.eml")
        #expect(name("../../etc/passwd\0\n") == "12345-s7-.._.._etc_passwd__-n3.eml")
        #expect(name(String(repeating: "é", count: 100)) == "12345-s7-\(String(repeating: "_", count: 40))-n3.eml")
        #expect(name(nil) == "12345-s7-imap-n3.eml")
    }

    // MARK: - mbox

    @Test func `stands in an mbox with quoted From lines`() {
        let text = "From me\r\n>From you\r\n\r\n>>From\r\n> From\r\nFrom"
        let quoted = ">From me\n>>From you\n\n>>From\n> From\nFrom\n\n"
        for cut in 1...text.utf8.count {
            var (writer, file) = (MboxWriter(), ByteBuffer())
            writer.begin(at: WireTime(nanoseconds: 1_772_323_200_000_000_000), to: &file)
            var rest = ByteBuffer(string: text)
            while let piece = rest.readSlice(length: min(cut, rest.readableBytes)), piece.readableBytes > 0 {
                writer.write(piece, to: &file)
            }
            writer.end(to: &file)
            #expect(String(buffer: file) == "From MAILER-DAEMON Sun Mar  1 00:00:00 2026\n" + quoted, "cut \(cut)")
        }
    }
}
