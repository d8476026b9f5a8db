public import InterpostCore

/// The sessions of some captures, in the order in which they began.
public struct RecordedSessions: Sendable {
    /// In the order in which they began, capture by capture.
    public private(set) var sessions: [RecordedSession] = []

    package init(_ sessions: [RecordedSession]) { self.sessions = sessions }

    /// Reads captures that are named as people write them: `mail.interpost`, `mail.interpost#3`.
    public init(_ captures: [String]) throws { try self.init(captures.map { CapturePlace($0) }) }

    /// Reads whole captures, or one session of each: what is replayed is in memory.
    public init(_ places: [CapturePlace]) throws {
        var room = SessionRecords.maximumOctets
        for place in places {
            do {
                for session in try SessionRecords.read(place, into: &room) {
                    sessions.append(
                        RecordedSession(session.mailProtocol, records: session.records, isRedacted: session.isRedacted))
                }
            } catch {
                throw CaptureReader.Failure(description: "\(place.path) \(error)")
            }
        }
    }
}
