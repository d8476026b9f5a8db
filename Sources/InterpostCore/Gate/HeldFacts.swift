/// What a person is asked about.
public struct HeldFacts: Sendable, Equatable {
    public var command: CommandName
    /// The rule that holds it.
    public var rule: String
}
