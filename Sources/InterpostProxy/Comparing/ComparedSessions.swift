import Foundation
public import InterpostCore
import NIOCore

/// The sessions of a capture in the form in which they are compared, in the order in which they began.
public struct ComparedSessions: Sendable {
    public struct Session: Sendable {
        public let number: Int
        public let mailProtocol: MailProtocol
        public fileprivate(set) var entries: [ComparedEntry] = []
    }

    public private(set) var sessions: [Session] = []

    /// - Parameter leg: What is compared is what went over the client's, or the server's.
    public init(_ place: CapturePlace, leg: Side = .client, _ normalisation: Normalisation = .all) throws {
        do {
            var gatherer = Gatherer(leg: leg, normalisation: normalisation)
            let reader = try CaptureReader(place)
            while let record = try reader.next() { gatherer.take(record) }
            sessions = gatherer.finish()
        } catch {
            throw CaptureReader.Failure(description: "\(place.path) \(error)")
        }
        guard sessions.isEmpty else { return }
        throw CaptureReader.Failure(
            description: place.session.map { "\(place.path) has no session \($0) that can be read" }
                ?? "\(place.path) has no sessions: nothing was recorded in it")
    }
}

/// Reads the records of many sessions that stand among each other.
private struct Gatherer {
    let leg: Side
    let normalisation: Normalisation
    private var sessions: [Int: ComparedSessions.Session] = [:]
    private var readings: [Int: NormalReading] = [:]
    /// What came before the protocol was known.
    private var early: [Int: [CaptureRecord]] = [:]
    private var order: [Int] = []

    private static let maximumEarly = 100

    init(leg: Side, normalisation: Normalisation) {
        self.leg = leg
        self.normalisation = normalisation
    }

    mutating func take(_ record: CaptureRecord) {
        guard record.kind.isCarried(onLegTo: leg) else { return }
        guard readings[record.session] == nil else { return read(record) }
        guard early[record.session, default: []].count < Self.maximumEarly else { return }
        early[record.session, default: []].append(record)
        guard let said = early[record.session], let mailProtocol = RecordedSession.mailProtocol(of: said) else { return }
        early[record.session] = nil
        order.append(record.session)
        sessions[record.session] = ComparedSessions.Session(number: record.session, mailProtocol: mailProtocol)
        readings[record.session] = NormalReading(mailProtocol, session: record.session, normalisation)
        for record in said { read(record) }
    }

    private mutating func read(_ record: CaptureRecord) {
        guard let side = record.kind.side else { return }
        var entries: [ComparedEntry] = []
        readings[record.session]?.receive(record.bytes, from: side, at: WireTime(nanoseconds: record.nanoseconds)) {
            entries.append($0)
        }
        sessions[record.session]?.entries += entries
    }

    mutating func finish() -> [ComparedSessions.Session] {
        order.compactMap { number in
            var entries: [ComparedEntry] = []
            readings[number]?.finish { entries.append($0) }
            sessions[number]?.entries += entries
            return sessions[number]
        }
    }
}
