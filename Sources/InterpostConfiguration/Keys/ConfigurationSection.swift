/// A group of keys.
package struct ConfigurationSection: Sendable {
    /// `nil` for keys that are in no group.
    package let name: String?
    package let help: String
    package let keys: [ConfigurationKey<Configuration>]
    /// A contradiction between its values, if there is one.
    let problem: @Sendable (Configuration) -> (key: String, message: String)?

    init(
        _ name: String?, _ help: String, _ keys: [ConfigurationKey<Configuration>],
        problem: @escaping @Sendable (Configuration) -> (key: String, message: String)? = { _ in nil }
    ) {
        self.name = name
        self.help = help
        self.keys = keys
        self.problem = problem
    }

    /// A key as `--set` and documents call it: `limits.line`.
    package func path(of key: ConfigurationKey<Configuration>) -> String { (name.map { "\($0)." } ?? "") + key.name }
}
