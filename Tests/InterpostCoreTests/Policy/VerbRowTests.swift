import NIOCore
import Testing

@testable import InterpostCore

/// All that is known about a verb is in its row, and what a row does not say is taken for the worst.
@Suite struct `The row of a verb` {
    /// An example of each verb that the gate reads, from the catalogue's page.
    private static func strictExamples() throws -> [StrictCommand] {
        try VocabularyTable.rows(of: "IMAPCommands").compactMap { row in
            let wire = row.wire.replacing("␍␊", with: "\r\n")
            guard let command = try? StrictCommand(reading: strictText(wire)) else { return nil }
            return StrictVerb.named(command.name) == nil ? nil : command
        }
    }

    @Test func `gives a class to every verb that may pass`() {
        for verb in IMAPVerb.all {
            #expect(CommandClass(verb.name, .imap) == verb.kind)
            if StrictVerb.named(verb.name) != nil { #expect(verb.kind != .other, "\(verb.name)") }
        }
        for verb in POP3Verb.all {
            #expect(CommandClass(verb.name, .pop3) == verb.kind)
            if StrictPOP3.reads(verb.name) { #expect(verb.kind != .other, "\(verb.name)") }
        }
        #expect(CommandClass(Keyword("GETJMAPACCESS"), .imap) == .read)
    }

    @Test func `has the gate read a verb, or refuse it whatever a policy says`() {
        for preset in Policy.Preset.allCases {
            let policy = Policy(preset, PolicyRule(.allow))
            for verb in IMAPVerb.all where StrictVerb.named(verb.name) == nil {
                let line = ByteBuffer(string: "a \(verb.name) x (y)")
                let explanation = PolicyExplanation(of: line, policy, in: .selected())
                #expect(explanation?.verdict == .refuse && explanation?.sent.isEmpty == true, "\(verb.name), \(preset)")
            }
            for verb in POP3Verb.all where !StrictPOP3.reads(verb.name) {
                let explanation = PolicyExplanation(of: ByteBuffer(string: "\(verb.name) x"), policy, in: .pop3)
                #expect(explanation?.verdict == .refuse && explanation?.sent.isEmpty == true, "\(verb.name), \(preset)")
            }
        }
    }

    @Test func `lets pass under read-only only what changes nothing, or can be rewritten`() {
        for verb in IMAPVerb.all where Policy.Preset.readOnly.mayPass(verb.name, .imap) {
            #expect(verb.effect == .nothing || verb.effect == .depends, "\(verb.name)")
        }
        for verb in POP3Verb.all where Policy.Preset.readOnly.mayPass(verb.name, .pop3) {
            #expect(verb.effect == .nothing, "\(verb.name)")
        }
    }

    /// What a replayed client may say to a live account is found apart from what a gate lets through.
    @Test func `agrees on what changes something with what may be played to a live account`() throws {
        let readOnly = Policy(.readOnly)
        for row in try VocabularyTable.rows(of: "IMAPCommands") {
            let text = strictText(row.wire.replacing("␍␊", with: "\r\n"))
            guard let command = IMAPCommand(reading: text) else { continue }
            let change = command.change(isReadOnly: false)
            guard let verb = IMAPVerb.named(command.name) else {
                #expect(change != nil, "\(row.wire)")
                continue
            }
            let effect = verb.effect
            if effect == .changes { #expect(change != nil, "\(row.wire)") }
            guard let strict = try? StrictCommand(reading: text), effect != .elsewhere, effect != .connection else { continue }
            switch readOnly.judge(.imap(strict), in: .selected()).verdict {
            case .allow: #expect(change == nil, "\(row.wire)")
            case .refuse: #expect(change != nil || StrictVerb.of(verb) == nil || !strict.body.parts.mayPass, "\(row.wire)")
            default: break
            }
        }
        for verb in POP3Verb.all where StrictPOP3.reads(verb.name) {
            let (_, command, _) = POP3Command.read(ByteBuffer(string: "\(verb.name) 1\r\n"))
            if verb.effect == .nothing { #expect(command.change(name: verb.name) == nil, "\(verb.name)") }
            if verb.effect == .changes { #expect(command.change(name: verb.name) != nil, "\(verb.name)") }
        }
    }

    @Test func `does not have a class stand for what leads past the gate`() {
        #expect(Policy(.readOnly, PolicyRule(.allow) { $0.commands("read") }).verdict(on: "a GETJMAPACCESS") == "refuse")
        #expect(Policy(.readOnly, PolicyRule(.allow) { $0.commands("GETJMAPACCESS") }).verdict(on: "a GETJMAPACCESS") == "allow")
        #expect(Policy(.observe, PolicyRule(.refuse(nil)) { $0.commands("read") }).verdict(on: "a GETJMAPACCESS") == "refuse")
        #expect(Policy(.observe).verdict(on: "a GETJMAPACCESS") == "allow")
    }

    // MARK: - Mailboxes

    @Test func `says which mailboxes are touched`() throws {
        let examples = try Self.strictExamples()
        #expect(Set(examples.map(\.name)) == Set(StrictVerb.all.map(\.name)))
        let context = PolicyContext.selected("Selected")
        let selected = CanonicalMailbox(MailboxName("Selected"), separator: context.separator)
        for command in examples {
            let reach = try #require(IMAPVerb.named(command.name)?.reach, "\(command.name)")
            let parts = command.body.parts
            // What these name beyond the row is tested below.
            if parts.search?.sources.isEmpty == false { continue }
            if case .labels? = parts.store?.item { continue }
            let touched = command.touches(in: context)
            #expect(touched.mayBeAny == (reach.contains(.everything) || !parts.isRead), "\(command.name)")
            #expect(touched.names.contains(selected) == reach.contains(.selected), "\(command.name)")
            if parts.isRead { #expect(parts.mailboxes.isEmpty || reach.contains(.named), "\(command.name)") }
            if reach.contains(.account) { #expect(touched.names.contains(nil), "\(command.name)") }
            if reach.isEmpty { #expect(touched.names.isEmpty, "\(command.name)") }
        }
        for verb in IMAPVerb.all where verb.reach.contains(.named) && StrictVerb.named(verb.name) != nil {
            let named = examples.filter { $0.name == verb.name }
            #expect(named.contains { !$0.body.parts.mailboxes.isEmpty }, "\(verb.name)")
        }
    }

    @Test(arguments: [
        // A name that was not looked at before.
        ("a GETANNOTATION Private \"/comment\" \"value.priv\"", true),
        ("a GETANNOTATION Other \"/comment\" \"value.priv\"", false),
        ("a ESEARCH IN (mailboxes (Other Private)) ALL", true), ("a ESEARCH IN (mailboxes Other) ALL", false),
        ("a ESEARCH IN (selected) ALL", false), ("a ESEARCH IN (subtree Other) ALL", true), ("a ESEARCH IN (personal) ALL", true),
        ("a STORE 1 +X-GM-LABELS (Private)", true), ("a STORE 1 +X-GM-LABELS (Other)", false),
        ("a STORE 1 -X-GM-LABELS (\"Private\")", true), ("a STORE 1 X-GM-LABELS (Other)", true),
        ("a STORE 1 +X-GM-LABELS (\\Trash)", true),
        // Not read, so what they name is not known.
        ("a XMOVE 1 Other", true), ("a XYZZY", true),
        ("a SETACL Private anna lr", true), ("a GETQUOTA Private", false), ("a LIST \"\" *", false), ("a NOOP", false),
    ])
    func `has a rule that refuses hold for every mailbox that may be touched`(line: String, isHeld: Bool) {
        let policy = Policy(.observe, PolicyRule(.drop, name: "private") { $0.mailboxes("Private") })
        #expect((policy.judge(line)?.rule == "rule 1 (private)") == isHeld)
    }

    // MARK: - Redaction

    /// What verbs keep at `--redact all` of words that somebody may have written: `a` an atom, `q` a quoted string, `m` an atom
    /// behind it, `l` and `s` an atom and a string in a list. Verbs that are not here keep nothing.
    private static let kept = [
        // Words of the protocol, and what a server is asked for.
        "ENABLE": "aqmls", "COMPRESS": "aqmls", "LANGUAGE": "aqmls", "COMPARATOR": "aqmls", "CONVERT": "aqmls",
        "CANCELUPDATE": "aqmls", "EXPUNGE": "a", "CONVERSIONS": "aq",
        "GETANNOTATION": "qmls", "RESETKEY": "qmls", "COPY": "a", "MOVE": "a", "XMOVE": "a", "FIND": "a", "SETACL": "m",
        // Parameters.
        "SELECT": "ls", "EXAMINE": "ls", "CREATE": "ls", "RENAME": "ls", "XRENAME": "ls", "STATUS": "ls",
        "BBOARD": "ls", "XMEID": "ls", "LOCALCREATE": "ls", "DUMP": "ls", "RECONSTRUCT": "ls", "MUPDATEPUSH": "ls",
        "XWARMUP": "ls", "XBACKUP": "ls",
        // Grammars of their own, in which these are no names: dates, keys, entries, sets.
        "APPEND": "qml", "LOCALAPPEND": "qml", "SEARCH": "aml", "ESEARCH": "aml",
        "THREAD": "aqml", "GETMETADATA": "qmls", "XAPPLEPUSHSERVICE": "aqm",
        // URLs, in which only tokens are taken out, by the redaction of credentials.
        "URLFETCH": "aqmls",
    ]

    /// What is left of the words of a line, as letters.
    private static func left(of line: String, level: RedactionLevel = .all) throws -> String {
        var redactor = EventRedactor(level, key: TestPseudonymKey())
        var reading = Reading(.imap)
        reading.receive(ByteBuffer(string: "* PREAUTH ready\r\n"), from: .server)
        reading.receive(ByteBuffer(string: line + "\r\n"), from: .client)
        let text = try String(buffer: #require(reading.events.map { redactor.redact($0) }.last))
        let words = [("a", "geheim"), ("q", "Geheim Wort"), ("m", "Postfach"), ("l", "liste"), ("s", "In Liste")]
        return words.filter { text.contains($0.1) }.map(\.0).joined()
    }

    @Test func `says what is kept when all is redacted, and nothing else is`() throws {
        for verb in IMAPVerb.all {
            let line = "a \(verb.name) geheim \"Geheim Wort\" Postfach (liste \"In Liste\")"
            let left = try Self.left(of: line)
            #expect(left == Self.kept["\(verb.name)", default: ""], "\(verb.name)")
        }
        #expect(Set(Self.kept.keys).isSubset(of: Set(IMAPVerb.all.map { "\($0.name)" })))
    }

    @Test func `says nothing of arguments that are not those of its verb`() throws {
        for line in ["UIDBATCHES geheim", "STORE geheim", "EXPUNGE geheim geheim", "SORT geheim"] {
            #expect(try Self.left(of: "a \(line)").isEmpty || line.hasPrefix("EXPUNGE"), "\(line)")
        }
    }

    @Test func `has no word of an unknown command kept at any level`() throws {
        for level in RedactionLevel.allCases where level != .none {
            for name in ["XNEW", "XATOM", "UID XNEW"] {
                let line = "a \(name) geheim \"Geheim Wort\" Postfach (liste \"In Liste\")"
                #expect(try Self.left(of: line, level: level) == "", "\(name), \(level)")
            }
        }
        #expect(try Self.left(of: "a X-CANCEL geheim") == "" && Self.left(of: "a XKILLMY Postfach") == "")
    }

    @Test func `says which words of POP3 are kept when all is redacted`() throws {
        var keeping: [String] = []
        for verb in POP3Verb.all + [POP3Verb("XNEW")] {
            var redactor = EventRedactor(.all, key: TestPseudonymKey())
            var reading = Reading(.pop3)
            reading.receive(ByteBuffer(string: "+OK ready\r\n"), from: .server)
            reading.receive(ByteBuffer(string: "\(verb.name) geheim Wort letztes\r\n"), from: .client)
            let text = try String(buffer: #require(reading.events.map { redactor.redact($0) }.last))
            if text.contains("geheim") { keeping.append("\(verb.name)") }
            #expect(!text.contains("letztes"), "\(verb.name)")
        }
        #expect(keeping == ["LANG", "COMPRESS"])
    }

    // MARK: - What nobody knows

    @Test(arguments: Policy.Preset.allCases) func `is missing for a verb that is not known, which is refused`(
        preset: Policy.Preset
    ) {
        var policy = Policy(preset, PolicyRule(.allow))
        policy.hidden = [MailboxPattern("nothing")]
        for line in ["a XNEW secret INBOX", "a UID XNEW secret INBOX"] {
            let explanation = PolicyExplanation(of: ByteBuffer(string: line), policy, in: .selected())
            #expect(explanation?.verdict == .refuse && explanation?.sent.isEmpty == true)
        }
        #expect(!preset.mayPass(Keyword("XNEW"), .imap) && !preset.mayPass(Keyword("XNEW"), .pop3))
    }

    /// A row with a name and nothing else.
    private static let bare = IMAPVerb("XNEW")

    @Test func `that says nothing but a name is the worst that a verb can be`() throws {
        let verb = Self.bare
        #expect(StrictVerb.of(verb) == nil)
        #expect(!verb.hasHarmlessArguments && verb.effect == .changes && !verb.takesUID && verb.kind == .other)
        var reader = IMAPReader(IMAPText(line: ByteBuffer(string: "secret INBOX")))
        let body = try #require(verb.read(&reader))
        #expect(described(body) == "vendor([string(secret), string(INBOX)])")
        for level in RedactionLevel.allCases where level != .none {
            var walker = ContentWalker(ContentMappers(level, key: TestPseudonymKey()))
            walker.begin(ContentGrammar.shape(of: verb.arguments))
            let line = ByteBuffer(string: #"secret INBOX "secret" (secret)"#)
            let mapped = line.changed { walker.mapLine(&$0, from: 0, to: $0.count, announces: false) }
            let text = String(buffer: mapped ?? line)
            #expect(!text.contains("secret") && !text.contains("INBOX"), "\(level): \(text)")
        }
    }

    @Test func `that says nothing but a name touches everything and never passes`() {
        let command = StrictCommand(tag: ByteBuffer(string: "a"), name: Keyword("XNEW"), body: .vendor([]))
        let touched = command.touches(as: Self.bare, in: .selected())
        #expect(touched.mayBeAny)
        for preset in Policy.Preset.allCases {
            let allowing = Policy(preset, PolicyRule(.allow, name: "mail") { $0.mailboxes("*") })
            #expect(allowing.judge(.imap(command), in: .selected()).rule == "preset \(preset.rawValue)")
            let refusing = Policy(preset, PolicyRule(.refuse(nil), name: "mail") { $0.mailboxes("Elsewhere") })
            let decision = refusing.judge(.imap(command), in: .selected())
            #expect(decision.rule == "rule 1 (mail)")
            guard case .refuse = decision.verdict else {
                Issue.record("\(preset): \(decision.verdict)")
                continue
            }
            if preset != .observe { #expect(!preset.mayPass(Self.bare)) }
            #expect(!preset.mayPass(POP3Verb("XNEW")))
        }
    }

    // MARK: - What a verb costs

    /// `XBATCH mailbox size [range]`, which reads: all that a plain command of an extension needs.
    private static let madeUp = IMAPVerb(
        "XBATCH", .read, [.mailbox, .count, .range], .nothing, touches: .named, optional: 1, exact: true)

    private static func strict(_ arguments: String) throws -> StrictCommand {
        let verb = try #require(StrictVerb.of(madeUp))
        var reader = StrictReader(line: ByteBuffer(string: arguments))
        let body = try verb.read(&reader, false)
        try reader.end()
        return StrictCommand(tag: ByteBuffer(string: "a"), name: madeUp.name, body: body)
    }

    @Test func `of a made-up command is enough to read it leniently`() throws {
        var reader = IMAPReader(IMAPText(line: ByteBuffer(string: #" "Birds"  5"#)))
        #expect(try described(#require(Self.madeUp.read(&reader))) == "plain([mailbox(Birds), number(5)])")
        var short = IMAPReader(IMAPText(line: ByteBuffer(string: " Birds")))
        #expect(Self.madeUp.read(&short) == nil)
    }

    @Test func `of a made-up command is enough to read it strictly and write it anew`() throws {
        for (sent, written) in [
            (" inbox 5", "a XBATCH INBOX 5\r\n"),
            (#" "a b" 5 1:4"#, "a XBATCH \"a b\" 5 1:4\r\n"),
        ] {
            let command = try Self.strict(sent)
            let segments = CommandWriter(literals: .none).write(command)?.segments.map { String(buffer: $0) }
            #expect(segments == [written])
        }
        for malformed in ["", " inbox", " inbox 0", " inbox  5", " inbox 5 1", " inbox 5 1:4 x", " \u{FC} 5"] {
            #expect(throws: StrictRefusal.self, "\(malformed)") { try Self.strict(malformed) }
        }
    }

    @Test func `of a made-up command is enough to judge it`() throws {
        let command = try Self.strict(" inbox 5")
        #expect(Policy.Preset.allCases.allSatisfy { $0.mayPass(Self.madeUp) })
        #expect(command.body.parts.mayPass && command.body.parts.mailboxes == [MailboxName("INBOX")])
        let touched = command.touches(as: Self.madeUp, in: .selected("Other"))
        #expect(touched.names == [CanonicalMailbox(MailboxName("INBOX"), separator: nil)] && !touched.mayBeAny)
        #expect(
            described(command.body.canonical(separator: nil, listed: ListedNames()) as Any)
                == "plain([mailbox(INBOX), number(5)])")
        #expect(try Self.strict(" a//b 5").body.canonical(separator: UInt8(ascii: "/"), listed: ListedNames()) == nil)
    }

    @Test func `of a made-up command is enough to redact it`() {
        var walker = ContentWalker(ContentMappers(.all, key: TestPseudonymKey()))
        walker.begin(ContentGrammar.shape(of: Self.madeUp.arguments))
        let line = ByteBuffer(string: "Postfach 5 1:4 rest")
        let text = line.changed { walker.mapLine(&$0, from: 0, to: $0.count, announces: false) }.map { String(buffer: $0) }
        #expect(text?.hasSuffix("rest") == false && text?.contains("Postfach") == false && text?.contains(" 5 1:4 ") == true)
    }

    @Test func `is not needed by a made-up response to be redacted, and to have its tag replaced`() throws {
        var session = RedactedReading(.imap, .all)
        session.receive(ByteBuffer(string: "* PREAUTH ready\r\n"), from: .server)
        session.receive(ByteBuffer(string: "* XBATCH (TAG \"a1\") geheim 1:4\r\n"), from: .server)
        #expect(!session.text(of: .server).contains("geheim"))
        let event = try #require(session.reading.events.last)
        let pieces = TagPlaces.pieces(of: event)
        #expect(pieces.contains { if case .tag(let tag, _) = $0 { tag == ByteBuffer(string: "a1") } else { false } })
    }
}
