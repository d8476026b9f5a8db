import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A policy` {
    // MARK: - Rules

    @Test func `takes the first rule that holds, and then the preset`() {
        let policy = Policy(
            .readOnly, PolicyRule(.refuse(Denial(text: "no"))) { $0.commands("MOVE") },
            PolicyRule(.allow, name: "for anna") { $0.users = [TextPattern("anna")] }, PolicyRule(.drop))
        #expect(policy.judge("a MOVE 1 x") == PolicyDecision(rule: "rule 1", verdict: .refuse(Denial(text: "no"))))
        #expect(policy.judge("a STORE 1 FLAGS ()") == PolicyDecision(rule: "rule 2 (for anna)", verdict: .allow))
        var other = PolicyContext.selected()
        other.user = ByteBuffer(string: "bob")
        #expect(policy.judge("a NOOP", in: other) == PolicyDecision(rule: "rule 3", verdict: .drop))
        #expect(Policy(.readOnly).judge("a NOOP") == PolicyDecision(rule: "preset read-only", verdict: .allow))
    }

    @Test func `opens a mailbox for what its rules may let be changed there`() {
        let flags = Policy(.readOnly, PolicyRule(.allow) { $0.commands("STORE") })
        #expect(flags.verdict(on: "a SELECT x") == "allow" && flags.verdict(on: "a CLOSE") == "rewrite unselect")
        #expect(flags.verdict(on: "a FETCH 1 BODY[]") == "rewrite peek")
        let drafts = Policy(
            .readOnly,
            PolicyRule(.hold(seconds: 9)) {
                $0.mailboxes("Drafts")
                $0.commands("flag")
            })
        #expect(drafts.verdict(on: "a SELECT Drafts") == "allow" && drafts.verdict(on: "a SELECT x") == "rewrite examine")
        let ofAnna = Policy(
            .readOnly,
            PolicyRule(.allow) {
                $0.commands("STORE")
                $0.users = [TextPattern("anna")]
            })
        var bob = PolicyContext.selected()
        bob.user = ByteBuffer(string: "bob")
        #expect(ofAnna.verdict(on: "a SELECT x") == "allow" && ofAnna.verdict(on: "a SELECT x", in: bob) == "rewrite examine")
        for rule in [PolicyRule(.allow) { $0.commands("CREATE") }, PolicyRule(.refuse(nil)) { $0.commands("STORE") }] {
            #expect(Policy(.readOnly, rule).verdict(on: "a SELECT x") == "rewrite examine")
        }
    }

    @Test func `takes a name with wildcards for any mailbox where servers do`() {
        let refusing = Policy(.observe, PolicyRule(.refuse(nil)) { $0.mailboxes("INBOX/Private") })
        for line in [#"a GETMETADATA "INBOX/Priv*" /comment"#, #"a SETMETADATA "INBOX/%" (/comment NIL)"#] {
            #expect(refusing.verdict(on: line) == "refuse", "\(line)")
        }
        #expect(refusing.verdict(on: "a GETMETADATA INBOX/Other /comment") == "allow")
        let opening = Policy(
            .readOnly,
            PolicyRule(.allow) {
                $0.mailboxes("*")
                $0.commands("SETMETADATA")
            })
        #expect(opening.verdict(on: #"a SETMETADATA "INBOX/%" (/comment NIL)"#) == "refuse")
        var hiding = Policy(.observe)
        hiding.hidden = [MailboxPattern("INBOX/Private")]
        #expect(hiding.verdict(on: #"a GETMETADATA "INBOX/Priv*" /comment"#) == "refuse")
    }

    @Test func `needs a gate unless it refuses nothing`() {
        #expect(!Policy(.observe).isEnforcing && Policy(.readOnly).isEnforcing)
        #expect(Policy(.observe, PolicyRule(.drop)).isEnforcing)
        var hiding = Policy(.observe)
        hiding.hidden = [MailboxPattern("x")]
        #expect(hiding.isEnforcing && hiding.needsSeparator && !Policy(.readOnly).needsSeparator)
        #expect(Policy(.observe, PolicyRule(.drop) { $0.mailboxes("x") }).needsSeparator)
        var rehearsing = Policy(.readOnly)
        rehearsing.isDryRun = true
        #expect(!rehearsing.isEnforcing)
    }

    @Test func `lets no rule pass what nobody has read, or what would hide the session`() {
        let policy = Policy(.observe, PolicyRule(.allow))
        let hold = Policy(.observe, PolicyRule(.hold(seconds: 60)))
        for line in ["a XYZZY", "a COMPRESS DEFLATE", "a UNAUTHENTICATE", "a STARTTLS", "a XMOVE 1 x"] {
            #expect(policy.verdict(on: line) == "refuse", "\(line)")
            #expect(hold.verdict(on: line) == "refuse", "\(line)")
        }
        let replace = PolicyExplanation(of: ByteBuffer(string: "a REPLACE 1 x {3+}\r\nabc"), policy, in: .selected())
        #expect(replace?.verdict == .refuse && replace?.sent.isEmpty == true)
        let notify = IMAPCommand.Body.notify(NotifyRequest(wantsStatus: false, groups: []))
        for body in [notify, .unknown, .malformed, .done] {
            let command = StrictCommand(tag: ByteBuffer(string: "a"), name: Keyword("NOTIFY"), body: body)
            guard case .refuse = policy.judge(.imap(command), in: .selected()).verdict else {
                Issue.record("\(body) passes")
                continue
            }
        }
        for line in ["MSG 1", "STLS", "HELP", "XTND XMIT", "COMPRESS DEFLATE", "RPOP anna"] {
            #expect(policy.verdict(on: line, in: .pop3) == "refuse", "\(line)")
        }
    }

    @Test(arguments: [
        ("STORE", "a STORE 1 FLAGS ()", true), ("STORE", "a UID STORE 1 FLAGS ()", true),
        ("UID STORE", "a STORE 1 FLAGS ()", false),
        ("uid store", "a UID STORE 1 FLAGS ()", true), ("flag", "a STORE 1 FLAGS ()", true), ("folders", "a DELETE x", true),
        ("expunge", "a UID EXPUNGE 1", true), ("session", "a NOOP", true), ("read", "a STORE 1 FLAGS ()", false),
        ("login", "a LOGIN a b", true), ("DELETE", "a DELETE x", true),
    ])
    func `knows commands by verb and by class`(name: String, line: String, holds: Bool) {
        let policy = Policy(.observe, PolicyRule(.drop) { $0.commands(name) })
        #expect(policy.verdict(on: line) == (holds ? "drop" : "allow"))
    }

    @Test(arguments: ["UID NOOP", "STOER", "deletes", "UID", "", "UID STORE x"])
    func `knows what is no command`(name: String) { #expect(PolicyMatch.Command(name) == nil) }

    @Test func `looks at everything that a session is known by`() {
        func holds(_ line: String = "a NOOP", _ context: PolicyContext = .selected(), _ set: (inout PolicyMatch) -> Void) -> Bool
        {
            Policy(.observe, PolicyRule(.drop, set)).verdict(on: line, in: context) == "drop"
        }
        #expect(holds { $0.mailProtocol = .imap } && !holds { $0.mailProtocol = .pop3 })
        #expect(holds { $0.states = [.selected] } && !holds { $0.states = [.notAuthenticated, .authenticated] })
        #expect(holds { $0.users = [TextPattern("an*")] } && !holds { $0.users = [TextPattern("bob")] })
        #expect(holds { $0.clients = [AddressRange("192.0.2.0/24")].compactMap { $0 } })
        #expect(!holds { $0.clients = [AddressRange("2001:db8::/32")].compactMap { $0 } })
        #expect(holds { $0.listeners = [TextPattern("imaps://*")] } && !holds { $0.listeners = [TextPattern("imap://*")] })
        #expect(holds { $0.tls = .any } && holds { $0.tls = .atLeast(.tls1_3) } && !holds { $0.tls = PolicyMatch.TLS.none })
        var context = PolicyContext.selected()
        (context.clientTLSVersion, context.failedLogins, context.user) = (.tls1_2, 2, nil)
        #expect(
            holds("a NOOP", context) { $0.tls = .atLeast(.tls1_2) } && !holds("a NOOP", context) { $0.tls = .atLeast(.tls1_3) })
        #expect(holds("a NOOP", context) { $0.failedLogins = 2 } && !holds("a NOOP", context) { $0.failedLogins = 3 })
        // Nobody knows who it is: a rule that refuses holds, and one that allows does not.
        #expect(holds("a NOOP", context) { $0.users = [TextPattern("anna")] })
        let allowing = Policy(.readOnly, PolicyRule(.allow) { $0.users = [TextPattern("*")] })
        #expect(allowing.verdict(on: "a DELETE x", in: context) == "refuse")
        context.clientIsEncrypted = false
        #expect(holds("a NOOP", context) { $0.tls = PolicyMatch.TLS.none } && !holds("a NOOP", context) { $0.tls = .any })
    }

    @Test func `allows by class what the preset makes of a command, and by verb the command`() {
        let byClass = Policy(.readOnly, PolicyRule(.allow) { $0.commands("read", "expunge") })
        let byVerb = Policy(.readOnly, PolicyRule(.allow) { $0.commands("SELECT", "CLOSE") })
        #expect(byClass.verdict(on: "a CLOSE") == "rewrite unselect")
        #expect(Policy(.readOnly, PolicyRule(.allow) { $0.commands("read") }).verdict(on: "a SELECT x") == "rewrite examine")
        for line in ["a SELECT x", "a CLOSE"] { #expect(byVerb.verdict(on: line) == "allow", "\(line)") }
        #expect(Policy(.noDelete, PolicyRule(.allow)).verdict(on: "a CLOSE") == "rewrite unselect")
    }

    @Test func `looks at the size of a message where it is known`() {
        let policy = Policy(.observe, PolicyRule(.refuse(nil)) { $0.larger = 100 })
        var context = PolicyContext.pop3
        #expect(policy.verdict(on: "RETR 1", in: context) == "refuse")
        context.messageSize = 100
        #expect(policy.verdict(on: "RETR 1", in: context) == "allow")
        context.messageSize = 101
        #expect(policy.verdict(on: "RETR 1", in: context) == "refuse")
        for (octets, verdict) in [(100, PolicyFacts.Verdict.allow), (101, .refuse)] {
            let command = ByteBuffer(string: "a APPEND x {\(octets)+}\r\n" + String(repeating: "x", count: octets))
            #expect(PolicyExplanation(of: command, policy, in: .selected())?.verdict == verdict)
        }
    }

    // MARK: - Mailboxes

    @Test(arguments: [
        ("a COPY 1 Archive", true, true), ("a COPY 1 Other", true, false), ("a STORE 1 FLAGS ()", true, true),
        ("a DELETE Other", false, false), ("a LIST \"\" *", false, false), ("a NOOP", false, false),
        ("a RENAME Archive Other", true, false),
        ("a GETQUOTA Archive", false, false), ("a FETCH 1 UID", true, true), ("a STATUS Other (UIDNEXT)", false, false),
        ("a STORE 1 +X-GM-LABELS (foo)", true, false), ("a ESEARCH IN (mailboxes Archive) SEEN", true, false),
        ("a GETMETADATA \"\" /shared/x", false, false),
    ])
    func `refuses what touches one of the mailboxes, and allows what touches no other`(line: String, one: Bool, all: Bool) {
        let context = PolicyContext.selected("Archive")
        let refusing = Policy(.observe, PolicyRule(.drop) { $0.mailboxes("Archive") })
        #expect(refusing.verdict(on: line, in: context) == (one ? "drop" : "allow"))
        let allowing = Policy(.observe, PolicyRule(.allow) { $0.mailboxes("Archive") }, PolicyRule(.drop))
        #expect(allowing.verdict(on: line, in: context) == (all ? "allow" : "drop"))
    }

    @Test func `allows nothing for a name without a canonical form, or while nothing is selected`() {
        let policy = Policy(.readOnly, PolicyRule(.allow) { $0.mailboxes("*") })
        #expect(policy.verdict(on: "a DELETE Archive") == "allow")
        #expect(policy.verdict(on: "a DELETE Archive/") == "refuse")
        #expect(policy.verdict(on: "a DELETE &AEE-") == "refuse")
        var context = PolicyContext.selected()
        context.selected = nil
        #expect(policy.verdict(on: "a STORE 1 FLAGS ()", in: context) == "refuse")
    }

    @Test func `takes RENAME for what becomes of the mailboxes below, too`() {
        let refusing = Policy(.observe, PolicyRule(.refuse(nil)) { $0.mailboxes("Work/Accounts") })
        #expect(refusing.verdict(on: "a RENAME Work Play") == "refuse")
        #expect(refusing.verdict(on: "a RENAME Play Work") == "refuse")
        #expect(refusing.verdict(on: "a RENAME Play Fun") == "allow")
        let narrow = Policy(.readOnly, PolicyRule(.allow) { $0.mailboxes("Work/%") })
        #expect(narrow.verdict(on: "a RENAME Work/a Work/b") == "refuse")
        let wide = Policy(.readOnly, PolicyRule(.allow) { $0.mailboxes("Work/*") })
        #expect(wide.verdict(on: "a RENAME Work/a Work/b") == "allow")
        #expect(wide.verdict(on: "a RENAME Work/a Play/b") == "refuse")
    }

    // MARK: - Flags

    private static func flags(_ action: PolicyRule.Action, _ names: [String], _ operations: Set<StoreRequest.Operation>)
        -> PolicyRule
    {
        PolicyRule(action) { $0.flags = PolicyMatch.Flags(names, operations: operations) }
    }

    @Test(arguments: [
        ("+FLAGS (\\Seen)", "allow"), ("+FLAGS.SILENT (\\seen)", "allow"), ("-FLAGS (\\SEEN)", "allow"),
        ("+FLAGS \\Seen", "allow"),
        ("+FLAGS (\\Seen \\Deleted)", "refuse"), ("+FLAGS (\\Deleted \\Seen)", "refuse"), ("FLAGS (\\Seen)", "refuse"),
        ("FLAGS ()", "refuse"), ("+FLAGS ()", "refuse"), ("+X-GM-LABELS (\\Seen)", "refuse"),
    ])
    func `allows no other flags than those that a rule names`(change: String, verdict: String) {
        let policy = Policy(.readOnly, Self.flags(.allow, ["\\Seen"], []))
        #expect(policy.verdict(on: "a STORE 1 \(change)") == verdict)
    }

    @Test func `allows all flags to be replaced only if a rule says so`() {
        let policy = Policy(.readOnly, Self.flags(.allow, ["\\Seen", "\\Flagged"], [.replace]))
        #expect(policy.verdict(on: "a STORE 1 FLAGS (\\Seen)") == "allow")
        #expect(policy.verdict(on: "a STORE 1 +FLAGS (\\Seen)") == "refuse")
        #expect(policy.verdict(on: "a STORE 1 FLAGS (\\Seen \\Draft)") == "refuse")
    }

    @Test(arguments: [
        ("+FLAGS (\\Deleted)", "refuse", "refuse", "allow"), ("-FLAGS (\\deleted)", "refuse", "allow", "refuse"),
        ("FLAGS (\\Seen \\Deleted)", "refuse", "refuse", "allow"), ("FLAGS (\\Seen)", "refuse", "allow", "refuse"),
        ("+FLAGS (\\Seen)", "allow", "allow", "allow"),
    ])
    func `refuses what changes a flag, whatever STORE calls it`(change: String, any: String, adding: String, removing: String) {
        func verdict(_ operations: Set<StoreRequest.Operation>) -> String {
            Policy(.observe, Self.flags(.refuse(nil), ["\\Deleted"], operations)).verdict(on: "a STORE 1 \(change)")
        }
        #expect(verdict([]) == any && verdict([.add]) == adding && verdict([.remove]) == removing)
    }

    @Test func `takes the flags of APPEND for added ones`() {
        let policy = Policy(.observe, Self.flags(.refuse(nil), ["\\Deleted"], [.add]))
        let command = ByteBuffer(string: "a APPEND x (\\Deleted) {3+}\r\nabc")
        #expect(PolicyExplanation(of: command, policy, in: .selected())?.sent.isEmpty == true)
    }

    // MARK: - Actions

    @Test func `rewrites where there is something to rewrite, and looks further where there is not`() {
        let policy = Policy(.readOnly, PolicyRule(.rewrite))
        #expect(policy.judge("a SELECT x") == PolicyDecision(rule: "rule 1", verdict: .rewrite([.examine])))
        #expect(policy.verdict(on: "a FETCH 1 BODY[]") == "rewrite peek")
        #expect(policy.verdict(on: "a CLOSE") == "rewrite unselect")
        #expect(policy.verdict(on: "RETR 1", in: .pop3) == "rewrite top")
        #expect(policy.judge("a STORE 1 +FLAGS (\\Deleted)")?.rule == "preset read-only")
        #expect(policy.verdict(on: "a STORE 1 +FLAGS (\\Deleted)") == "refuse")
    }

    @Test func `pretends only what clients bear with`() {
        let policy = Policy(.observe, PolicyRule(.pretend))
        #expect(policy.verdict(on: "a SUBSCRIBE x") == "pretend" && policy.verdict(on: "a UNSUBSCRIBE x") == "pretend")
        #expect(policy.verdict(on: "DELE 1", in: .pop3) == "pretend")
        #expect(policy.verdict(on: "a COPY 1 x") == "refuse" && policy.verdict(on: "a EXPUNGE") == "refuse")
    }

    @Test func `is certain of a refusal before it has read all only where no rule could say otherwise`() {
        let context = PolicyContext.selected()
        let early = Policy(.readOnly).judgeEarly(Keyword("APPEND"), usesUIDs: false, in: context)
        #expect(early?.rule == "preset read-only")
        #expect(Policy(.readOnly).judgeEarly(Keyword("SEARCH"), usesUIDs: true, in: context) == nil)
        #expect(Policy(.noDelete).judgeEarly(Keyword("APPEND"), usesUIDs: false, in: context) == nil)
        let rule = PolicyRule(.allow) { $0.commands("append") }
        #expect(Policy(.readOnly, rule).judgeEarly(Keyword("APPEND"), usesUIDs: false, in: context) == nil)
        #expect(Policy(.readOnly, rule).judgeEarly(Keyword("CREATE"), usesUIDs: false, in: context) != nil)
    }

    // MARK: - Hidden mailboxes

    private static let hiding: Policy = {
        var policy = Policy(.observe)
        policy.hidden = ["Private", "X/Private", "\u{79C1}*", "inbox-archive"].map { MailboxPattern($0) }
        return policy
    }()

    @Test(arguments: [
        "a SELECT Private", "a EXAMINE Private/a", "a STATUS Private (UIDNEXT)", "a CREATE Private/b", "a DELETE Private",
        "a RENAME Private Public", "a RENAME Public Private", "a SUBSCRIBE Private", "a UNSUBSCRIBE Private", "a COPY 1 Private",
        "a UID MOVE 1 Private", "a GETACL Private", "a SETACL Private anna lr", "a DELETEACL Private anna",
        "a LISTRIGHTS Private anna", "a MYRIGHTS Private", "a GETQUOTAROOT Private", "a GETQUOTA Private",
        "a GETMETADATA Private /shared/comment", "a SETMETADATA Private (/shared/comment NIL)",
        "a GETANNOTATION Private \"/comment\" \"value.shared\"", "a SELECT &ecFOug-", "a SELECT inbox-archive",
        "a SELECT Private/",
    ])
    func `says of a hidden mailbox that there is none`(line: String) {
        let denial = Denial(code: "NONEXISTENT", text: "There is no such mailbox")
        #expect(Self.hiding.judge(line) == PolicyDecision(rule: "hidden mailboxes", verdict: .refuse(denial)))
    }

    @Test(arguments: [
        "a RENAME X Y", "a STORE 1 +X-GM-LABELS (Private)", "a FETCH 1 (UID X-GM-LABELS)", "a SEARCH X-GM-RAW label:private",
        "a SEARCH NOT OR SEEN (ALL X-GM-LABELS Private)", "a SORT (DATE) UTF-8 X-GM-LABELS Private",
    ])
    func `refuses what could show a hidden mailbox by another way`(line: String) {
        let decision = Self.hiding.judge(line)
        #expect(decision?.rule == "hidden mailboxes")
        #expect(Policy(.observe).verdict(on: line) == "allow")
    }

    @Test(arguments: [
        "a SELECT private", "a RENAME Y Z", "a SELECT Private2", "a LIST \"\" *", "a GETQUOTA \"\"",
        "a GETMETADATA \"\" /shared/x",
        "a SEARCH ALL", "a SELECT INBOX", "a SELECT INBOX-archive", "a FETCH 1 X-GM-MSGID",
    ])
    func `leaves alone what has nothing to do with a hidden mailbox`(line: String) {
        #expect(Self.hiding.judge(line)?.rule == "preset observe")
    }

    @Test func `hides before any rule can allow`() {
        var policy = Self.hiding
        policy.rules = [PolicyRule(.allow)]
        #expect(policy.judge("a SELECT Private")?.rule == "hidden mailboxes")
    }

    // MARK: - Who somebody is

    @Test func `does not take for another user who only says so`() {
        let rule = PolicyRule(.allow) { $0.users = [TextPattern("anna")] }
        var imap = GatePlayer(.imap, Policy(.readOnly, rule))
        imap.server(ByteBuffer(string: "* OK [CAPABILITY IMAP4rev1] ready\r\n"))
        imap.client(ByteBuffer(string: "a LOGIN bob secret\r\n"))
        imap.server(ByteBuffer(string: "a OK [CAPABILITY IMAP4rev1] done\r\n"))
        imap.client(ByteBuffer(string: "b LOGIN anna secret\r\n"))
        imap.server(ByteBuffer(string: "b BAD already\r\n"))
        imap.client(ByteBuffer(string: "c DELETE x\r\n"))
        #expect(String(decoding: imap.heard.client, as: UTF8.self).contains("c NO [NOPERM]"))
        #expect(!String(decoding: imap.heard.server, as: UTF8.self).contains("DELETE"))

        var sasl = GatePlayer(.imap, Policy(.readOnly, rule))
        sasl.server(ByteBuffer(string: "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=ATOKEN] ready\r\n"))
        sasl.client(ByteBuffer(string: "a LOGIN anna guess\r\n"))
        sasl.server(ByteBuffer(string: "a NO wrong\r\n"))
        sasl.client(ByteBuffer(string: "b AUTHENTICATE ATOKEN Ym9i\r\n"))
        sasl.server(ByteBuffer(string: "b OK [CAPABILITY IMAP4rev1] done\r\n"))
        sasl.client(ByteBuffer(string: "c DELETE x\r\n"))
        #expect(String(decoding: sasl.heard.client, as: UTF8.self).contains("c NO [NOPERM]"))

        var pop3 = GatePlayer(.pop3, Policy(.noDelete, rule))
        pop3.server(ByteBuffer(string: "+OK ready\r\n"))
        for (line, replies) in [("USER bob", ["+OK"]), ("PASS secret", ["+OK", "-ERR no CAPA"]), ("USER anna", ["-ERR no"])] {
            pop3.client(ByteBuffer(string: "\(line)\r\n"))
            for reply in replies { pop3.server(ByteBuffer(string: "\(reply)\r\n")) }
        }
        pop3.client(ByteBuffer(string: "DELE 1\r\n"))
        #expect(String(decoding: pop3.heard.client, as: UTF8.self).hasSuffix("messages cannot be deleted\r\n"))
        #expect(!String(decoding: pop3.heard.server, as: UTF8.self).contains("DELE"))
    }
}

@Suite struct `A command that somebody types` {
    @Test(arguments: [
        ("DELE 1", "DELE 1", MailProtocol.pop3),
        ("STORE 1 +FLAGS (\\Seen)", "a STORE 1 +FLAGS (\\Seen)", .imap),
        ("x STORE 1 +FLAGS (\\Seen)", "x STORE 1 +FLAGS (\\Seen)", .imap),
        ("store STORE 1 +FLAGS (\\Seen)", "store STORE 1 +FLAGS (\\Seen)", .imap),
        ("UID FETCH 1 BODY[]", "a UID FETCH 1 BODY[]", .imap),
        ("LOGIN anna {6}\r\nsesame", "a LOGIN anna {6}\r\nsesame", .imap),
        ("a", "a", .imap), ("", "", .imap), ("x XFOO", "x XFOO", .imap),
    ])
    func `is read as what it is`(typed: String, command: String, mailProtocol: MailProtocol) {
        let found = PolicyExplanation.command(asTyped: ByteBuffer(string: typed), nil)
        #expect(String(buffer: found.0) == command)
        #expect(found.1 == mailProtocol)
    }

    @Test func `is of the protocol that is asked for`() {
        let found = PolicyExplanation.command(asTyped: ByteBuffer(string: "LIST \"\" *"), .imap)
        #expect(String(buffer: found.0) == "a LIST \"\" *")
        #expect(found.1 == .imap)
    }
}
