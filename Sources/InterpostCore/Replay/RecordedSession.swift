import NIOCore

/// One session of a capture, taken apart into what a client can ask and what the server says to it.
///
///     S: * OK ready␍␊                      the opening
///     C: a SELECT INBOX␍␊
///     S: * 3 EXISTS␍␊S: a OK done␍␊        an exchange
///     S: * 4 EXISTS␍␊                      afterwards: nobody asked
///
/// It holds what the server really got and really said, whatever Interpost made of it for the client; with a gate in between,
/// what the client said and heard. Untagged data belongs to the command that is completed next, so what was pipelined also
/// answers a client that waits. STARTTLS and STLS are left out: each leg does its own.
public struct RecordedSession: Sendable {
    /// The protocol that was spoken.
    public let mailProtocol: MailProtocol
    package internal(set) var exchanges: [RecordedExchange] = []
    /// From some place on the recording could not be read, and ends there.
    public internal(set) var isCutShort = false
    /// What it holds is not what went over the wire, so that octets of messages say nothing.
    public var isRedacted: Bool
    /// What the server said before the client did.
    var opening: [Utterance] = []
    var initialState = ReplayState.notAuthenticated

    /// Reads the records of one session, in order, within the `limits` with which the live session will be read. Records that
    /// are not about bytes are passed over. `leg` says whose server is played: the real one when left out, or the gate before it.
    public init(
        _ mailProtocol: MailProtocol, records: some Sequence<CaptureRecord>, isRedacted: Bool = false,
        leg: Side? = nil, limits: WireLimits = .standard
    ) {
        let records = Array(records)
        let leg = leg ?? records.playedLeg
        var reader = RecordedSessionReader(mailProtocol, limits: limits)
        for (side, record) in records.conversation(onLegTo: leg) {
            reader.receive(record.bytes, from: side, at: WireTime(nanoseconds: record.nanoseconds))
        }
        self = reader.finish(isRedacted: isRedacted)
    }

    init(_ mailProtocol: MailProtocol, isRedacted: Bool) {
        self.mailProtocol = mailProtocol
        self.isRedacted = isRedacted
    }

    /// The protocol of some records, as their first line shows it; `nil` where it does not.
    public static func mailProtocol(of records: some Sequence<CaptureRecord>) -> MailProtocol? {
        for record in records {
            guard let side = record.kind.side else { continue }
            let line = ByteBuffer(bytes: record.bytes.readableBytesView.prefix { $0 != .lineFeed })
            if let origin = LineOrigin(of: line), origin.side == side { return origin.mailProtocol }
        }
        return nil
    }

    /// Adds what another session of the same server can answer, for ``ReplayOptions/Matching/state``.
    public mutating func join(_ other: RecordedSession) {
        exchanges += other.exchanges
        isRedacted = isRedacted || other.isRedacted
    }
}
