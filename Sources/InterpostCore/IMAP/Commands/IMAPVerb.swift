import NIOCore

/// A client's verb with all that is known about it: one row, from which reading, policy, redaction and replay follow.
///
///     IMAPVerb("MYRIGHTS", .read, [.mailbox], .nothing, touches: .named) { … }
///     IMAPVerb("XATOM")       changes something, touches any mailbox, is never shown, never kept and never passed on
///
/// Where a row says nothing, the worst is assumed. `all` holds what RFCs define and what servers are known to answer to;
/// the reference page `IMAPCommands` shows an example of each.
struct IMAPVerb: Sendable {
    typealias Read = @Sendable (inout IMAPReader) -> IMAPCommand.Body?

    let name: Keyword
    let kind: CommandClass
    let arguments: [Argument]
    /// How many of the last arguments may be missing, where all are plain.
    let optional: Int
    let effect: CommandEffect
    let reach: Reach
    /// `UID` may come before it.
    let takesUID: Bool
    /// Its plain arguments are the whole grammar that an RFC gives it, so they can be read without doubt and written anew.
    let isExact: Bool
    /// Returns `nil` for arguments that the verb does not take.
    let read: Read

    /// Whether its arguments may be shown. Those of all other verbs may hold a secret, a message or a script, and are never
    /// shown.
    var hasHarmlessArguments: Bool { arguments.allSatisfy(\.isHarmless) }

    /// - Parameter read: Without one, arguments that are all plain are read as such, and others are taken as they are.
    init(
        _ name: StaticString, _ kind: CommandClass = .other, _ arguments: [Argument] = [.unknown],
        _ effect: CommandEffect = .changes, touches: Reach = .everything, optional: Int = 0, uid: Bool = false,
        exact: Bool = false, read: Read? = nil
    ) {
        self.name = Keyword(name)
        self.kind = kind
        self.arguments = arguments
        self.optional = optional
        self.effect = effect
        reach = touches
        takesUID = uid
        isExact = exact
        self.read = read ?? Self.reading(arguments, optional: optional)
    }

    private static func reading(_ arguments: [Argument], optional: Int) -> Read {
        guard let kinds = plainKinds(of: arguments) else { return { .vendor($0.remainingValues()) } }
        return { $0.plainArguments(kinds, optional: optional).map(IMAPCommand.Body.plain) }
    }

    static func named(_ name: Keyword) -> IMAPVerb? { byName[name] }

    private static let byName = KeywordTable(keys: all.map { ($0.name, $0) })
}
