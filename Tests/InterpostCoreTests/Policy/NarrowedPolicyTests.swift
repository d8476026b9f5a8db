// Strategy: what several policies say together is compared with what each of them says: for every example of the catalogue, and
// for random pairs. A source check sees to it that gates ask a policy questions that all of them answer.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Policies that narrow each other` {
    private static func rule(_ command: String, _ action: PolicyRule.Action) -> PolicyRule {
        PolicyRule(action) { $0.commands(command) }
    }

    @Test(arguments: [
        ("a STORE 1 +FLAGS (\\Seen)", Policy(.noDelete), Policy(.readOnly), "client: preset read-only", "refuse"),
        ("a STORE 1 +FLAGS (\\Seen)", Policy(.readOnly), Policy(.noDelete), "relay: preset read-only", "refuse"),
        ("a SELECT x", Policy(.organise), Policy(.readOnly), "client: preset read-only", "rewrite examine"),
        ("a CLOSE", Policy(.readOnly), Policy(.organise), "relay: preset read-only", "rewrite unselect"),
        ("a NOOP", Policy(.readOnly), Policy(.organise), "relay: preset read-only", "allow"),
        ("a MOVE 1 x", Policy(.organise), Policy(.noDelete), "client: preset no-delete", "refuse"),
        ("a NOOP", Policy(.readOnly), Policy(.observe, rule("NOOP", .drop)), "client: rule 1", "drop"),
        ("a STORE 1 +FLAGS (x)", Policy(.readOnly), Policy(.observe, rule("STORE", .drop)), "client: rule 1", "drop"),
        (
            "a EXPUNGE", Policy(.observe, rule("EXPUNGE", .hold(seconds: 5))), Policy(.organise), "client: preset organise",
            "refuse"
        ),
        ("a CLOSE", Policy(.organise), Policy(.observe, rule("CLOSE", .hold(seconds: 5))), "client: rule 1", "hold 5"),
        ("a SUBSCRIBE x", Policy(.observe, rule("subscribe", .pretend)), Policy(.organise), "relay: rule 1", "pretend"),
        ("a SUBSCRIBE x", Policy(.observe, rule("subscribe", .pretend)), Policy(.readOnly), "client: preset read-only", "refuse"),
        ("a FETCH 1 BODY[]", Policy(.organise), Policy(.observe, rule("FETCH", .rewrite)), "client: rule 1", "rewrite peek"),
    ])
    func `are as strict as the strictest, which is named`(
        line: String, relay: Policy, client: Policy, rule: String, verdict: String
    ) {
        let policy = relay.narrowed(by: [("client", client)])
        #expect(policy.verdict(on: line) == verdict)
        #expect(policy.judge(line)?.rule == rule)
    }

    @Test func `are one policy where there is no other, or none that keeps anything`() {
        #expect(Policy(.readOnly).narrowed(by: []) == Policy(.readOnly))
        #expect(Policy(.observe).narrowed(by: [("client", Policy(.observe))]) == Policy(.observe))
        let client = Policy(.observe).narrowed(by: [("account", Policy(.observe)), ("client", Policy(.readOnly))])
        #expect(client.judge("a NOOP")?.rule == "client: preset read-only" && client.isEnforcing)
        #expect(Policy(.readOnly).narrowed(by: [("client", Policy(.observe))]).judge("a NOOP")?.rule == "relay: preset read-only")
    }

    @Test func `may be three, and narrowed again`() {
        let two = Policy(.noDelete).narrowed(by: [("account", Policy(.organise))])
        let three = two.narrowed(by: [("client", Policy(.observe, Self.rule("CREATE", .refuse(nil))))])
        #expect(three.judge("a MOVE 1 x")?.rule == "relay: preset no-delete")
        #expect(three.judge("a SETQUOTA \"\" ()")?.rule == "relay: preset no-delete")
        #expect(three.judge("a CREATE x")?.rule == "client: rule 1")
        #expect(three.judgeEarly(Keyword("APPEND"), usesUIDs: false, in: .selected())?.rule == "account: preset organise")
        #expect(three.judgeEarly(Keyword("COPY"), usesUIDs: false, in: .selected()) == nil)
        #expect(Policy(.observe).narrowed(by: [("client", three)]).parts.map(\.title) == ["relay", "account", "client"])
    }

    @Test func `hide what one of them hides`() {
        var relay = Policy(.observe)
        relay.hidden = [MailboxPattern("Private")]
        var client = Policy(.readOnly)
        client.hidden = [MailboxPattern("Clients/*")]
        let policy = relay.narrowed(by: [("client", client)])
        #expect(policy.hidesMailboxes && policy.needsSeparator)
        for (name, isHidden) in [("Private", true), ("Clients/a", true), ("Other", false)] {
            let mailbox = CanonicalMailbox(MailboxName(name), separator: UInt8(ascii: "/"))
            #expect(mailbox.map { policy.hides($0, separator: UInt8(ascii: "/")) } == isHidden, "\(name)")
            #expect((policy.judge("a EXAMINE \(name)")?.rule.hasSuffix("hidden mailboxes") == true) == isHidden, "\(name)")
        }
    }

    @Test func `pretend only where each of them that does not allow it pretends`() {
        func policy(_ preset: Policy.Preset, seen: Policy.Refusing = .refuse, deletes: Policy.Refusing = .refuse) -> Policy {
            var policy = Policy(preset)
            (policy.seen, policy.deletes) = (seen, deletes)
            return policy
        }
        let store = "a STORE 1 +FLAGS (\\Seen)"
        let both = policy(.readOnly, seen: .pretend).narrowed(by: [("client", policy(.readOnly, seen: .pretend))])
        #expect(both.verdict(on: store) == "pretend" && both.mayPretendSeen)
        #expect(policy(.readOnly, seen: .pretend).narrowed(by: [("client", policy(.noDelete))]).verdict(on: store) == "pretend")
        #expect(policy(.readOnly, seen: .pretend).narrowed(by: [("client", policy(.readOnly))]).verdict(on: store) == "refuse")
        let deleting = policy(.readOnly, deletes: .pretend).narrowed(by: [("client", policy(.noDelete))])
        #expect(deleting.verdict(on: "DELE 1", in: .pop3) == "refuse")
    }

    @Test func `open a mailbox for writing only if all of them let something be changed there`() {
        let flags = Policy(.readOnly, Self.rule("STORE", .allow))
        #expect(flags.narrowed(by: [("client", Policy(.noDelete))]).verdict(on: "a SELECT x") == "allow")
        #expect(flags.narrowed(by: [("client", flags)]).verdict(on: "a SELECT x") == "allow")
        #expect(flags.narrowed(by: [("client", Policy(.readOnly))]).verdict(on: "a SELECT x") == "rewrite examine")
    }

    @Test func `show what each of them lets be seen`() {
        let policy = Policy(.readOnly, sight: .header).narrowed(by: [("client", Policy(.observe, sight: .envelope))])
        #expect(policy.sightOfAll == .envelope && Policy(.readOnly).sightOfAll == .attachment)
        #expect(policy.judge("a FETCH 1 RFC822.HEADER")?.rule == "client: sight envelope")
        #expect(policy.judge("a FETCH 1 BODY[]")?.rule == "relay: sight header")
        #expect(policy.verdict(on: "a FETCH 1 ENVELOPE") == "allow")
    }

    @Test func `are a dry run only if all of them are one`() {
        var trying = Policy(.readOnly)
        trying.isDryRun = true
        let alone = trying.narrowed(by: [("client", Policy(.observe))])
        #expect(alone.isDryRun && !alone.isEnforcing)
        #expect(trying.narrowed(by: [("client", trying)]).isDryRun)
        for policy in [
            trying.narrowed(by: [("client", Policy(.organise))]), Policy(.organise).narrowed(by: [("client", trying)]),
        ] {
            #expect(!policy.isDryRun && policy.isEnforcing && policy.verdict(on: "a STORE 1 +FLAGS (x)") == "refuse")
        }
    }

    @Test func `say READ-WRITE if one of them does, and ask a person if one of them does`() {
        var writable = Policy(.readOnly)
        writable.presentsAsWritable = true
        #expect(Policy(.readOnly).narrowed(by: [("client", writable)]).presentsAsWritable)
        #expect(writable.narrowed(by: [("client", Policy(.readOnly))]).presentsAsWritable)
        let holding = Policy(.observe, Self.rule("NOOP", .hold(seconds: 1)))
        #expect(Policy(.readOnly).narrowed(by: [("client", holding)]).mayHold)
        #expect(!Policy(.readOnly).narrowed(by: [("client", Policy(.noDelete))]).mayHold)
    }

    @Test(arguments: [
        ("a CLOSE", Policy(.readOnly), "b UNSELECT"), ("a SUBSCRIBE x", Policy(.observe, rule("SUBSCRIBE", .pretend)), ""),
        ("a NOOP", Policy(.organise), "a NOOP"),
    ])
    func `still count once a person has allowed what another one holds`(line: String, other: Policy, sent: String) throws {
        let policy = Policy(.observe, PolicyRule(.hold(seconds: 60))).narrowed(by: [("client", other)])
        let read = try StrictCommand(reading: IMAPText(line: ByteBuffer(string: line)))
        let verdict = policy.judgeOnceAllowed(.imap(read), in: .selected())
        switch sent {
        case "": #expect(verdict == .pretend)
        case "b UNSELECT": #expect(verdict == .rewrite([.unselect]))
        default: #expect(verdict == .allow)
        }
    }

    @Test func `offer a capability that all of them leave some use`() {
        func offered(_ name: String, _ one: Policy, _ other: Policy) -> Bool {
            let filter = GateCapabilities(policy: one.narrowed(by: [("client", other)]))
            return filter.filter([ByteBuffer(string: name)]).removed.isEmpty
        }
        #expect(offered("MOVE", Policy(.organise), Policy(.organise)) && !offered("MOVE", Policy(.organise), Policy(.noDelete)))
        #expect(!offered("CREATE-SPECIAL-USE", Policy(.noDelete), Policy(.readOnly)))
        #expect(!offered("QUOTASET", Policy(.noDelete), Policy(.organise)))
    }

    @Test func `are explained one by one`() {
        let policy = Policy(.noDelete).narrowed(by: [("agent.yml", Policy(.readOnly))], titled: "no-delete")
        let explanation = PolicyExplanation(of: ByteBuffer(string: "a COPY 1 x"), policy, in: .selected())
        #expect(explanation?.rule == "agent.yml: preset read-only" && explanation?.sent.isEmpty == true)
        #expect(
            explanation?.text(policy).hasPrefix(
                """
                verdict  refuse
                rule     agent.yml: preset read-only
                policy   allow by no-delete: preset no-delete
                policy   refuse by agent.yml: preset read-only
                server   hears nothing

                """) == true, "\(explanation?.text(policy) ?? "")")
        let problems = Policy(.readOnly, Self.rule("STORE", .refuse(nil))).narrowed(by: [("client", Policy(.noDelete))])
        #expect(problems.rulesWithoutEffect == ["relay: rule 1 changes nothing: the preset refuses STORE anyway"])
    }

    // MARK: - Whatever they say

    private static let commands: [(SubmittedCommand, PolicyContext)] = {
        let imap = (try? VocabularyTable.rows(of: "IMAPCommands")) ?? []
        let pop3 = (try? VocabularyTable.rows(of: "POP3Vocabulary")) ?? []
        let more = [
            "a STORE 1 +FLAGS (\\Seen)", "a STORE 1 FLAGS (\\Deleted)", "a STORE 1 -X-GM-LABELS (x)", "a FETCH 1 BODY[]",
            "a SELECT Private/a", "a COPY 1 Archive", "a UID FETCH 1:* (FLAGS BODY.PEEK[HEADER])", "a SEARCH BODY x",
        ]
        let lines = imap.map { ByteBuffer(string: $0.wire.replacing("␍␊", with: "\r\n")) } + more.map { ByteBuffer(string: $0) }
        return lines.compactMap { line in
            (try? StrictCommand(reading: IMAPText(line: line.withoutLineEnd))).map { (.imap($0), .selected()) }
        }
            + pop3.compactMap { row in
                let line = ByteBuffer(string: row.wire.replacing("␍␊", with: "\r\n"))
                return (try? StrictPOP3.read(line)).map { (.pop3(name: $0.0, $0.1), .pop3) }
            }
    }()

    private static func randomPolicy(_ generator: inout SeededGenerator) -> Policy {
        var policy = Policy(Policy.Preset.allCases.randomElement(using: &generator) ?? .observe)
        func coin(_ sides: Int) -> Bool { Int.random(in: 0..<sides, using: &generator) == 0 }
        if coin(3) { policy.seen = .pretend }
        if coin(3) { policy.deletes = .pretend }
        if coin(3) { policy.sight = Sight.allCases.randomElement(using: &generator) ?? .attachment }
        if coin(4) { policy.hidden = [MailboxPattern("Private")] }
        let actions: [PolicyRule.Action] = [.allow, .refuse(nil), .pretend, .rewrite, .drop, .hold(seconds: 9)]
        let names = CommandClass.allCases.map(\.rawValue) + ["STORE", "FETCH", "SELECT", "CLOSE", "RETR", "DELE", "COPY"]
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            policy.rules.append(
                PolicyRule(actions.randomElement(using: &generator) ?? .drop) { match in
                    if !coin(5) { match.commands(names.randomElement(using: &generator) ?? "read") }
                    if coin(4) { match.mailboxes(["INBOX", "Archive", "*"].randomElement(using: &generator) ?? "*") }
                    if coin(4) { match.users = [TextPattern(coin(2) ? "anna" : "bob")] }
                    if coin(6) { match.larger = 10 }
                    if coin(5) { match.reads = [Sight.allCases.randomElement(using: &generator) ?? .text] }
                })
        }
        return policy
    }

    @Test func `let nothing pass that one of them refuses, and all that both allow`() {
        var generator = SeededGenerator(seed: 13)
        #expect(Self.commands.count > 100)
        var verdicts: Set<String> = []
        for _ in 0..<40 {
            let (one, other) = (Self.randomPolicy(&generator), Self.randomPolicy(&generator))
            let both = one.narrowed(by: [("client", other)])
            for (command, context) in Self.commands {
                let found = both.judge(command, in: context)
                let own = [one, other].map { $0.judge(command, in: context).verdict }
                #expect(found.verdict.words == own[0].narrowed(by: own[1]).words, "\(command.title) under \(one) and \(other)")
                verdicts.insert("\(PolicyFacts.Verdict(found.verdict))")
                if own.contains(where: \.refuses) { #expect(found.verdict.refuses) }
                if own == [.allow, .allow] { #expect(found.verdict == .allow) }
                let reversed = other.narrowed(by: [("client", one)]).judge(command, in: context)
                #expect(PolicyFacts.Verdict(reversed.verdict) == PolicyFacts.Verdict(found.verdict))
                if case .imap(let imap) = command,
                    both.judgeEarly(imap.name, usesUIDs: imap.usesUIDs, in: context) != nil
                {
                    #expect(found.verdict.refuses || found.verdict == .pretend, "\(command.title)")
                }
            }
        }
        #expect(verdicts.count == 6)
    }

    // MARK: - For those who write gates

    @Test func `are asked by gates, and not looked into`() {
        let gates = `The house`.files.filter { ["Gate", "Session"].contains($0.room) }
        #expect(gates.count > 15)
        let part = /policy\.(preset|rules|hidden|seen|deletes|sight|budget|narrowing)\b/
        for file in gates {
            #expect(file.code.firstMatch(of: part) == nil || file.name.hasPrefix("Gate/PolicyExplanation"), "\(file.name)")
        }
    }
}

extension Verdict {
    /// The verdict without what a refusal says.
    fileprivate var words: String { refuses ? "\(PolicyFacts.Verdict(self))" : "\(self)" }

    fileprivate var refuses: Bool {
        switch self {
        case .refuse, .drop: true
        case .allow, .pretend, .rewrite, .hold: false
        }
    }
}
