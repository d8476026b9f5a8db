import InterpostCore
import NIOCore
import Testing

/// Every transcript in `Fixtures/Wire` is put to these tests.
@Suite struct WireFixtureTests {
    @Test func `there are enough of them`() {
        #expect(WireFixture.all.count >= 60)
    }

    @Test(arguments: WireFixture.all) func `the events are as written`(fixture: WireFixture) {
        var reading = Reading(fixture.mailProtocol, detail: fixture.detail)
        var told = 0
        for line in fixture.transcript.lines {
            switch line.step {
            case .set: break
            case .say(let side, let bytes):
                for event in reading.log[told...] {
                    Issue.record("not expected before line \(line.number): \(event.summary)")
                }
                told = reading.log.count
                reading.receive(bytes, from: side)
            case .expect(let expectation) where expectation.hasPrefix("state "):
                #expect(reading.state == String(expectation.dropFirst(6)), "line \(line.number)")
            case .expect(let expectation):
                guard told < reading.log.count else {
                    Issue.record("line \(line.number): missing: \(expectation)")
                    continue
                }
                let summary = reading.log[told].summary
                told += 1
                #expect(Self.matches(expectation, summary), "line \(line.number): \(expectation)\nbut it was: \(summary)")
            }
        }
        for event in reading.log[told...] { Issue.record("not expected at the end: \(event.summary)") }
        for side in Side.allCases { #expect(reading.bytes(of: side) == fixture.bytes(of: side)) }
    }

    @Test(arguments: WireFixture.all) func `the events are the same at every cut`(fixture: WireFixture) {
        var whole = Reading(fixture.mailProtocol, detail: .responses)
        for (side, bytes) in fixture.said { whole.receive(bytes, from: side) }
        let expected = whole.log.map(\.summary)
        for (index, turn) in fixture.said.enumerated() {
            for cut in 0...turn.bytes.readableBytes {
                var reading = Reading(fixture.mailProtocol, detail: .responses)
                for (other, (side, bytes)) in fixture.said.enumerated() {
                    var rest = bytes
                    if other == index, let head = rest.readSlice(length: cut) { reading.receive(head, from: side) }
                    reading.receive(rest, from: side)
                }
                let log = reading.log.map(\.summary)
                #expect(log == expected, "cut of turn \(index) at \(cut)")
                if log != expected { return }
            }
        }
    }

    @Test(arguments: WireFixture.all) func `the bytes come out as they went in, one at a time`(fixture: WireFixture) {
        var reading = Reading(fixture.mailProtocol)
        for (side, bytes) in fixture.said {
            for byte in bytes.readableBytesView { reading.receive(ByteBuffer(bytes: [byte]), from: side) }
        }
        for side in Side.allCases { #expect(reading.bytes(of: side) == fixture.bytes(of: side)) }
    }

    /// `name key=value …` matches when the name is the same and every given `key=value` stands in the summary.
    static func matches(_ expectation: String, _ summary: String) -> Bool {
        let words = Self.words(expectation)
        let found = Self.words(summary)
        return words.first == found.first && words.dropFirst().allSatisfy { found.contains($0) }
    }

    /// Words separated by spaces outside of quotes and brackets.
    private static func words(_ text: String) -> [String] {
        var words = [""]
        var isQuoted = false
        var depth = 0
        var isEscaped = false
        for character in text {
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && !isEscaped
            if !isQuoted, character == "[" { depth += 1 }
            if !isQuoted, character == "]" { depth -= 1 }
            if character == " ", !isQuoted, depth <= 0 { words.append("") } else { words[words.count - 1].append(character) }
        }
        return words
    }
}
