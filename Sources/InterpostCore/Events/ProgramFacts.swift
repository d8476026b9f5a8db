/// What a program relays, and under which policies: told when it starts, and when it has read its configuration again.
///
///     {…,"event":"hello","version":"0.1.0","configuration":"5f3c…","relays":[{"listener":"imaps://127.0.0.1:1993",…}]}
public struct ProgramFacts: Sendable, Equatable {
    /// One listener, its server, and its policy in short.
    public struct Relay: Sendable, Equatable {
        /// The URL that is listened on, with the port that the system chose.
        public var listener: String
        /// The URL of the server.
        public var upstream: String
        /// `read-only`
        public var preset: String
        /// How many rules come before the preset.
        public var rules: Int
        /// Nothing is refused.
        public var isDryRun: Bool
        /// One sentence for each rule that decides nothing.
        public var rulesWithoutEffect: [String]
    }

    /// The version of Interpost: `0.1.0`.
    public var version: String
    /// SHA-256, in hexadecimal, of what the configuration was read from: its file, the flags, and the files of policies.
    public var configuration: String
    /// The relays in the order of the configuration.
    public var relays: [Relay]

    /// The facts of a program that begins, or has read its configuration again.
    public init(version: String = SoftwareVersion.current, configuration: String, relays: [Relay]) {
        self.version = version
        self.configuration = configuration
        self.relays = relays
    }

    func write(to sink: inout some FieldSink) {
        sink.field("version", version)
        sink.field("configuration", configuration)
        sink.objects("relays", relays) { relay, sink in
            sink.field("listener", relay.listener)
            sink.field("upstream", relay.upstream)
            sink.field("preset", relay.preset)
            sink.field("rules", relay.rules)
            if relay.isDryRun { sink.field("dry_run", true) }
            if !relay.rulesWithoutEffect.isEmpty { sink.field("without_effect", relay.rulesWithoutEffect) }
        }
    }
}

/// Which run of which program writes events: what each line of its log says beside the session.
public struct EventOrigin: Sendable {
    /// `,"run":"…","instance":"…"`
    let fields: [UInt8]

    /// - Parameters:
    ///   - run: A UUID, another one at each start.
    ///   - instance: The name of the program among those that write to one place.
    public init(run: String, instance: String) {
        var fields: [UInt8] = []
        for (name, value) in [("run", run), ("instance", instance)] {
            fields.append(contentsOf: ",\"\(name)\":".utf8)
            var value = value
            value.withUTF8 { unsafe fields.append(jsonString: UnsafeRawBufferPointer($0)) }
        }
        self.fields = fields
    }
}
