import NIOCore

/// What a reception wants done next.
enum ReceptionStep: Sendable {
    /// The client is told this.
    case answer(ByteBuffer)
    indirect case ask(BrokerRequest)
    case tell(LogEvent)
    /// The client is who it says it is. It hears OK when its server is there.
    indirect case letIn(ClientGrant)
    /// The connection ends. What the client hears last was an `answer` before.
    case close(by: Closer, reason: String)
}

/// Speaks for Interpost, in one of the two protocols, to a client that has not logged in. No server hears of it.
protocol Reception: Sendable {
    /// Bytes of the client, in the order in which they came.
    mutating func receive(_ bytes: ByteBuffer)
    /// The shell's answer to a ``ReceptionStep/ask(_:)``.
    mutating func receive(_ answer: BrokerAnswer)
    /// The next thing to do, or `nil` until something comes in.
    mutating func next() -> ReceptionStep?
    /// The client's leg became TLS: what the client said before is void.
    mutating func clientTLSIsUp()
    /// Whether more bytes of the client are of use now.
    var wantsClient: Bool { get }
    /// Nothing that the client has said waits for anything.
    var isAtRest: Bool { get }
    /// The client's account can be used: the end of the login, and the gate that goes on from there.
    ///
    /// - Parameter capabilities: What the server can do (IMAP).
    mutating func admit(capabilities: [ByteBuffer], policy: Policy, context: PolicyContext) -> (
        answer: ByteBuffer, gate: any Gate
    )
    /// The client's account cannot be used: what ends the login and the session.
    mutating func turnAway(_ failure: UpstreamFailure) -> ByteBuffer
}

/// What a reception offers, and how often it may be asked in vain.
struct ReceptionSettings: Sendable {
    /// The most lines of a session that are not commands.
    static let maximumMalformed = 3
    /// What a client hears of every login that is refused.
    static let refusal = "This name and this secret do not let you in"

    let listener: SessionSettings.ListenerSecurity
    let broker: BrokerSettings

    func offersSTARTTLS(_ isEncrypted: Bool) -> Bool { !isEncrypted && (listener == .offered || listener == .required) }

    func allowsLogin(_ isEncrypted: Bool) -> Bool { isEncrypted || listener != .required }

    /// The mechanism of this name, if it is offered.
    func mechanism(_ name: Keyword) -> LoginMechanism? { broker.mechanisms.first { $0.saslName == name } }

    /// `PLAIN`, `LOGIN` …
    var names: [String] { broker.mechanisms.compactMap { $0.saslName?.description } }
}
