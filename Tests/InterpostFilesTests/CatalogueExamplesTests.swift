import Foundation
import TestSupport
import Testing

/// Tests/Example compiles and runs the examples; this holds the article against them.
@Suite struct `The article on using the core` {
    @Test func `has the examples that are compiled, letter by letter`() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOf: EventSchema.repository.appending(path: path), encoding: .utf8)
        }
        let article = try text("Sources/InterpostCore/InterpostCore.docc/UsingTheCore.md")
        let examples = try text("Tests/Example/Tests/TinyMailTests/CatalogueExamples.swift")
        let shown = article.matches(of: /```swift\n((?s).*?)```/).map { String($0.1) }
        let compiled = examples.matches(of: /\ {4}\/\/ example: .*\n((?s).*?)\ {4}\/\/ end\n/).map { match in
            match.1.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }.joined(separator: "\n")
        }
        #expect(compiled.count == 6)
        #expect(shown == compiled)
    }
}
