// Strategy: only the keywords that Interpost's schemas use, each as the specification has it, and an error for every other
// one: a keyword that is passed over would be a rule that nobody checks. The whole schema is read at once, so a mistake in a
// part that no value reaches is found as well.

/// A JSON Schema (draft 2020-12), and what is wrong with a value by it.
package struct JSONSchema {
    /// A schema that is none, or that says more than is understood here.
    package struct Failure: Error, CustomStringConvertible {
        /// `#/$defs/command/properties/tag`
        package var place: String
        package var problem: String
        package var description: String { "\(place): \(problem)" }
    }

    private let root: Node
    private var definitions: [String: Node] = [:]
    private static let maximumDepth = 128
    private static let definitionsPlace = "#/$defs/"

    package init(_ document: JSON) throws(Failure) {
        var references: [Node.Reference] = []
        root = try Node(document, at: "#", references: &references)
        for member in document["$defs"]?.members ?? [] {
            let place = Self.definitionsPlace + member.name
            definitions[place] = try Node(member.value, at: place, references: &references)
        }
        for reference in references where definitions[reference.target] == nil {
            throw Failure(place: reference.place, problem: "there is no \(reference.target)")
        }
    }

    /// What is wrong with a value, each with the place in it: `$.chain[0].sha256: …`. Nothing if all is well.
    package func problems(of value: JSON) -> [String] {
        var findings = Findings(maximum: .max)
        check(value, by: root, at: "$", depth: 0, &findings)
        return findings.problems
    }

    private func holds(_ value: JSON, by node: Node, depth: Int) -> Bool {
        var findings = Findings(maximum: 1)
        check(value, by: node, at: "", depth: depth, &findings)
        return findings.problems.isEmpty
    }

    private func check(_ value: JSON, by node: Node, at place: String, depth: Int, _ findings: inout Findings) {
        guard !findings.areEnough else { return }
        guard depth < Self.maximumDepth else {
            return findings.add(place, "the schema refers to itself, deeper than is followed")
        }
        if let reference = node.reference, let target = definitions[reference] {
            check(value, by: target, at: place, depth: depth + 1, &findings)
        }
        if let type = node.type, !type.holds(value) { return findings.add(place, "\(type.rawValue) expected, not \(value)") }
        if let constant = node.constant, constant != value { findings.add(place, "\(constant) expected, not \(value)") }
        if let values = node.values, !values.contains(value) { findings.add(place, "\(value) is none of the values") }
        switch value {
        case .object(let members): check(members, by: node, at: place, depth: depth, &findings)
        case .array(let elements): check(elements, by: node, at: place, depth: depth, &findings)
        case .string(let text):
            if let pattern = node.pattern, text.firstMatch(of: pattern.expression) == nil {
                findings.add(place, "\(value) is not like \(pattern.source)")
            }
        case .integer(let number):
            if let minimum = node.minimum, number < minimum { findings.add(place, "\(number) is less than \(minimum)") }
        case .null, .boolean, .number: break
        }
        if !node.oneOf.isEmpty { checkChoice(value, of: node.oneOf, at: place, depth: depth, &findings) }
    }

    private func check(_ members: [JSON.Member], by node: Node, at place: String, depth: Int, _ findings: inout Findings) {
        for (name, rule) in node.properties {
            guard let member = members.first(where: { $0.name == name }) else { continue }
            check(member.value, by: rule, at: "\(place).\(name)", depth: depth + 1, &findings)
            if findings.areEnough { return }
        }
        for name in node.required where !members.contains(where: { $0.name == name }) {
            findings.add(place, "\(name) is missing")
        }
        guard node.isClosed else { return }
        for member in members where !node.properties.contains(where: { $0.name == member.name }) {
            findings.add(place, "\(member.name) is not expected")
        }
    }

    private func check(_ elements: [JSON], by node: Node, at place: String, depth: Int, _ findings: inout Findings) {
        if let minimum = node.minimumItems, elements.count < minimum {
            findings.add(place, "\(minimum) or more expected, not \(elements.count)")
        }
        guard let rule = node.items else { return }
        for (index, element) in elements.enumerated() {
            check(element, by: rule, at: "\(place)[\(index)]", depth: depth + 1, &findings)
        }
    }

    private func checkChoice(_ value: JSON, of choices: [Node], at place: String, depth: Int, _ findings: inout Findings) {
        let count = choices.count { holds(value, by: $0, depth: depth + 1) }
        guard count != 1 else { return }
        guard count == 0 else { return findings.add(place, "\(count) of the choices hold, not one") }
        guard findings.maximum > 1 else { return findings.add(place, "no choice holds") }
        // The nearest one says most.
        let failures = choices.map { choice in
            var findings = Findings(maximum: .max)
            check(value, by: choice, at: place, depth: depth + 1, &findings)
            return findings.problems
        }
        let nearest = failures.min { $0.count < $1.count } ?? []
        findings.add(place, "none of \(choices.count) choices holds; of the nearest one:")
        findings.problems += nearest
    }

    private struct Findings {
        /// So many are enough.
        var maximum: Int
        var problems: [String] = []

        var areEnough: Bool { problems.count >= maximum }

        mutating func add(_ place: String, _ problem: String) { problems.append("\(place): \(problem)") }
    }
}

