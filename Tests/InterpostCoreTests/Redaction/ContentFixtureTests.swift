import InterpostCore
import NIOCore
import Testing

/// Every transcript in `Fixtures/Wire` is redacted, and read again.
@Suite struct ContentFixtureTests {
    /// A lone word may be a password: it is dealt with where those are.
    private static let withoutLoneWords = WireFixture.all.filter { $0.testDescription != "password-as-tag.imap" }

    @Test(arguments: withoutLoneWords) func `what is redacted reads as the same events, octet for octet`(fixture: WireFixture) {
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

    /// Octets that matter to somebody, put where they do not belong.
    private static let odd =
        Array("(){}[]<>\"\\=?&-%*:;'.,/+~ \t\r\nA0\u{1B}é".utf8) + [0, 0x80, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xFF]

    @Test(arguments: 0..<200) func `broken sessions are redacted octet for octet too`(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<12 {
            let fixture = try #require(WireFixture.all.randomElement(using: &generator))
            let level = try #require(RedactionLevel.allCases.randomElement(using: &generator))
            var session = RedactedReading(fixture.mailProtocol, level)
            for (side, bytes) in fixture.said {
                var octets = Array(bytes.readableBytesView)
                for _ in 0..<Int.random(in: 0...3, using: &generator) where !octets.isEmpty {
                    let place = Int.random(in: octets.indices, using: &generator)
                    let odd = try #require(Self.odd.randomElement(using: &generator))
                    if Bool.random(using: &generator) { octets[place] = odd } else { octets.insert(odd, at: place) }
                }
                let cut = Int.random(in: 0...octets.count, using: &generator)
                for piece in [octets[..<cut], octets[cut...]] { session.receive(ByteBuffer(bytes: piece), from: side) }
            }
            for (event, recorded) in zip(session.reading.events, session.recorded) {
                #expect(event.bytes.readableBytes == recorded.bytes.readableBytes)
                let feeds = [event.bytes, recorded.bytes].map { (bytes: ByteBuffer) in bytes.readableBytesView.count { $0 == 10 }
                }
                #expect(feeds[0] == feeds[1])
            }
        }
    }
}
