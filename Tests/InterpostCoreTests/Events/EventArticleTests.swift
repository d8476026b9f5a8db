import TestSupport
import Testing

@testable import InterpostCore

/// `Events.md` says of each event what the schema says, with the schema's examples; and of each rule what the log says.
@Suite struct `The article on events` {
    @Test func `has each event with its fields and examples, and no other`() throws {
        let schema = try EventSchema()
        var article = try Article("Events")
        for event in schema.events {
            let heading = "### `\(event.name)`"
            guard let index = article.lines.firstIndex(of: heading) else {
                Issue.record("Events.md has no \(heading)")
                continue
            }
            let end = article.lines[(index + 1)...].firstIndex { $0.hasPrefix("#") } ?? article.lines.count
            let exampleEnd = article.lines[index..<end].firstIndex(of: "```").map { $0 + 1 } ?? index + 1
            article.expect(Self.text(of: event, schema), in: index + 1..<exampleEnd)
        }
        let common = schema.document["properties"]?.members ?? []
        let head = try #require(article.lines.firstIndex(of: Self.head))
        let end = try #require(article.lines[head...].firstIndex { !$0.hasPrefix("|") })
        article.expect(
            Self.rows(of: common, required: schema.document["required"]?.elements.compactMap(\.text) ?? [], schema),
            in: head + 2..<end)
        try article.save()
        let names = article.lines.filter { $0.hasPrefix("### `") }.map { String($0.dropFirst(5).dropLast()) }
        #expect(Set(names) == Set(schema.events.map(\.name)))
        #expect(names.count == schema.events.count)
    }

    @Test func `has each kind of values with its fields and its example`() throws {
        let schema = try EventSchema()
        var article = try Article("Events")
        let headings = Self.valueHeadings(schema)
        for (heading, name) in headings {
            guard let index = article.lines.firstIndex(of: heading) else {
                Issue.record("Events.md has no \(heading)")
                continue
            }
            let end = article.lines[(index + 1)...].firstIndex { $0.hasPrefix("#") } ?? article.lines.count
            article.expect(Self.text(ofValues: name, schema), in: index + 1..<end)
        }
        try article.save()
        let found = article.lines.filter { line in Self.valueMarks.contains { line.hasPrefix($0) } }
        #expect(found.sorted() == headings.map(\.heading).sorted())
    }

    @Test func `says which detail each event takes`() throws {
        let article = try Article("Events")
        var details: [String: LogEvent.Detail] = [:]
        for row in article.lines[try article.rows(ofTable: "detail", "events")] {
            let words = row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
            let detail = try #require(words.first.flatMap(LogEvent.Detail.init))
            for name in words.dropFirst() where details[name] == nil { details[name] = detail }
        }
        for sample in EventSample.all {
            let name = sample.full.name.description
            #expect(details[name] == sample.full.detail, "\(name)")
        }
    }

    @Test func `has every anomaly with its rule`() throws {
        var article = try Article("Events")
        let rows = try article.rows(ofTable: "kind", "who", "rule", "what follows")
        var kinds: [String] = []
        for index in rows {
            var cells = Article.cells(of: article.lines[index])
            let name = String(cells[0].dropFirst().dropLast())
            guard cells.count == 4, let kind = Anomaly.Kind(rawValue: name) else {
                Issue.record("no anomaly, or not four cells: \(article.lines[index])")
                continue
            }
            kinds.append(name)
            cells[2] = Article.escaped(Anomaly(kind, side: .client, offset: 0).rule)
            article.expect([Article.row(cells)], in: index..<index + 1)
        }
        #expect(kinds.sorted() == Anomaly.Kind.allCases.map(\.rawValue).sorted())
        try article.save()
    }

    // MARK: - What the schema says, as text

    private static let head = Article.row(["field", "type", "what"])

    /// What stands below the heading of an event, up to the end of its examples.
    private static func text(of event: EventSchema.Event, _ schema: EventSchema) -> [String] {
        var lines = ["", event.description, ""]
        if !event.fields.isEmpty {
            lines += [head, "| --- | --- | --- |"] + rows(of: event.fields, required: event.required, schema) + [""]
        }
        return lines + ["```json"] + event.examples.map(\.description) + ["```"]
    }

