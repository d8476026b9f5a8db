import Foundation
public import InterpostCore
import NIOCore

/// The sessions of a capture as one leg carried them, in the order of the file. They may be under way at the same time. A
/// session begins with the first octets of the leg.
public final class CapturedSessions {
    /// What happened to a session, by its number; times are since 1970.
    public enum Event {
        case opened(Int, MailProtocol, WireTime)
        case said(Int, SessionTurn)
        /// The leg became TLS after STARTTLS or STLS.
        case encrypted(Int, WireTime)
        case closed(Int, WireTime)
    }

    private let reader: CaptureReader
    private let leg: Side
    private let wanted: Set<Int>?
    private var start = WireTime(nanoseconds: 0)
    private var protocols = SessionProtocols()
    private var opened: Set<Int> = []
    private var last: [Int: WireTime] = [:]
    private var ready: [Event] = []

    /// - Parameters:
    ///   - leg: The client's, or the server's.
    ///   - sessions: Those that are wanted; all if `nil`.
    public init(_ place: CapturePlace, leg: Side, sessions: Set<Int>? = nil) throws {
        reader = try CaptureReader(place)
        self.leg = leg
        wanted = sessions
    }

    /// Octets of the file that were read.
    public var octetsRead: Int { reader.offset }

    /// The next event, or `nil` at the end, when all sessions are closed.
    public func next() throws -> Event? {
        while true {
            if !ready.isEmpty { return ready.removeFirst() }
            guard let record = try reader.next() else {
                guard let session = opened.min() else { return nil }
                close(session)
                continue
            }
            take(record)
        }
    }

    private func take(_ record: CaptureRecord) {
        if let header = CaptureHeader(record) { start = header.started }
        guard record.session > 0, wanted?.contains(record.session) ?? true else { return }
        let time = start.later(by: record.nanoseconds)
        let mailProtocol = protocols.of(record)
        if record.kind == .event { return take(event: record, at: time) }
        guard record.kind.isCarried(onLegTo: leg), let side = record.kind.side, let mailProtocol else { return }
        if opened.insert(record.session).inserted { ready.append(.opened(record.session, mailProtocol, time)) }
        last[record.session] = time
        ready.append(.said(record.session, SessionTurn(side: side, bytes: record.bytes, time: time)))
    }

    private func take(event record: CaptureRecord, at time: WireTime) {
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(record.bytes.readableBytesView)) else { return }
        switch fields.event {
        case "session.closed": close(record.session, at: time)
        case "tls.up" where fields.starttls == true && fields.side == leg.rawValue && opened.contains(record.session):
            ready.append(.encrypted(record.session, time))
        default: break
        }
    }

    private func close(_ session: Int, at time: WireTime? = nil) {
        protocols.forget(session)
        guard opened.remove(session) != nil, let end = time ?? last[session] else { return }
        last[session] = nil
        ready.append(.closed(session, end))
    }

    private struct Fields: Decodable {
        var event: String
        var side: String?
        var starttls: Bool?
    }
}
