import NIOCore

@testable import InterpostCore

/// What holds for the text of captures, whoever wrote it.
enum CaptureProperties {
    static func check(_ input: ByteBuffer) throws(Violation) {
        try checkMember(input)
        let whole = read(input, cut: .max)
        for cut in [1, 7, 64] { try requireEqual(read(input, cut: cut), whole, "in pieces of \(cut)") }
        try checkWriting(whole.records)
        var sessions: [Int: [CaptureRecord]] = [:]
        for record in whole.records where record.session > 0 { sessions[record.session, default: []].append(record) }
        for records in sessions.values { try checkSession(records) }
    }

    private struct Outcome: Equatable {
        var records: [CaptureRecord] = []
        var error: CaptureError?
    }

    private static func read(_ input: ByteBuffer, cut: Int) -> Outcome {
        var (decoder, outcome, rest) = (CaptureDecoder(), Outcome(), input)
        do throws(CaptureError) {
            while let piece = rest.readSlice(length: min(cut, rest.readableBytes)), piece.readableBytes > 0 {
                decoder.receive(piece)
                while let record = try decoder.next() { outcome.records.append(record) }
            }
            try decoder.finish()
        } catch {
            outcome.error = error
        }
        return outcome
    }

    private static func checkWriting(_ records: [CaptureRecord]) throws(Violation) {
        var text = ByteBuffer(string: CaptureFormat.firstLine)
        for record in records { record.write(to: &text) }
        try requireEqual(read(text, cut: .max), Outcome(records: records), "records, written and read again")
    }

    /// A header of a member is refused, or says what is within the limits.
    private static func checkMember(_ input: ByteBuffer) throws(Violation) {
        guard let member = try? CaptureMember(header: input, at: 0) else { return }
        try require(member.size <= CaptureFormat.maximumMember, "a member of \(member.size) octets")
        try require(member.textSize <= CaptureFormat.maximumMember, "a member with \(member.textSize) octets of text")
    }

    /// Redacted, it is the same however its records are cut; shown, it has no control characters.
    private static func checkSession(_ records: [CaptureRecord]) throws(Violation) {
        let mailProtocol = RecordedSession.mailProtocol(of: records) ?? .imap
        let pieces = records.flatMap { record in
            record.kind.side == nil
                ? [record]
                : record.bytes.readableBytesView.map { byte in
                    CaptureRecord(
                        record.kind, session: record.session, nanoseconds: record.nanoseconds, bytes: ByteBuffer(bytes: [byte]))
                }
        }
        for level in [RedactionLevel.none, .all] {
            try requireEqual(
                rewritten(pieces, mailProtocol, level), rewritten(records, mailProtocol, level), "redacted octet by octet")
        }
        var show = SessionShow(mailProtocol, redactor: nil)
        var lines: [ShownLine] = []
        for record in records where record.kind != .event { lines += show.receive(record) }
        lines += show.finish()
        for line in lines {
            try require(!line.text.contains("\n"), "a line end is shown")
            try TerminalProperties.require(shown: line.text, "a line of interpost show")
        }
    }

    private static func rewritten(
        _ records: [CaptureRecord], _ mailProtocol: MailProtocol, _ level: RedactionLevel
    ) -> [String: ByteBuffer] {
        var rewriter = SessionRewriter(mailProtocol, redactor: EventRedactor(level, key: FuzzPseudonymKey()))
        let rewritten = records.flatMap { rewriter.rewrite($0) } + rewriter.finish()
        return rewritten.reduce(into: [:]) { $0[$1.kind.rawValue, default: ByteBuffer()].writeImmutableBuffer($1.bytes) }
    }
}

/// Digests of nothing but their length.
struct FuzzPseudonymKey: PseudonymKey {
    func digest(_ value: ByteBuffer, of kind: PseudonymKind) -> [UInt8] {
        Array(repeating: UInt8(truncatingIfNeeded: value.readableBytes), count: 32)
    }
}
