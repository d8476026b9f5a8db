// Strategy: for each command the least level that lets it pass, from a table; the levels before it refuse it and those after it let
// it pass. All examples of the catalogue that the strict reader takes have a level, and what is not known has the last one.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A level of sight` {
    /// Commands that ask for nothing of messages are at `count`, as all levels let them pass.
    private static let imap: [(Sight, [String])] = [
        (
            .count,
            [
                "a NOOP", "a LOGIN anna sesame", "a LIST \"\" *", "a LIST \"\" * RETURN (STATUS (MESSAGES))",
                "a STATUS x (MESSAGES UNSEEN)",
                "a EXAMINE x", "a SELECT x (CONDSTORE)", "a FETCH 1 UID", "a UID FETCH 1:* (UID RFC822.SIZE EMAILID)",
                "a FETCH 1 (UID) (PARTIAL 1:10)", "a SEARCH ALL", "a SEARCH LARGER 100 UID 1:9",
                "a SORT (REVERSE SIZE) UTF-8 ALL",
                "a IDLE", "a COPY 1 x", "a MOVE 1 x", "a EXPUNGE", "a CREATE x", "a GETACL x", "a GETQUOTA \"\"",
                "a GETMETADATA x /shared/comment", "a NOTIFY NONE", "a CLOSE", "a UIDBATCHES 2000", "a ENABLE CONDSTORE",
                "a SEARCH X-GM-MSGID 1", "a NAMESPACE", "a ID NIL",
            ]
        ),
        (
            .flags,
            [
                "a FETCH 1 FLAGS", "a FETCH 1 FAST", "a UID FETCH 1 (UID INTERNALDATE)", "a FETCH 1 MODSEQ", "a FETCH 1 SAVEDATE",
                "a FETCH 1 X-GM-LABELS", "a FETCH 1 (UID) (CHANGEDSINCE 12)", "a SELECT x (QRESYNC (1 2))", "a SEARCH UNSEEN",
                "a SEARCH NOT KEYWORD $Junk", "a SEARCH OR ALL SEEN", "a SEARCH SINCE 1-Feb-2026", "a SEARCH MODSEQ 5",
                "a SEARCH YOUNGER 100", "a SORT (ARRIVAL) UTF-8 ALL", "a STORE 1 +FLAGS (x)", "a STORE 1 FLAGS.SILENT (x)",
                "a SEARCH X-GM-LABELS x", "a SEARCH RETURN (COUNT) NEW",
            ]
        ),
        (
            .envelope,
            [
                "a FETCH 1 ENVELOPE", "a FETCH 1 ALL", "a FETCH 1 (UID THREADID)",
                "a FETCH 1 BODY.PEEK[HEADER.FIELDS (From \"subject\" MESSAGE-ID)]", "a SEARCH FROM anna", "a SEARCH SUBJECT x",
                "a SEARCH HEADER In-Reply-To x", "a SEARCH SENTON 1-Feb-2026", "a SORT (SUBJECT) UTF-8 ALL",
                "a SORT (DISPLAYFROM) UTF-8 ALL", "a THREAD ORDEREDSUBJECT UTF-8 ALL", "a SEARCH (SEEN FUZZY TO x)",
            ]
        ),
        (.structure, ["a FETCH 1 BODYSTRUCTURE", "a FETCH 1 BODY", "a FETCH 1 FULL", "a FETCH 1 BINARY.SIZE[2]"]),
        (
            .header,
            [
                "a FETCH 1 RFC822.HEADER", "a FETCH 1 BODY[HEADER]", "a FETCH 1 BODY.PEEK[HEADER]<0.10>",
                "a FETCH 1 BODY[2.MIME]", "a FETCH 1 BODY[1.HEADER]", "a FETCH 1 BODY[HEADER.FIELDS (FROM LIST-ID)]",
                "a FETCH 1 BODY[1.HEADER.FIELDS (FROM)]", "a FETCH 1 BODY[HEADER.FIELDS.NOT (FROM)]", "a SEARCH HEADER List-Id x",
                "a THREAD REFERENCES UTF-8 ALL", "a THREAD REFS UTF-8 ALL",
            ]
        ),
        (
            .text,
            [
                "a FETCH 1 BODY[1]", "a FETCH 1 BODY.PEEK[1.1]<0.100>", "a FETCH 1 BINARY[1]", "a FETCH 1 PREVIEW",
                "a FETCH 1 (UID PREVIEW (LAZY))", "a FETCH 1 SNIPPET", "a SEARCH BODY x", "a SEARCH NOT TEXT x",
            ]
        ),
        (
            .attachment,
            [
                "a FETCH 1 BODY[]", "a FETCH 1 BODY.PEEK[]<0.10>", "a FETCH 1 RFC822", "a FETCH 1 RFC822.TEXT",
                "a FETCH 1 BODY[TEXT]",
                "a FETCH 1 BODY[2]", "a FETCH 1 BODY[1.2]", "a FETCH 1 BODY[1.TEXT]", "a FETCH 1 BINARY.PEEK[2]",
                "a FETCH 1 BINARY[]", "a FETCH 1 DIGEST.SHA1", "a FETCH 1 (UID FLAGS BODY[])", "a SEARCH X-GM-RAW x",
                "a SEARCH FILTER x", "a GETJMAPACCESS",
            ]
        ),
    ]

    private static let pop3: [(Sight, [String])] = [
        (.count, ["STAT", "LIST", "LIST 1", "UIDL", "UIDL 1", "DELE 1", "NOOP", "RSET", "QUIT", "CAPA", "USER anna"]),
        (.flags, ["LAST"]), (.header, ["TOP 1 0"]), (.attachment, ["TOP 1 1", "RETR 1"]),
    ]

    private static func check(_ line: String, _ least: Sight, _ context: PolicyContext) {
        #expect(Policy(.observe).verdict(on: line, in: context) == "allow", "\(line)")
        for sight in Sight.allCases {
            let decision = Policy(.observe, sight: sight).judge(line, in: context)
            if sight >= least {
                #expect(decision == PolicyDecision(rule: "preset observe", verdict: .allow), "\(line) at \(sight)")
            } else {
                #expect(decision?.rule == "sight \(sight.rawValue)", "\(line)")
                #expect(decision?.verdict == .refuse(sight.denial), "\(line)")
            }
        }
    }

    @Test(arguments: imap) func `lets pass the IMAP commands that ask for no more`(least: Sight, lines: [String]) {
        for line in lines { Self.check(line, least, .selected()) }
    }

    @Test(arguments: pop3) func `lets pass the POP3 commands that ask for no more`(least: Sight, lines: [String]) {
        for line in lines { Self.check(line, least, .pop3) }
    }

    @Test func `has an order`() {
        #expect(Sight.allCases == Sight.allCases.sorted() && Set(Sight.allCases.map(\.denial)).count == 7)
    }

    @Test(arguments: ["a CONVERT 1 x y", "a XYZZY", "a URLFETCH x", "a GENURLAUTH x INTERNAL", "a RESETKEY"])
    func `takes what is not read for what shows everything`(line: String) throws {
        let command = try #require(IMAPCommand(reading: ByteBuffer(string: line)))
        let strict = StrictCommand(tag: command.tag, name: command.name, body: command.body)
        #expect(strict.sights == Sight.everything)
    }

    @Test func `is not widened by a rule`() {
        let rule = PolicyRule(.allow) { $0.commands("FETCH", "RETR") }
        var policy = Policy(.readOnly, sight: .header)
        policy.rules = [rule]
        #expect(policy.judge("a FETCH 1 BODY[]")?.rule == "sight header" && policy.isEnforcing)
        #expect(policy.judge("a FETCH 1 BODY[HEADER]")?.rule == "rule 1")
        #expect(policy.judge("RETR 1", in: .pop3)?.rule == "sight header")
    }

    @Test func `is refused in words that say what may be seen`() {
        let imap = PolicyExplanation(
            of: ByteBuffer(string: "a FETCH 1 BODY[]"), Policy(.readOnly, sight: .header), in: .selected())
        #expect(imap?.answers == [ByteBuffer(string: "a NO [NOPERM] Of messages only their headers may be seen here\r\n")])
        let pop3 = PolicyExplanation(of: ByteBuffer(string: "RETR 1"), Policy(.readOnly, sight: .count), in: .pop3)
        #expect(
            pop3?.answers == [ByteBuffer(string: "-ERR [SYS/PERM] Of messages only their number and size may be seen here\r\n")])
    }

    // MARK: - reads

    @Test(arguments: [
        ("a FETCH 1 BODY[]", [Sight.text], true, false), ("a FETCH 1 BODY[]", [.flags], false, false),
        ("a FETCH 1 (FLAGS BODY[])", [.flags], true, false), ("a FETCH 1 (UID FLAGS)", [.count, .flags], true, true),
        ("a FETCH 1 (UID FLAGS)", [.flags], true, false), ("a SEARCH BODY x", [.text, .attachment], true, false),
        ("a SEARCH BODY x", [.count, .text], true, true), ("a NOOP", Sight.allCases, false, false),
        ("a COPY 1 x", Sight.allCases, false, false), ("a FETCH 1 BODY[]", Sight.allCases, true, true),
        ("a SELECT x", [.count], true, true),
    ])
    func `is a condition of rules`(line: String, reads: [Sight], refused: Bool, allowed: Bool) {
        let refusing = Policy(.observe, PolicyRule(.refuse(nil)) { $0.reads = Set(reads) })
        #expect((refusing.verdict(on: line) == "refuse") == refused)
        let allowing = Policy(.observe, PolicyRule(.allow) { $0.reads = Set(reads) }, PolicyRule(.drop))
        #expect((allowing.verdict(on: line) == "allow") == allowed)
    }

    @Test func `does not keep a rule from opening a mailbox for what it allows there`() {
        let rule = PolicyRule(.allow) {
            $0.commands("STORE")
            $0.reads = [.flags]
        }
        #expect(Policy(.readOnly, rule).verdict(on: "a SELECT x") == "allow")
    }

    // MARK: - What is offered

    @Test(arguments: [
        (Sight.count, "CONDSTORE QRESYNC SAVEDATE X-GM-EXT-1 THREAD=REFS BINARY PREVIEW FILTERS"),
        (.flags, "THREAD=REFS BINARY PREVIEW FILTERS"), (.envelope, "BINARY PREVIEW FILTERS"), (.header, "PREVIEW FILTERS"),
        (.text, "FILTERS"), (.attachment, ""),
    ])
    func `leaves out capabilities that are of no use`(sight: Sight, removed: String) {
        let offered = "IMAP4rev1 CONDSTORE QRESYNC SAVEDATE X-GM-EXT-1 THREAD=REFS BINARY PREVIEW FILTERS OBJECTID"
        let names = offered.split(separator: " ").map { ByteBuffer(substring: $0) }
        let found = GateCapabilities(policy: Policy(.readOnly, sight: sight)).filter(names).removed
        #expect(found.map { String(buffer: $0) }.joined(separator: " ") == removed)
    }
}
