import NIOCore
import Testing

@testable import InterpostCore

/// What was said, written as transcripts and rawlogs, and read again.
@Suite struct `A session that is written down` {
    private static func turns(_ said: [(Side, String)]) -> [SessionTurn] {
        said.map { SessionTurn(side: $0.0, bytes: ByteBuffer(string: $0.1)) }
    }

    private static func transcript(_ turns: [SessionTurn]) -> ByteBuffer {
        var (writer, text) = (TranscriptWriter(), ByteBuffer())
        for turn in turns { writer.write(turn, to: &text) }
        writer.finish(to: &text)
        return text
    }

    private static func rawlog(_ turns: [SessionTurn]) -> (client: ByteBuffer, server: ByteBuffer) {
        var (writer, client, server) = (RawlogWriter(), ByteBuffer(), ByteBuffer())
        for turn in turns { writer.write(turn, toClient: &client, server: &server) }
        return (client, server)
    }

    private struct Speech: Equatable {
        var side: Side
        var bytes = ByteBuffer()
    }

    /// What was said without a break by one side, one after another.
    private static func speeches(_ turns: some Sequence<SessionTurn>) -> [Speech] {
        var speeches: [Speech] = []
        for turn in turns where turn.bytes.readableBytes > 0 {
            if speeches.last?.side != turn.side { speeches.append(Speech(side: turn.side)) }
            speeches[speeches.count - 1].bytes.writeImmutableBuffer(turn.bytes)
        }
        return speeches
    }

    @Test(
        arguments: [
            ([(.server, "* OK ready\r\n")], "S: * OK ready\n"), ([(.client, "a NOOP\n")], "C: a NOOP\\x0A\\\n"),
            ([(.client, "a CREATE x\\\r\n")], "C: a CREATE x\\x5C\n"), ([(.client, "\\x\\y\\\\x")], "C: \\x5Cx\\y\\\\x5Cx\\\n"),
            ([(.server, "\r\n"), (.client, " a\r\n")], "S: \nC:  a\n"), ([(.server, "Grüße\r\r\n")], "S: Grüße\\x0D\n"),
            ([(.server, "* OK"), (.server, " ready\r\n")], "S: * OK ready\n"),
            ([(.server, "* O"), (.client, "x\r\n"), (.server, "K\r\n")], "S: * O\\\nC: x\nS: K\n"),
            ([(.client, "\0\t\u{7F}")], "C: \\x00\\x09\\x7F\\\n"), ([], ""),
        ] as [([(Side, String)], String)])
    func `as a transcript looks like this`(said: [(Side, String)], text: String) {
        #expect(String(buffer: Self.transcript(Self.turns(said))) == text)
    }

    @Test func `as a transcript has octets that are no UTF-8 as such`() {
        let turn = SessionTurn(side: .server, bytes: ByteBuffer(bytes: [0x47, 0xC3, 0x28, 0x0D, 0x0A]))
        #expect(String(buffer: Self.transcript([turn])) == "S: G\\xC3(\n")
    }

    /// Of octets that mean something in either form.
    private static func noise(seed: Int) -> [SessionTurn] {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("\r\n\\x5C 0.1CS:#=\0\u{80}é".utf8) + [0xFF, 0x7F, 0x09]
        let count = Int.random(in: 0...12, using: &generator)
        return (0..<count).map { _ in
            let bytes = generator.bytes(Int.random(in: 0...20, using: &generator), of: alphabet)
            let time = Int64.random(in: 0...3, using: &generator) * 700
            return SessionTurn(
                side: Bool.random(using: &generator) ? .client : .server, bytes: ByteBuffer(bytes: bytes),
                time: WireTime(nanoseconds: 1_700_000_000_000_000_000 + time))
        }
    }

    @Test func `is the same when it is read again`() throws {
        for seed in 0..<500 {
            let turns = Self.noise(seed: seed)
            let transcript = try Transcript(reading: Self.transcript(turns))
            #expect(Self.speeches(transcript.lines.compactMap { SessionTurn($0) }) == Self.speeches(turns), "seed \(seed)")
            let files = Self.rawlog(turns)
            let read = Rawlog.turns(client: files.client, server: files.server)
            for side in Side.allCases {
                #expect(
                    Self.speeches(read.filter { $0.side == side }) == Self.speeches(turns.filter { $0.side == side }),
                    "seed \(seed)")
            }
        }
    }

    @Test(arguments: WireFixture.all) func `is the same conversation when it is read again`(fixture: WireFixture) throws {
        let turns = fixture.said.map { SessionTurn(side: $0.side, bytes: $0.bytes) }
        let transcript = try Transcript(reading: Self.transcript(turns))
        #expect(Self.speeches(transcript.lines.compactMap { SessionTurn($0) }) == Self.speeches(turns))
        // A line of a rawlog has one time, so a side that is interrupted within one is read with the line as a whole.
        guard turns.allSatisfy({ $0.bytes.readableBytesView.last == .lineFeed }) else { return }
        let files = Self.rawlog(turns)
        guard files.client.readableBytes > 0, files.server.readableBytes > 0 else { return }
        #expect(Self.speeches(Rawlog.turns(client: files.client, server: files.server)) == Self.speeches(turns))
    }

    @Test func `as a rawlog has the time in front of each line, and its order`() {
        let time = WireTime(nanoseconds: 1_700_000_000_000_123_999)
        let turns = [(Side.server, "* OK\r\n"), (.client, "a NOOP\r\nb "), (.client, "NOOP\r\n"), (.server, "a OK\r\n")].map {
            SessionTurn(side: $0.0, bytes: ByteBuffer(string: $0.1), time: time)
        }
        let files = Self.rawlog(turns)
        #expect(String(buffer: files.server) == "1700000000.000123 * OK\r\n1700000000.000124 a OK\r\n")
        #expect(String(buffer: files.client) == "1700000000.000124 a NOOP\r\n1700000000.000124 b NOOP\r\n")
    }

    @Test func `has lines of any length`() throws {
        let long = String(repeating: "\u{1}", count: SaidLines.maximumLine + 3)
        let turns = Self.turns([(.server, "* OK\r\n"), (.client, long + "\r\n"), (.server, "x\r\n")])
        let transcript = try Transcript(reading: Self.transcript(turns))
        #expect(Self.speeches(transcript.lines.compactMap { SessionTurn($0) }) == Self.speeches(turns))
        let files = Self.rawlog(turns)
        #expect(Self.speeches(Rawlog.turns(client: files.client, server: files.server)) == Self.speeches(turns))
    }
}
