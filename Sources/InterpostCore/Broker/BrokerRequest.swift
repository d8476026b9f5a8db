/// What the broker of a session needs to know, and cannot find out by itself. The shell answers each with ``BrokerAnswer``.
package enum BrokerRequest: Sendable {
    /// The keys of this client, or made-up ones. Answered with ``BrokerAnswer/keys(_:)``.
    case keys(login: String)
    /// Whether a client is let in. Answered with ``BrokerAnswer/verdict(_:)``.
    case judge(LoginAttempt)
    /// The server of the account is to be connected to. Answered with ``BrokerAnswer/connected(_:)`` before the server's first octet.
    case connect(ClientGrant)
    /// A key from a password, which takes a while (RFC 5802 §2.2, `Hi`). Answered with ``BrokerAnswer/derived(_:)``.
    case derive(SCRAMDerivation)
    /// The server takes the token for bad: another one. Answered with ``BrokerAnswer/secret(_:)``.
    case renewSecret(refused: Secret)
}

/// What the broker of a session needs to know, and the shell has to find out.
public struct BrokerQuestion: Sendable {
    package let request: BrokerRequest
}

/// The answer to a ``BrokerRequest``.
package enum BrokerAnswer: Sendable {
    case keys(SCRAMKeys)
    case verdict(LoginVerdict)
    case connected(UpstreamAccount)
    case derived(Secret)
    case secret(Secret)
    /// The account cannot be used now.
    case failed(UpstreamFailure)
}

/// What an account is at its server, and what may be done with it in this session.
package struct UpstreamAccount: Sendable {
    /// The account's name in the configuration.
    package var name: String
    /// Who logs in, and with what.
    package var identity: SASLClient.Identity
    /// The secret is a bearer token (RFC 6750), and no password.
    package var hasToken: Bool
    /// The way to log in; the strongest that both can do where it is `nil`.
    package var mechanism: LoginMechanism?
    package var security: SessionSettings.UpstreamSecurity
    /// What relay, account and client allow together.
    package var policy: Policy

    package init(
        name: String, identity: SASLClient.Identity, hasToken: Bool = false, mechanism: LoginMechanism?,
        security: SessionSettings.UpstreamSecurity,
        policy: Policy
    ) {
        self.name = name
        self.identity = identity
        self.hasToken = hasToken
        self.mechanism = mechanism
        self.security = security
        self.policy = policy
    }
}

/// What a relay with accounts tells the broker of each of its sessions.
package struct BrokerSettings: Sendable {
    /// The SASL mechanisms that clients may use, beside the protocols' own commands.
    package var mechanisms: [LoginMechanism]
    /// Logins that may fail in one session.
    package var maximumFailures: Int
    /// Random octets, other ones in each session; nonces are made from them.
    package var seed: [UInt8]

    package init(mechanisms: [LoginMechanism], maximumFailures: Int, seed: [UInt8]) {
        self.mechanisms = mechanisms
        self.maximumFailures = maximumFailures
        self.seed = seed
    }
}
