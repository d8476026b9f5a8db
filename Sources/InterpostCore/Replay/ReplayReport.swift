/// What became of a replay: whether the client asked what was recorded, and nothing else.
public struct ReplayReport: Sendable, Equatable {
    /// The first place where the client did otherwise than the recorded one.
    public struct Difference: Sendable, Equatable {
        /// The client's commands up to here, this one included.
        public var command: Int
        /// What the recorded client asked here; `nil` at the end of the recording, and where the order is free.
        public var expected: String?
        /// What the live client asked; `nil` where it asked nothing more.
        public var got: String?
    }

    /// A command of the recording, without its secrets.
    public struct RecordedCommand: Sendable, Equatable {
        /// Counted from 1.
        public var number: Int
        /// The command as a log shows it: `SELECT INBOX`.
        public var shown: String
        /// Whether this is the command that was expected at the place of the difference.
        public var isExpected: Bool
    }

    /// Commands of the client.
    public internal(set) var commands = 0
    /// How many of these commands a recorded exchange answered for the first time.
    public internal(set) var answered = 0
    /// How many got an answer again, or one that needs no recording.
    public internal(set) var repeated = 0
    /// How many are not in the capture, and got an answer of Interpost's own that is true of any server: ID, NAMESPACE, ENABLE,
    /// `LIST "" ""`.
    public internal(set) var substituted = 0
    /// The first of these, without their secrets.
    public internal(set) var substitutes: [String] = []
    /// How many are not in the capture, and were refused.
    public internal(set) var unmatched = 0
    /// Logins with another user or password than was asked for.
    public internal(set) var refusedLogins = 0
    /// Proofs and tokens that were believed, because they cannot be checked.
    public internal(set) var believedLogins = 0
    /// Commands that the capture has.
    public internal(set) var recorded = 0
    /// The first of those that are not in the capture, without their secrets.
    public internal(set) var notInCapture: [String] = []
    /// How many recorded commands were never asked, and the first of them.
    public internal(set) var neverAskedCount = 0
    /// The first of these, 20 at most, without their secrets.
    public internal(set) var neverAsked: [String] = []
    /// `nil` where the client did all as recorded.
    public internal(set) var firstDifference: Difference?
    /// The last 20 lines of the live conversation up to the first difference or wrong password, as a log shows it, each with
    /// `C:` or `S:` before it. Empty where everything went as recorded.
    public internal(set) var conversation: [String] = []
    /// What was recorded before and after the place of the first difference.
    public internal(set) var recordedAround: [RecordedCommand] = []
    /// How commands were compared.
    public internal(set) var matching: ReplayOptions.Matching
    /// The session was closed because of a command that is not in the capture, and is to count as a failure.
    public internal(set) var hasFailed = false

    /// How many commands of each kind are listed.
    static let maximumListed = 20
    /// How many recorded commands are shown before the place of a difference, and after it.
    static let neighbours = 3

    init(_ matching: ReplayOptions.Matching) { self.matching = matching }

    /// The client asked nothing that is not in the capture and, except for `.state`, everything that is.
    public var isClean: Bool {
        unmatched == 0 && refusedLogins == 0 && !hasFailed && (matching == .state || firstDifference == nil)
    }

    /// The report as people read it.
    public var text: String {
        var text = "\(Self.count(commands, "command")), \(answered) of \(recorded) recorded ones answered"
        if repeated > 0 { text += ", \(repeated) answered again" }
        text += "\n"
        if let difference = firstDifference {
            text += "\nFirst difference, at command \(difference.command)\n"
            text += "  expected  \(difference.expected ?? (matching == .state ? "anything recorded" : "nothing more"))\n"
            text += "  got       \(difference.got ?? "nothing more")\n"
        }
        text += Self.part("The conversation up to it", conversation)
        text += Self.part("Recorded there", recordedAround.map { "\($0.isExpected ? "→" : " ") \($0.number)  \($0.shown)" })
        text += Self.list("Not in the capture, answered by Interpost", substituted, substitutes)
        text += Self.list("Not in the capture", unmatched, notInCapture)
        text += Self.list("Never asked", neverAskedCount, neverAsked)
        if refusedLogins > 0 { text += "\n\(Self.count(refusedLogins, "login")) with a wrong user or password\n" }
        if believedLogins > 0 { text += "\n\(Self.count(believedLogins, "login")) believed without proof\n" }
        if isClean { text += "\nNo differences\n" }
        return text
    }

    private static func part(_ title: String, _ lines: [String]) -> String {
        lines.isEmpty ? "" : "\n\(title)\n" + lines.map { "  \($0)\n" }.joined()
    }

    private static func list(_ title: String, _ number: Int, _ shown: [String]) -> String {
        guard number > 0 else { return "" }
        let rest = number > shown.count ? "  and \(number - shown.count) more\n" : ""
        return "\n\(title): \(number)\n" + shown.map { "  \($0)\n" }.joined() + rest
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
