import Foundation
import NIOCore
import TestSupport
import Testing

@testable import InterpostCore

/// What is written to the log is what `Config/events.schema.json` says, and no less.
@Suite struct `The schema of events` {
    /// Each kind of event in the fixtures' sessions, by name.
    private static func namesInFixtures(_ schema: EventSchema) -> Set<String> {
        var names: Set<String> = []
        for fixture in WireFixture.all {
            for detail in LogEvent.Detail.allCases {
                var reading = Reading(fixture.mailProtocol, detail: detail)
                for (side, bytes) in fixture.said { reading.receive(bytes, from: side) }
                for event in reading.log {
                    names.insert(event.name.description)
                    let problems = schema.problems(of: event.json)
                    if !problems.isEmpty { Issue.record("\(fixture): \(event.summary)\n\(problems.joined(separator: "\n"))") }
                }
            }
        }
        return names
    }

    @Test func `holds for every event of every fixture, and for every event there is`() throws {
        let schema = try EventSchema()
        let fromFixtures = Self.namesInFixtures(schema)
        for sample in EventSample.all {
            for event in [sample.full, sample.least] {
                let problems = schema.problems(of: event.json)
                if !problems.isEmpty { Issue.record("\(event.summary)\n\(problems.joined(separator: "\n"))") }
            }
        }
        let fromSamples = Set(EventSample.all.map { $0.full.name.description })
        #expect(fromFixtures.isSubset(of: fromSamples))
        #expect(fromSamples == Set(schema.events.map(\.name)))
    }

    @Test func `names exactly the fields that an event can have, and requires exactly those that it always has`() throws {
        let schema = try EventSchema()
        let definitions = Dictionary(uniqueKeysWithValues: schema.events.map { ($0.name, $0) })
        let common = schema.document["required"]?.elements.compactMap(\.text) ?? []
        for sample in EventSample.all {
            let definition = try #require(definitions[sample.full.name.description])
            let full = try JSON(reading: sample.full.json)
            let all = common + definition.fields.map(\.name)
            #expect(full.members.map(\.name).sorted() == all.sorted(), "\(definition.name): a field has no sample, or no schema")
            let least = try JSON(reading: sample.least.json).members.map(\.name)
            let required = Set(common).union(definition.required)
            #expect(Set(least) == required, "\(definition.name): what is always there is required")
        }
    }

    @Test func `has samples of every case, each of its own case`() {
        for kind in EventCase.allCases {
            #expect(!kind.samples.isEmpty)
            for sample in kind.samples {
                #expect(EventCase(sample.full) == kind && EventCase(sample.least) == kind)
                #expect(sample.full.name.description == sample.least.name.description)
            }
        }
        for kind in ActCase.allCases {
            for case .act(let act) in kind.samples.flatMap({ [$0.full, $0.least] }) { #expect(ActCase(act) == kind) }
        }
    }

    /// Places in the schema, and what the program writes there.
    private static let enumerations: [(event: String, field: String, values: [String])] = {
        let imap = IMAPStatus.Result.allCases
        let pop3 = POP3Reply.Result.allCases
        return [
            ("session.opened", "protocol", MailProtocol.allCases.map(\.rawValue)),
            ("session.closed", "by", Closer.allCases.map(\.rawValue)),
            ("tls.up", "side", Side.allCases.map(\.rawValue)),
            ("capabilities", "phase", CapabilityPhase.allCases.map(\.rawValue)),
            ("greeting", "result", imap.map(\.rawValue) + pop3.map(\.rawValue) + ["refused"]),
            ("completion", "result", imap.map(\.word) + ["+OK", "-ERR", "+"]),
            ("sasl", "result", imap.map(\.rawValue) + ["err", "cancelled"]),
            ("flags.changed", "operation", StoreRequest.Operation.allCases.map(\.rawValue)),
            ("labels.changed", "operation", StoreRequest.Operation.allCases.map(\.rawValue)),
            ("anomaly", "kind", Anomaly.Kind.allCases.map(\.rawValue)),
            ("quirk", "kind", Quirk.allCases.map(\.rawValue)),
        ]
    }()

    @Test func `lists the values that are written, and no others`() throws {
        try Self.write("anomalyKind", Anomaly.Kind.allCases.map(\.rawValue).sorted())
        try Self.write("quirkKind", Quirk.allCases.map(\.rawValue).sorted())
        let schema = try EventSchema()
        for (event, field, values) in Self.enumerations {
            let place = try #require(schema.definition(event)?["properties"]?[field])
            let listed = schema.values(of: place).compactMap(\.text)
            #expect(Set(listed) == Set(values), "\(event) \(field); INTERPOST_WRITE_TABLES=1 writes the kinds")
            #expect(listed.count == Set(listed).count)
        }
    }

    /// Writes the values of a definition where the environment asks for it, one a line.
    private static func write(_ definition: String, _ values: [String]) throws {
        guard ProcessInfo.processInfo.environment["INTERPOST_WRITE_TABLES"] == "1" else { return }
        let text = try String(contentsOf: EventSchema.file, encoding: .utf8)
        let front = "    \"\(definition)\": {\n      \"enum\": [\n"
        let start = try #require(text.range(of: front)).upperBound
        let end = try #require(text.range(of: "\n      ]", range: start..<text.endIndex)).lowerBound
        let written = text.replacingCharacters(
            in: start..<end, with: values.map { "        \"\($0)\"" }.joined(separator: ",\n"))
        try written.write(to: EventSchema.file, atomically: true, encoding: .utf8)
    }

    @Test func `describes every event and every field, and has an example of each event`() throws {
        let schema = try EventSchema()
        for event in schema.events {
            #expect(!event.description.isEmpty, "\(event.name) has no description")
            #expect(!event.examples.isEmpty, "\(event.name) has no example")
            for example in event.examples {
                #expect(schema.problems(of: example) == [])
                #expect(example["event"] == .string(event.name))
            }
            for field in event.fields { #expect(schema.description(of: field.value) != nil, "\(event.name) \(field.name)") }
        }
    }

    /// Lines of JSON in the README and in the catalogue.
    @Test func `holds for every event that the documentation shows`() throws {
        let schema = try EventSchema()
        let catalogue = EventSchema.repository.appending(path: "Sources/InterpostCore/InterpostCore.docc")
        let articles = try FileManager.default.contentsOfDirectory(at: catalogue, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "md" }
        var count = 0
        for file in articles + [EventSchema.repository.appending(path: "README.md")] {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() where line.hasPrefix(#"{"v":"#) {
                count += 1
                #expect(schema.problems(of: line.utf8) == [], "\(file.lastPathComponent):\(index + 1)")
            }
        }
        #expect(count > 30)
    }

    @Test(arguments: [
        (#""event":"idle.ended","duration_us":1"#, true), (#""event":"idle.ended","duration_us":-1"#, false),
        (#""event":"idle.ended""#, false), (#""event":"idle.began","duration_us":1"#, false),
        (#""event":"idle""#, false), (#""event":"warning","text":"x","more":1"#, false),
        (#""event":"limit","limit":"anomalies of the kind tag-in-use","value":100,"side":"client""#, true),
        (#""event":"limit","limit":"patience","value":100"#, false),
    ])
    func `does not hold for what no event is`(fields: String, holds: Bool) throws {
        let line = #"{"v":1,"time":"2026-11-23T04:30:00.125000Z","session":1,"# + fields + "}"
        #expect(try EventSchema().problems(of: line.utf8).isEmpty == holds)
    }
}
