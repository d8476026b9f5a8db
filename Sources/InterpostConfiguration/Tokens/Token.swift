package import InterpostCore

/// One who may log in to Interpost because the program has made a secret for it, as the token file has it:
///
///     {"account":"anna","created":"2026-11-28T09:00:00Z","digest":"9f86d0…","expires":"2026-12-28","name":"agent-7",
///      "note":"agent 7","policy":"read-only","protocols":["imap"],"sessions":2}
package struct Token: Sendable, Equatable {
    /// The login name.
    package var name: String
    /// The account's name in the configuration, or `*`.
    package var account: String
    /// SHA-256 of the secret: 32 octets.
    package var digest: [UInt8]
    /// A preset's name, or the path of a policy file.
    package var policy: String
    /// The first moment at which it is not taken any more.
    package var expires: WireTime?
    /// The addresses from which it is taken; all where there are none.
    package var from: [AddressRange]
    /// The protocols in which it is taken; both where it is `nil`.
    package var protocols: Set<MailProtocol>?
    /// How many sessions it may have at once.
    package var sessions: Int?
    /// What people want to remember about it.
    package var note: String?
    package var created: WireTime
    /// When it was taken back.
    package var revoked: WireTime?

    /// The longest note, in characters (Unicode scalars).
    package static let maximumNote = 200
    /// The most sessions that a token may have.
    package static let sessionCounts = 1...1_000_000

    package init(
        name: String, account: String, digest: [UInt8], policy: String = Policy.Preset.readOnly.rawValue,
        expires: WireTime? = nil,
        from: [AddressRange] = [], protocols: Set<MailProtocol>? = nil, sessions: Int? = nil, note: String? = nil,
        created: WireTime, revoked: WireTime? = nil
    ) {
        self.name = name
        self.account = account
        self.digest = digest
        self.policy = policy
        self.expires = expires
        self.from = from
        self.protocols = protocols
        self.sessions = sessions
        self.note = note
        self.created = created
        self.revoked = revoked
    }

    package func isExpired(at time: WireTime) -> Bool { expires.map { $0 <= time } ?? false }

    /// Whether it lets nobody in any more, whatever the secret.
    package func isOver(at time: WireTime) -> Bool { revoked != nil || isExpired(at: time) }

    /// As the directory of clients wants it.
    func record(_ policy: Policy) -> ClientRecord {
        ClientRecord(
            name: name, proof: .token(sha256: digest), account: account, policy: policy, expires: expires, revoked: revoked,
            addresses: from, protocols: protocols, sessions: sessions)
    }
}
