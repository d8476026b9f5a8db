public import NIOCore

/// What was decided about something that a client sent.
public struct GateDecision: Sendable {
    /// What the client sent, as it is.
    public enum Arrived: Sendable {
        case imap(IMAPText)
        case pop3(line: ByteBuffer)
    }

    /// What the client sent.
    public var arrived: Arrived
    /// What the policy said to it, and by which rule.
    public var decision: PolicyDecision
    /// What went to the server in its place, without line ends and messages; `nil` where nothing went.
    public var sent: ByteBuffer?
    /// Why it was not a command that the gate takes.
    package var refusal: StrictRefusal?
    /// Nothing was done about it (dry run).
    public var isDryRun = false

    init(
        arrived: Arrived, decision: PolicyDecision, sent: ByteBuffer? = nil, refusal: StrictRefusal? = nil,
        isDryRun: Bool = false
    ) {
        self.arrived = arrived
        self.decision = decision
        self.sent = sent
        self.refusal = refusal
        self.isDryRun = isDryRun
    }
}
