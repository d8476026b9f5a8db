import Testing

@testable import InterpostFiles

@Suite struct `The progress of long work` {
    @Test(arguments: [
        (5 << 20, 10 << 20, "a: 5 of 10 MiB, 50 %"), (0, 1, "a: 0 of 0 MiB, 0 %"), (3 << 20, 2 << 20, "a: 3 of 2 MiB, 100 %"),
        (7 << 20, 0, "a: 7 MiB"),
    ])
    func `is octets of all octets`(octets: Int, total: Int, text: String) {
        #expect(ProgressLine.text("a", octets, of: total) == text)
    }

    @Test func `moves no cursor, whatever the file is called`() {
        #expect(ProgressLine.text("\u{1B}[2J\r\nx", 0, of: 0) == "\u{FFFD}[2J\u{FFFD}\u{FFFD}x: 0 MiB")
        #expect(ProgressLine.text(String(repeating: "x", count: 100), 0, of: 0).count == 40 + ": 0 MiB".count)
    }
}
