/// What became of a command that was held.
public enum HoldVerdict: Sendable {
    /// A person allowed it, or refused it.
    case allowed, refused
    /// Nobody said anything in time, which refuses it.
    case unanswered

    /// What the log says about it after the rule.
    var words: String {
        switch self {
        case .allowed: "allowed by a person"
        case .refused: "refused by a person"
        case .unanswered: "answered by nobody"
        }
    }

    /// What the client hears; `nil` when the command passes.
    var denial: Denial? {
        switch self {
        case .allowed: nil
        case .refused: Denial(text: "Whoever was asked has refused it")
        case .unanswered: Denial(text: "Nobody has allowed it in time")
        }
    }
}
