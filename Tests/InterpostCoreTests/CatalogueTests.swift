import Foundation
import InterpostCore
import NIOCore
import TestSupport
import Testing

/// What articles say of things that are elsewhere.
@Suite struct `The catalogue` {
    private static let folder = EventSchema.repository.appending(path: "Sources/InterpostCore/InterpostCore.docc")

    @Test func `lists each of its articles`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".md") }
            .map { String($0.dropLast(3)) }
        let list = try Article("InterpostCore").lines
        for name in names where name != "InterpostCore" { #expect(list.contains("- <doc:\(name)>"), "\(name)") }
        #expect(names.count > 20)
    }

    @Test func `tells the changes of this version first`() throws {
        let heading = try Article("Changes").lines.first { $0.hasPrefix("## ") }
        #expect(heading == "## \(SoftwareVersion.current)")
        #expect(SoftwareVersion.current.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+/) != nil)
    }

    @Test func `shows a fixture that passes the tests of fixtures`() throws {
        let lines = try Article("Contributing").lines
        let start = try #require(lines.firstIndex { $0.hasPrefix("# A refused literal") })
        let text = lines[start...].prefix { !$0.hasPrefix("```") }.joined(separator: "\n")
        let transcript = try Transcript(reading: ByteBuffer(string: text))
        #expect(transcript.lines.count > 8)
        let fixture = WireFixture(testDescription: "Contributing.md", mailProtocol: .imap, transcript: transcript)
        WireFixtureTests().`the events are as written`(fixture: fixture)
        WireFixtureTests().`the events are the same at every cut`(fixture: fixture)
    }

    @Test func `uses its words for time and octets`() throws {
        let dialect = try Regex("\\b(behind|stands(?! for)|so many|in front of)\\b")
        for name in [
            "Changes", "Connections", "Contributing", "DataFlow", "DesignNotes", "Gate", "InterpostCore", "Operating", "Security",
            "Stability", "Testing",
        ] {
            for (number, line) in try Article(name).lines.enumerated() where !line.contains("clear-text-behind-starttls") {
                #expect(line.firstMatch(of: dialect) == nil, "\(name).md:\(number + 1): \(line)")
            }
        }
    }
}