/// One schema inside a schema.
private final class Node {
    struct Reference {
        var place: String
        var target: String
    }

    enum Kind: String {
        case object, array, string, integer, boolean

        func holds(_ value: JSON) -> Bool {
            switch (self, value) {
            case (.object, .object), (.array, .array), (.string, .string), (.integer, .integer), (.boolean, .boolean): true
            default: false
            }
        }
    }

    private(set) var reference: String?
    private(set) var type: Kind?
    private(set) var constant: JSON?
    private(set) var values: [JSON]?
    private(set) var required: [String] = []
    private(set) var properties: [(name: String, rule: Node)] = []
    private(set) var isClosed = false
    private(set) var items: Node?
    private(set) var minimumItems: Int64?
    private(set) var minimum: Int64?
    private(set) var pattern: (source: String, expression: Regex<AnyRegexOutput>)?
    private(set) var oneOf: [Node] = []

    init(_ schema: JSON, at place: String, references: inout [Reference]) throws(JSONSchema.Failure) {
        // `true` allows everything; what another rule says of the same place still counts.
        if schema == .boolean(true) { return }
        guard case .object(let members) = schema else {
            throw JSONSchema.Failure(place: place, problem: "a schema is an object or true")
        }
        for member in members {
            try read(member.name, member.value, at: "\(place)/\(member.name)", isRoot: place == "#", &references)
        }
        for name in required where !properties.contains(where: { $0.name == name }) {
            throw JSONSchema.Failure(place: place, problem: "\(name) is required, and no property")
        }
    }

    private func read(
        _ keyword: String, _ value: JSON, at place: String, isRoot: Bool, _ references: inout [Reference]
    ) throws(JSONSchema.Failure) {
        let unexpected = JSONSchema.Failure(place: place, problem: "\(value) is not understood")
        switch (keyword, value) {
        case ("$schema", .string("https://json-schema.org/draft/2020-12/schema")) where isRoot: break
        case ("$id", .string) where isRoot: break
        // Read by the schema itself.
        case ("$defs", .object) where isRoot: break
        case ("title", .string), ("description", .string), ("examples", .array): break
        case ("$ref", .string(let target)):
            reference = target
            references.append(Reference(place: place, target: target))
        case ("type", .string(let name)):
            guard let kind = Kind(rawValue: name) else { throw unexpected }
            type = kind
        case ("const", _): constant = value
        case ("enum", .array(let elements)) where !elements.isEmpty: values = elements
        case ("required", .array(let names)):
            required = names.compactMap(\.text)
            guard required.count == names.count else { throw unexpected }
        case ("properties", .object(let members)):
            for member in members {
                let rule = try Node(member.value, at: "\(place)/\(member.name)", references: &references)
                properties.append((member.name, rule))
            }
        case ("additionalProperties", .boolean(false)): isClosed = true
        case ("items", _): items = try Node(value, at: place, references: &references)
        case ("minItems", .integer(let count)): minimumItems = count
        case ("minimum", .integer(let least)): minimum = least
        case ("pattern", .string(let source)):
            guard let expression = try? Regex(source) else { throw unexpected }
            pattern = (source, expression)
        case ("oneOf", .array(let choices)) where !choices.isEmpty:
            for (index, choice) in choices.enumerated() {
                oneOf.append(try Node(choice, at: "\(place)/\(index)", references: &references))
            }
        default: throw JSONSchema.Failure(place: place, problem: "not a keyword that is understood, or not with this value")
        }
    }
}
