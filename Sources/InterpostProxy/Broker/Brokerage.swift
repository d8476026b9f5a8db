import InterpostConfiguration
import InterpostCore

/// What all sessions of a relay with accounts share.
struct Brokerage: Sendable {
    var desk: ClientDesk
    /// The accounts of the relay.
    var accounts: [AccountConfiguration]
    var secrets: AccountSecrets
    /// Logins that may fail in one session.
    var maximumFailures: Int

    /// What the broker of one session is told.
    func settings() -> BrokerSettings {
        BrokerSettings(
            mechanisms: desk.mechanisms, maximumFailures: maximumFailures,
            seed: (0..<32).map { _ in UInt8.random(in: .min ... .max) })
    }

    func account(named name: String) -> AccountConfiguration? { accounts.first { $0.name == name } }
}
