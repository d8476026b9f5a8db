import InterpostCore
import Yams

// Accounts, clients, and which accounts a relay leads to. No error repeats what may be a secret.

extension ConfigurationReader {
    /// The accounts, none of which has the name of another.
    func accounts(_ keys: inout Keys) throws(ConfigurationError) -> [AccountConfiguration] {
        var accounts: [AccountConfiguration] = []
        try keys.list("accounts") { node throws(ConfigurationError) in
            let account = try account(node)
            guard !accounts.contains(where: { $0.name == account.name }) else {
                throw error(at: node, "there are two accounts with the name '\(account.name)'")
            }
            accounts.append(account)
        }
        return accounts
    }

    private func account(_ node: Node) throws(ConfigurationError) -> AccountConfiguration {
        var account: AccountConfiguration?
        try section(node, named: "an account") { keys throws(ConfigurationError) in
            let name = try keys.loginName("name")
            var upstreams: [UpstreamURL] = []
            for text in try keys.texts("upstream") { upstreams.append(try upstream(text, keys)) }
            var (user, mailbox): (String?, String?)
            try keys.text("user", into: &user)
            try keys.text("mailbox", into: &mailbox)
            let mechanism = try mechanism(&keys)
            let secret = try secret(&keys)
            let oauth = try keys.take("oauth").map { node throws(ConfigurationError) in try self.oauth(node) }
            let policy = try keys.take("policy").map { node throws(ConfigurationError) in try self.policy(node) }
            guard let name, let user, !upstreams.isEmpty else { return }
            let found = AccountConfiguration(
                name: name, upstreams: upstreams, user: user, mailbox: mailbox, mechanism: mechanism, secret: secret,
                oauth: oauth, policy: policy)
            if let problem = found.problem { throw keys.problem(at: problem.key, in: node, problem.message) }
            account = found
        }
        guard let account else {
            throw error(at: node, "an account needs the keys 'name', 'upstream', 'user', and 'secret' or 'oauth'")
        }
        return account
    }

    private func upstream(_ text: String, _ keys: Keys) throws(ConfigurationError) -> UpstreamURL {
        // Not even a URL that cannot be read is repeated, if there may be a password in it.
        guard !text.contains("@") else {
            throw keys.problem(at: "upstream", "'upstream': the URL takes no user and no password; 'user' and 'secret' say them")
        }
        do {
            return try UpstreamURL(text)
        } catch {
            throw keys.problem(at: "upstream", "'upstream': \(error)")
        }
    }

    private func mechanism(_ keys: inout Keys) throws(ConfigurationError) -> LoginMechanism? {
        var text: String?
        try keys.text("auth", into: &text)
        guard let text, text != "auto" else { return nil }
        if let mechanism = LoginMechanism(rawValue: text) { return mechanism }
        let names = ["auto"] + LoginMechanism.allCases.map(\.rawValue)
        throw keys.problem(
            at: "auth",
            "'auth' is one of \(names.joined(separator: ", ")), not '\(text)'" + Suggestion.nearest(to: text, among: names))
    }

    private func secret(_ keys: inout Keys) throws(ConfigurationError) -> SecretSource? {
        let texts = try keys.texts("secret")
        guard !texts.isEmpty else { return nil }
        do {
            return try SecretSource(texts)
        } catch {
            throw keys.problem(at: "secret", "'secret' \(error)")
        }
    }

    // MARK: - Clients

    /// The clients, none of which has the name of another.
    func clients(_ keys: inout Keys, of accounts: [AccountConfiguration]) throws(ConfigurationError) -> [ClientRecord] {
        var clients: [ClientRecord] = []
        try keys.list("clients") { node throws(ConfigurationError) in
            let client = try client(node, of: accounts)
            guard !clients.contains(where: { $0.name == client.name }) else {
                throw error(at: node, "there are two clients with the name '\(client.name)'")
            }
            clients.append(client)
        }
        return clients
    }

