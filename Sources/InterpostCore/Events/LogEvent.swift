public import NIOCore

/// One thing worth telling: a line of the event log and, for most, of the console.
///
/// Values here are already free of secrets. `Events.md` shows each one as JSON.
public enum LogEvent: Sendable {
    /// The program has started, and clients can connect.
    indirect case hello(ProgramFacts)
    /// The program has read its configuration again; new sessions get the new one.
    indirect case reloaded(ProgramFacts)
    /// The program could not read its configuration again, and the old one stays.
    case reloadFailed(reason: String)
    indirect case sessionOpened(SessionFacts)
    indirect case sessionClosed(SessionEnd)
    /// `microseconds` is how long connecting took.
    case upstreamConnected(address: String, microseconds: Int64)
    indirect case tlsUp(TLSFacts)
    case tlsFailed(side: Side, reason: String)
    case greeting(result: String, text: ByteBuffer, hasAPOP: Bool)
    case capabilities(CapabilityPhase, [ByteBuffer])
    indirect case edited(CapabilityChange)
    indirect case command(CommandFacts)
    /// A literal was announced.
    indirect case literal(LiteralFacts)
    case response(name: String, number: UInt64?, text: ByteBuffer)
    indirect case completion(CompletionFacts)
    case idleBegan
    case idleEnded(microseconds: Int64)
    case compressed
    indirect case sasl(mechanism: String, user: String?, result: String, responses: Int)
    case anomaly(Anomaly)
    /// `offset` counts the octets of that side before the event.
    case quirk(Quirk, side: Side, offset: Int)
    /// `value` is in the unit of the limit that `name` names; `side` is `nil` for a limit of the session as a whole.
    case limit(name: String, value: Int, side: Side?)
    case warning(String)
    indirect case policy(PolicyFacts)
    /// A session with a gate ends, because what the server said was not expected.
    case alarm(reason: String, last: ByteBuffer)
    indirect case act(Act)
    /// A client was let in by Interpost itself, or not.
    indirect case clientLogin(ClientLoginFacts)
    /// Interpost has logged an account in, or could not.
    indirect case accountLogin(AccountLoginFacts)
    /// What happened to the tokens of an account; about the program, not a session.
    indirect case token(TokenEvent)
    /// A command, a response or a completion with what it says; only in a log of the detail ``Detail/values``.
    indirect case valued(LogEvent, EventValues)

    /// How much a log carries; each level includes the ones before it.
    public enum Detail: String, Sendable, CaseIterable, Comparable {
        /// Sessions, TLS, logins, what was done to mail, and whatever is wrong.
        case acts
        /// And every command with its completion.
        case commands
        /// And every response.
        case responses
        /// And what commands, responses and completions say, as JSON.
        case values

        public static func < (left: Self, right: Self) -> Bool {
            left.rank < right.rank
        }

        private var rank: Int {
            switch self {
            case .acts: 0
            case .commands: 1
            case .responses: 2
            case .values: 3
            }
        }
    }

    /// The least detailed log that has this event.
    public var detail: Detail {
        switch self {
        case .response: .responses
        case .literal(let facts): facts.side == .client ? .commands : .responses
        case .policy(let facts): facts.isHarmless ? .commands : .acts
        case .greeting, .capabilities, .edited, .command, .completion, .quirk, .idleBegan, .idleEnded: .commands
        case .valued(let event, _): event.detail
        default: .acts
        }
    }

    /// The event together with what it says, if any of that is told.
    func with(_ values: EventValues?) -> LogEvent {
        guard let values else { return self }
        return .valued(self, values)
    }
}
