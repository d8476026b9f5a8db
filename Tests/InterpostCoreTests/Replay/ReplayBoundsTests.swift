import NIOCore
import Testing

@testable import InterpostCore

/// Whatever was recorded, and whatever a client says to it.
@Suite struct ReplayBoundsTests {
    /// Turns left out, said twice, put elsewhere, and octets changed.
    private static func disturb(_ turns: inout [SessionTurn], with chance: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 0...4, using: &chance) where !turns.isEmpty {
            let index = turns.indices.randomElement(using: &chance) ?? 0
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: turns.remove(at: index)
            case 1: turns.insert(turns[index], at: index)
            case 2: turns.swapAt(index, turns.indices.randomElement(using: &chance) ?? 0)
            default:
                var bytes = Array(turns[index].bytes.readableBytesView)
                guard let place = bytes.indices.randomElement(using: &chance) else { continue }
                bytes[place] = chance.bytes(1, of: Array("a *+{}()\"5[]\r\n\\=".utf8))[0]
                turns[index].bytes = ByteBuffer(bytes: bytes)
            }
        }
    }

    @Test(arguments: 0..<12) func `nothing traps, and what is reported is bounded`(seed: Int) {
        var chance = SeededGenerator(seed: seed)
        for fixture in WireFixture.all {
            var recorded = fixture.said.map { SessionTurn(side: $0.side, bytes: $0.bytes) }
            var live = recorded.filter { $0.side == .client }
            if seed % 3 > 0 { Self.disturb(&recorded, with: &chance) }
            if seed % 3 < 2 { Self.disturb(&live, with: &chance) }
            let session = RecordedSession(fixture.mailProtocol, records: RecordedSession.records(recorded))
            var options = ReplayOptions(ReplayOptions.Matching.allCases.randomElement(using: &chance) ?? .ordered)
            options.onUnmatched = ReplayOptions.Unmatched.allCases.randomElement(using: &chance) ?? .no
            options.auth = ReplayOptions.Offer.allCases.randomElement(using: &chance) ?? .recorded
            options.times = Bool.random(using: &chance) ? .recorded : .none
            options.listener = Bool.random(using: &chance) ? .off : .offered
            options.password = Bool.random(using: &chance) ? "sesame" : nil
            var player = ReplayPlayer(session, options)
            for piece in chance.pieces(of: live.flatMap { Array($0.bytes.readableBytesView) }) {
                player.send(piece)
                if player.actions.last == "TLS" {
                    player.server.tlsIsUp()
                    player.pump()
                }
            }
            _ = player.pass(until: 1_000_000)
            player.server.inputEnded()
            player.pump()
            player.server.closed()
            player.pump()
            #expect(player.actions.filter { $0.hasPrefix("close") }.count == 1, "\(fixture.testDescription)")
            #expect(player.server.report.notInCapture.count <= ReplayReport.maximumListed)
            let isOver = if case .none = player.server.next() { true } else { false }
            #expect(isOver)
        }
    }

    @Test func `a long recording is played in time that grows with its length`() throws {
        var recording = "S: * PREAUTH hi\n"
        var client: [String] = []
        for number in 0..<5_000 {
            recording += "C: a\(number) NOOP\nS: a\(number) OK done\nC: b\(number) FETCH \(number + 1) FLAGS\nS: b\(number) OK\n"
            client.append("x\(number) fetch \(number + 1) flags\r\n")
        }
        let session = try RecordedSession(transcript: recording)
        for matching in [ReplayOptions.Matching.ordered, .state] {
            var player = ReplayPlayer(session, ReplayOptions(matching))
            for command in client { player.send(ByteBuffer(string: command)) }
            #expect(player.server.report.isClean)
            #expect(player.server.report.answered == 5_000)
        }
    }
}
