import NIOCore

@testable import InterpostCore

/// Commands as a client could send them, and what the gate writes for them: `nil` where the same.
///
/// Literals stand in place, with their octets. `␍␊` of the last line is left out.
enum StrictTable {
    static let accepted: [(String, String?)] = session + mailboxes + messages + searches + extensions

    private static let session: [(String, String?)] = [
        ("a CAPABILITY", nil), ("a.1 capability", "a.1 CAPABILITY"), ("a NOOP", nil), ("a nOoP", "a NOOP"),
        ("a LOGOUT", nil), ("a logout", "a LOGOUT"), ("a NOOP ", "a NOOP"),
        ("a AUTHENTICATE CRAM-MD5 ", "a AUTHENTICATE CRAM-MD5"), ("a STARTTLS", nil), ("a starttls", "a STARTTLS"),
        ("a UNAUTHENTICATE", nil), ("_ unauthenticate", "_ UNAUTHENTICATE"), ("a ID NIL", nil), ("a id nil", "a ID NIL"),
        ("a ID ()", "a ID NIL"), (#"a ID ("name" "x" "os" NIL)"#, nil),
        ("a ID ({4}\r\nname {1+}\r\nx)", #"a ID ("name" "x")"#), ("a ENABLE CONDSTORE", nil),
        ("a enable UTF8=ACCEPT QRESYNC", "a ENABLE UTF8=ACCEPT QRESYNC"), ("a LOGIN user pass", nil),
        ("a LOGIN \"user\" \"p w\\\"\\\\\"", "a LOGIN user \"p w\\\"\\\\\""), ("a LOGIN {3}\r\nfoo {0}\r\n", "a LOGIN foo \"\""),
        ("a LOGIN nil u@x", #"a LOGIN "nil" "u@x""#), ("a AUTHENTICATE PLAIN", nil),
        ("a authenticate plain =", "a AUTHENTICATE PLAIN ="),
        ("a AUTHENTICATE PLAIN AGFubmEAZ2VoZWlt", nil), ("a AUTHENTICATE XOAUTH2 YQ==", nil), ("a COMPRESS DEFLATE", nil),
        ("a compress deflate", "a COMPRESS DEFLATE"), ("a LANGUAGE", nil), (#"a LANGUAGE de "en""#, "a LANGUAGE de en"),
        ("a COMPARATOR", nil), ("a COMPARATOR i/b", nil),
    ]

    private static let mailboxes: [(String, String?)] = [
        ("a SELECT inbox", "a SELECT INBOX"), (#"a SELECT "a b" (CONDSTORE)"#, nil),
        ("a EXAMINE {5+}\r\ninbox", "a EXAMINE INBOX"),
        ("a EXAMINE x (QRESYNC (67890007 20050715194045000 41,43:211 (1,5 41,60)) CONDSTORE)", nil),
        ("a SELECT x (qresync (1 2))", "a SELECT x (QRESYNC (1 2))"), ("a CREATE x", nil), (#"a CREATE x (USE (\Sent))"#, nil),
        ("a DELETE a.b/c-d_e", nil), ("a delete \"NIL\"", "a DELETE \"NIL\""), ("a RENAME a b", nil),
        ("a RENAME \"a\" {1}\r\nb", "a RENAME a b"),
        ("a SUBSCRIBE #news", "a SUBSCRIBE \"#news\""), ("a SUBSCRIBE x", nil), ("a UNSUBSCRIBE x", nil),
        ("a UNSUBSCRIBE a]b", "a UNSUBSCRIBE \"a]b\""), (#"a LIST "" *"#, #"a LIST "" "*""#),
        (
            "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (INBOX a%) RETURN (CHILDREN STATUS (MESSAGES UNSEEN))",
            "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (INBOX \"a%\") RETURN (CHILDREN STATUS (MESSAGES UNSEEN))"
        ),
        (#"a LIST () "" "%" RETURN ()"#, #"a LIST "" "%""#), (#"a LIST "" x RETURN (METADATA (/shared/comment))"#, nil),
        (#"a LSUB "" "*""#, nil), ("a lsub a/ b", "a LSUB a/ b"), (#"a XLIST "" "*""#, nil),
        (#"a xlist "" %"#, #"a XLIST "" "%""#),
        ("a NAMESPACE", nil), ("a namespace", "a NAMESPACE"), ("a STATUS x (MESSAGES)", nil),
        ("a status {5}\r\nINBOX (uidnext UNSEEN)", "a STATUS INBOX (UIDNEXT UNSEEN)"), ("a IDLE", nil), ("a idle", "a IDLE"),
        ("a CHECK", nil), ("a check", "a CHECK"), ("a CLOSE", nil), ("a close", "a CLOSE"), ("a UNSELECT", nil),
        ("a unselect", "a UNSELECT"),
    ]

    private static let messages: [(String, String?)] = [
        ("a EXPUNGE", nil), ("a expunge", "a EXPUNGE"), ("a UID EXPUNGE 1:*", nil), ("a uid expunge $", "a UID EXPUNGE $"),
        ("a FETCH 1 FLAGS", nil), ("a FETCH 1 UID FLAGS", "a FETCH 1 (UID FLAGS)"),
        ("a FETCH 1 FLAGS BODY[] (CHANGEDSINCE 5)", "a FETCH 1 (FLAGS BODY[]) (CHANGEDSINCE 5)"),
        ("a fetch 1 fast", "a FETCH 1 FAST"), ("a UID FETCH 1:4,*:9 (UID BODY.PEEK[])", nil),
        ("a FETCH 1 (body[1.2.header.fields (from {2}\r\nto)]<0.100>)", "a FETCH 1 BODY[1.2.HEADER.FIELDS (from to)]<0.100>"),
        ("a FETCH 1 BODY[HEADER.FIELDS.NOT (X-Y)]", nil), ("a FETCH 1 (BODY BODYSTRUCTURE BODY[TEXT] BODY[1.MIME])", nil),
        ("a FETCH 1 (BINARY.PEEK[1.2] BINARY.SIZE[3] RFC822.SIZE)", nil), ("a FETCH 1 PREVIEW", nil),
        ("a FETCH 1 PREVIEW (LAZY)", "a FETCH 1 (PREVIEW (LAZY))"), ("a FETCH 1 PREVIEW (CHANGEDSINCE 5)", nil),
        ("a UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12 VANISHED)", "a UID FETCH 1:* FLAGS (CHANGEDSINCE 12 VANISHED)"),
        ("a UID FETCH 1:* FLAGS (PARTIAL -1:-100)", nil), ("a FETCH $ (X-GM-LABELS X-GM-MSGID MODSEQ EMAILID)", nil),
        (#"a STORE 1 +FLAGS (\Deleted)"#, nil),
        (#"a UID STORE 1:2 -flags.silent \Seen $Junk"#, #"a UID STORE 1:2 -FLAGS.SILENT (\Seen $Junk)"#),
        ("a STORE 1 (UNCHANGEDSINCE 12) FLAGS ()", nil), (#"a STORE 1 X-GM-LABELS (\Inbox "a b" "\\c")"#, nil),
        ("a COPY 1:3 inbox", "a COPY 1:3 INBOX"), ("a UID COPY $ x", nil), ("a MOVE 1 x", nil),
        ("a uid move 4,5 \"x\"", "a UID MOVE 4,5 x"),
        (#"a CONVERSIONS "text/plain" "text/html""#, nil), (#"a conversions "*" "*""#, #"a CONVERSIONS "*" "*""#),
        (#"a CANCELUPDATE "a1""#, nil), (#"a CANCELUPDATE "a1" "a2""#, nil), ("a UIDBATCHES 2000", nil),
        ("a uidbatches 5 1:4", "a UIDBATCHES 5 1:4"),
    ]

    private static let searches: [(String, String?)] = [
        ("a SEARCH ALL", nil), ("a SEARCH CHARSET UTF-8 FROM \"\u{FC}\"", "a SEARCH CHARSET UTF-8 FROM {2}\r\n\u{FC}"),
        ("a UID SEARCH 1:4 unseen UID $", "a UID SEARCH 1:4 UNSEEN UID $"),
        (
            "a SEARCH RETURN (MIN COUNT) CHARSET UTF-8 FROM {2}\r\n\u{FC}",
            "a SEARCH RETURN (MIN COUNT) CHARSET UTF-8 FROM {2}\r\n\u{FC}"
        ),
        ("a SEARCH RETURN () OR FROM a (NOT TO b SUBJECT \"c d\")", nil), ("a SEARCH HEADER From x", nil),
        ("a SEARCH HEADER \"Message-ID\" {0}\r\n", "a SEARCH HEADER Message-ID \"\""),
        ("a SEARCH RETURN (PARTIAL 1:10) DELETED", nil),
        ("a SEARCH SINCE 01-feb-1994 SENTON \"1-Mar-2020\"", "a SEARCH SINCE 1-Feb-1994 SENTON 1-Mar-2020"),
        ("a SEARCH KEYWORD $Junk UNKEYWORD x LARGER 0 YOUNGER 1", nil),
        (#"a SEARCH MODSEQ "/flags/\\draft" ALL 620162338 MODSEQ 1"#, nil),
        (#"a SEARCH X-GM-RAW "has:attachment" X-GM-LABELS \Inbox EMAILID M123 FUZZY TEXT x"#, nil),
        ("a ESEARCH IN (mailboxes (a {1}\r\nb) personal) ALL", "a ESEARCH IN (MAILBOXES (a b) PERSONAL) ALL"),
        ("a ESEARCH UNSEEN", nil),
        ("a SORT (REVERSE DATE SUBJECT) UTF-8 ALL", nil),
        ("a uid sort (arrival) us-ascii 1:*", "a UID SORT (ARRIVAL) us-ascii 1:*"),
        ("a THREAD REFERENCES UTF-8 ALL", nil),
        ("a UID thread refs utf-8 since 1-Jan-2020", "a UID THREAD REFS utf-8 SINCE 1-Jan-2020"),
    ]

    private static let extensions: [(String, String?)] = [
        ("a GETACL x", nil), ("a getacl inbox", "a GETACL INBOX"), ("a SETACL x anna lr", nil),
        ("a SETACL x \"anna\" +w", "a SETACL x anna \"+w\""),
        ("a DELETEACL x anna", nil), ("a deleteacl x -anna", "a DELETEACL x -anna"), ("a LISTRIGHTS x anna", nil),
        ("a listrights x a", "a LISTRIGHTS x a"),
        ("a MYRIGHTS x", nil), ("a myrights x", "a MYRIGHTS x"), (#"a GETQUOTA """#, nil), ("a getquota x", "a GETQUOTA x"),
        ("a GETQUOTAROOT x", nil),
        ("a getquotaroot inbox", "a GETQUOTAROOT INBOX"), ("a SETQUOTA \"\" (STORAGE 512)", nil), ("a SETQUOTA x ()", nil),
        (
            "a GETMETADATA (MAXSIZE 1024 DEPTH infinity) \"\" /shared/comment",
            "a GETMETADATA (MAXSIZE 1024 DEPTH infinity) \"\" (/shared/comment)"
        ),
        ("a GETMETADATA x (/private/comment \"/shared/comment\")", "a GETMETADATA x (/private/comment /shared/comment)"),
        ("a SETMETADATA x (/private/comment NIL)", nil), ("a SETMETADATA x (/private/comment ~{3}\r\na\0b)", nil),
        (#"a GETANNOTATION x "/comment" "value.priv""#, #"a GETANNOTATION x ("/comment") ("value.priv")"#),
        (#"a GETANNOTATION "" ("/a") ("b" "c")"#, nil),
        ("a NOTIFY NONE", nil), ("a notify none", "a NOTIFY NONE"), ("a GETJMAPACCESS", nil),
        ("a getjmapaccess", "a GETJMAPACCESS"),
    ]

    /// Commands that end with the announcement of a message.
    static let messageCommands: [(String, String?)] = [
        ("a APPEND x {310}\r\n", nil), ("a append inbox () {5+}\r\n", "a APPEND INBOX {5}\r\n"),
        (#"a APPEND "a b" (\Seen $x) "17-Jul-1996 02:44:25 -0700" {310}"# + "\r\n", nil),
        (#"a APPEND x " 1-feb-1994 09:00:00 +0100" ~{3}"# + "\r\n", #"a APPEND x "01-Feb-1994 09:00:00 +0100" ~{3}"# + "\r\n"),
        ("a APPEND {5}\r\ninbox {9}\r\n", "a APPEND INBOX {9}\r\n"), ("a REPLACE 4 x {5}\r\n", nil),
        ("a uid replace 4 {1+}\r\nx (\\Seen) {5}\r\n", "a UID REPLACE 4 x (\\Seen) {5}\r\n"),
    ]

    /// Commands that are read and never written.
    static let unwritten = [
        "a XMOVE 1 x", "a UID XMOVE 1 x", "a CONVERT 1 (\"text/plain\") BINARY[1]", "a GENURLAUTH \"u\" INTERNAL", "a DONE",
        "a RESETKEY", "a XFER x y",
        "a SETANNOTATION x \"/comment\" (\"value.priv\" {1}\r\nx)", "a X-CANCEL a1", "a RLIST \"\" *", "a XYZZY",
        "a SCAN \"\" * \"x\"", "a ACL STORE INBOX anyone lrs",
    ]

    static let malformed = [
        "", " ", "a", "a ", " a NOOP", "+ NOOP", "* NOOP", "x+1 NOOP", "x] NOOP", "\\x NOOP", "x% NOOP", "a  NOOP", "a\tNOOP",
        "a NOOP  ", "a NOOP x",
        "a NOOP {3}\r\nabc", "a NOOP {3+}\r\nabc", "a\rNOOP", "x CREATE INBOX.p\rwn", "x CREATE\0NOOP INBOX.pwn",
        "x CREATE INBOX.pwn\0zzz", "x CREATE \"INBOX\0\"",
        "x CREATE {13+}\r\nINBOX.pwn\0zzz", "x CREATE  INBOX", "x CREATE\tINBOX", "x CREATE INBOX  ", "x CREATE INBOX foo",
        "x CREATE \"IN\\BOX\"", "x CREATE \"INBOX",
        "x CREATE \"a\"b", "x CREATE a\"b\"", "x CREATE INBOX.\u{FC}", "x CREATE \"\u{FC}\"", "x CREATE \"\"", "a LIST \"\" {}",
        "a LIST \"\" {+}", "a LIST \"\" {05+}",
        "a LIST \"\" ~{5+}\r\nabcde", "a LIST \"\" abc{3+}\r\nabc", "a LIST \"\" \"\"{3+}\r\nabc", "a LIST \"\" x {3+}\r\nabc",
        "a LIST \"\" ()", "a LIST (() \"\" x",
        "a UID NOOP", "a UID", "a UID  STORE 1 FLAGS ()", "a \"UID\" STORE 1 FLAGS ()",
        "a UID \"STORE\" 1 FLAGS ()", "a UID CREATE x",
        "a STORE 0001 FLAGS ()", "a STORE 0 FLAGS ()", "a STORE 1 +FLAGS ( \\Deleted )", "a STORE 1 +FLAGS(\\Deleted)",
        "a STORE 1 +FLAGS (\\Seen) -FLAGS (\\Seen)",
        "a STORE 1 \"+FLAGS\" (\\Deleted)", "a STORE 1 {6+}\r\n+FLAGS (\\Deleted)", "a STORE 1 FLAGS (\\Recent)",
        "a STORE 1 FLAGS (\\*)", "a STORE 1 FLAGS",
        "a FETCH 1 (FULL)", "a FETCH 1 ( BODY[] )", "a FETCH 1 BODY [TEXT]", "a FETCH 1 BODY[ ]", "a FETCH 1 BODY[]<0>",
        "a FETCH 1 BODY[]<0.0>", "a FETCH 1 BODY[MIME]",
        "a FETCH 1 BODY[0]", "a FETCH 1 BODY[1.]", "a FETCH 1 BODY[1.TEXT", "a FETCH 1 BINARY[TEXT]", "a FETCH 4294967296 FLAGS",
        "a FETCH 1, FLAGS", "a FETCH 1:2:3 FLAGS",
        "a FETCH $,1 FLAGS", "a FETCH 1 ()", "a FETCH 1 FLAGS (VANISHED)", "a FETCH 1 FLAGS ALL", "a FETCH 1 ALL FLAGS",
        "a FETCH +1 FLAGS",
        "a UID FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)",
        "a AUTHENTICATE PLAIN  ", "a AUTHENTICATE PLAIN !!!", "a AUTHENTICATE PLAIN YQ", "a AUTHENTICATE PLAIN YQ== YQ==",
        "a AUTHENTICATE \"PLAIN\"", "a AUTHENTICATE  PLAIN",
        "a AUTHENTICATE PLAIN {4}\r\nYQ==", "a AUTHENTICATE PLAIN Y===", "a AUTHENTICATE PLAIN Y=Q=", "a LOGIN u",
        "a LOGIN u p x", "a LOGIN u \"p\r\n\"", "a IDLE junk",
        "a CLOSE junk", "a STARTTLS x", "a EXPUNGE 1", "a UID EXPUNGE", "a SEARCH", "a SEARCH (ALL",
        "a SEARCH ALL)", "a SEARCH ()", "a SEARCH SINCE 32-Jan-2020",
        "a SEARCH SINCE 1-Foo-2020", "a SEARCH OR ALL", "a SEARCH NOT", "a COPY 1 x y", "a MOVE 1", "a APPEND x",
        "a APPEND x {5}\r\nhello\0x", "a APPEND x (a {5}\r\n",
        "a APPEND x \"17-Jul-1996 24:44:25 -0700\" {3}\r\n", "a APPEND x \"hello\"", "a SUBSCRIBE MAILBOX x", "a ID (\"a\")",
        "a ID name", "a ENABLE", "a SETQUOTA x (A)",
        "a XFER x  y", "a XFER (x", "a XFER x)", "a STATUS x", "a STATUS (() {3+}\r\nabc", "a RENAME a",
        "a GETMETADATA x comment", String(repeating: "t", count: 65) + " NOOP",
    ]

    static let unknown = [
        "a UID UID STORE 1 FLAGS ()", "a FROB", "a XKILL x", "a UID FROB 1", "CREATE INBOX.pwn",
        "a " + String(repeating: "x", count: 40),
    ]

    static let unsupported = [
        "a SEARCH FROM",
        "a FETCH 1 RFC822.PEEK", "a FETCH 1 X-FOO", "a FETCH 1 MARK", "a FETCH 1 CID", "a FETCH 1 ANNOTATION (/comment value)",
        "a SEARCH RETURN (UPDATE (BODY[])) ALL",
        "a SEARCH RETURN (CONTEXT) ALL", "a SEARCH FROB", "a SEARCH KEYWORD SEEN", "a SEARCH UNKEYWORD deleted",
        "a SELECT x (ANNOTATE)", "a CREATE x (FOO)",
        "a LIST (ACL) \"\" *", "a LIST \"\" * RETURN (FOO)", "a STATUS x (FOO)", "a STORE 1 ANNOTATION (/comment (value.priv x))",
        "a STORE 1 (FOO 1) FLAGS ()",
        "a FETCH 1 FLAGS (FOO)", "a NOTIFY SET (SELECTED (MessageNew (BODY[])))", "a APPEND x CATENATE (URL \"u\")",
        "a APPEND x UTF8 (~{3}\r\nabc)",
        "a APPEND x {3}\r\nabc {3}\r\nabc", "a SORT (FOO) UTF-8 ALL", "a THREAD FOO UTF-8 ALL",
        "a GETANNOTATION \"*\" \"/comment\" \"value\"", "a ESEARCH IN (FOO) ALL",
    ]
}

/// Reads text with literals in place as the assembly of a stream gives it.
func strictText(_ text: String, awaitingMessage: Bool = false) -> IMAPText {
    strictText(bytes: ByteBuffer(string: text), awaitingMessage: awaitingMessage)
}

func strictText(bytes: ByteBuffer, awaitingMessage: Bool = false) -> IMAPText {
    var rest = bytes
    var text = IMAPText(line: ByteBuffer())
    while let end = rest.firstIndex(of: .carriageReturn, before: .lineFeed, from: rest.readerIndex) {
        guard let line = rest.getSlice(at: rest.readerIndex, length: end + 2 - rest.readerIndex) else { break }
        guard case .announced(let literal) = StrictLiteral.announcement(endOf: line, isFirst: text.literals.isEmpty) else {
            break
        }
        rest.moveReaderIndex(to: end + 2)
        text.bytes.writeImmutableBuffer(line)
        let isLast = awaitingMessage && rest.readableBytes == 0
        let octets = rest.readSlice(length: min(rest.readableBytes, literal.length))
        text.literals.append(.init(position: text.bytes.writerIndex, announcement: literal, octets: isLast ? nil : octets))
    }
    text.bytes.writeImmutableBuffer(rest)
    return text
}
