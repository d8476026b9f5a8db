// Strategy: every row of the table is said by a file and by `--set`, within its range and one beyond it. What the two say of it must
// be the same, so nothing is ruled twice.

import Foundation
import TestSupport
import Testing

@testable import InterpostConfiguration

@Suite struct `A key of the table` {
    private static let relay = "relays:\n  - {listen: imap://127.0.0.1:1143, upstream: imaps://imap.example.org}\n"

    private static let scalars = ConfigurationTable.paths.filter { ConfigurationTable.key($0)?.form != .list }

    /// The other half of a pair, without which a value is refused.
    private static func beside(_ path: String) -> [String: String] {
        if path.hasPrefix("record."), path != "record.path" { return ["record.path": "/var/lib/interpost"] }
        return ["tls.certificate": ["tls.private-key": "k.pem"], "tls.private-key": ["tls.certificate": "c.pem"]][path] ?? [:]
    }

    private static func file(_ values: [String: String]) -> String {
        let groups = Dictionary(grouping: values) {
            $0.key.split(separator: ".").count == 2 ? $0.key.split(separator: ".")[0] : ""
        }
        return relay
            + groups.sorted { $0.key < $1.key }.map { group, values in
                let lines = values.map { "\($0.key.split(separator: ".").last ?? ""): \($0.value)" }.sorted()
                return group.isEmpty ? lines.joined(separator: "\n") : "\(group): {\(lines.joined(separator: ", "))}"
            }.joined(separator: "\n")
    }

    private static func read(file values: [String: String]) throws(ConfigurationError) -> Configuration {
        try ConfigurationFile.read(text: file(values), file: "test.yml")
    }

    private static func read(set values: [String: String], over text: String = relay) throws(ConfigurationError) -> Configuration
    {
        var overlay = ConfigurationOverlay()
        for (path, value) in values { try overlay.set("\(path)=\(value)") }
        return try ConfigurationFile.read(text: text, file: "test.yml", overlay: overlay)
    }

    /// Values that are allowed: the ends of a range, all of a choice.
    private static func good(_ key: ConfigurationKey<Configuration>) -> [String] {
        switch key.form {
        case .number(let range): ["\(range.lowerBound)", "\(range.upperBound)"]
        case .flag: ["true", "false"]
        case .choice(let names): names
        case .text: ["/some/where", "else"]
        case .word: ["thunderbird-1", String(repeating: "x", count: 64)]
        case .list, .policy: []
        }
    }

    /// Values that are not: one beyond a range, a word that is none of a choice.
    private static func bad(_ key: ConfigurationKey<Configuration>) -> [String] {
        switch key.form {
        case .number(let range):
            // The number after the largest of all is one digit up: no Int holds it.
            [
                "\(range.lowerBound - 1)", range.upperBound == .max ? "9223372036854775808" : "\(range.upperBound + 1)", "many",
                "[1]",
            ]
        case .flag: ["maybe", "1"]
        case .choice(let names): ["\(names[0])s", "[]"]
        case .text: ["''", "[a]"]
        case .word: ["../x", String(repeating: "x", count: 65), "''"]
        case .list, .policy: []
        }
    }

    @Test(arguments: scalars) func `means the same in a file and on the command line`(path: String) throws {
        let key = try #require(ConfigurationTable.key(path))
        for value in Self.good(key) {
            let values = Self.beside(path).merging([path: value]) { $1 }
            let read = try Self.read(file: values)
            #expect(key.value(read) == value)
            #expect(try Self.read(set: values) == read)
        }
    }

    @Test(arguments: scalars) func `is refused by both in the same words, and each names its place`(path: String) throws {
        let key = try #require(ConfigurationTable.key(path))
        #expect(!Self.bad(key).isEmpty)
        for value in Self.bad(key) {
            let file = #expect(throws: ConfigurationError.self) { _ = try Self.read(file: [path: value]) }
            #expect(file?.file == "test.yml" && file?.line == 3, "\(value): \(file?.description ?? "no error")")
            #expect(file?.message.contains("'\(key.name)'") == true)
            // A list or quotes are written in a file only.
            guard !value.hasPrefix("["), !value.hasPrefix("'") else { continue }
            let set = #expect(throws: ConfigurationError.self) { _ = try Self.read(set: [path: value]) }
            #expect(set?.file == "--set \(path)" && set?.line == nil, "\(value): \(set?.description ?? "no error")")
            // The flag says which key it is.
            #expect(file?.message.hasSuffix(set?.message ?? "no error") == true, "\(set?.message ?? "")")
        }
        let empty = #expect(throws: ConfigurationError.self) { _ = try Self.read(set: [path: ""]) }
        #expect(empty?.file == "--set \(path)")
    }

