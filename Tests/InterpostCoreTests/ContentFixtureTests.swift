import InterpostCore
import NIOCore
import Testing

/// Every transcript in `Fixtures/Wire` is redacted, and read again.
@Suite struct ContentFixtureTests {
    @Test(arguments: WireFixture.all) func `what is redacted reads as the same events, octet for octet`(fixture: WireFixture) {
        for level in RedactionLevel.allCases {
            let session = RedactedReading.read(fixture.mailProtocol, fixture.said, level)
            var again = Reading(fixture.mailProtocol)
            for (event, (side, bytes)) in zip(session.reading.events, session.recorded) {
                #expect(bytes.readableBytes == event.bytes.readableBytes)
                again.receive(bytes, from: side)
            }
            let expected = session.reading.events.map(structure(of:))
            let found = again.events.map(structure(of:))
            #expect(found.count == expected.count, "\(level)")
            for (found, expected) in zip(found, expected) where found != expected {
                Issue.record("\(level): \(found)\nbut it was: \(expected)")
            }
        }
    }

    @Test(arguments: WireFixture.all) func `nothing changes at the level none`(fixture: WireFixture) {
        let session = RedactedReading.read(fixture.mailProtocol, fixture.said, .none)
        for side in Side.allCases { #expect(session.bytes(of: side) == fixture.bytes(of: side)) }
    }

    @Test func `no word with a mark is left of those that are marked`() {
        let marked = WireFixture.all.filter { $0.testDescription.hasPrefix("content-") }
        #expect(marked.count >= 3)
        for fixture in marked {
            for key in 1...5 as ClosedRange<UInt64> {
                let session = RedactedReading.read(fixture.mailProtocol, fixture.said, .all, key: key)
                for side in Side.allCases {
                    let text = session.text(of: side)
                    for word in ["geheim", "r2vozwlt", "anna@", "/anna"] {
                        #expect(!text.lowercased().contains(word), "\(fixture.testDescription): \(word)")
                    }
                }
            }
        }
    }

    @Test(arguments: WireFixture.all) func `it is the same at every cut`(fixture: WireFixture) {
        let whole = RedactedReading.read(fixture.mailProtocol, fixture.said, .all)
        let expected = Side.allCases.map { whole.bytes(of: $0) }
        for (index, turn) in fixture.said.enumerated() {
            for cut in 1..<max(2, turn.bytes.readableBytes) {
                var session = RedactedReading(fixture.mailProtocol, .all)
                for (other, (side, bytes)) in fixture.said.enumerated() {
                    var rest = bytes
                    if other == index, let head = rest.readSlice(length: cut) { session.receive(head, from: side) }
                    session.receive(rest, from: side)
                }
                let found = Side.allCases.map { session.bytes(of: $0) }
                #expect(found == expected, "cut of turn \(index) at \(cut)")
                if found != expected { return }
            }
        }
    }

    @Test(arguments: WireFixture.all, RedactionLevel.allCases)
    func `it is the same one octet at a time`(fixture: WireFixture, level: RedactionLevel) {
        let whole = RedactedReading.read(fixture.mailProtocol, fixture.said, level)
        var session = RedactedReading(fixture.mailProtocol, level)
        for (side, bytes) in fixture.said {
            for byte in bytes.readableBytesView { session.receive(ByteBuffer(bytes: [byte]), from: side) }
        }
        for side in Side.allCases { #expect(session.bytes(of: side) == whole.bytes(of: side)) }
    }
}
