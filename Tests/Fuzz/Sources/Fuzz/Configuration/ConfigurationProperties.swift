import InterpostCore
import NIOCore

@testable import InterpostConfiguration

/// What holds for the configuration reader, whatever the file holds: it is read, or one of its lines is to blame; what was read
/// is valid, and its URLs, written and read again, are the same.
enum ConfigurationProperties {
    static func check(_ input: ByteBuffer) throws(Violation) {
        guard let text = String(validating: input.readableBytesView, as: UTF8.self) else { return }
        let lines = input.readableBytesView.count { [0x0A, 0x0D].contains($0) } + 1
        let configuration: Configuration
        do throws(ConfigurationError) {
            configuration = try ConfigurationFile.read(text: text, file: "fuzz.yml")
        } catch {
            try requireEqual(error.file, "fuzz.yml", "the file that is to blame")
            if let line = error.line { try require(line >= 1 && line <= lines + 1, "\(error) in a file of \(lines) lines") }
            return try require(!error.message.isEmpty, "a problem without a word")
        }
        try require(configuration.problems.isEmpty, "accepted: \(configuration.problems)")
        try require((1...256).contains(configuration.threads), "\(configuration.threads) threads")
        for relay in configuration.relays {
            try require(relay.problems.isEmpty, "accepted: \(relay.problems)")
            try requireEqual(try? ListenURL(relay.listen.description), relay.listen, relay.listen.description)
            for upstream in [relay.upstream].compactMap(\.self) { try check(upstream) }
            try require((relay.upstream == nil) != (relay.accounts == nil), "a server and accounts, or neither")
            for name in relay.accounts ?? [] {
                let account = configuration.accounts.first { $0.name == name }
                try require(account?.upstream(for: relay.listen.mailProtocol) != nil, "accepted: no server for \(name)")
            }
        }
        for account in configuration.accounts {
            try require(account.problem == nil, "accepted: \(account.problem?.message ?? "")")
            for upstream in account.upstreams { try check(upstream) }
        }
        for client in configuration.clients {
            let isKnown = client.account == "*" || configuration.accounts.contains { $0.name == client.account }
            try require(isKnown && !client.isToken, "accepted: \(client.name)")
        }
    }

    private static func check(_ upstream: UpstreamURL) throws(Violation) {
        try requireEqual(try? UpstreamURL(upstream.description), upstream, upstream.description)
    }
}
