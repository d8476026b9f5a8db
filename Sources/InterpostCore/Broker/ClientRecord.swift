/// One who may log in to Interpost, and what then may be done in which account. It comes from `clients:` of the configuration, or is
/// a token that the program made.
package struct ClientRecord: Sendable, Equatable {
    /// What the client has to know. None of it is the secret itself.
    package enum Proof: Sendable, Equatable {
        /// A password.
        case scrypt(ScryptHash)
        /// A password that the client may also prove without saying it (RFC 7677).
        case scram(SCRAMKeys)
        /// SHA-256 of a secret that the program made: one that nobody can guess needs no slow hash.
        case token(sha256: [UInt8])
    }

    /// The name to log in with; `*` in it stands for anything: `*@example.org`.
    package var name: String
    package var proof: Proof
    /// The account that is used; `*` for the one whose name is that with which the client logs in.
    package var account: String
    /// What may be done, beside what the account and the relay allow.
    package var policy: Policy?
    /// The first moment at which the client is not let in any more.
    package var expires: WireTime?
    /// When it was taken back; only of a token.
    package var revoked: WireTime?
    /// The addresses from which it may come; all where there are none.
    package var addresses: [AddressRange]
    /// The protocols that it may speak; both where it is `nil`.
    package var protocols: Set<MailProtocol>?
    /// How many sessions it may have at once.
    package var sessions: Int?

    package init(
        name: String, proof: Proof, account: String, policy: Policy? = nil, expires: WireTime? = nil, revoked: WireTime? = nil,
        addresses: [AddressRange] = [], protocols: Set<MailProtocol>? = nil, sessions: Int? = nil
    ) {
        self.name = name
        self.proof = proof
        self.account = account
        self.policy = policy
        self.expires = expires
        self.revoked = revoked
        self.addresses = addresses
        self.protocols = protocols
        self.sessions = sessions
    }

    /// Whether the program made its secret.
    package var isToken: Bool { if case .token = proof { true } else { false } }

    var hasSCRAMKeys: Bool { if case .scram = proof { true } else { false } }
}
