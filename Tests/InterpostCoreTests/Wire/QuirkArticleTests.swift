import TestSupport
import Testing

@testable import InterpostCore

/// `QuirkList.md` has each quirk with the fixture that shows it.
@Suite struct `The article on quirks` {
    /// Those without a fixture, and who has them. For a list that is too long it takes more than 10,000 addresses or parts,
    /// and a fixture is read at every cut of its bytes. `DeepBoundsTests` makes them instead.
    private static let withoutFixture: [Quirk: Side] = [.listTooLong: .server]

    /// The fixtures of a quirk, and who has it in them.
    private static func showing(_ quirk: Quirk) -> (files: [String], sides: Set<Side>) {
        var files: [String] = []
        var sides: Set<Side> = []
        for fixture in WireFixture.all where fixture.testDescription.hasPrefix("quirk-\(quirk.rawValue).") {
            var reading = Reading(fixture.mailProtocol, detail: .responses)
            for (side, bytes) in fixture.said { reading.receive(bytes, from: side) }
            let found = reading.log.compactMap { event -> Side? in
                if case .quirk(quirk, let side, _) = event { side } else { nil }
            }
            #expect(!found.isEmpty, "\(fixture) does not show its quirk")
            files.append(fixture.testDescription)
            sides.formUnion(found)
        }
        return (files, sides)
    }

    @Test func `has every quirk with its rule, its side and its fixture`() throws {
        var article = try Article("QuirkList")
        let rows = Quirk.allCases.sorted { $0.rawValue < $1.rawValue }.map { quirk in
            var (files, sides) = Self.showing(quirk)
            #expect(files.isEmpty == (Self.withoutFixture[quirk] != nil), "\(quirk.rawValue): its fixture")
            if let side = Self.withoutFixture[quirk] { sides.insert(side) }
            let who = Side.allCases.filter(sides.contains).map(\.rawValue)
            return Article.row([
                Article.code(quirk.rawValue), who.joined(separator: ", "), Article.escaped(quirk.rule),
                files.isEmpty ? "–" : files.map(Article.code).joined(separator: ", "),
            ])
        }
        article.expect(rows, in: try article.rows(ofTable: "kind", "side", "rule", "fixture"))
        try article.save()
    }

    @Test func `has a quirk for every fixture that is named after one`() {
        for fixture in WireFixture.all where fixture.testDescription.hasPrefix("quirk-") {
            let name = fixture.testDescription.dropFirst("quirk-".count).prefix { $0 != "." }
            #expect(Quirk(rawValue: String(name)) != nil, "\(fixture)")
        }
    }
}