    @Test(arguments: scalars) func `holds on the command line over a file`(path: String) throws {
        let key = try #require(ConfigurationTable.key(path))
        let values = Self.good(key)
        let beside = Self.beside(path)
        let text = Self.file(beside.merging([path: values[0]]) { $1 })
        let read = try Self.read(set: [path: values[1]], over: text)
        #expect(read == (try Self.read(file: beside.merging([path: values[1]]) { $1 })))
    }

    @Test func `is there for every setting`() throws {
        var overlay = ConfigurationOverlay()
        overlay.set("tls.trust", to: "ca.pem", by: "--trust")
        for path in Self.scalars {
            let key = try #require(ConfigurationTable.key(path))
            let value = try #require(Self.good(key).first { $0 != key.value(Configuration()) })
            try overlay.set("\(path)=\(value)")
        }
        let all = Self.leaves(of: try ConfigurationFile.settings(overlay))
        let none = Self.leaves(of: Configuration())
        #expect(all.count == ConfigurationTable.paths.count)
        for (path, value) in all { #expect(none[path] != value, "no key sets \(path)") }
    }

    /// How much of a literal is kept for reading is no user's concern.
    private static let withoutKey = ".limits.wire.keptLiteralSize"

    /// `.limits.wire.lineLength: 1048576`, for each stored value but the relays, accounts and clients.
    private static func leaves(of value: Any, at path: String = "") -> [String: String] {
        let mirror = Mirror(reflecting: value)
        if [".relays", ".accounts", ".clients", ".sources", withoutKey].contains(path) { return [:] }
        guard mirror.displayStyle == .struct, !(value is String) else { return [path: "\(value)"] }
        return mirror.children.reduce(into: [:]) { found, child in
            found.merge(leaves(of: child.value, at: "\(path).\(child.label ?? "")")) { $1 }
        }
    }
}

@Suite struct `Config/interpost.yml` {
    private static let path = EventSchema.repository.appending(path: "Config/interpost.yml").path

    @Test func `is what check-config prints as the defaults`() throws {
        let lines = try String(contentsOfFile: Self.path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let expected = ConfigurationDefaults.text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, (found, line)) in zip(lines, expected).enumerated() where found != line {
            Issue.record(
                "line \(number + 1) is '\(found)', not '\(line)': interpost check-config --defaults > Config/interpost.yml")
            return
        }
        #expect(lines.count == expected.count, "interpost check-config --defaults > Config/interpost.yml")
    }

    /// The file with each key out of its comment: `# line: 1048576  # 1024 to 67108864` becomes `line: 1048576  # …`.
    private static func withKeys(_ isTaken: (ConfigurationLine) -> Bool) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).map {
            line -> String in
            guard let key = ConfigurationLine(line), isTaken(key) else { return String(line) }
            return String(line.replacing("# ", with: "", maxReplacements: 1))
        }.joined(separator: "\n")
    }

    private struct ConfigurationLine {
        var key: String
        var isExample: Bool

        init?(_ line: Substring) {
            guard let match = line.wholeMatch(of: /( *)# ([a-z-]+): \S.*/) else { return nil }
            let names = ConfigurationTable.paths.compactMap { $0.split(separator: ".").last.map(String.init) }
            key = String(match.2)
            guard (names + ConfigurationTable.relay.map(\.name)).contains(key) else { return nil }
            isExample = line.contains("# an example")
        }
    }

    @Test func `has each key once, with its default`() throws {
        let lines = try String(contentsOfFile: Self.path, encoding: .utf8).split(separator: "\n").compactMap(
            ConfigurationLine.init)
        #expect(lines.count == ConfigurationTable.paths.count + ConfigurationTable.relay.count)
        let asItIs = try ConfigurationFile.read(Self.path)
        let text = try Self.withKeys { !$0.isExample }
        #expect(text != (try String(contentsOfFile: Self.path, encoding: .utf8)))
        #expect(try ConfigurationFile.read(text: text, file: "defaults.yml") == asItIs)
        var defaults = Configuration()
        defaults.relays = asItIs.relays
        #expect(asItIs == defaults)
    }

    @Test func `shows examples that are allowed`() throws {
        let configuration = try ConfigurationFile.read(text: Self.withKeys { _ in true }, file: "examples.yml")
        #expect(configuration.record.keep.files == 10_000 && configuration.tls.trust == ["/etc/interpost/internal-ca.pem"])
        for path in ConfigurationTable.paths { #expect(ConfigurationTable.key(path)?.value(configuration) != nil, "\(path)") }
    }
}
