import NIOCore

@testable import InterpostCore

/// What holds for all that is shown to people, whatever two sides say: there is nothing in it that a terminal would act upon.
enum TerminalProperties {
    static func check(_ dialogue: Dialogue) throws(Violation) {
        let mailProtocol = dialogue.settings.mailProtocol
        var turns: [SessionTurn] = []
        for case .say(let side, let bytes) in dialogue.steps { turns.append(SessionTurn(side: side, bytes: bytes)) }
        let records = turns.map {
            CaptureRecord(CaptureRecord.Kind($0.side), session: 1, nanoseconds: 0, bytes: $0.bytes)
        }
        try checkShow(records, mailProtocol)
        try checkComparison(turns, mailProtocol)
        try checkCorpus(turns, mailProtocol)
        try checkReplay(records, mailProtocol)
    }

    private static func checkShow(_ records: [CaptureRecord], _ mailProtocol: MailProtocol) throws(Violation) {
        for isFull in [false, true] {
            var options = ShowOptions()
            options.isFull = isFull
            var show = SessionShow(mailProtocol, options, redactor: nil)
            var lines: [ShownLine] = []
            for record in records { lines += show.receive(record) }
            lines += show.finish()
            for line in lines { try require(shown: line.text, "a line of interpost show") }
        }
    }

    private static func checkComparison(_ turns: [SessionTurn], _ mailProtocol: MailProtocol) throws(Violation) {
        var reading = NormalFormReading(mailProtocol)
        var entries: [ComparedEntry] = []
        for turn in turns { reading.receive(turn.bytes, from: turn.side, at: turn.time) { entries.append($0) } }
        reading.finish { entries.append($0) }
        var style = SessionComparison.Style()
        style.showsAll = true
        try require(shown: SessionComparison(entries, []).text(style), "a comparison")
    }

    private static func checkCorpus(_ turns: [SessionTurn], _ mailProtocol: MailProtocol) throws(Violation) {
        var reading = SessionReading(mailProtocol, detail: .responses, files: ("a\u{1B}b", "c\u{202E}d"))
        for turn in turns { reading.receive(turn) { _ in } }
        reading.finish { _ in }
        var corpus = CorpusSummary()
        corpus.add(reading)
        corpus.add(CorpusSummary.Failure(file: "e\u{9B}f", problem: "cannot be read"))
        try require(shown: corpus.text, "a summary")
        try require(shown: corpus.lint, "a summary of quirks")
        for reason in corpus.verdict(unwanted: [.unknown, .anomaly, .quirk]).reasons { try require(shown: reason, "a verdict") }
    }

    private static func checkReplay(_ records: [CaptureRecord], _ mailProtocol: MailProtocol) throws(Violation) {
        let replay = SelfReplay(mailProtocol, records: records)
        try require(shown: replay.server.text, "the report of a server's replay")
        try require(shown: replay.client.text, "the report of a client's replay")
        // Nothing of what the client asks was recorded, and of what was recorded nothing is asked.
        let ofServer = records.filter { $0.kind == .server }
        var server = ReplayServer(RecordedSession(mailProtocol, records: ofServer))
        server.opened(at: WireTime(nanoseconds: 0))
        while server.next() != nil {}
        for record in records where record.kind == .client {
            server.receive(record.bytes, at: WireTime(nanoseconds: 0))
            while server.next() != nil {}
        }
        try require(shown: server.report.text, "the report of what is not in the capture")
        var deserted = ReplayServer(RecordedSession(mailProtocol, records: records))
        deserted.opened(at: WireTime(nanoseconds: 0))
        deserted.closed()
        while deserted.next() != nil {}
        try require(shown: deserted.report.text, "the report of what was never asked")
        var client = ReplayClient(ClientScript(mailProtocol, records: records), ReplayClientOptions())
        client.fail(String(buffer: records.last?.bytes ?? ByteBuffer()))
        try require(shown: client.report.text, "why a client was not played")
    }

    /// Lines end in LF.
    static func require(shown text: String, _ what: String) throws(Violation) {
        guard let scalar = text.unicodeScalars.first(where: { $0 != "\n" && moves($0) }) else { return }
        throw Violation(description: "U+\(String(scalar.value, radix: 16)) in \(what): \(text.debugDescription)")
    }

    /// Said here a second time, so that a character that ``TerminalText`` forgets is found.
    static func moves(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
    }
}
