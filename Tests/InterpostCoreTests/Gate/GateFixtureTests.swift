import NIOCore
import Testing

@testable import InterpostCore

/// Every transcript in `Fixtures/Wire/Gate`, and in `Fixtures/Wire/Broker`, is put to these tests.
@Suite struct `A gate` {
    @Test func `has transcripts for both protocols`() {
        #expect(GateFixture.all.filter { $0.mailProtocol == .imap }.count >= 20)
        #expect(GateFixture.all.filter { $0.mailProtocol == .pop3 }.count >= 5)
    }

    @Test(arguments: GateFixture.all) func `says and answers as written`(fixture: GateFixture) {
        var player = GatePlayer(fixture)
        var told = 0
        var heard = (client: 0, server: 0)
        func expectNothing(_ line: Int) {
            #expect(Self.text(player.heard.server[heard.server...]) == "", "line \(line): the server heard more")
            #expect(Self.text(player.heard.client[heard.client...]) == "", "line \(line): the client heard more")
            for event in player.log[min(told, player.log.count)...] where !event.isPassing {
                Issue.record("not expected before line \(line): \(event.summary)")
            }
            told = player.log.count
        }
        for (step, line) in fixture.steps {
            switch step {
            case .client(let bytes):
                expectNothing(line)
                player.client(bytes)
            case .server(let bytes, let isHeard):
                expectNothing(line)
                player.server(bytes)
                if isHeard { Self.expect(bytes, player.heard.client, &heard.client, "line \(line): the client") }
            case .upstream(let bytes): Self.expect(bytes, player.heard.server, &heard.server, "line \(line): the server")
            case .answer(let bytes): Self.expect(bytes, player.heard.client, &heard.client, "line \(line): the client")
            case .expect("closed"): #expect(player.isClosed, "line \(line)")
            case .expect(let text):
                let rest = player.log[told...].drop { $0.isPassing }
                guard let event = rest.first else {
                    Issue.record("line \(line): missing: \(text)")
                    continue
                }
                told = rest.startIndex + 1
                #expect(WireFixtureTests.matches(text, event.summary), "line \(line): \(text)\nbut it was: \(event.summary)")
            }
        }
        expectNothing(fixture.steps.last?.line ?? 0)
    }

    @Test(arguments: GateFixture.all) func `does the same at every cut`(fixture: GateFixture) {
        let whole = Self.play(fixture) { [$0] }
        for cut in 1...60 {
            let other = Self.play(fixture) { bytes in
                var rest = bytes
                guard let head = rest.readSlice(length: cut) else { return [bytes] }
                return [head, rest]
            }
            #expect(Self.text(other.heard.server[...]) == Self.text(whole.heard.server[...]), "cut at \(cut)")
            #expect(Self.text(other.heard.client[...]) == Self.text(whole.heard.client[...]), "cut at \(cut)")
        }
        let octets = Self.play(fixture) { bytes in bytes.readableBytesView.map { ByteBuffer(bytes: [$0]) } }
        #expect(Self.text(octets.heard.server[...]) == Self.text(whole.heard.server[...]))
        #expect(Self.text(octets.heard.client[...]) == Self.text(whole.heard.client[...]))
    }

    @Test(arguments: GateFixture.all) func `is recorded on both legs as it was`(fixture: GateFixture) {
        let player = Self.play(fixture) { [$0] }
        #expect(Self.text(player.recorded(onLegTo: .client, by: .server)[...]) == Self.text(player.heard.client[...]))
        #expect(Self.text(player.recorded(onLegTo: .server, by: .client)[...]) == Self.text(player.heard.server[...]))
    }

    /// The login at the server is not the client's.
    @Test(arguments: GateFixture.all.filter { $0.desk != nil })
    func `is played again as its client heard it, where a broker lets it in`(
        fixture: GateFixture
    ) {
        let player = Self.play(fixture) { [$0] }
        let wasHeard = player.log.contains { if case .clientLogin = $0 { true } else { false } }
        #expect(player.records.playedLeg == (wasHeard ? .client : .server))
    }

    private static func play(_ fixture: GateFixture, cut: (ByteBuffer) -> [ByteBuffer]) -> GatePlayer {
        var player = GatePlayer(fixture)
        for (step, _) in fixture.steps {
            switch step {
            case .client(let bytes): for piece in cut(bytes) { player.client(piece) }
            case .server(let bytes, _): for piece in cut(bytes) { player.server(piece) }
            case .upstream, .answer, .expect: break
            }
        }
        return player
    }

    private static func expect(_ bytes: ByteBuffer, _ all: [UInt8], _ place: inout Int, _ who: String) {
        if bytes.endsInEllipsis {
            // The words are the policy's own; what they stand behind is given.
            let head = Array(bytes.readableBytesView.dropLast(5))
            let line = all[place...].prefix { $0 != 10 }
            #expect(text(line.prefix(head.count)) == text(head[...]), "\(who)")
            place = min(all.count, line.endIndex + 1)
            return
        }
        let count = min(bytes.readableBytes, all.count - place)
        #expect(text(all[place..<place + count]) == text(Array(bytes.readableBytesView)[...]), "\(who)")
        place += count
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { byte in
            switch byte {
            case 13: "␍"
            case 10: "␊"
            case 0x20..<0x7F: String(UnicodeScalar(byte))
            default: "\\x" + String(byte, radix: 16)
            }
        }.joined()
    }
}

extension ByteBuffer {
    /// `…` in front of the line end.
    fileprivate var endsInEllipsis: Bool { readableBytesView.suffix(5).elementsEqual("…\r\n".utf8) }
}

extension LogEvent {
    /// Nothing was kept from anybody, or changed.
    fileprivate var isPassing: Bool {
        if case .policy(let facts) = self { facts.verdict == .allow } else { false }
    }
}
