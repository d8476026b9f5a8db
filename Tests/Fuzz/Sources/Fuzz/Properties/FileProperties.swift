import NIOCore

@testable import InterpostCore

/// What holds for the files that `interpost read` takes.
enum FileProperties {
    /// A transcript is read, or one of its lines is to blame; what it says can be read as a session.
    static func checkTranscript(_ input: ByteBuffer) throws(Violation) {
        let lines = input.readableBytesView.count { $0 == .lineFeed } + 1
        _ = Transcript.looksLike(input)
        let transcript: Transcript
        do throws(Transcript.SyntaxError) {
            transcript = try Transcript(reading: input)
        } catch {
            return try require((1...lines).contains(error.line), "a mistake in line \(error.line) of \(lines)")
        }
        var number = 0
        for line in transcript.lines {
            try require(line.number > number && line.number <= lines, "line \(line.number) behind \(number)")
            number = line.number
        }
        try requireEqual(try again(transcript), transcript.turns.map(\.text), "a transcript, written and read again")
        try read(transcript.turns)
    }

    /// Writes what the sides say as a transcript, and reads that.
    private static func again(_ transcript: Transcript) throws(Violation) -> [String] {
        var text = ""
        for turn in transcript.turns {
            text += turn.side == .client ? "C: " : "S: "
            for byte in turn.bytes.readableBytesView {
                text += byte < 0x80 && Character(Unicode.Scalar(byte)).isLetter ? String(Unicode.Scalar(byte)) : hexadecimal(byte)
            }
            text += "\\\n"
        }
        do throws(Transcript.SyntaxError) {
            return try Transcript(reading: ByteBuffer(string: text)).turns.map(\.text)
        } catch {
            throw Violation(description: "\(error) in \(text)")
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16) }

    /// Two rawlogs, with the line `----` between them: nothing is lost but times, and each side's order stays.
    static func checkRawlog(_ input: ByteBuffer) throws(Violation) {
        var client = input
        var server = ByteBuffer()
        let mark = ByteBuffer(string: "----\n")
        if let middle = input.firstOccurrence(of: mark.readableBytesView, from: input.readerIndex) {
            client.moveWriterIndex(to: middle)
            server = input
            server.moveReaderIndex(to: middle + mark.readableBytes)
        }
        let work = Work.of { _ = Rawlog.turns(client: client, server: server) }
        let lines = input.readableBytesView.count { $0 == .lineFeed }
        try require(
            work <= 100 * input.readableBytes + 200 * lines * lines + 10_000, "work of \(work) for \(input.readableBytes) octets")
        let turns = Rawlog.turns(client: client, server: server)
        for (side, text) in [(Side.client, client), (.server, server)] {
            var rest = text.readableBytesView
            for turn in turns where turn.side == side {
                let line = rest.firstIndex(of: .lineFeed).map { rest[...$0] } ?? rest
                let time = line.dropLast(turn.bytes.readableBytes)
                try require(
                    line.count >= turn.bytes.readableBytes
                        && line.suffix(turn.bytes.readableBytes) == turn.bytes.readableBytesView
                        && (time.isEmpty || time.last == .space && time.dropLast().allSatisfy { $0.isDigit || $0 == .dot }),
                    "\(turn.text) of the \(side) is not what was said")
                rest = rest.dropFirst(line.count)
            }
            try require(rest.isEmpty, "\(rest.count) octets of the \(side) lost")
        }
        try read(turns)
    }

    private static func read(_ turns: [SessionTurn]) throws(Violation) {
        for mailProtocol in MailProtocol.allCases {
            var reading = SessionReading(mailProtocol, detail: .responses)
            var log: [LogEvent] = []
            for turn in turns { reading.receive(turn) { log.append($0) } }
            try OutputProperties.check(log, without: [])
        }
    }

    /// A hello is the same hello with more octets behind it, and what is none does not become one.
    static func checkTLS(_ input: ByteBuffer) throws(Violation) {
        _ = TLSAlert.find(in: input)
        _ = TLSHello.isRecord(input)
        let work = Work.of { _ = (TLSHello.readClient(input), TLSHello.readServer(input)) }
        try require(work <= 100 * input.readableBytes + 10_000, "work of \(work) for \(input.readableBytes) octets")
        var before = (client: "needsMore", server: "needsMore")
        for count in 0...input.readableBytes {
            guard let part = input.getSlice(at: input.readerIndex, length: count) else { continue }
            let now = (client: "\(TLSHello.readClient(part))", server: "\(TLSHello.readServer(part))")
            for (earlier, later) in [(before.client, now.client), (before.server, now.server)] where earlier != "needsMore" {
                try requireEqual(later, earlier, "the hello at octet \(count)")
            }
            before = now
        }
        guard case .hello(let hello) = TLSHello.readClient(input) else { return }
        let ja4 = hello.ja4 { $0.count > 5 ? Array($0.prefix(6)) : [1, 2, 3, 4, 5, 6] }
        let isWellFormed =
            ja4.utf8.count == 36 && ja4.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
        try require(isWellFormed, "the fingerprint \(ja4)")
    }
}

extension SessionTurn {
    fileprivate var text: String { "\(side) \(time.nanoseconds): \(String(buffer: bytes))" }
}

extension Transcript {
    /// What the two sides say, one after another.
    fileprivate var turns: [SessionTurn] {
        lines.compactMap { if case .say(let side, let bytes) = $0.step { SessionTurn(side: side, bytes: bytes) } else { nil } }
    }
}
