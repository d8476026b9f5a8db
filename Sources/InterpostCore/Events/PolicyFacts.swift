import NIOCore

/// What a policy decided about a command, free of secrets.
public struct PolicyFacts: Sendable {
    /// What was done about the command.
    public enum Verdict: String, Sendable, CaseIterable { case allow, refuse, pretend, rewrite, drop, hold }

    /// What was done about the command; in a dry run, what would have been done.
    public var verdict: Verdict
    /// `rule 2 (no newsletters)`, `preset read-only`, `strict reading`.
    public var rule: String
    /// The command as the client sent it.
    public var command: CommandFacts
    /// The name and the arguments of what went to the server, where that is another command.
    public var sent: CommandFacts?
    /// What the client was told, or why a line was not a command.
    public var text: String?
    /// The policy is only tried out (dry run): nothing was done about the command.
    public var isDryRun: Bool

    /// Nothing was kept from anybody.
    var isHarmless: Bool { verdict == .allow || verdict == .rewrite }
}