    private static func rows(
        of fields: [JSON.Member], required: [String], _ schema: EventSchema, prefix: String = ""
    ) -> [String] {
        fields.flatMap { field in
            let isOptional = !required.contains(field.name)
            let type = type(of: field.value, schema) + (isOptional ? ", optional" : "")
            let what = schema.description(of: field.value) ?? ""
            let row = Article.row([Article.code(prefix + field.name), type, what])
            guard let element = schema.resolved(field.value, "items"), let inner = schema.resolved(element, "properties") else {
                return [row]
            }
            let names = schema.resolved(element, "required")?.elements.compactMap(\.text) ?? []
            return [row] + rows(of: inner.members, required: names, schema, prefix: prefix + field.name + "[].")
        }
    }

    private static func type(of schema: JSON, _ document: EventSchema) -> String {
        let values = document.values(of: schema)
        if !values.isEmpty, values.count <= 8 {
            return values.map { Article.code($0.text ?? $0.description) }.joined(separator: ", ")
        }
        switch document.resolved(schema, "type")?.text {
        case "integer": return "number"
        case "boolean": return "`true`, `false`"
        case "object": return "object"
        case "array":
            let element = document.resolved(schema, "items") ?? .boolean(true)
            return document.resolved(element, "properties") == nil ? "list of strings" : "list of objects"
        default: return "string"
        }
    }

    // MARK: - Values

    private static let valueMarks = ["### Command `", "### Answer `", "### Part `"]

    /// What a command asks for, what an answer says, and the objects that these are made of.
    private static func valueHeadings(_ schema: EventSchema) -> [(heading: String, name: String)] {
        let kinds = ["commandValues", "answerValues"].flatMap { schema.choices($0) }
        var names = kinds
        for kind in kinds { schema.definition(kind).map { collect($0, schema, into: &names) } }
        let parts = names.dropFirst(kinds.count).filter { schema.definition($0)?["properties"] != nil }
        var headings: [(heading: String, name: String)] = []
        for kind in kinds {
            let words = kind.split(separator: ".", maxSplits: 1)
            headings.append(("### \(words[0] == "command" ? "Command" : "Answer") `\(words[1])`", kind))
        }
        for part in parts { headings.append(("### Part `\(part)`", part)) }
        return headings
    }

    private static func collect(_ schema: JSON, _ document: EventSchema, into names: inout [String]) {
        if let name = reference(schema), !names.contains(name), let definition = document.definition(name) {
            names.append(name)
            collect(definition, document, into: &names)
        }
        for member in schema["properties"]?.members ?? [] { collect(member.value, document, into: &names) }
        if let items = schema["items"] { collect(items, document, into: &names) }
    }

    private static func reference(_ schema: JSON) -> String? { schema["$ref"]?.text?.split(separator: "/").last.map(String.init) }

    private static func text(ofValues name: String, _ schema: EventSchema) -> [String] {
        guard let definition = schema.definition(name) else { return [] }
        let required = definition["required"]?.elements.compactMap(\.text) ?? []
        let fields = (definition["properties"]?.members ?? []).filter { $0.name != "kind" }
        let rows = fields.map { field -> String in
            let type = valueType(of: field.value, schema) + (required.contains(field.name) ? "" : ", optional")
            return Article.row([Article.code(field.name), type, schema.description(of: field.value) ?? ""])
        }
        let description = definition["description"]?.text.map { [$0, ""] } ?? []
        let examples = (definition["examples"]?.elements ?? []).map(\.description)
        return [""] + description + [head, "| --- | --- | --- |"] + rows + [""]
            + (examples.isEmpty ? [] : ["```json"] + examples + ["```", ""])
    }

    private static func valueType(of schema: JSON, _ document: EventSchema) -> String {
        if let name = reference(schema), document.definition(name)?["properties"] != nil { return Article.code(name) }
        guard document.resolved(schema, "type")?.text == "array" else { return type(of: schema, document) }
        let element = document.resolved(schema, "items") ?? .boolean(true)
        if let name = reference(element), document.definition(name)?["properties"] != nil {
            return "list of " + Article.code(name)
        }
        return document.resolved(element, "type")?.text == "integer" ? "list of numbers" : "list of strings"
    }
}
