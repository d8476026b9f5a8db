import InterpostCore
import NIOCore
import TestSupport
import Testing

/// A short conversation for each kind of values, which is the example of that kind in the schema and in `Events.md`.
struct ValueExample: CustomTestStringConvertible, Sendable {
    enum Speaker: String { case command, answer }

    var speaker: Speaker
    var kind: String
    var mailProtocol = MailProtocol.imap
    /// Lines behind the greeting; the last event that has values of the kind is the example.
    var transcript: String

    var testDescription: String { "\(speaker.rawValue).\(kind)" }

    init(_ speaker: Speaker, _ kind: String, in mailProtocol: MailProtocol = .imap, _ transcript: String) {
        self.speaker = speaker
        self.kind = kind
        self.mailProtocol = mailProtocol
        self.transcript = transcript
    }

    /// The line of the log.
    func line() throws -> [UInt8] {
        let greeting = mailProtocol == .imap ? "S: * PREAUTH hi\n" : "S: +OK hi\n"
        let parsed = try Transcript(reading: ByteBuffer(string: greeting + transcript))
        var reading = Reading(mailProtocol, detail: .values)
        for line in parsed.lines { if case .say(let side, let bytes) = line.step { reading.receive(bytes, from: side) } }
        let events = speaker == .command ? ["command"] : ["response", "completion"]
        let lines = reading.log.map(\.json).filter { bytes in
            guard let event = try? JSON(reading: bytes) else { return false }
            return events.contains(event["event"]?.text ?? "") && event["values"]?["kind"]?.text == kind
        }
        return try #require(lines.last, "no values of the kind \(kind)")
    }

    static let all = commands + answers