    private func client(_ node: Node, of accounts: [AccountConfiguration]) throws(ConfigurationError) -> ClientRecord {
        var client: ClientRecord?
        try section(node, named: "a client") { keys throws(ConfigurationError) in
            let name = try keys.loginName("name")
            let proof = try proof(&keys)
            var account: String?
            try keys.text("account", into: &account)
            if let account { try check(account, isOneOf: accounts, keys) }
            let policy = try keys.take("policy").map { node throws(ConfigurationError) in try self.policy(node) }
            if let policy, policy.isDryRun { throw keys.problem(at: "policy", AccountConfiguration.dryRun) }
            let expires = try expiry(&keys)
            let addresses = try keys.addresses("from", isRequired: true)
            let protocols = try keys.choices("protocols", MailProtocol.self, isRequired: true)
            var sessions: Int?
            try keys.number("sessions", in: 1...1_000_000, into: &sessions)
            guard let name, let proof, let account else { return }
            client = ClientRecord(
                name: name, proof: proof, account: account, policy: policy, expires: expires, addresses: addresses,
                protocols: protocols.isEmpty ? nil : Set(protocols), sessions: sessions)
        }
        guard let client else { throw error(at: node, "a client needs the keys 'name', 'password' and 'account'") }
        return client
    }

    private func proof(_ keys: inout Keys) throws(ConfigurationError) -> ClientRecord.Proof? {
        guard let node = keys.take("password") else { return nil }
        let text = try keyValue(node, "password")
        if let hash = ScryptHash(text) { return .scrypt(hash) }
        if let scram = SCRAMKeys(text) { return .scram(scram) }
        let isHash = text.hasPrefix("$scrypt$") || text.hasPrefix("SCRAM-SHA-256$")
        throw error(
            at: node,
            "'password' is a hash, never the password itself: $scrypt$… or SCRAM-SHA-256$…"
                + (isHash ? " This one is not whole, or out of range." : ".") + " `interpost client hash` makes one")
    }

    private func check(_ account: String, isOneOf accounts: [AccountConfiguration], _ keys: Keys) throws(ConfigurationError) {
        let names = accounts.map(\.name)
        guard account != "*", !names.contains(account) else { return }
        throw keys.problem(at: "account", Self.missing(account, names))
    }

    private static func missing(_ account: String, _ names: [String]) -> String {
        "there is no account '\(account)'"
            + (names.isEmpty ? ": 'accounts' names none" : Suggestion.nearest(to: account, among: names))
    }

    private func expiry(_ keys: inout Keys) throws(ConfigurationError) -> WireTime? {
        var text: String?
        try keys.text("expires", into: &text)
        guard let text else { return nil }
        guard let time = ExpiryDate.time(text) else {
            throw keys.problem(at: "expires", "'expires' is \(ExpiryDate.rule), not '\(text)'")
        }
        return time
    }

    // MARK: - Relays

    /// The names of the accounts of a relay; `nil` where the key is not said.
    ///
    ///     accounts: all              those that have a server of the listener's protocol
    ///     accounts: [anna, bob]
    func accounts(ofRelay keys: inout Keys, _ listen: ListenURL, among accounts: [AccountConfiguration])
        throws(ConfigurationError) -> [String]?
    {
        guard let node = keys.take("accounts") else { return nil }
        let fitting = accounts.filter { $0.upstream(for: listen.mailProtocol) != nil }.map(\.name)
        if node.scalar?.string == "all" {
            guard !fitting.isEmpty else {
                throw error(at: node, "there is no account with a server for \(listen.mailProtocol.title)")
            }
            return fitting
        }
        guard let sequence = node.sequence else {
            throw error(at: node, "'accounts' is a list of names, `[anna, bob]`, or the word all")
        }
        var names: [String] = []
        for item in sequence {
            let name = try keyValue(item, "accounts")
            let all = accounts.map(\.name)
            guard all.contains(name) else { throw error(at: item, Self.missing(name, all)) }
            guard fitting.contains(name) else {
                let scheme = listen.mailProtocol.rawValue
                throw error(
                    at: item,
                    "the account '\(name)' has no server for \(listen.mailProtocol.title): its 'upstream' needs one of "
                        + "\(scheme): or \(scheme)s:")
            }
            guard !names.contains(name) else { throw error(at: item, "the account '\(name)' is named twice") }
            names.append(name)
        }
        guard !names.isEmpty else { throw error(at: node, "'accounts' names none: give names, or the word all") }
        return names
    }
}
