import NIOCore
import Testing

@testable import InterpostCore

/// What the quick look says of a FETCH answer, the reader says too, and finds nothing odd.
@Suite struct `The quick look at a FETCH answer` {
    private static func quick(_ line: String) -> FetchAnswer? {
        let text = IMAPText(line: ByteBuffer(string: line))
        return FetchAnswer(plain: text, from: ResponseHead(of: text.bytes).length)
    }

    private static func reader(_ line: String) -> (answer: FetchAnswer, quirks: Quirks) {
        let text = IMAPText(line: ByteBuffer(string: line))
        let head = ResponseHead(of: text.bytes)
        var reader = IMAPReader(text, from: head.length, quirks: head.quirks)
        let answer = FetchAnswer(&reader, number: head.number)
        if !reader.isAtEnd { reader.note(.dataLeftOver) }
        return (answer, reader.quirks)
    }

    @Test(arguments: [
        "* 1 FETCH (UID 42)", "* 12 FETCH (UID 42 FLAGS (\\Seen \\Answered) RFC822.SIZE 120)", "* 1 FETCH (FLAGS ())",
        "* 1 FETCH (FLAGS (\\seen $Junk NonJunk \\Other) MODSEQ (624140003))", "* 1 FETCH (RFC822.SIZE 0 UID 4294967295)",
    ])
    func `understands what listings ask for`(line: String) throws {
        let answer = try #require(Self.quick(line))
        let whole = Self.reader(line)
        #expect(described(answer) == described(whole.answer))
        #expect(whole.quirks.isEmpty)
    }

    @Test(arguments: [
        "* 1 FETCH ()", "* 1 FETCH (UID 42", "* 1 FETCH (UID 42) ", "* 1 FETCH  (UID 42)", "* 1 FETCH (UID  42)",
        "* 1 FETCH (UID 042)", "* 1 FETCH (UID 0)", "* 1 FETCH (UID 42 UID 42)", "* 1 FETCH (uid 42)",
        "* 1 FETCH (UID 42 ENVELOPE ())",
        "* 1 FETCH (UID 1234567890123456789)", "* 1 FETCH (FLAGS (\\Seen ))", "* 1 FETCH (FLAGS (\\))", "* 1 FETCH (FLAGS (a]))",
        "* 1 FETCH (FLAGS (\\*))", "* 1 FETCH (FLAGS NIL)", "* 1 FETCH UID 42", "* 1 FETCH (MODSEQ 12)", "* 1 FETCH (UID 42\t)",
        "* 1 FETCH (FLAGS (\"a\"))", "* 1 FETCH (UID)", "* 1 FETCH (FLAGS (\u{E9}))", "* 1 FETCH(UID 42)",
    ])
    func `leaves everything else to the reader`(line: String) {
        #expect(Self.quick(line) == nil)
    }

    @Test func `never differs from the reader`() {
        var generator = SeededGenerator(seed: 9051)
        let parts = [
            "UID ", "FLAGS (", "RFC822.SIZE ", "MODSEQ (", "42", "0", "007", ")", ")", " ", " ", "(", "\\Seen", "\\*", "$Junk",
            "a.b",
            "\\x", "\"", "{3}", "NIL", "\t", "]", "99999999999", "4294967296", "123456789012345678", "é", "<0>", "[",
        ]
        var understood = 0
        for _ in 0..<30_000 {
            var line = "* 3 FETCH ("
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let known =
                    ["UID 42", "FLAGS (\\Seen a)", "RFC822.SIZE 120", "MODSEQ (12)"].randomElement(using: &generator) ?? ""
                let odd = (0..<3).compactMap { _ in parts.randomElement(using: &generator) }.joined()
                line += (Bool.random(using: &generator) ? known : odd) + (Bool.random(using: &generator) ? " " : "")
            }
            if line.last == " " { line.removeLast() }
            line += ")"
            guard let answer = Self.quick(line) else { continue }
            understood += 1
            let whole = Self.reader(line)
            #expect(described(answer) == described(whole.answer), "\(line)")
            #expect(whole.quirks.isEmpty, "\(line): \(Array(whole.quirks))")
        }
        #expect(understood > 1000)
    }
}
