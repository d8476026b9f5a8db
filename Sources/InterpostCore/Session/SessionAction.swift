public import NIOCore

/// What the shell is to do next in a session that may have a gate.
public enum GateAction: Sendable {
    case session(SessionAction)
    /// For captures alone: what happened on the server's leg. What passed as it came is recorded with the client's leg, and
    /// only looked at here.
    case recordUpstream(MailEvent)
    /// For the log and the capture.
    case judged(GateDecision)
    /// For the log and the capture: why the session ends, and what the server said last.
    case alarm(reason: String, last: ByteBuffer)
    /// A command waits for ``GateCore/resolveHold(allows:)``, which is called after so many seconds at the latest.
    case hold(seconds: Int)
}
