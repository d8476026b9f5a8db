/// What a person is asked about.
public struct HeldFacts: Sendable, Equatable {
    /// The name of the command that is held.
    public var command: CommandName
    /// The rule that holds it.
    public var rule: String
}
