import InterpostConfiguration
import InterpostCore

/// What a client of a configuration may do: the policies of its relay, of its account and its own, which all hold.
enum ConfiguredPolicy {
    /// - Parameters:
    ///   - login: The name that the client logs in with.
    ///   - tokens: A token file in place of the configuration's.
    ///   - listener: The URL of the relay, where several lead to the client's account.
    static func of(login: String, config: String, tokens: String?, listener: String) throws -> Policy {
        let configuration: Configuration
        let directory: ClientDirectory
        do {
            configuration = try ConfigurationFile.read(config)
            directory = ClientDirectory(
                configuration.clients + (try TokenStore(tokens ?? configuration.tokens).records()))
        } catch {
            throw UserError(error)
        }
        guard let record = directory.record(for: login) else {
            throw UserError(
                "there is no client and no token for the login name '\(TerminalText.shown(login))'; `interpost token list` shows tokens"
            )
        }
        let relays = configuration.relays.filter {
            ClientDirectory.account(for: record, login: login, among: $0.accounts ?? []) != nil
        }
        guard let relay = relays.first(where: { $0.listen.description == listener }) ?? relays.first,
            let name = ClientDirectory.account(for: record, login: login, among: relay.accounts ?? [])
        else { throw UserError("no relay of \(config) leads to the account of '\(TerminalText.shown(login))'") }
        let account = configuration.accounts.first { $0.name == name }
        return relay.policy.narrowed(
            by: [("account", account?.policy), ("client", record.policy)].compactMap { title, policy in
                policy.map { (title, $0) }
            }, titled: "relay")
    }
}
