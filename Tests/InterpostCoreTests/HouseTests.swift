// Strategy: the order of rooms is a table in DesignNotes.md, and a room names only rooms above it. Swift has no imports inside a
// module, so the test reads the sources itself: types by their names, and members of extensions that are declared in one room
// and nowhere else.

import Foundation
import TestSupport
import Testing

@Suite struct `The house` {
    struct File {
        var name: String
        var room: String
        /// Without comments and texts.
        var code: String
    }

    private static let core = EventSchema.repository.appending(path: "Sources/InterpostCore")

    static let files: [File] = {
        let all = FileManager.default.enumerator(at: core, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        return all.filter { $0.pathExtension == "swift" }.compactMap { url in
            guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
            let place = url.path.dropFirst(core.path.count + 1).split(separator: "/").map(String.init)
            return File(name: place.joined(separator: "/"), room: place.count > 1 ? place[0] : "", code: code(of: text))
        }.sorted { $0.name < $1.name }
    }()

    /// The rooms in the order of the table below `## The rooms`.
    static let rooms: [String] = {
        let article = core.appending(path: "InterpostCore.docc/DesignNotes.md")
        guard let text = try? String(contentsOf: article, encoding: .utf8),
            let start = text.range(of: "## The rooms")
        else { return [] }
        let rows = text[start.upperBound...].prefix { $0 != "#" }.split(separator: "\n").filter { $0.hasPrefix("| ") }
        return rows.compactMap { row in
            row.wholeMatch(of: /\| `(\w+)\/` \|.*/).map { String($0.1) }
        }
    }()

    private static func code(of text: String) -> String {
        var isMultiLine = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            if line.contains("\"\"\"") { isMultiLine.toggle() }
            guard !isMultiLine else { return "" }
            return String(line.replacing(/"(\\.|[^"\\])*"/, with: "\"\"").replacing(/\/\/.*/, with: ""))
        }.joined(separator: "\n")
    }

    @Test func `has a room for every file, and a row for every room`() {
        #expect(Set(Self.files.map(\.room)) == Set(Self.rooms), "DesignNotes.md lists \(Self.rooms)")
        #expect(Self.rooms.count == Set(Self.rooms).count)
        #expect(Self.files.count > 200)
    }

    @Test func `has no room that names one below it`() {
        let upward = Self.upward(in: Self.files, rooms: Self.rooms)
        #expect(upward.isEmpty, "\(upward.joined(separator: "\n"))")
    }

    /// `Wire/X.swift names Side of Tap/Side.swift`, for each name of a lower room.
    static func upward(in files: [File], rooms: [String]) -> [String] {
        var homes: [String: Set<String>] = [:]
        var members: [String: Set<String>] = [:]
        var others: Set<String> = []
        let modifiers = "(?:public |package |final |indirect |static |mutating |nonmutating |@inlinable |@inline\\(__always\\) )*"
        guard let type = try? Regex<(Substring, Substring)>("(?m)^\(modifiers)(?:struct|enum|class|protocol|typealias) (\\w+)"),
            let member = try? Regex<(Substring, Substring)>("(?m)^    \(modifiers)(?:func|var) `?(\\w+)"),
            let anyName = try? Regex<(Substring, Substring)>("(?:func|var|let|case|for|indirect case) `?(\\w+)")
        else { return ["the test does not compile its own expressions"] }
        for file in files {
            for match in file.code.matches(of: type) { homes[String(match.1), default: []].insert(file.room) }
            for block in blocks(of: file.code) {
                if block.prefix(20).contains("extension") {
                    for match in block.matches(of: member) { members[String(match.1), default: []].insert(file.room) }
                } else {
                    for match in block.matches(of: anyName) { others.insert(String(match.1)) }
                }
            }
        }
        var found: [String] = []
        let order = Dictionary(uniqueKeysWithValues: rooms.enumerated().map { ($1, $0) })
        for file in files {
            guard let own = order[file.room] else { continue }
            // A type within a type has a name of its own.
            let nested = Set(file.code.matches(of: /(?:struct|enum|class) ([A-Z]\w+)/).map { String($0.1) })
            let words = Set(file.code.matches(of: /\b[A-Z]\w+/).map { String($0.0) }).subtracting(nested)
            let called = Set(file.code.matches(of: /\.(\w+)/).map { String($0.1) })
            for (names, homes) in [(words, homes), (called.subtracting(others), members)] {
                for name in names.sorted() {
                    guard let rooms = homes[name], rooms.count == 1, let home = rooms.first, let place = order[home], place > own
                    else { continue }
                    found.append("\(file.name) names \(name), which is at home in \(home)/")
                }
            }
        }
        return found
    }

    /// Declarations at the top of a file, each with its body.
    private static func blocks(of code: String) -> [Substring] {
        var blocks: [Substring] = []
        var rest = code[...]
        while let end = rest.range(of: "\n}") {
            let block = rest[..<end.upperBound]
            if let start = block.firstMatch(
                of: /(?m)^(?:(?:public|package|private|fileprivate|final|indirect) )*(?:extension|struct|enum|class|protocol)\b/)
            {
                blocks.append(block[start.range.lowerBound...])
            }
            rest = rest[end.upperBound...]
        }
        return blocks
    }

    @Test func `is seen to be broken when it is`() {
        let lower = File(
            name: "Tap/Core.swift", room: "Tap", code: "struct Core {\n}\nextension Int {\n    var tapped: Int { 1 }\n}")
        for code in ["let x: Core", "let x = y.tapped"] {
            let upper = File(name: "Wire/A.swift", room: "Wire", code: code)
            #expect(Self.upward(in: [upper, lower], rooms: ["Wire", "Tap"]).count == 1)
            #expect(Self.upward(in: [upper, lower], rooms: ["Tap", "Wire"]).isEmpty)
        }
    }
}