    private static let commands: [ValueExample] = [
        ValueExample(.command, "login", in: .pop3, "C: USER anna"),
        ValueExample(.command, "authenticate", "C: a AUTHENTICATE PLAIN AGFubmEAc2VzYW1l"),
        ValueExample(.command, "id", #"C: a ID ("name" "mutt" "user" "anna")"#),
        ValueExample(.command, "enable", "C: a ENABLE CONDSTORE UTF8=ACCEPT"),
        ValueExample(.command, "compress", "C: a COMPRESS DEFLATE"),
        ValueExample(.command, "select", "C: a SELECT INBOX (QRESYNC (67890007 90060115194045000))"),
        ValueExample(.command, "mailbox", "C: a CREATE Entw&APw-rfe"),
        ValueExample(.command, "rename", "C: a RENAME Work \"Old work\""),
        ValueExample(.command, "list", #"C: a LIST (SUBSCRIBED) "" (INBOX Work/%) RETURN (CHILDREN STATUS (MESSAGES))"#),
        ValueExample(.command, "status", "C: a STATUS Work (MESSAGES UIDNEXT)"),
        ValueExample(
            .command, "append", "C: a APPEND Sent (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {3+}\nC: abc"),
        ValueExample(.command, "replace", "C: a UID REPLACE 7 Drafts {3+}\nC: abc"),
        ValueExample(
            .command, "fetch",
            "C: a UID FETCH 1:4,9:* (FLAGS BODY.PEEK[1.HEADER.FIELDS (SUBJECT)]<0.100>) (CHANGEDSINCE 12)"),
        ValueExample(.command, "store", "C: a STORE 2 (UNCHANGEDSINCE 12) +FLAGS.SILENT (\\Seen $Junk)"),
        ValueExample(.command, "copy", "C: a UID MOVE $ Archive"),
        ValueExample(.command, "expunge", "C: a UID EXPUNGE 3:5"),
        ValueExample(
            .command, "search",
            #"C: a UID SEARCH RETURN (MIN COUNT) CHARSET UTF-8 UNSEEN OR FROM "anna" SINCE 1-Feb-1994 NOT LARGER 1000"#),
        ValueExample(.command, "acl", "C: a SETACL Work fred +rwi"),
        ValueExample(.command, "quota", #"C: a SETQUOTA "" (STORAGE 512)"#),
        ValueExample(.command, "metadata", #"C: a GETMETADATA (MAXSIZE 1024) INBOX (/private/comment)"#),
        ValueExample(.command, "message", in: .pop3, "C: TOP 3 10"),
    ]

    private static let fetchAnswer: String = [
        #"S: * 12 FETCH (UID 42 RFC822.SIZE 4286 INTERNALDATE "17-Jul-1996 02:44:25 -0700" FLAGS (\Seen $Work)"#,
        #"ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700" "=?utf-8?q?Gr=C3=BC=C3=9Fe?=" (("Ann" NIL "ann" "example.org")) NIL NIL"#,
        #"((NIL NIL "bob" "example.net")) NIL NIL NIL "<b27@example.org>")"#,
        #"BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 12 1 NIL NIL NIL NIL)"#
            + #"("IMAGE" "PNG" NIL NIL NIL "BASE64" 40 NIL ("attachment" ("filename" "a.png")) NIL NIL) "MIXED" NIL NIL NIL NIL)"#,
        "X-GM-MSGID 1278455344230334865 BODY[TEXT]<0> {3}\nS: abc)",
    ].joined(separator: " ")

    private static let answers: [ValueExample] = [
        ValueExample(.answer, "fetch", fetchAnswer),
        ValueExample(.answer, "list", #"S: * LIST (\HasNoChildren \Drafts) "/" Entw&APw-rfe"#),
        ValueExample(.answer, "status", "S: * STATUS Work (MESSAGES 231 UIDNEXT 44292 UIDVALIDITY 7)"),
        ValueExample(.answer, "search", "S: * SEARCH 2 5 6 (MODSEQ 917162500)"),
        ValueExample(.answer, "esearch", #"S: * ESEARCH (TAG "a1") UID MIN 7 COUNT 3 ALL 7,10:11"#),
        ValueExample(.answer, "thread", "S: * THREAD (2)(3 6 (4 23)(44 7 96))"),
        ValueExample(.answer, "vanished", "S: * VANISHED (EARLIER) 300:310,405"),
        ValueExample(.answer, "flags", "S: * FLAGS (\\Answered \\Seen $Junk)"),
        ValueExample(.answer, "capabilities", "S: * CAPABILITY IMAP4rev1 AUTH=PLAIN APPENDLIMIT=35651584"),
        ValueExample(.answer, "enabled", "S: * ENABLED CONDSTORE"),
        ValueExample(.answer, "id", #"S: * ID ("name" "Dovecot" "support-url" NIL)"#),
        ValueExample(.answer, "namespace", ##"S: * NAMESPACE (("" "/")) NIL (("#shared/" "/"))"##),
        ValueExample(.answer, "quota", #"S: * QUOTA "" (STORAGE 10 512)"#),
        ValueExample(.answer, "quota-root", #"S: * QUOTAROOT INBOX """#),
        ValueExample(.answer, "acl", "S: * ACL Work fred rwipslda"),
        ValueExample(.answer, "rights", "S: * LISTRIGHTS Work fred la r swicdkxte"),
        ValueExample(.answer, "metadata", #"S: * METADATA INBOX (/private/comment "My own")"#),
        ValueExample(.answer, "code", "C: a UID COPY 304 Archive\nS: a OK [COPYUID 38505 304 3956] done"),
        ValueExample(.answer, "drop", in: .pop3, "C: STAT\nS: +OK 2 320"),
        ValueExample(.answer, "scan", in: .pop3, "C: LIST\nS: +OK\nS: 1 120\nS: ."),
        ValueExample(.answer, "unique-id", in: .pop3, "C: UIDL 1\nS: +OK 1 whqtswO00WBw418f9t5JxYwZ"),
        ValueExample(.answer, "capability", in: .pop3, "C: CAPA\nS: +OK\nS: SASL PLAIN CRAM-MD5\nS: ."),
    ]
}
