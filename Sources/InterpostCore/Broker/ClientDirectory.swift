import NIOCore

/// Who may log in to Interpost, and to which accounts that leads.
///
///     anna-7, the right token, from 10.0.0.9      .accepted: account anna
///     anna-7, the right token, from 192.0.2.1     .refused(.wrongAddress): the log says so, the client hears what all hear
///     anna-7, any other token                     .refused(.wrongSecret)
package struct ClientDirectory: Sendable {
    private var exact: [String: ClientRecord] = [:]
    /// Those with a `*` in their name, the longest name first.
    private var patterns: [(pattern: TextPattern, record: ClientRecord)] = []
    /// The proof that takes longest to look at, so that a refusal takes as long for a name that does not exist; `nil` where none is slow.
    package private(set) var slowestProof: ClientRecord.Proof?
    /// The rounds of SCRAM that most clients have.
    package let usualIterations: Int
    /// The SASL mechanisms by which clients can log in. SCRAM is among them only if all clients have its keys: many clients choose the
    /// strongest that is offered, and would fail with a token.
    package private(set) var mechanisms: [LoginMechanism] = [.plain, .login]

    /// Of two records with the same name the first one counts.
    package init(_ records: [ClientRecord]) {
        usualIterations = Self.usualIterations(of: records)
        for record in records {
            note(record.proof)
            if record.name.utf8.contains(UInt8(ascii: "*")) {
                patterns.append((TextPattern(record.name), record))
            } else if exact[Self.folded(record.name)] == nil {
                exact[Self.folded(record.name)] = record
            }
        }
        if !records.isEmpty, records.allSatisfy(\.hasSCRAMKeys) { mechanisms.insert(.scramSHA256, at: 0) }
        if records.contains(where: \.isToken) { mechanisms += [.xoauth2, .oauthBearer] }
        patterns.sort { $0.record.name.utf8.count > $1.record.name.utf8.count }
    }

    private mutating func note(_ proof: ClientRecord.Proof) {
        switch (proof, slowestProof) {
        case (.token, _): break
        case (.scrypt(let hash), .scrypt(let other)?) where hash.cost <= other.cost: break
        case (.scrypt, _): slowestProof = proof
        case (.scram, .scrypt): break
        case (.scram(let keys), .scram(let other)?) where keys.iterations <= other.iterations: break
        case (.scram, _): slowestProof = proof
        }
    }

    private static func usualIterations(of records: [ClientRecord]) -> Int {
        var counts: [Int: Int] = [:]
        for case .scram(let keys) in records.map(\.proof) { counts[keys.iterations, default: 0] += 1 }
        return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? SCRAMKeys.rounds.lowerBound
    }

    /// A name as it is compared: servers take `Anna` and `anna` for one, so a policy for one of them holds for both.
    private static func folded(_ name: String) -> String { String(decoding: name.utf8.map(\.uppercased), as: UTF8.self) }

    /// The record for a login name, in any letter case: the one with this very name, otherwise the one with the longest pattern that fits.
    package func record(for login: String) -> ClientRecord? {
        let name = ByteBuffer(string: login)
        return exact[Self.folded(login)] ?? patterns.first { $0.pattern.matches(name, inAnyCase: true) }?.record
    }

    /// What is known of a client when it has said who it is.
    package struct Circumstances: Sendable {
        package var mailProtocol: MailProtocol
        /// `nil` where it is not known: a client that may come only from some addresses is not let in then.
        package var address: IPAddress?
        package var time: WireTime
        /// Sessions that the client has already.
        package var sessions: Int
        /// The names of the accounts to which clients are led here.
        package var accounts: [String]

        package init(_ mailProtocol: MailProtocol, address: IPAddress?, time: WireTime, sessions: Int, accounts: [String]) {
            self.mailProtocol = mailProtocol
            self.address = address
            self.time = time
            self.sessions = sessions
            self.accounts = accounts
        }
    }

    /// Whether the client is let in. Why it is not is asked only of those who know the secret: nobody else learns whether a name
    /// exists.
    package func verdict(login: String, knowsSecret: Bool, _ circumstances: Circumstances) -> LoginVerdict {
        guard let record = record(for: login) else { return .refused(.unknownClient) }
        guard knowsSecret else { return .refused(.wrongSecret) }
        if record.revoked != nil { return .refused(.revoked) }
        if let expires = record.expires, expires <= circumstances.time { return .refused(.expired) }
        if let protocols = record.protocols, !protocols.contains(circumstances.mailProtocol) { return .refused(.wrongProtocol) }
        if !record.addresses.isEmpty {
            guard let address = circumstances.address, record.addresses.contains(where: { $0.contains(address) }) else {
                return .refused(.wrongAddress)
            }
        }
        if let sessions = record.sessions, circumstances.sessions >= sessions { return .refused(.tooManySessions) }
        guard let account = Self.account(for: record, login: login, among: circumstances.accounts) else {
            return .refused(.unknownAccount)
        }
        return .accepted(ClientGrant(client: record.name, login: login, account: account, policy: record.policy))
    }

    /// The name under which the account of a client is configured.
    package static func account(for record: ClientRecord, login: String, among accounts: [String]) -> String? {
        let wanted = record.account == "*" ? login : record.account
        if let account = accounts.first(where: { folded($0) == folded(wanted) }) { return account }
        guard record.account == "*" else { return nil }
        let name = ByteBuffer(string: wanted)
        return accounts.filter { TextPattern($0).matches(name, inAnyCase: true) }.max { $0.utf8.count < $1.utf8.count }
    }
}

/// What a client that was let in may use.
package struct ClientGrant: Sendable, Equatable {
    /// The name in the configuration, or of the token: `*@example.org`.
    package var client: String
    /// The name that the client has said.
    package var login: String
    /// The account's name in the configuration.
    package var account: String
    /// What the client's own policy allows; everything where it is `nil`.
    package var policy: Policy?

    package init(client: String, login: String, account: String, policy: Policy? = nil) {
        self.client = client
        self.login = login
        self.account = account
        self.policy = policy
    }
}

package enum LoginVerdict: Sendable, Equatable {
    case accepted(ClientGrant)
    case refused(LoginRefusal)
}

/// Why a client is not let in, for the log. The client hears the same text for all of them.
package enum LoginRefusal: String, Sendable, CaseIterable {
    case unknownClient = "unknown-client"
    case wrongSecret = "wrong-secret"
    case expired
    case revoked
    case wrongAddress = "wrong-address"
    case wrongProtocol = "wrong-protocol"
    case tooManySessions = "too-many-sessions"
    /// The account of the client is not one of the relay's.
    case unknownAccount = "unknown-account"
    /// What the client said in an exchange is not what its mechanism has it say.
    case malformed
    /// The secret could not be looked at now: too many others wait.
    case busy
}
