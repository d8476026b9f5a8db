import Yams

/// What a command line says about a configuration: nodes that are laid over those of a file, so that one reader judges both.
///
///     --set limits.line=12     --set limits.line: 'line' is a whole number from 1024 to 67108864
///
/// It holds texts only, and can be laid over a file again when that is read again.
package struct ConfigurationOverlay: Sendable, Equatable {
    private struct Value: Sendable, Equatable {
        /// The name that a mistake is reported under: `--keep-files`.
        var flag: String
        /// `limits.line`.
        var path: [String]
        var text: String
    }

    private struct Relay: Sendable, Equatable {
        var listen: String
        var upstream: String
    }

    private var relays: [Relay] = []
    private var relayValues: [Value] = []
    private var values: [Value] = []

    package init() {}

    /// All that it says, a line each.
    var text: String {
        (relays.map { "\($0.listen) \($0.upstream)" }
            + (relayValues + values).map { "\($0.path.joined(separator: "."))=\($0.text)" })
            .joined(separator: "\n")
    }

    /// Adds a relay, after those of the file.
    package mutating func addRelay(listen: String, upstream: String) {
        relays.append(Relay(listen: listen, upstream: upstream))
    }

    /// Sets a key of every relay: `mirror`. Without a text it sets nothing.
    package mutating func setEveryRelay(_ key: String, to text: String?, by flag: String) {
        if let text { relayValues.append(Value(flag: flag, path: [key], text: text)) }
    }

    /// Sets a key outside relays; a list gets one more item. A later setting replaces an earlier one. Without a text it sets
    /// nothing.
    package mutating func set(_ path: String, to text: String?, by flag: String) {
        if let text { values.append(Value(flag: flag, path: path.split(separator: ".").map(String.init), text: text)) }
    }

    /// Sets a key as `--set` does: `limits.line=2048`.
    package mutating func set(_ assignment: String) throws(ConfigurationError) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = parts[0]
        let flag = "--set \(path)"
        func mistake(_ message: String) -> ConfigurationError { ConfigurationError(file: flag, message: message) }
        guard let key = ConfigurationTable.key(path) else { throw mistake(Self.missing(path)) }
        guard key.form != .list else { throw mistake("'\(path)' is a list: --\(key.name) adds to it") }
        guard parts.count == 2 else { throw mistake("'\(path)' has no value: write \(path)=VALUE") }
        set(path, to: parts[1], by: flag)
    }

    private static func missing(_ path: String) -> String {
        if path.split(separator: ".").first == "relays" {
            return
                "relays are said by --listen and --upstream or by a file; --policy, --compress and --mirror hold for all of them"
        }
        if let group = path.split(separator: ".").first, ["accounts", "clients"].contains(group) {
            return "\(group) are said by a file: give it with --config"
        }
        if let section = ConfigurationTable.sections.first(where: { $0.name == path }) {
            return "'\(path)' is a group of keys: \(section.keys.map(section.path).joined(separator: ", "))"
        }
        let paths = ConfigurationTable.paths
        let sameName = paths.first { $0.hasSuffix(".\(path)") }
        return "there is no key '\(path)'"
            + (sameName.map { "; did you mean '\($0)'?" } ?? Suggestion.nearest(to: path, among: paths))
    }

    // MARK: - Nodes

    /// The flag that a node comes from; `nil` for one of a file.
    func flag(of node: Node) -> String? {
        let name = node.tag.description
        return name.hasPrefix("--") && flags.contains(name) ? name : nil
    }

    private var flags: Set<String> {
        Set((values + relayValues).map(\.flag)).union(relays.isEmpty ? [] : [Self.listen, Self.upstream])
    }

    private static let listen = "--listen"
    private static let upstream = "--upstream"

    /// What a file says, with this laid over it. Mistakes in the file are left to the reader.
    func laid(over node: Node) -> Node {
        guard case .mapping(var root) = node else { return node }
        layRelays(over: &root)
        for value in values { Self.lay(value, value.path[...], over: &root) }
        return .mapping(root)
    }

    private func layRelays(over root: inout Node.Mapping) {
        let key = Node("relays")
        var nodes: Node.Sequence
        switch root[key] {
        case .sequence(let found)?: nodes = found
        case let other? where other.null == nil: return
        default: nodes = []
        }
        for relay in relays {
            nodes.append(
                Node(
                    [
                        (Node("listen"), Self.node(relay.listen, of: Self.listen)),
                        (Node("upstream"), Self.node(relay.upstream, of: Self.upstream)),
                    ], Tag(.init(rawValue: Self.listen))))
        }
        for index in nodes.indices {
            guard case .mapping(var relay) = nodes[index] else { continue }
            for value in relayValues { Self.lay(value, value.path[...], over: &relay) }
            nodes[index] = .mapping(relay)
        }
        if !nodes.isEmpty { root[key] = .sequence(nodes) }
    }

    private static func lay(_ value: Value, _ path: ArraySlice<String>, over mapping: inout Node.Mapping) {
        guard let first = path.first else { return }
        let key = Node(first)
        let found = mapping[key].flatMap { $0.null == nil ? $0 : nil }
        let node = node(value.text, of: value.flag)
        guard path.count == 1 else {
            var group = Node.Mapping([])
            if let found {
                guard case .mapping(let given) = found else { return }
                group = given
            }
            lay(value, path.dropFirst(), over: &group)
            return mapping[key] = .mapping(group)
        }
        guard ConfigurationTable.key(value.path.joined(separator: "."))?.form == .list else { return mapping[key] = node }
        switch found {
        case nil: mapping[key] = Node([node])
        case .sequence(let list)?: mapping[key] = .sequence(Node.Sequence(list + [node], list.tag, list.style, list.mark))
        case .some: break
        }
    }

    /// The scalar's style is neither plain, which would make an empty text no value, nor quoted, which would make a number a
    /// text.
    private static func node(_ text: String, of flag: String) -> Node {
        .scalar(Node.Scalar(text, Tag(.init(rawValue: flag)), .any))
    }
}
