import Foundation
import InterpostCore
import Yams

/// Reads a YAML configuration strictly: an unknown key, a wrong type or an impossible value is an error that names
/// file, line and key, and what was probably meant.
public struct ConfigurationFile {
    public static func read(_ path: String) throws(ConfigurationError) -> Configuration {
        try read(text: ConfigurationReader.text(of: path), file: path)
    }

    public static func read(text: String, file: String) throws(ConfigurationError) -> Configuration {
        let node = try ConfigurationReader.compose(text, file: file, example: "Config/interpost.yml")
        let reader = ConfigurationReader(file: file)
        var configuration = Configuration()
        try reader.section(node, named: "the configuration") { keys throws(ConfigurationError) in
            try keys.list("relays") { node throws(ConfigurationError) in configuration.relays.append(try reader.relay(node)) }
            try keys.section("tls") { keys throws(ConfigurationError) in try reader.readTLS(&keys, into: &configuration.tls) }
            try keys.section("log") { keys throws(ConfigurationError) in try reader.readLog(&keys, into: &configuration.log) }
            try keys.section("record") { keys throws(ConfigurationError) in
                try reader.readRecord(&keys, into: &configuration.record)
            }
            try keys.section("limits") { keys throws(ConfigurationError) in
                try reader.readLimits(&keys, into: &configuration.limits)
            }
            try keys.section("timeouts") { keys throws(ConfigurationError) in
                try reader.readTimeouts(&keys, into: &configuration.timeouts)
            }
            try keys.number("threads", in: 1...256, into: &configuration.threads)
        }
        if let problem = configuration.problems.first { throw ConfigurationError(file: file, message: problem) }
        return configuration
    }
}

extension ConfigurationReader {
    func relay(_ node: Node) throws(ConfigurationError) -> RelayConfiguration {
        var listen: ListenURL?
        var upstream: UpstreamURL?
        var mirror = false
        var compress = SessionSettings.Compression.terminate
        var policy = Policy(.observe)
        try section(node, named: "a relay") { keys throws(ConfigurationError) in
            listen = try keys.url("listen") { text throws(EndpointError) in try ListenURL(text) }
            upstream = try keys.url("upstream") { text throws(EndpointError) in try UpstreamURL(text) }
            try keys.flag("mirror", into: &mirror)
            try keys.choice("compress", into: &compress)
            if let node = keys.take("policy") { policy = try self.policy(node) }
        }
        guard let listen, let upstream else {
            throw ConfigurationError(
                file: file, line: node.mark?.line, message: "a relay needs both keys, 'listen' and 'upstream'")
        }
        var relay = RelayConfiguration(listen: listen, upstream: upstream)
        relay.mirror = mirror
        relay.compress = compress
        relay.policy = policy
        if let problem = relay.problems.first { throw ConfigurationError(file: file, line: node.mark?.line, message: problem) }
        return relay
    }

    func readTLS(_ keys: inout Keys, into tls: inout TLSSettings) throws(ConfigurationError) {
        try keys.list("trust") { node throws(ConfigurationError) in tls.trust.append(try keyValue(node, "trust")) }
        try keys.text("certificate", into: &tls.certificate)
        try keys.text("private-key", into: &tls.privateKey)
        try keys.text("authority", into: &tls.authority)
        try keys.choice("minimum-client-version", into: &tls.minimumClientVersion)
        try keys.choice("minimum-upstream-version", into: &tls.minimumUpstreamVersion)
        try keys.flag("dangerously-skip-upstream-verification", into: &tls.skipsUpstreamVerification)
        if (tls.certificate == nil) != (tls.privateKey == nil) {
            let (given, missing) = tls.certificate == nil ? ("private-key", "certificate") : ("certificate", "private-key")
            throw keys.problem(at: given, "'\(given)' needs '\(missing)' beside it: give both or neither")
        }
    }

    func readLog(_ keys: inout Keys, into log: inout LogSettings) throws(ConfigurationError) {
        try keys.text("file", into: &log.file)
        try keys.choice("detail", into: &log.detail)
        try keys.choice("console", into: &log.console)
        try keys.choice("names", into: &log.names)
        try keys.choice("on-failure", into: &log.onFailure)
    }

    func readRecord(_ keys: inout Keys, into record: inout RecordSettings) throws(ConfigurationError) {
        try keys.text("path", into: &record.path)
        try keys.text("label", into: &record.label)
        try keys.choice("redact", into: &record.redaction)
        try keys.choice("on-failure", into: &record.onFailure)
        try keys.flag("dangerously-keep-secrets", into: &record.keepsSecrets)
        try keys.text("pseudonym-key", into: &record.pseudonymKey)
        try keys.number("keep-files", in: 1...10_000_000, into: &record.keep.files)
        try keys.number("keep-mebibytes", in: 1...(1 << 30), into: &record.keep.mebibytes)
        try keys.number("keep-days", in: 1...100_000, into: &record.keep.days)
        if let label = record.label, !RecordSettings.isLabel(label) {
            throw keys.problem(at: "label", "'label' stands in names of files: letters, digits, '-', '_' and '.', not '\(label)'")
        }
    }

    func readLimits(_ keys: inout Keys, into limits: inout Limits) throws(ConfigurationError) {
        try keys.number("line", in: 1024...(1 << 26), into: &limits.wire.lineLength)
        try keys.number("literal", in: 1...Int.max, into: &limits.wire.literalSize)
        try keys.number("pending-commands", in: 1...100_000, into: &limits.wire.pendingCommands)
        try keys.number("unread", in: 1024...(1 << 26), into: &limits.wire.unreadOctets)
        try keys.number("followed-messages", in: 0...10_000_000, into: &limits.followedMessages)
        try keys.number("sessions", in: 1...1_000_000, into: &limits.sessions)
        try keys.number("sessions-per-address", in: 1...1_000_000, into: &limits.sessionsPerAddress)
    }

    func readTimeouts(_ keys: inout Keys, into timeouts: inout Timeouts) throws(ConfigurationError) {
        let seconds = 1...(7 * 86_400)
        try keys.number("handshake", in: seconds, into: &timeouts.handshake)
        try keys.number("before-login", in: seconds, into: &timeouts.beforeLogin)
        try keys.number("after-login", in: seconds, into: &timeouts.afterLogin)
        try keys.number("idle", in: seconds, into: &timeouts.idle)
        try keys.number("closing", in: seconds, into: &timeouts.closing)
        try keys.number("drain", in: 0...86_400, into: &timeouts.drain)
    }
}
