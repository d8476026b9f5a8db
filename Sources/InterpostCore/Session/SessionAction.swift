public import NIOCore

/// What the shell is to do next. Plain values: no promise, channel or clock inside.
public enum SessionAction: Sendable {
    /// Something happened on the client's leg. Always comes before the bytes it is about are sent on.
    case record(MailEvent)
    /// For captures alone: what happened on the server's leg. What passed unchanged is recorded with the client's leg, and only
    /// looked at here.
    case recordUpstream(MailEvent)
    /// Something to tell that is not on the wire.
    indirect case tell(LogEvent)
    /// For the log and the capture: this is in neither from now on, whoever says it.
    case conceal(Secret)
    /// For the log and the capture.
    indirect case judged(GateDecision)
    /// For the log and the capture: why the session ends, and what the server said last.
    case alarm(reason: String, last: ByteBuffer)
    /// What the other side said goes on: as it came, or as the gate wrote it.
    case send(ByteBuffer, to: Side)
    /// Interpost says this in the other side's name.
    case say(ByteBuffer, to: Side)
    /// The leg to `side` becomes TLS now; nothing more comes out until ``SessionCore/tlsIsUp(_:)``.
    case startTLS(Side)
    /// The leg to `side` is compressed from here on (RFC 4978). `unread` follows the switch: it is compressed.
    case startDeflate(Side, unread: ByteBuffer)
    /// A command waits for ``SessionCore/resolveHold(_:at:)``, which is called after this many seconds at the latest.
    indirect case hold(HeldFacts, seconds: Int)
    /// A command waits for ``SessionCore/resolveBudget(_:at:)``: whether the client may do what it asks for, over all of its
    /// sessions.
    indirect case spend(BudgetRequest)
    /// What became of what was granted.
    indirect case settle(BudgetSettlement)
    /// The broker waits until the shell has found something out.
    indirect case ask(BrokerQuestion)
    /// Both legs end, after what was sent has left. Nothing comes after this.
    case close(by: Closer, reason: String)

    init(_ action: TapAction) {
        self =
            switch action {
            case .record(let event): .record(event)
            case .tell(let event): .tell(event)
            case .send(let bytes, let side): .send(bytes, to: side)
            case .say(let bytes, let side): .say(bytes, to: side)
            case .startTLS(let side): .startTLS(side)
            case .startDeflate(let side, let unread): .startDeflate(side, unread: unread)
            case .close(let closer, let reason): .close(by: closer, reason: reason)
            }
    }
}
