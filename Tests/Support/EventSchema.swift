import Foundation

/// `Config/events.schema.json`, which says what every line of the event log may hold.
package struct EventSchema {
    package struct Event {
        package var name: String
        package var definition: JSON

        package var description: String { definition["description"]?.text ?? "" }

        package var examples: [JSON] { definition["examples"]?.elements ?? [] }

        package var required: [String] { definition["required"]?.elements.compactMap(\.text) ?? [] }

        /// Those that not every event has.
        package var fields: [JSON.Member] {
            (definition["properties"]?.members ?? []).filter { $0.value != .boolean(true) && $0.name != "event" }
        }
    }

    package static let file = repository.appending(path: "Config/events.schema.json")

    package static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    package let document: JSON
    private let schema: JSONSchema

    package init() throws {
        document = try JSON(reading: Data(contentsOf: Self.file))
        schema = try JSONSchema(document)
    }

    /// What is wrong with a line of the log, its line end included; nothing if all is well.
    package func problems(of line: some Collection<UInt8>) -> [String] {
        do throws(JSON.SyntaxError) {
            return schema.problems(of: try JSON(reading: line))
        } catch {
            return [error.description]
        }
    }

    package func problems(of value: JSON) -> [String] { schema.problems(of: value) }

    /// Every event, in the order of the schema.
    package var events: [Event] {
        (document["oneOf"]?.elements ?? []).compactMap { choice in
            guard let name = choice["$ref"]?.text?.split(separator: "/").last.map(String.init) else { return nil }
            return definition(name).map { Event(name: name, definition: $0) }
        }
    }

    /// The names of the definitions that a definition chooses from.
    package func choices(_ name: String) -> [String] {
        (definition(name)?["oneOf"]?.elements ?? []).compactMap { $0["$ref"]?.text?.split(separator: "/").last.map(String.init) }
    }

    package func definition(_ name: String) -> JSON? { document["$defs"]?[name] }

    /// The only values that a place may have; none where it may have others.
    package func values(of schema: JSON) -> [JSON] {
        resolved(schema, "enum")?.elements ?? resolved(schema, "const").map { [$0] } ?? []
    }

    /// What a place is for: said there, or in the definition that it refers to.
    package func description(of schema: JSON) -> String? { resolved(schema, "description")?.text }

    /// A keyword of a place, or of the definition that it refers to.
    package func resolved(_ schema: JSON, _ keyword: String) -> JSON? {
        if let value = schema[keyword] { return value }
        return schema["$ref"]?.text?.split(separator: "/").last.flatMap { definition(String($0))?[keyword] }
    }
}
