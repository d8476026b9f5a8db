import Foundation
import TestSupport
import Testing

/// An article of the DocC catalogue, parts of which are written by the tests: with `INTERPOST_WRITE_TABLES=1` in the
/// environment and `--no-parallel` they are written, else compared. Read the difference before you commit it.
struct Article {
    static let isWriting = ProcessInfo.processInfo.environment["INTERPOST_WRITE_TABLES"] == "1"

    let name: String
    private(set) var lines: [String]
    private let file: URL

    init(_ name: String) throws {
        self.name = name
        file = EventSchema.repository.appending(path: "Sources/InterpostCore/InterpostCore.docc/\(name).md")
        lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// The lines of a range must be these.
    mutating func expect(_ expected: [String], in range: Range<Int>) {
        if Self.isWriting {
            lines.replaceSubrange(range, with: expected)
        } else if Array(lines[range]) != expected {
            let difference = expected.enumerated().first { lines[range].dropFirst($0.offset).first != $0.element }
            let line = range.lowerBound + (difference?.offset ?? expected.count)
            Issue.record(
                """
                \(name).md:\(line + 1) is not as it should be; INTERPOST_WRITE_TABLES=1 writes it
                it is        \(range.contains(line) ? lines[line] : "the end")
                it should be \(difference?.element ?? "the end")
                """)
        }
    }

    func save() throws {
        guard Self.isWriting else { return }
        try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
    }

    /// Where the rows of the table with these columns are.
    func rows(ofTable columns: String...) throws -> Range<Int> {
        let head = Self.row(columns)
        let start = try #require(lines.firstIndex(of: head), "\(name).md has no table \(head)") + 2
        return start..<(lines[start...].firstIndex { !$0.hasPrefix("|") } ?? lines.count)
    }

    static func row(_ cells: [String]) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }

    static func cells(of row: String) -> [String] {
        row.replacing("\\|", with: "\u{0}").split(separator: "|").map {
            $0.replacing("\u{0}", with: "|").trimmingCharacters(in: .whitespaces)
        }
    }

    /// Text that Markdown shows as it is.
    static func escaped(_ text: String) -> String {
        text.map { "\\`*_<[".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    static func code(_ text: String) -> String { "`\(text)`" }
}
