import NIOCore
import Testing

@testable import InterpostCore

/// Every transcript of `Fixtures/Wire` answers the client that is written in it as its server did.
@Suite struct ReplayFixtureTests {
    /// Left out are transcripts in which reading is given up, those with STARTTLS, which is each leg's own, and those with
    /// `{n-}`, of which nobody knows whether a server waits for its octets.
    static let fixtures = WireFixture.all.filter { fixture in
        var reading = Reading(fixture.mailProtocol)
        for (side, bytes) in fixture.said { reading.receive(bytes, from: side) }
        return reading.events.allSatisfy { event in
            if event.anomalies.contains(where: { $0.kind == .literalMinus }) { return false }
            switch event.meaning {
            case .opaque, .pop3Command(_, .stls): return false
            case .command(let command): if case .startTLS = command.body { return false } else { return true }
            default: return true
            }
        }
    }

    /// What the client hears of the real server through a relay.
    static func heardLive(_ fixture: WireFixture) -> ByteBuffer {
        var core = Tap(SessionSettings(mailProtocol: fixture.mailProtocol, listener: .off, upstream: .off))
        var heard = ByteBuffer()
        for (side, bytes) in fixture.said {
            core.receive(bytes, from: side, at: WireTime(nanoseconds: 0))
            while let action = core.next() {
                switch action {
                case .send(let bytes, .client), .say(let bytes, .client): heard.writeImmutableBuffer(bytes)
                case .startDeflate(let side, let unread): core.receive(unread, from: side, at: WireTime(nanoseconds: 0))
                default: break
                }
            }
        }
        return heard
    }

    static func session(_ fixture: WireFixture) -> RecordedSession {
        RecordedSession(
            fixture.mailProtocol,
            records: RecordedSession.records(fixture.said.map { SessionTurn(side: $0.side, bytes: $0.bytes) }))
    }

    /// Commands in one flight were completed in another order.
    static func isReordered(_ fixture: WireFixture) -> Bool {
        var reading = Reading(fixture.mailProtocol)
        var waiting: [ByteBuffer] = []
        for (side, bytes) in fixture.said { reading.receive(bytes, from: side) }
        for event in reading.events {
            switch event.meaning {
            case .command(let command): waiting.append(command.tag)
            case .completion(_, let record?):
                if waiting.contains(record.tag), waiting.first != record.tag { return true }
                waiting.removeAll { $0 == record.tag }
            default: break
            }
        }
        return false
    }

    @Test func `enough of them are played`() {
        #expect(Self.fixtures.count >= 240)
    }

    @Test(arguments: fixtures, [ReplayOptions.Matching.strict, .ordered])
    func `a recording answers its own client`(fixture: WireFixture, matching: ReplayOptions.Matching) {
        var player = ReplayPlayer(Self.session(fixture), ReplayOptions(matching))
        for (side, bytes) in fixture.said where side == .client { player.send(bytes) }
        let report = player.server.report
        #expect(report.isClean, "\(report.text)")
        let (heard, live) = (String(buffer: player.heard), String(buffer: Self.heardLive(fixture)))
        // Of commands in one flight each is answered when it comes, in whatever order they were completed.
        if Self.isReordered(fixture) {
            #expect(heard.split(separator: "\r\n").sorted() == live.split(separator: "\r\n").sorted())
        } else {
            #expect(heard == live)
        }
    }

    /// Those whose client's half is commands on lines of their own.
    static let plain = fixtures.filter { fixture in
        var reading = Reading(fixture.mailProtocol)
        for (side, bytes) in fixture.said { reading.receive(bytes, from: side) }
        return fixture.mailProtocol == .imap && !isReordered(fixture)
            && reading.events.allSatisfy { event in
                switch event.meaning {
                case .command(let command): command.text.literals.isEmpty && event.sender == .client
                case .completion(_, let record): record != nil
                case .idleDone, .saslResponse: true
                default: event.sender == .server
                }
            }
    }

    @Test(arguments: plain) func `a recording answers other tags`(fixture: WireFixture) {
        var player = ReplayPlayer(Self.session(fixture))
        var commands = 0
        for (side, bytes) in fixture.said where side == .client {
            guard let command = IMAPCommand(reading: IMAPText(line: bytes)), player.server.active == nil else {
                player.send(bytes)
                continue
            }
            commands += 1
            var line = ByteBuffer(string: "tag\(commands)")
            line.writeImmutableBuffer(
                bytes.getSlice(at: command.tag.readableBytes, length: bytes.readableBytes - command.tag.readableBytes)
                    ?? ByteBuffer())
            player.send(line)
        }
        #expect(player.server.report.isClean, "\(player.server.report.text)")
        var reading = Reading(.imap)
        reading.receive(player.heard, from: .server)
        var next = 0
        for event in reading.events {
            guard case .completion(let status, _) = event.meaning else { continue }
            next += 1
            #expect(String(buffer: status.tag) == "tag\(next)")
        }
        let recorded = String(buffer: Self.heardLive(fixture)).split(separator: "\r\n").map { $0.drop { $0 != " " } }
        let heard = String(buffer: player.heard).split(separator: "\r\n").map { $0.drop { $0 != " " } }
        #expect(heard.count == recorded.count)
    }

    @Test(
        arguments: fixtures.filter { $0.bytes(of: .client).count < 150 }.enumerated().filter { $0.offset % 4 == 0 }.map(\.element)
    )
    func `a recording answers in whatever pieces it is asked`(fixture: WireFixture) {
        let session = Self.session(fixture)
        var whole = ReplayPlayer(session)
        for (side, bytes) in fixture.said where side == .client { whole.send(bytes) }
        let said = fixture.said.filter { $0.side == .client }.map(\.bytes)
        for (index, bytes) in said.enumerated() {
            for cut in 1..<max(2, bytes.readableBytes) {
                var player = ReplayPlayer(session)
                for (other, var rest) in said.enumerated() {
                    if other == index, let head = rest.readSlice(length: min(cut, rest.readableBytes)) { player.send(head) }
                    player.send(rest)
                }
                #expect(player.heard == whole.heard, "cut of \(index) at \(cut)")
                #expect(player.server.report == whole.server.report)
            }
        }
        var hasty = ReplayPlayer(session)
        var all = ByteBuffer()
        for bytes in said { all.writeImmutableBuffer(bytes) }
        hasty.send(all)
        #expect(hasty.server.report.commands <= whole.server.report.commands)
    }
}
