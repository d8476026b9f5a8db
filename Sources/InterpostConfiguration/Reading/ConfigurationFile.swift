import Foundation
import InterpostCore
import Yams

/// Reads a YAML configuration strictly: an unknown key, a wrong type or an impossible value is an error that names
/// file, line and key, and what was probably meant. What a command line says is laid over it and read by the same rules.
public struct ConfigurationFile {
    /// The configuration in the file at `path`, which may be a pipe. Throws where it has a mistake.
    public static func read(_ path: String) throws(ConfigurationError) -> Configuration {
        try read(path, overlay: ConfigurationOverlay())
    }

    /// The configuration in a text. Throws where it has a mistake; `file` is what the error calls the text.
    public static func read(text: String, file: String) throws(ConfigurationError) -> Configuration {
        try read(text: text, file: file, overlay: ConfigurationOverlay())
    }

    /// What is in a file, which may be a pipe.
    package static func text(of path: String) throws(ConfigurationError) -> String { try ConfigurationReader.text(of: path) }

    /// - Parameters:
    ///   - path: A file; `nil` where the command line says all.
    ///   - overlay: What is laid over it.
    package static func read(_ path: String?, overlay: ConfigurationOverlay) throws(ConfigurationError) -> Configuration {
        guard let path else { return try whole(read(nothing, text: "", file: commandLine, overlay: overlay), of: commandLine) }
        return try read(text: ConfigurationReader.text(of: path), file: path, overlay: overlay)
    }

    package static func read(
        text: String, file: String, overlay: ConfigurationOverlay
    ) throws(ConfigurationError) -> Configuration {
        let node = try ConfigurationReader.compose(text, file: file, example: "Config/interpost.yml")
        return try whole(read(node, text: text, file: file, overlay: overlay), of: file)
    }

    /// The settings of a command line that relays nothing.
    package static func settings(_ overlay: ConfigurationOverlay) throws(ConfigurationError) -> Configuration {
        try read(nothing, text: "", file: commandLine, overlay: overlay)
    }

    private static var nothing: Node { .mapping(Node.Mapping([])) }

    private static let commandLine = "the command line"

    private static func whole(_ configuration: Configuration, of file: String) throws(ConfigurationError) -> Configuration {
        if let problem = configuration.problems.first { throw ConfigurationError(file: file, message: problem) }
        return configuration
    }

    private static func read(
        _ node: Node, text: String, file: String, overlay: ConfigurationOverlay
    ) throws(ConfigurationError) -> Configuration {
        let reader = ConfigurationReader(file: file, overlay: overlay)
        var configuration = Configuration()
        try reader.section(overlay.laid(over: node), named: "the configuration") { keys throws(ConfigurationError) in
            configuration.accounts = try reader.accounts(&keys)
            configuration.clients = try reader.clients(&keys, of: configuration.accounts)
            try keys.list("relays") { node throws(ConfigurationError) in
                configuration.relays.append(try reader.relay(node, of: configuration.accounts))
            }
            for section in ConfigurationTable.sections {
                guard let name = section.name else {
                    for key in section.keys { try key.read(&keys, &configuration) }
                    continue
                }
                try keys.section(name) { keys throws(ConfigurationError) in
                    for key in section.keys { try key.read(&keys, &configuration) }
                    guard let problem = section.problem(configuration) else { return }
                    throw keys.problem(at: problem.key, problem.message)
                }
            }
        }
        configuration.sources.texts = [text, overlay.text] + reader.read.texts
        return configuration
    }
}

extension ConfigurationReader {
    /// - Parameter accounts: Those that the relay can lead to.
    func relay(_ node: Node, of accounts: [AccountConfiguration]) throws(ConfigurationError) -> RelayConfiguration {
        var relay: RelayConfiguration?
        var flagged: Node?
        try section(node, named: "a relay") { keys throws(ConfigurationError) in
            flagged = keys.flagged
            let listen = try keys.url("listen") { text throws(EndpointError) in try ListenURL(text) }
            let upstream = try keys.url("upstream") { text throws(EndpointError) in try UpstreamURL(text) }
            let names = try listen.flatMap { listen throws(ConfigurationError) in
                try self.accounts(ofRelay: &keys, listen, among: accounts)
            }
            if let listen, let upstream, names == nil {
                relay = RelayConfiguration(listen: listen, upstream: upstream)
            } else if let listen, let names, upstream == nil {
                relay = RelayConfiguration(listen: listen, accounts: names)
                if let node = keys.take("compress") { throw error(at: node, RelayConfiguration.compressWithAccounts) }
            } else if upstream != nil, names != nil {
                throw keys.problem(
                    at: "accounts", "a relay has 'upstream' or 'accounts', not both: each account names its own server")
            }
            guard var found = relay else {
                for name in ["accounts"] + ConfigurationTable.relay.map(\.name) { _ = keys.take(name) }
                return
            }
            for key in ConfigurationTable.relay { try key.read(&keys, &found) }
            relay = found
        }
        guard let relay else {
            throw error(at: node, "a relay needs both keys, 'listen' and 'upstream' (or 'accounts' in place of it)")
        }
        if let problem = relay.problems.first { throw error(at: flagged ?? node, problem) }
        return relay
    }
}
