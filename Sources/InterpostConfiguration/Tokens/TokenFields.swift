import InterpostCore

/// The fields of one object of a token file. Each mistake names the object and the field.
struct TokenFields {
    private let members: [String: JSONValue]
    private let owner: String

    /// - Parameter names: The fields that there may be; any where it is `nil`.
    init(_ value: JSONValue, of owner: String, among names: [String]?) throws(TokenFile.Mistake) {
        guard let members = value.members else { throw TokenFile.Mistake("\(owner) is not an object") }
        self.members = members
        self.owner = owner
        guard let names, let unknown = members.keys.sorted().first(where: { !names.contains($0) }) else { return }
        let shown = TerminalText.shown(unknown, atMost: 40)
        throw TokenFile.Mistake("\(owner) has an unknown field '\(shown)'\(Suggestion.nearest(to: shown, among: names))")
    }

    func mistake(_ name: String, _ words: String) -> TokenFile.Mistake { TokenFile.Mistake("\(owner): '\(name)' \(words)") }

    func missing(_ name: String) -> TokenFile.Mistake { TokenFile.Mistake("\(owner) has no '\(name)'") }

    func text(_ name: String) throws(TokenFile.Mistake) -> String {
        guard let text = try optionalText(name) else { throw missing(name) }
        return text
    }

    func optionalText(_ name: String) throws(TokenFile.Mistake) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.text else { throw mistake(name, "is a text") }
        return text
    }

    func number(_ name: String) throws(TokenFile.Mistake) -> Int? {
        guard let value = members[name] else { return nil }
        guard case .number(let digits) = value, let number = Int(digits) else { throw mistake(name, "is a whole number") }
        return number
    }

    func list(_ name: String) throws(TokenFile.Mistake) -> [JSONValue]? {
        guard let value = members[name] else { return nil }
        guard case .array(let list) = value else { throw mistake(name, "is a list") }
        return list
    }

    func time(_ name: String) throws(TokenFile.Mistake) -> WireTime? {
        guard let text = try optionalText(name) else { return nil }
        guard let time = ExpiryDate.time(text) else { throw mistake(name, "is \(ExpiryDate.rule)") }
        return time
    }

    /// A list that is not empty: it would not say whether none are meant, or all.
    func values<Value>(_ name: String, _ what: String, _ make: (String) -> Value?) throws(TokenFile.Mistake) -> [Value]? {
        guard let list = try list(name) else { return nil }
        let values = list.compactMap { $0.text.flatMap(make) }
        guard values.count == list.count, !values.isEmpty else { throw mistake(name, "is a list of \(what), and not empty") }
        return values
    }
}
