import Foundation
public import InterpostCore
import NIOCore

/// The sessions of a capture in the form in which they are compared, in the order in which they began.
public struct ComparedSessions: Sendable {
    /// One session, in the form in which it is compared.
    public struct Session: Sendable {
        /// Counted from 1 in the capture.
        public let number: Int
        /// The protocol that was spoken.
        public let mailProtocol: MailProtocol
        package fileprivate(set) var entries: [ComparedEntry] = []
    }

    /// In the order in which they began.
    public private(set) var sessions: [Session] = []

    /// - Parameter leg: The leg that is compared, the client's or the server's.
    package init(_ place: CapturePlace, leg: Side = .client, _ normalisation: Normalisation = .all) throws {
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

/// Reads the records of many sessions that are mixed with each other.
private struct Gatherer {
    let leg: Side
    let normalisation: Normalisation
    private var sessions: [Int: ComparedSessions.Session] = [:]
    private var readings: [Int: NormalFormReading] = [:]
    private var protocols = SessionProtocols()
    private var order: [Int] = []
    /// When each session began, in nanoseconds since the capture did: its times are counted from there, as `show` does.
    private var starts: [Int: Int64] = [:]

    init(leg: Side, normalisation: Normalisation) {
        self.leg = leg
        self.normalisation = normalisation
    }

    mutating func take(_ record: CaptureRecord) {
        let mailProtocol = protocols.of(record)
        let start = starts[record.session] ?? record.nanoseconds
        starts[record.session] = start
        guard let side = record.kind.side, record.kind.isCarried(onLegTo: leg), let mailProtocol else { return }
        if readings[record.session] == nil {
            order.append(record.session)
            sessions[record.session] = ComparedSessions.Session(number: record.session, mailProtocol: mailProtocol)
            readings[record.session] = NormalFormReading(mailProtocol, session: record.session, normalisation)
        }
        var entries: [ComparedEntry] = []
        readings[record.session]?.receive(record.bytes, from: side, at: WireTime(nanoseconds: record.nanoseconds - start)) {
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
