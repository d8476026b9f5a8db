public import NIOCore

/// Bytes that one side said, and when.
public struct SessionTurn: Sendable {
    public var side: Side
    public var bytes: ByteBuffer
    public var time: WireTime

    public init(side: Side, bytes: ByteBuffer, time: WireTime = WireTime(nanoseconds: 0)) {
        self.side = side
        self.bytes = bytes
        self.time = time
    }
}

/// Reads a session that is already over, without a network.
public struct SessionReading: Sendable {
    private var conversation: Conversation
    private var observer: SessionObserver

    public init(_ mailProtocol: MailProtocol, detail: LogEvent.Detail, limits: WireLimits = .standard) {
        conversation = Conversation(mailProtocol, limits: limits)
        observer = SessionObserver(detail: detail)
    }

    /// Takes one turn, and calls `tell` with each event that it gives rise to.
    public mutating func receive(_ turn: SessionTurn, tell: (LogEvent) -> Void) {
        conversation.receive(turn.bytes, from: turn.side, at: turn.time)
        while let event = conversation.next() { observer.observe(event, tell: tell) }
        conversation.settle()
    }
}

extension Transcript {
    /// What the two sides say, one after another.
    public var turns: [SessionTurn] {
        lines.compactMap { if case .say(let side, let bytes) = $0.step { SessionTurn(side: side, bytes: bytes) } else { nil } }
    }
}
