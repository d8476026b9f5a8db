import InterpostCore
import NIOCore

/// The records of one session of a capture, in memory.
struct SessionRecords {
    /// Octets of captures that are read into memory.
    static let maximumOctets = 1 << 30

    let number: Int
    let mailProtocol: MailProtocol
    let records: [CaptureRecord]
    /// There are pseudonyms in the capture.
    let isRedacted: Bool

    /// All sessions whose protocol shows, in the order in which they began.
    /// - Parameter room: Octets that may be read; what was read is subtracted from it.
    static func read(_ place: CapturePlace, into room: inout Int) throws -> [SessionRecords] {
        let reader = try CaptureReader(place)
        var records: [Int: [CaptureRecord]] = [:]
        var order: [Int] = []
        var isRedacted = false
        while let record = try reader.next() {
            if let header = CaptureHeader(record) { isRedacted = isRedacted || header.redaction != .none }
            guard record.kind.side != nil else { continue }
            room -= record.bytes.readableBytes
            guard room >= 0 else {
                throw CaptureReader.Failure(
                    description:
                        "has more than the \(maximumOctets >> 20) MiB that are played at once: name single sessions of it "
                        + "(\(place.path)#1)")
            }
            if records[record.session] == nil { order.append(record.session) }
            records[record.session, default: []].append(record)
        }
        if order.isEmpty {
            throw CaptureReader.Failure(
                description: place.session.map { "has no session \($0)" } ?? "has no sessions: nothing was recorded in it")
        }
        return order.compactMap { number in
            guard let said = records[number], let mailProtocol = RecordedSession.mailProtocol(of: said) else { return nil }
            return SessionRecords(number: number, mailProtocol: mailProtocol, records: said, isRedacted: isRedacted)
        }
    }
}
