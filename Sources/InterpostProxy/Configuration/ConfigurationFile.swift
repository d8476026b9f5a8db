import Foundation
import InterpostCore
import Yams

/// Reads a YAML configuration strictly: an unknown key, a wrong type or an impossible value is an error that names
/// file, line and key, and what was probably meant.
public struct ConfigurationFile {
    public struct Problem: Error, CustomStringConvertible, Sendable {
        public var file: String
        public var line: Int?
        public var message: String
        public var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(message)" }
    }

    public static func read(_ path: String) throws(Problem) -> Configuration {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            let reason = (error as? CocoaError)?.code == .fileReadNoSuchFile ? "there is no such file" : "\(error)"
            throw Problem(file: path, message: "cannot be read: \(reason)")
        }
        return try read(text: text, file: path)
    }

    public static func read(text: String, file: String) throws(Problem) -> Configuration {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw Problem(file: file, line: error.line, message: "is not YAML: \(error.problem)")
        } catch {
            throw Problem(file: file, message: "is not YAML: \(error)")
        }
        guard let node else { throw Problem(file: file, message: "is empty; Config/interpost.yml shows what goes in") }
        let reader = Reader(file: file)
        var configuration = Configuration()
        try reader.section(node, named: "the configuration") { keys throws(Problem) in
            try keys.list("relays") { node throws(Problem) in configuration.relays.append(try reader.relay(node)) }
            try keys.section("tls") { keys throws(Problem) in try reader.readTLS(&keys, into: &configuration.tls) }
            try keys.section("log") { keys throws(Problem) in try reader.readLog(&keys, into: &configuration.log) }
            try keys.section("record") { keys throws(Problem) in try reader.readRecord(&keys, into: &configuration.record) }
            try keys.section("limits") { keys throws(Problem) in try reader.readLimits(&keys, into: &configuration.limits) }
            try keys.section("timeouts") { keys throws(Problem) in
                try reader.readTimeouts(&keys, into: &configuration.timeouts)
            }
            try keys.number("threads", in: 1...256, into: &configuration.threads)
        }
        if let problem = configuration.problems.first { throw Problem(file: file, message: problem) }
        return configuration
    }
}

private typealias Problem = ConfigurationFile.Problem

private struct Reader {
    let file: String

    func section(_ node: Node, named name: String, _ body: (inout Keys) throws(Problem) -> Void) throws(Problem) {
        guard let mapping = node.mapping else {
            throw Problem(file: file, line: node.mark?.line, message: "\(name) is a group of keys, `key: value` each")
        }
        var keys = Keys(mapping: mapping, reader: self, name: name)
        try body(&keys)
        try keys.finish()
    }

    func relay(_ node: Node) throws(Problem) -> RelayConfiguration {
        var listen: ListenURL?
        var upstream: UpstreamURL?
        var mirror = false
        var compress = SessionSettings.Compression.terminate
        try section(node, named: "a relay") { keys throws(Problem) in
            listen = try keys.url("listen") { text throws(EndpointError) in try ListenURL(text) }
            upstream = try keys.url("upstream") { text throws(EndpointError) in try UpstreamURL(text) }
            try keys.flag("mirror", into: &mirror)
            try keys.choice("compress", into: &compress)
        }
        guard let listen, let upstream else {
            throw Problem(
                file: file, line: node.mark?.line, message: "a relay needs both keys, 'listen' and 'upstream'")
        }
        var relay = RelayConfiguration(listen: listen, upstream: upstream)
        relay.mirror = mirror
        relay.compress = compress
        if let problem = relay.problems.first { throw Problem(file: file, line: node.mark?.line, message: problem) }
        return relay
    }

