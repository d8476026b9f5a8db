import Foundation
import InterpostCore
import Yams

/// Reads what every file of YAML has: groups of keys, texts, numbers; and says where something is wrong.
struct ConfigurationReader {
    let file: String

    static func text(of path: String) throws(ConfigurationError) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            let reason = (error as? CocoaError)?.code == .fileReadNoSuchFile ? "there is no such file" : "\(error)"
            throw ConfigurationError(file: path, message: "cannot be read: \(reason)")
        }
    }

    /// - Parameter example: A file that shows what goes in.
    static func compose(_ text: String, file: String, example: String) throws(ConfigurationError) -> Node {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationError(file: file, line: error.line, message: "is not YAML: \(error.problem)")
        } catch {
            throw ConfigurationError(file: file, message: "is not YAML: \(error)")
        }
        guard let node else { throw ConfigurationError(file: file, message: "is empty; \(example) shows what goes in") }
        return node
    }

    func section(_ node: Node, named name: String, _ body: (inout Keys) throws(ConfigurationError) -> Void)
        throws(ConfigurationError)
    {
        guard let mapping = node.mapping else {
            throw ConfigurationError(file: file, line: node.mark?.line, message: "\(name) is a group of keys, `key: value` each")
        }
        var keys = Keys(mapping: mapping, reader: self, name: name)
        try body(&keys)
        try keys.finish()
    }

    func keyValue(_ node: Node, _ key: String) throws(ConfigurationError) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else {
            throw ConfigurationError(file: file, line: node.mark?.line, message: "'\(key)' is a text")
        }
        return text
    }
}

/// The keys of one group; those nobody asked for are errors.
struct Keys {
    private var mapping: Node.Mapping
    private let reader: ConfigurationReader
    private let name: String
    private var known: [String] = []

    init(mapping: Node.Mapping, reader: ConfigurationReader, name: String) {
        self.mapping = mapping
        self.reader = reader
        self.name = name
    }

    /// The value of a key, whatever it is; `nil` where it says nothing.
    mutating func take(_ key: String) -> Node? {
        known.append(key)
        // A key without a value (`trust:`) says nothing.
        guard let node = mapping[Node(key)], node.null == nil else { return nil }
        return node
    }

    mutating func section(_ key: String, _ body: (inout Keys) throws(ConfigurationError) -> Void) throws(ConfigurationError) {
        if let node = take(key) { try reader.section(node, named: "'\(key)'", body) }
    }

    mutating func list(_ key: String, _ body: (Node) throws(ConfigurationError) -> Void) throws(ConfigurationError) {
        guard let node = take(key) else { return }
        guard let sequence = node.sequence else {
            throw ConfigurationError(file: reader.file, line: node.mark?.line, message: "'\(key)' is a list, `- …` each")
        }
        for item in sequence { try body(item) }
    }

    mutating func text(_ key: String, into value: inout String?) throws(ConfigurationError) {
        if let node = take(key) { value = try reader.keyValue(node, key) }
    }

    /// One text, or a list of them.
    mutating func texts(_ key: String) throws(ConfigurationError) -> [String] {
        guard let node = take(key) else { return [] }
        guard let sequence = node.sequence else { return [try reader.keyValue(node, key)] }
        var texts: [String] = []
        for item in sequence { texts.append(try reader.keyValue(item, key)) }
        return texts
    }

    /// The same of words that are given.
    mutating func choices<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type)
        throws(ConfigurationError)
        -> [Choice]
    {
        var choices: [Choice] = []
        for text in try texts(key) {
            guard let choice = Choice(rawValue: text) else {
                let names = Choice.allCases.map(\.rawValue)
                throw problem(
                    at: key,
                    "'\(key)' is one of \(names.joined(separator: ", ")), not '\(text)'"
                        + Suggestion.nearest(to: text, among: names))
            }
            choices.append(choice)
        }
        return choices
    }

    mutating func flag(_ key: String, into value: inout Bool) throws(ConfigurationError) {
        guard let node = take(key) else { return }
        guard let flag = node.bool else {
            throw ConfigurationError(file: reader.file, line: node.mark?.line, message: "'\(key)' is true or false")
        }
        value = flag
    }

    mutating func number(_ key: String, in range: ClosedRange<Int>, into value: inout Int) throws(ConfigurationError) {
        guard let node = take(key) else { return }
        guard let number = node.int, range.contains(number) else {
            let message = "'\(key)' is a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw ConfigurationError(file: reader.file, line: node.mark?.line, message: message)
        }
        value = number
    }

    mutating func number(_ key: String, in range: ClosedRange<Int>, into value: inout Int?) throws(ConfigurationError) {
        guard take(key) != nil else { return }
        var number = 0
        try self.number(key, in: range, into: &number)
        value = number
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, into value: inout Choice
    ) throws(ConfigurationError) {
        guard let node = take(key) else { return }
        let text = try reader.keyValue(node, key)
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue)
            let message =
                "'\(key)' is one of \(names.joined(separator: ", ")), not '\(text)'"
                + Suggestion.nearest(to: text, among: names)
            throw ConfigurationError(file: reader.file, line: node.mark?.line, message: message)
        }
        value = choice
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, into value: inout Choice?
    ) throws(ConfigurationError) {
        guard take(key) != nil, let first = Choice.allCases.first else { return }
        var choice = first
        try self.choice(key, into: &choice)
        value = choice
    }

    mutating func url<URL>(_ key: String, _ make: (String) throws(EndpointError) -> URL) throws(ConfigurationError) -> URL? {
        guard let node = take(key) else { return nil }
        let text = try reader.keyValue(node, key)
        do {
            return try make(text)
        } catch {
            throw ConfigurationError(file: reader.file, line: node.mark?.line, message: "'\(key)': \(error)")
        }
    }

    func problem(at key: String, _ message: String) -> ConfigurationError {
        ConfigurationError(file: reader.file, line: mapping[Node(key)]?.mark?.line, message: message)
    }

    func finish() throws(ConfigurationError) {
        for (key, _) in mapping {
            let text = key.scalar?.string ?? ""
            guard !known.contains(text) else { continue }
            let message = "\(name) has no key '\(text)'\(Suggestion.nearest(to: text, among: known))"
            throw ConfigurationError(file: reader.file, line: key.mark?.line, message: message)
        }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    fileprivate var problem: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let keys, _): "a key stands twice: \(keys.map { "\($0)" }.joined(separator: ", "))"
        default: "\(self)"
        }
    }
}
