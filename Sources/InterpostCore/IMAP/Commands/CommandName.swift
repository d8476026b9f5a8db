/// The name of a command as it is shown: `NOOP`, `UID FETCH`; `unknown` where showing it may show a secret.
public struct CommandName: Sendable, Hashable, CustomStringConvertible {
    var keyword: Keyword?
    var usesUIDs = false

    public var description: String { (usesUIDs ? "UID " : "") + (keyword?.description ?? "unknown") }
}
