public import InterpostCore
import NIOCore

/// A capture, opened: its sessions, each with what was said in it.
///
///     let capture = try Capture("mail.interpost")
///     for event in capture.sessions[3].events {
///         if case .command(let command) = event.meaning { print(command.title) }
///     }
///
/// All of it is in memory, at most 1 GiB of what was said; larger captures are read piece by piece with ``CaptureReader``.
public struct Capture: Sendable {
    /// In the order in which they began; sessions in which nothing was said are left out.
    public let sessions: [Session]

    /// - Parameter capture: A file, or one session of it: `mail.interpost#3`.
    /// - Throws: ``CaptureReader/Failure`` or `CaptureError` for a file that is not there, is not a capture or is damaged.
    public init(_ capture: String) throws {
        let place = CapturePlace(capture)
        var room = SessionRecords.maximumOctets
        sessions = try SessionRecords.read(place, into: &room).map { Session($0) }
    }

    /// The session with this number, as `mail.interpost#3` names it.
    public func session(numbered number: Int) -> Session? { sessions.first { $0.number == number } }

    /// One recorded session.
    public struct Session: Sendable {
        /// Counted from 1 in the capture.
        public let number: Int
        /// The protocol that was spoken.
        public let mailProtocol: MailProtocol
        /// What was said and what became of it, in order. Times are since the beginning of the capture.
        public let records: [CaptureRecord]
        /// There are pseudonyms in it, and texts that were not on the wire.
        public let isRedacted: Bool

        init(_ session: SessionRecords) {
            (number, mailProtocol) = (session.number, session.mailProtocol)
            (records, isRedacted) = (session.records, session.isRedacted)
        }

        /// The conversation as the client had it, read again: `C: a1 NOOP␍␊` is an event whose meaning is `.command`.
        public var events: [MailEvent] { events(onLegTo: .client) }

        /// The conversation of one leg. The two differ in what Interpost answered itself, edited or withheld.
        public func events(onLegTo leg: Side) -> [MailEvent] {
            var conversation = Conversation(mailProtocol)
            var events: [MailEvent] = []
            for record in records where record.kind.isCarried(onLegTo: leg) {
                guard let side = record.kind.side else { continue }
                conversation.receive(record.bytes, from: side, at: WireTime(nanoseconds: record.nanoseconds))
                while let event = conversation.next() { events.append(event) }
            }
            return events
        }

        /// The events that a log of this detail would have of the session, except for those about connections and TLS.
        public func log(detail: LogEvent.Detail) -> [LogEvent] {
            var observer = SessionObserver(detail: detail)
            var log: [LogEvent] = []
            for event in events { observer.observe(event) { log.append($0) } }
            return log
        }
    }
}
