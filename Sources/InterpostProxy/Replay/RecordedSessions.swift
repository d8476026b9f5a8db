public import InterpostCore
import NIOCore

/// The sessions of some captures, in the order in which they began.
public struct RecordedSessions: Sendable {
    /// Octets of captures that are read into memory.
    static let maximumOctets = 1 << 30

    public private(set) var sessions: [RecordedSession] = []
    private var octets = 0

    package init(_ sessions: [RecordedSession]) { self.sessions = sessions }

    /// The same of what people write: `mail.interpost`, `mail.interpost#3`.
    public init(_ captures: [String]) throws { try self.init(captures.map { CapturePlace($0) }) }

    /// Reads whole captures, or one session of each: what is replayed is in memory.
    public init(_ places: [CapturePlace]) throws {
        for place in places {
            do {
                try read(place)
            } catch {
                throw CaptureReader.Failure(description: "\(place) \(error)")
            }
        }
    }

    private mutating func read(_ place: CapturePlace) throws {
        let reader = try CaptureReader(place)
        var records: [Int: [CaptureRecord]] = [:]
        var order: [Int] = []
        var isRedacted = false
        while let record = try reader.next() {
            if let header = CaptureHeader(record) { isRedacted = isRedacted || header.redaction != .none }
            guard record.kind.side != nil else { continue }
            octets += record.bytes.readableBytes
            guard octets <= Self.maximumOctets else {
                throw CaptureReader.Failure(
                    description:
                        "has more than the \(Self.maximumOctets >> 20) MiB that are replayed at once: name single sessions "
                        + "of it (\(place.path)#1)")
            }
            if records[record.session] == nil { order.append(record.session) }
            records[record.session, default: []].append(record)
        }
        for number in order {
            guard let said = records[number], let mailProtocol = RecordedSession.mailProtocol(of: said) else { continue }
            sessions.append(RecordedSession(mailProtocol, records: said, isRedacted: isRedacted))
        }
        guard order.isEmpty else { return }
        throw CaptureReader.Failure(
            description: place.session == nil
                ? "has no sessions: nothing was recorded in it" : "has no such session, or nothing was said in it")
    }
}
