import Foundation
public import InterpostCore
import NIOCore

/// Which protocol each session of a capture speaks: the event that opens it says so, or else what is said first.
public struct SessionProtocols {
    private var known: [Int: MailProtocol] = [:]

    /// No session is known yet.
    public init() {}

    /// The protocol of the session that a record belongs to, as far as it shows. Records are given in their order.
    public mutating func of(_ record: CaptureRecord) -> MailProtocol? {
        if let mailProtocol = known[record.session] { return mailProtocol }
        let found = record.kind == .event ? Self.opening(record) : RecordedSession.mailProtocol(of: [record])
        known[record.session] = found
        return found
    }

    /// Nothing more comes of this session.
    public mutating func forget(_ session: Int) { known[session] = nil }

    private static func opening(_ record: CaptureRecord) -> MailProtocol? {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(record.bytes.readableBytesView)),
            event.event == "session.opened"
        else { return nil }
        return event.protocol.flatMap(MailProtocol.init)
    }

    private struct Event: Decodable {
        var event: String
        var `protocol`: String?
    }
}
