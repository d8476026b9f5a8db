import Foundation
import InterpostCore
import Yams

/// Texts in the order in which they were read. What is told about a configuration is about these very texts: a file may
/// change, and a pipe can be read only once.
final class ReadTexts {
    var texts: [String] = []
}

/// Reads what every file of YAML has: groups of keys, texts, numbers; and says where something is wrong.
struct ConfigurationReader {
    let file: String
    /// The part of a command line that is laid over the file.
    let overlay: ConfigurationOverlay
    /// Texts of other files that were read on the way.
    let read = ReadTexts()

    init(file: String, overlay: ConfigurationOverlay = ConfigurationOverlay()) {
        self.file = file
        self.overlay = overlay
    }

    /// A mistake at a node, reported for the flag that the node comes from, or for the node's line in the file.
    func error(at node: Node?, _ message: String) -> ConfigurationError {
        if let flag = node.flatMap(overlay.flag) {
            return ConfigurationError(file: flag, message: Self.withoutKey(message))
        }
        return ConfigurationError(file: file, line: node?.mark?.line, message: message)
    }

    /// A flag says which key it is: `'detail' is one of …` becomes `is one of …`.
    private static func withoutKey(_ message: String) -> String {
        guard message.hasPrefix("'"), let end = message.dropFirst().firstIndex(of: "'") else { return message }
        return String(message[end...].dropFirst().drop { $0 == ":" || $0 == " " })
    }

    static func text(of path: String) throws(ConfigurationError) -> String {
        let data: Data
        do {
            data = try SmallFile.read(path)
        } catch {
            throw ConfigurationError(file: path, message: "cannot be read: \(error)")
        }
        if let problem = TextEncoding.problem(of: data) {
            throw ConfigurationError(file: path, message: "\(problem.what); \(problem.advice)")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationError(file: path, message: "is not a text in UTF-8")
        }
        return text
    }

    /// - Parameter example: A file that shows what goes in.
    static func compose(_ text: String, file: String, example: String) throws(ConfigurationError) -> Node {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationError(file: file, line: error.line, message: "is not YAML: \(error.problem)\(error.hint)")
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
            throw error(at: node, "\(name) is a group of keys, `key: value` each")
        }
        var keys = Keys(mapping: mapping, reader: self, name: name)
        try body(&keys)
        try keys.finish()
    }

    func keyValue(_ node: Node, _ key: String) throws(ConfigurationError) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else {
            throw error(at: node, "'\(key)' is a text")
        }
        return text
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

    /// A name such as `*@example.org` is an alias of YAML, unless it is quoted.
    fileprivate var hint: String {
        if case .scanner(let context, _, _, _) = self, context?.text.contains("alias") == true {
            "; a text that begins with '*' is written in quotes: '*@example.org'"
        } else {
            ""
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
