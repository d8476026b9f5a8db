import NIOCore

/// What a gate wants done next.
enum GateStep: Sendable {
    /// The server is told this, which the gate wrote.
    case write(ByteBuffer)
    /// The client is told this in the server's place.
    case answer(ByteBuffer)
    /// For the log: what was decided.
    case decided(GateDecision)
    /// The session is held until ``resolveHold`` is called.
    case hold(HeldFacts, seconds: Int)
    /// A command waits for ``Gate/resolveBudget(_:)``, which is called at once.
    indirect case spend(BudgetRequest)
    /// What became of what a budget has granted.
    indirect case settle(BudgetSettlement)
    /// For the log: a list of capabilities that the client hears without some of them.
    case edited(CapabilityChange)
    /// For the log: something that an operator should know.
    case warn(String)
    /// Both connections end. What the client hears last was an `answer` before.
    case close(by: Closer, reason: String)
    /// The two peers do not agree any more on what was said, or a policy was broken: both connections end, and the log shows
    /// what came last.
    case alarm(reason: String, last: ByteBuffer)
}

/// What becomes of something that the server said.
enum GatePassage: Sendable {
    /// The client hears it as it came.
    case pass
    /// The client hears this instead.
    case replace(ByteBuffer)
    /// The client does not hear it.
    case withhold
}

/// What is between the bytes of a client and those that a server gets, in one of the two protocols.
///
/// Client bytes come in as they arrived. What the server says comes in as the events of a conversation in which the client's
/// part is what the gate wrote; one event after the other, and ``next()`` is called until it returns `nil` after each.
///
/// There are two gates, and ``SessionCore`` holds one of them as an existential: gates are large, and what they are asked to do
/// costs far more than finding out which one it is.
protocol Gate: Sendable {
    /// What is known of the session.
    var context: PolicyContext { get set }
    /// Bytes of the client, in the order in which they came.
    mutating func receive(_ bytes: ByteBuffer)
    /// What becomes of the server's `event`.
    mutating func passage(of event: MailEvent) -> GatePassage
    /// The next thing to do, or `nil` until something comes in.
    mutating func next() -> GateStep?
    /// Whether more bytes of the client are of use now.
    var wantsClient: Bool { get }
    /// Nothing that the client has said so far waits for the server or for a person.
    var isAtRest: Bool { get }
    /// The client's leg became TLS: what the client said before is void.
    mutating func clientTLSIsUp()
    /// A person, or the lack of one, decided about the command that is held.
    mutating func resolveHold(_ verdict: HoldVerdict)
    /// The shell has looked whether the command may do what it asks for.
    mutating func resolveBudget(_ verdict: BudgetVerdict)
}
