import NIOCore
import Testing

@testable import InterpostCore

/// Where two sessions part ways.
@Suite struct SessionComparisonTests {
    private static func compare(_ left: String, _ right: String) throws -> SessionComparison {
        try SessionComparison(
            NormalFormTests.entries("S: * PREAUTH hi\n" + left), NormalFormTests.entries("S: * PREAUTH hi\n" + right))
    }

    @Test func `tags, UIDs and times are no difference`() throws {
        let comparison = try Self.compare(
            "C: a1 UID FETCH 7 (UID)\nS: * 1 FETCH (UID 7)\nS: a1 OK done (0.001 secs)\n",
            "C: x UID FETCH 9 (UID)\nS: * 1 FETCH (UID 9)\nS: x OK done (0.1 + 0.2 secs)\n")
        #expect(comparison.isSame())
        #expect(comparison.text() == "")
    }

    @Test func `the first point where clients part ways is shown with what is around it`() throws {
        let comparison = try Self.compare(
            "C: a NOOP\nS: a OK x\nC: b CHECK\nS: b OK x\nC: c LOGOUT\n",
            "C: 1 NOOP\nS: 1 OK x\nC: 2 EXPUNGE\nS: 2 OK x\nC: 3 LOGOUT\n")
        #expect(!comparison.isSame([.client]))
        #expect(comparison.isSame([.server]))
        #expect(
            comparison.text() == """
                The clients part ways at 0.000 (octet 8)
                  0.000 S: * PREAUTH hi
                  0.000 C: a NOOP
                  0.000 S: a OK x
                - 0.000 C: b CHECK
                + 0.000 C: 2 EXPUNGE
                  0.000 C: c LOGOUT

                """)
    }

    @Test func `an entry more makes no others different`() throws {
        let comparison = try Self.compare(
            "C: a NOOP\nS: a OK x\nC: c LOGOUT\n", "C: 1 NOOP\nS: 1 OK x\nC: 2 CHECK\nS: 2 OK x\nC: 3 LOGOUT\n")
        #expect(comparison.client.script.hunks.count == 1)
        #expect(comparison.server.script.hunks.count == 1)
        #expect(comparison.text().contains("+ 0.000 C: 2 CHECK\n"))
        #expect(!comparison.text().contains("\n- "))
    }

    @Test func `further differences are counted, and all are shown on request`() throws {
        let comparison = try Self.compare(
            "C: a NOOP\nC: b CHECK\nC: c NOOP\nC: d CLOSE\n", "C: a NOOP\nC: b UNSELECT\nC: c NOOP\nC: d EXPUNGE\n")
        #expect(comparison.text().contains("1 further difference of the clients; --all shows it\n"))
        var style = SessionComparison.Style()
        (style.showsAll, style.context) = (true, 1)
        let text = comparison.text(style)
        #expect(text.contains("@@ -1 +1 @@\n  0.000 C: a NOOP\n- 0.000 C: b CHECK\n+ 0.000 C: b UNSELECT\n  0.000 C: c NOOP\n"))
        #expect(text.contains("- 0.000 C: d CLOSE\n"))
        style.hasColour = true
        #expect(comparison.text(style).contains("\u{1B}[31m- 0.000 C: b CHECK\u{1B}[0m\n"))
    }

    @Test func `a secret is not shown, and neither is that it differs`() throws {
        let comparison = try Self.compare("C: a LOGIN anna sesame\n", "C: a LOGIN berta simsalabim\n")
        #expect(comparison.isSame())
        let other = try Self.compare("C: a LOGIN anna sesame\n", "C: a LOGIN anna {10}\n")
        #expect(!other.text().contains("sesame"))
    }

    @Test func `what differs out of sight is said to`() throws {
        let long = String(repeating: "x", count: 1000)
        let comparison = try Self.compare("C: a CREATE \(long)1\n", "C: a CREATE \(long)2\n")
        #expect(comparison.text().contains("they differ in what is not shown here"))
    }

    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("abc", ""), ("", "abc"), ("abcd", "axcd"), ("abcabba", "cbabac"), ("abcd", "bcde"),
        ("xaxbxc", "abc"), ("aaaa", "aa"),
    ])
    func `an edit script leads from the one to the other`(left: String, right: String) {
        let (left, right) = (Array(left), Array(right))
        let script = EditScript(from: left, to: right)
        var made: [Character] = []
        var place = 0
        for hunk in script.hunks {
            made += left[place..<hunk.left.lowerBound] + right[hunk.right]
            place = hunk.left.upperBound
        }
        made += left[place...]
        #expect(made == right)
        #expect(!script.isRough)
    }

    @Test func `an edit script has as many edits as it may`() {
        let (left, right) = (Array("a1b2c3"), Array("a4b5c6"))
        #expect(!EditScript(from: left, to: right, maximumEdits: 6).isRough)
        let rough = EditScript(from: left, to: right, maximumEdits: 5)
        #expect(rough.isRough)
        #expect(rough.hunks == [EditScript.Hunk(left: 1..<6, right: 1..<6)])
    }
}
