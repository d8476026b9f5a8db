import InterpostCore
import Yams

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

    /// The node of this group that a flag said, if one did.
    var flagged: Node? { mapping.first { reader.overlay.flag(of: $0.value) != nil }?.value }

    mutating func section(_ key: String, _ body: (inout Keys) throws(ConfigurationError) -> Void) throws(ConfigurationError) {
        if let node = take(key) { try reader.section(node, named: "'\(key)'", body) }
    }

    mutating func list(_ key: String, _ body: (Node) throws(ConfigurationError) -> Void) throws(ConfigurationError) {
        guard let node = take(key) else { return }
        guard let sequence = node.sequence else {
            throw reader.error(at: node, "'\(key)' is a list, `- …` each")
        }
        for item in sequence { try body(item) }
    }

    mutating func text(_ key: String, into value: inout String?) throws(ConfigurationError) {
        if let node = take(key) { value = try reader.keyValue(node, key) }
    }

    /// A list, and nothing else.
    mutating func texts(inListAt key: String, into values: inout [String]) throws(ConfigurationError) {
        let reader = reader
        var found: [String] = []
        try list(key) { node throws(ConfigurationError) in found.append(try reader.keyValue(node, key)) }
        if !found.isEmpty { values = found }
    }

    mutating func policy(_ key: String, into value: inout Policy) throws(ConfigurationError) {
        if let node = take(key) { value = try reader.policy(node) }
    }

    /// One text, or a list of them.
    mutating func texts(_ key: String) throws(ConfigurationError) -> [String] {
        guard let node = take(key) else { return [] }
        guard let sequence = node.sequence else { return [try reader.keyValue(node, key)] }
        var texts: [String] = []
        for item in sequence { texts.append(try reader.keyValue(item, key)) }
        return texts
    }

    /// One text or a list of them, each one of the words that are given.
    ///
    /// - Parameter isRequired: Whether an empty list is a mistake: it does not say whether none are meant, or all.
    mutating func choices<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _: Choice.Type, isRequired: Bool = false
    ) throws(ConfigurationError) -> [Choice] {
        if isRequired { try refuseEmptyList(at: key) }
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

    /// One range of addresses or a list of them.
    mutating func addresses(_ key: String, isRequired: Bool = false) throws(ConfigurationError) -> [AddressRange] {
        if isRequired { try refuseEmptyList(at: key) }
        var ranges: [AddressRange] = []
        for word in try texts(key) {
            guard let range = AddressRange(word) else {
                throw problem(
                    at: key, "'\(word)' is no address and no range of addresses, such as 192.0.2.0/24 or 2001:db8::/32")
            }
            ranges.append(range)
        }
        return ranges
    }

    private func refuseEmptyList(at key: String) throws(ConfigurationError) {
        guard mapping[Node(key)]?.sequence?.isEmpty == true else { return }
        throw problem(at: key, "'\(key)' is empty: leave it out where it does not matter")
    }

    /// The name of an account or a client, with `*` for anything.
    mutating func loginName(_ key: String) throws(ConfigurationError) -> String? {
        var name: String?
        try text(key, into: &name)
        guard let name else { return nil }
        guard LoginName.isGood(name, wildcard: true) else {
            throw problem(at: key, "'\(key)' is \(LoginName.rule), and '*' for anything, not '\(name)'")
        }
        return name
    }

    mutating func flag(_ key: String, into value: inout Bool) throws(ConfigurationError) {
        guard let node = take(key) else { return }
        guard let flag = node.bool else {
            throw reader.error(at: node, "'\(key)' is true or false")
        }
        value = flag
    }

    mutating func number(_ key: String, in range: ClosedRange<Int>, into value: inout Int) throws(ConfigurationError) {
        guard let node = take(key) else { return }
        guard let number = node.int, range.contains(number) else {
            let message = "'\(key)' is a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw reader.error(at: node, message)
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
            throw reader.error(at: node, message)
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
            throw reader.error(at: node, "'\(key)': \(error)")
        }
    }

    /// A word in the names of files.
    mutating func word(_ key: String, into value: inout String?) throws(ConfigurationError) {
        var word: String?
        try text(key, into: &word)
        guard let word else { return }
        guard RecordSettings.isLabel(word) else {
            throw problem(
                at: key, "'\(key)' is a word in the names of files: letters, digits, '-', '_' and '.', 64 at most, not '\(word)'")
        }
        value = word
    }

    /// - Parameter group: The place that is named where the key is not said.
    func problem(at key: String, in group: Node? = nil, _ message: String) -> ConfigurationError {
        reader.error(at: mapping[Node(key)] ?? group, message)
    }

    func finish() throws(ConfigurationError) {
        for (key, _) in mapping {
            let text = key.scalar?.string ?? ""
            guard !known.contains(text) else { continue }
            let message = "\(name) has no key '\(text)'\(Suggestion.nearest(to: text, among: known))"
            throw reader.error(at: key, message)
        }
    }
}
