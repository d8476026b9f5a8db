import Foundation
import NIOCore
import TestSupport
import Testing

/// The tables of the DocC catalogue that show what wire text is read as. Their examples are run through the real
/// readers, so that the tables cannot say what is not so.
///
///     | name | wire | read as |
///     | --- | --- | --- |
///     | NOOP | `a NOOP` | `noop` |
///
/// In a cell `\|` is a bar, and `␍␊` in an example is CR LF. `read as` is what ``described(_:)`` gives. With
/// `INTERPOST_WRITE_TABLES=1` in the environment the last column is written instead of compared, with
/// `--no-parallel`, because several tests write one file: read the difference before you commit it.
struct VocabularyTable {
    struct Row {
        var name: String
        var wire: String
        var readAs: String
        /// Which line of the article it is, from 0.
        fileprivate var line: Int
    }

    /// The headline that it stands under.
    var section: String
    var rows: [Row] = []

    private static let head = "| name | wire | read as |"

    /// Checks the tables of an article, or those under one headline. `read` turns an example, without its last line end,
    /// into the text for the last column.
    @discardableResult
    static func check(_ article: String, section: String? = nil, read: (ByteBuffer) -> String) throws -> [Self] {
        let file = file(of: article)
        let text = try String(contentsOf: file, encoding: .utf8)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let tables = Self.tables(of: lines).filter { section == nil || $0.section == section }
        #expect(!tables.isEmpty, "\(article) has no tables under \(section ?? "any headline")")
        let writes = ProcessInfo.processInfo.environment["INTERPOST_WRITE_TABLES"] == "1"
        for row in tables.flatMap(\.rows) {
            let found = read(ByteBuffer(string: row.wire.replacing("␍␊", with: "\r\n")))
            if writes {
                lines[row.line] = Self.line(of: [row.name, "`\(row.wire)`", "`\(found)`"])
            } else if found != row.readAs {
                Issue.record("\(article).md:\(row.line + 1): \(row.wire)\nis read as   \(found)\nbut it says  \(row.readAs)")
            }
        }
        if writes { try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8) }
        return tables
    }

    /// The examples of an article.
    static func rows(of article: String) throws -> [Row] {
        let text = try String(contentsOf: file(of: article), encoding: .utf8)
        return tables(of: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)).flatMap(\.rows)
    }

    private static func file(of article: String) -> URL {
        EventSchema.repository
            .appending(path: "Sources/InterpostCore/InterpostCore.docc/\(article).md")
    }

    private static func tables(of lines: [String]) -> [Self] {
        var tables: [Self] = []
        var section = ""
        var isInside = false
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("#") { section = String(line.drop { $0 == "#" || $0 == " " }) }
            if line == head {
                tables.append(Self(section: section))
                isInside = true
            } else if !line.hasPrefix("|") {
                isInside = false
            } else if isInside, !line.hasPrefix("| ---") {
                guard let row = row(line, at: index) else {
                    Issue.record("not a row of three cells: \(line)")
                    continue
                }
                tables[tables.count - 1].rows.append(row)
            }
        }
        return tables
    }

    private static func row(_ line: String, at index: Int) -> Row? {
        let cells = line.replacing("\\|", with: "\u{0}").split(separator: "|").map {
            $0.replacing("\u{0}", with: "|").trimmingCharacters(in: .whitespaces)
        }
        guard cells.count == 3, cells[1].count > 2 else { return nil }
        func code(_ cell: String) -> String { cell.hasPrefix("`") ? String(cell.dropFirst().dropLast()) : cell }
        return Row(name: cells[0], wire: code(cells[1]), readAs: code(cells[2]), line: index)
    }

    private static func line(of cells: [String]) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}
