extension Policy.Preset {
    /// Whether a command with this verb may pass, if its arguments do not speak against it.
    func mayPass(_ name: Keyword, _ mailProtocol: MailProtocol) -> Bool {
        switch mailProtocol {
        case .imap: IMAPVerb.named(name).map(mayPass) ?? false
        case .pop3: POP3Verb.named(name).map(mayPass) ?? false
        }
    }

    /// What changes nothing passes, some of it once it is rewritten. What is each leg's own business does not pass: it would
    /// hide the session, or make what is known of it void. What leads around the gate passes only where everything may.
    func mayPass(_ verb: IMAPVerb) -> Bool {
        switch verb.effect {
        case .nothing, .depends: self == .observe || StrictVerb.of(verb) != nil
        case .changes: self == .observe || changing.contains(verb.name)
        case .elsewhere: self == .observe
        case .connection: false
        }
    }

    func mayPass(_ verb: POP3Verb) -> Bool {
        guard StrictPOP3.reads(verb.name) else { return false }
        return switch verb.effect {
        case .nothing: true
        case .depends, .changes, .elsewhere: self == .observe
        case .connection: false
        }
    }

    /// What may pass although it changes something.
    private var changing: Set<Keyword> {
        switch self {
        case .observe, .readOnly: []
        case .noDelete: Self.addingVerbs
        case .organise: Self.organisingVerbs
        }
    }

    private static let addingVerbs: Set<Keyword> = [
        Keyword("STORE"), Keyword("COPY"), Keyword("APPEND"), Keyword("CREATE"), Keyword("SUBSCRIBE"), Keyword("UNSUBSCRIBE"),
    ]

    private static let organisingVerbs: Set<Keyword> = [
        Keyword("STORE"), Keyword("COPY"), Keyword("MOVE"), Keyword("CREATE"), Keyword("RENAME"), Keyword("SUBSCRIBE"),
        Keyword("UNSUBSCRIBE"),
    ]
}
