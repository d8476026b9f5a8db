import NIOCore

/// Redacts the records of one session that was recorded before.
///
///     C 1 12500000 21                     C 1 12500000 33
///     a LOGIN anna sesame⏎        →       a LOGIN user-mzqvakdr xxxxxxxx⏎
///
/// The session is read twice at once, because Interpost was between the sides: as the client heard it, and as the server
/// did. Each record is redacted by what its octets are where somebody heard them. Records are cut anew, at the lines.
package struct SessionRewriter: Sendable {
    private var client: View
    private var server: View

    /// Redacts with `redactor`, whose key is the same for all sessions of a capture.
    package init(_ mailProtocol: MailProtocol, redactor: EventRedactor, limits: WireLimits = .standard) {
        client = View(mailProtocol, redactor, limits)
        server = View(mailProtocol, redactor, limits)
    }

    /// What replaces the record, as far as it can be said yet; nothing is lost when ``finish()`` was called.
    package mutating func rewrite(_ record: CaptureRecord) -> [CaptureRecord] {
        guard let side = record.kind.side else {
            // Nothing of a session follows its end.
            let ended = record.endsSession ? finish() : []
            var record = record
            if record.kind == .event { record.bytes = client.redact(eventLine: record.bytes) }
            return ended + [record]
        }
        var rewritten: [CaptureRecord] = []
        if record.kind.isCarried(onLegTo: .client) {
            rewritten += client.read(record, from: side) { $0.isCarried(onLegTo: .client) }
        }
        if record.kind.isCarried(onLegTo: .server) {
            rewritten += server.read(record, from: side) { !$0.isCarried(onLegTo: .client) }
        }
        return rewritten
    }

    /// The session is over: what was left incomplete comes as it is.
    package mutating func finish() -> [CaptureRecord] {
        client.finish { $0.isCarried(onLegTo: .client) } + server.finish { !$0.isCarried(onLegTo: .client) }
    }

    /// The session as one of the sides heard it.
    private struct View: Sendable {
        private var conversation: Conversation
        private var redactor: EventRedactor
        private var trails = (client: RecordTrail(), server: RecordTrail())

        init(_ mailProtocol: MailProtocol, _ redactor: EventRedactor, _ limits: WireLimits) {
            conversation = Conversation(mailProtocol, limits: limits)
            self.redactor = redactor
        }

        func redact(eventLine line: ByteBuffer) -> ByteBuffer { redactor.redact(eventLine: line) }

        mutating func read(
            _ record: CaptureRecord, from side: Side, giving isWanted: (CaptureRecord.Kind) -> Bool
        ) -> [CaptureRecord] {
            if side == .client { trails.client.append(record) } else { trails.server.append(record) }
            conversation.receive(record.bytes, from: side, at: WireTime(nanoseconds: record.nanoseconds))
            defer { conversation.settle() }
            return drain(isWanted)
        }

        mutating func finish(giving isWanted: (CaptureRecord.Kind) -> Bool) -> [CaptureRecord] {
            // What waits for an answer that never came is not read any more.
            for side in Side.allCases { conversation.inputEnded(of: side) }
            var records = drain(isWanted)
            conversation.becomeOpaque()
            records += drain(isWanted)
            let end = conversation.offset(of: .client)
            if let rest = redactor.finish(), var record = trails.client.record(behind: end), isWanted(record.kind) {
                record.bytes = rest
                records += record.split
            }
            return records
        }

        private mutating func drain(_ isWanted: (CaptureRecord.Kind) -> Bool) -> [CaptureRecord] {
            var records: [CaptureRecord] = []
            while let event = conversation.next() {
                let bytes = redactor.redact(event)
                let end = event.offset + event.bytes.readableBytes
                let head = event.sender == .client ? trails.client.record(behind: end) : trails.server.record(behind: end)
                guard var record = head, isWanted(record.kind) else { continue }
                if let last = records.last, last.kind == record.kind, last.nanoseconds == record.nanoseconds,
                    last.bytes.readableBytes + bytes.readableBytes <= CaptureFormat.maximumRecord
                {
                    records[records.count - 1].bytes.writeImmutableBuffer(bytes)
                } else {
                    record.bytes = bytes
                    records += record.split
                }
            }
            return records
        }
    }
}

extension CaptureRecord {
    /// Whether it is the event that a session is over.
    package var endsSession: Bool { kind == .event && bytes.contains(Self.end) }

    private static let end = ByteBuffer(string: #""event":"session.closed""#)
}
