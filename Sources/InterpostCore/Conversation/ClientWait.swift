/// Whether a client's next bytes can be read, and whether they may go on.
public enum ClientWait: Sendable {
    /// They can be read, and passed on.
    case none
    /// They are passed on at once; what they are is known when the server has answered.
    case reading
    /// They stay where they are until the server has answered.
    case passing
}

/// How patient a relay has to be.
public enum SessionPhase: Sendable { case beforeLogin, afterLogin, idle }