    func readTLS(_ keys: inout Keys, into tls: inout TLSSettings) throws(Problem) {
        try keys.list("trust") { node throws(Problem) in tls.trust.append(try keyValue(node, "trust")) }
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

    func readLog(_ keys: inout Keys, into log: inout LogSettings) throws(Problem) {
        try keys.text("file", into: &log.file)
        try keys.choice("detail", into: &log.detail)
        try keys.choice("console", into: &log.console)
        try keys.choice("names", into: &log.names)
        try keys.choice("on-failure", into: &log.onFailure)
    }

    func readRecord(_ keys: inout Keys, into record: inout RecordSettings) throws(Problem) {
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

    func readLimits(_ keys: inout Keys, into limits: inout Limits) throws(Problem) {
        try keys.number("line", in: 1024...(1 << 26), into: &limits.wire.lineLength)
        try keys.number("literal", in: 1...Int.max, into: &limits.wire.literalSize)
        try keys.number("pending-commands", in: 1...100_000, into: &limits.wire.pendingCommands)
        try keys.number("unread", in: 1024...(1 << 26), into: &limits.wire.unreadOctets)
        try keys.number("followed-messages", in: 0...10_000_000, into: &limits.followedMessages)
        try keys.number("sessions", in: 1...1_000_000, into: &limits.sessions)
        try keys.number("sessions-per-address", in: 1...1_000_000, into: &limits.sessionsPerAddress)
    }

    func readTimeouts(_ keys: inout Keys, into timeouts: inout Timeouts) throws(Problem) {
        let seconds = 1...(7 * 86_400)
        try keys.number("handshake", in: seconds, into: &timeouts.handshake)
        try keys.number("before-login", in: seconds, into: &timeouts.beforeLogin)
        try keys.number("after-login", in: seconds, into: &timeouts.afterLogin)
        try keys.number("idle", in: seconds, into: &timeouts.idle)
        try keys.number("closing", in: seconds, into: &timeouts.closing)
        try keys.number("drain", in: 0...86_400, into: &timeouts.drain)
    }

    func keyValue(_ node: Node, _ key: String) throws(Problem) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else {
            throw Problem(file: file, line: node.mark?.line, message: "'\(key)' is a text")
        }
        return text
    }
}

/// The keys of one group; those nobody asked for are errors.
private struct Keys {
    private var mapping: Node.Mapping
    private let reader: Reader
    private let name: String
    private var known: [String] = []

    init(mapping: Node.Mapping, reader: Reader, name: String) {
        self.mapping = mapping
        self.reader = reader
        self.name = name
    }

    private mutating func node(_ key: String) -> Node? {
        known.append(key)
        // A key without a value (`trust:`) says nothing.
        guard let node = mapping[Node(key)], node.null == nil else { return nil }
        return node
    }

    mutating func section(_ key: String, _ body: (inout Keys) throws(Problem) -> Void) throws(Problem) {
        if let node = node(key) { try reader.section(node, named: "'\(key)'", body) }
    }

    mutating func list(_ key: String, _ body: (Node) throws(Problem) -> Void) throws(Problem) {
        guard let node = node(key) else { return }
        guard let sequence = node.sequence else {
            throw Problem(file: reader.file, line: node.mark?.line, message: "'\(key)' is a list, `- …` each")
        }
        for item in sequence { try body(item) }
    }

    mutating func text(_ key: String, into value: inout String?) throws(Problem) {
        if let node = node(key) { value = try reader.keyValue(node, key) }
    }

    mutating func flag(_ key: String, into value: inout Bool) throws(Problem) {
        guard let node = node(key) else { return }
        guard let flag = node.bool else {
            throw Problem(file: reader.file, line: node.mark?.line, message: "'\(key)' is true or false")
        }
        value = flag
    }

    mutating func number(_ key: String, in range: ClosedRange<Int>, into value: inout Int) throws(Problem) {
        guard let node = node(key) else { return }
        guard let number = node.int, range.contains(number) else {
            let message = "'\(key)' is a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw Problem(file: reader.file, line: node.mark?.line, message: message)
        }
        value = number
    }

    mutating func number(_ key: String, in range: ClosedRange<Int>, into value: inout Int?) throws(Problem) {
        guard node(key) != nil else { return }
        var number = 0
        try self.number(key, in: range, into: &number)
        value = number
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, into value: inout Choice
    ) throws(Problem) {
        guard let node = node(key) else { return }
        let text = try reader.keyValue(node, key)
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue)
            let message =
                "'\(key)' is one of \(names.joined(separator: ", ")), not '\(text)'"
                + Suggestion.nearest(to: text, among: names)
            throw Problem(file: reader.file, line: node.mark?.line, message: message)
        }
        value = choice
    }

    mutating func url<URL>(_ key: String, _ make: (String) throws(EndpointError) -> URL) throws(Problem) -> URL? {
        guard let node = node(key) else { return nil }
        let text = try reader.keyValue(node, key)
        do {
            return try make(text)
        } catch {
            throw Problem(file: reader.file, line: node.mark?.line, message: "'\(key)': \(error)")
        }
    }

    func problem(at key: String, _ message: String) -> Problem {
        Problem(file: reader.file, line: mapping[Node(key)]?.mark?.line, message: message)
    }

    func finish() throws(Problem) {
        for (key, _) in mapping {
            let text = key.scalar?.string ?? ""
            guard !known.contains(text) else { continue }
            let message = "\(name) has no key '\(text)'\(Suggestion.nearest(to: text, among: known))"
            throw Problem(file: reader.file, line: key.mark?.line, message: message)
        }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    fileprivate var problem: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let keys, _): "a key stands twice: \(keys.map { "\($0)" }.joined(separator: ", "))"
        default: "\(self)"
        }
    }
}
