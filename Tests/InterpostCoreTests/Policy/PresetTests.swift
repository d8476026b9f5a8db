import Foundation
import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A preset` {
    /// Command; then read-only, no-delete, organise, observe.
    private static let imap: [(String, [String])] = [
        ("a NOOP", ["allow", "allow", "allow", "allow"]),
        ("a SELECT x", ["rewrite examine", "allow", "allow", "allow"]),
        ("a EXAMINE x", ["allow", "allow", "allow", "allow"]),
        ("a FETCH 1 BODY[]", ["rewrite peek", "allow", "allow", "allow"]),
        ("a UID FETCH 1 (FLAGS RFC822)", ["rewrite peek", "allow", "allow", "allow"]),
        ("a FETCH 1 BODY.PEEK[]", ["allow", "allow", "allow", "allow"]),
        ("a CLOSE", ["rewrite unselect", "rewrite unselect", "rewrite unselect", "allow"]),
        ("a UNSELECT", ["allow", "allow", "allow", "allow"]),
        ("a STORE 1 +FLAGS (\\Seen)", ["refuse", "allow", "allow", "allow"]),
        ("a STORE 1 +FLAGS (\\Seen \\DELETED)", ["refuse", "refuse", "refuse", "allow"]),
        ("a STORE 1 FLAGS.SILENT (\\Deleted)", ["refuse", "refuse", "refuse", "allow"]),
        ("a STORE 1 -FLAGS (\\Deleted)", ["refuse", "allow", "allow", "allow"]),
        ("a STORE 1 +X-GM-LABELS (foo)", ["refuse", "allow", "allow", "allow"]),
        ("a STORE 1 -X-GM-LABELS (foo)", ["refuse", "refuse", "allow", "allow"]),
        ("a STORE 1 X-GM-LABELS (foo)", ["refuse", "refuse", "allow", "allow"]),
        ("a STORE 1 +X-GM-LABELS (\\Trash)", ["refuse", "refuse", "allow", "allow"]),
        ("a STORE 1 +X-GM-LABELS (\"\\\\Trash\")", ["refuse", "refuse", "allow", "allow"]),
        ("a EXPUNGE", ["refuse", "refuse", "refuse", "allow"]),
        ("a UID EXPUNGE 1", ["refuse", "refuse", "refuse", "allow"]),
        ("a COPY 1 x", ["refuse", "allow", "allow", "allow"]),
        ("a UID MOVE 1 x", ["refuse", "refuse", "allow", "allow"]),
        ("a CREATE x", ["refuse", "allow", "allow", "allow"]),
        ("a RENAME x y", ["refuse", "refuse", "allow", "allow"]),
        ("a DELETE x", ["refuse", "refuse", "refuse", "allow"]),
        ("a SUBSCRIBE x", ["refuse", "allow", "allow", "allow"]),
        ("a UNSUBSCRIBE x", ["refuse", "allow", "allow", "allow"]),
        ("a SETACL x anna lr", ["refuse", "refuse", "refuse", "allow"]),
        ("a DELETEACL x anna", ["refuse", "refuse", "refuse", "allow"]),
        ("a SETQUOTA \"\" ()", ["refuse", "refuse", "refuse", "allow"]),
        ("a SETMETADATA x (/shared/comment NIL)", ["refuse", "refuse", "refuse", "allow"]),
        ("a NOTIFY NONE", ["allow", "allow", "allow", "allow"]),
        ("a COMPRESS DEFLATE", ["refuse", "refuse", "refuse", "refuse"]),
        ("a UNAUTHENTICATE", ["refuse", "refuse", "refuse", "refuse"]),
        ("a STARTTLS", ["refuse", "refuse", "refuse", "refuse"]),
        ("a XYZZY", ["refuse", "refuse", "refuse", "refuse"]),
    ]

    private static let pop3: [(String, [String])] = [
        ("STAT", ["allow", "allow", "allow", "allow"]),
        ("RETR 1", ["rewrite top", "allow", "allow", "allow"]),
        ("TOP 1 0", ["allow", "allow", "allow", "allow"]),
        ("DELE 1", ["refuse", "refuse", "refuse", "allow"]),
        ("QUIT", ["allow", "allow", "allow", "allow"]),
        ("RSET", ["allow", "allow", "allow", "allow"]),
        ("MSG 1", ["refuse", "refuse", "refuse", "refuse"]),
    ]

    private static let presets: [Policy.Preset] = [.readOnly, .noDelete, .organise, .observe]

    @Test(arguments: imap) func `says what becomes of an IMAP command`(line: String, verdicts: [String]) {
        #expect(Self.presets.map { Policy($0).verdict(on: line) } == verdicts)
    }

    @Test(arguments: pop3) func `says what becomes of a POP3 command`(line: String, verdicts: [String]) {
        #expect(Self.presets.map { Policy($0).verdict(on: line, in: .pop3) } == verdicts)
    }

    @Test func `lets no message be added that is marked as deleted`() {
        for (preset, plain, deleted) in [
            (Policy.Preset.noDelete, true, false), (.organise, false, false), (.readOnly, false, false),
        ] {
            func passes(_ flags: String) -> Bool {
                let command = ByteBuffer(string: "a APPEND x \(flags) {3+}\r\nabc")
                return PolicyExplanation(of: command, Policy(preset), in: .selected())?.sent.isEmpty == false
            }
            #expect(passes("(\\Seen)") == plain && passes("(\\deleted)") == deleted, "\(preset)")
        }
    }

    @Test func `pretends that POP3 deletes where it is told to`() {
        for preset in Self.presets {
            var policy = Policy(preset)
            policy.deletes = .pretend
            #expect(policy.verdict(on: "DELE 1", in: .pop3) == (preset == .observe ? "allow" : "pretend"))
        }
    }

    // MARK: - Every command there is

    /// What becomes of a command in read-only mode, by the tables of commands (`Fixtures/Policy`).
    private enum Row: String { case allow, rewrite, deny, terminate }

    /// Examples of rows that the tables of the catalogue show by another name, or by what is not their point.
    private static let examples = [
        "UID": "a UID", "\\SMAP1 LOGIN ... (SMAP protocol)": "\\SMAP1 LOGIN fred sesame", "...": "XTND FOO bar",
        "ESEARCH": "a ESEARCH RETURN (ALL) UNSEEN",
    ]

    /// Refused, though a table would let them pass: CONVERT is not read strictly, and DONE only ends an IDLE.
    private static let refusedAllTheSame: Set = ["CONVERT", "UID CONVERT", "DONE"]

    private static func rows(_ name: String) throws -> [(name: String, row: Row)] {
        let file = WireFixture.folder.deletingLastPathComponent().appending(path: "Policy/\(name).csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
        return try lines.map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return (cells[0], try #require(cells.last.flatMap(Row.init(rawValue:))))
        }
    }

    private static func check(_ table: String, against article: String, _ context: PolicyContext) throws {
        var wires: [String: ByteBuffer] = [:]
        for row in try VocabularyTable.rows(of: article) {
            let name = row.name.replacing("\\", with: "")
            if wires[name] == nil { wires[name] = ByteBuffer(string: row.wire.replacing("␍␊", with: "\r\n")) }
        }
        let rows = try rows(table)
        #expect(!rows.isEmpty)
        for (name, row) in rows where name != "(greeting)" {
            let wire = try #require(examples[name].map { ByteBuffer(string: $0) } ?? wires[name], "no example of \(name)")
            let explanation = try #require(PolicyExplanation(of: wire, Policy(.readOnly), in: context), "\(name)")
            let passes = (row == .allow || row == .rewrite) && !refusedAllTheSame.contains(name)
            #expect(explanation.sent.isEmpty == !passes, "\(name): \(String(buffer: wire))")
            #expect((explanation.verdict == .refuse) == !passes, "\(name): \(explanation.rule)")
            #expect(explanation.answers.isEmpty == passes, "\(name)")
            if context.mailProtocol == .imap, !passes {
                let answer = explanation.answers.map { String(buffer: $0) }.joined()
                #expect(answer.contains(" NO [NOPERM] ") || answer.contains(" BAD "), "\(name): \(answer)")
            }
        }
    }

    @Test func `read-only does with every IMAP command what the table says`() throws {
        try Self.check("imap-commands", against: "IMAPCommands", .selected())
    }

    @Test func `read-only does with every POP3 command what the table says`() throws {
        try Self.check("pop3-commands", against: "POP3Vocabulary", .pop3)
    }

    @Test(arguments: Policy.Preset.allCases) func `refuses a verb that was made up`(preset: Policy.Preset) {
        var policy = Policy(preset)
        policy.hidden = [MailboxPattern("nothing")]
        let imap = PolicyExplanation(of: ByteBuffer(string: "a FROBNICATE 1"), policy, in: .selected())
        #expect(imap?.sent.isEmpty == true && imap?.verdict == .refuse)
        let pop3 = PolicyExplanation(of: ByteBuffer(string: "FROB 1"), policy, in: .pop3)
        #expect(pop3?.sent.isEmpty == true && pop3?.verdict == .refuse)
    }

    @Test func `refuses in words that say what cannot be done`() {
        func text(_ preset: Policy.Preset, _ line: String) -> String? {
            guard case .refuse(let denial)? = Policy(preset).judge(line)?.verdict else { return nil }
            return denial.text
        }
        #expect(text(.readOnly, "a EXPUNGE") == "This mailbox is read-only here: messages cannot be deleted")
        #expect(text(.readOnly, "a STORE 1 +FLAGS (\\Deleted)") == "This mailbox is read-only here: marks cannot be changed")
        #expect(text(.noDelete, "a STORE 1 +FLAGS (\\Deleted)") == "This is not allowed here: messages cannot be deleted")
        #expect(text(.noDelete, "a STORE 1 -X-GM-LABELS (x)") == "This is not allowed here: messages cannot be moved")
    }
}
