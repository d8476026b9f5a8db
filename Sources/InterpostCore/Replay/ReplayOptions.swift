/// How a capture is played to a live client.
///
/// Secrets never have to be those of the recording: see ``user`` and ``password``.
public struct ReplayOptions: Sendable, Equatable {
    /// Which of the recorded exchanges answers a command.
    public enum Matching: String, Sendable, CaseIterable {
        /// The same commands in the same order with the same octets, except for tags and secrets.
        case strict
        /// The same commands in the same order, however they are spelled; what changes nothing may be repeated or left out.
        case ordered
        /// Any recorded exchange of this command in this state of the session; polls may repeat, and the order is free.
        case state
    }

    /// When the server's half is said.
    public enum Times: Sendable, Equatable {
        /// At once.
        case none
        /// As long after the client's words as in the recording.
        case recorded
        /// This many times as long after the client's words as in the recording; not negative.
        case factor(Double)
    }

    /// What is done about a command that the capture has no answer to.
    public enum Unmatched: String, Sendable, CaseIterable {
        /// `a NO [CANNOT] …`, `-ERR …`, and the session goes on.
        case no
        case close
        /// The session is closed, and the report says that it failed.
        case fail
    }

    /// Which mechanisms a client is offered.
    public enum Offer: String, Sendable, CaseIterable {
        /// Those of the recording. Proofs that depend on a challenge are believed, because they cannot be computed.
        case recorded
        /// PLAIN and LOGIN, whatever was recorded.
        case plain
    }

    /// How the client's commands are compared with the recorded ones.
    public var matching: Matching = .ordered
    /// When the recorded answers are given.
    public var times: Times = .none
    /// What becomes of a command that the capture does not answer.
    public var onUnmatched: Unmatched = .no
    /// Which SASL mechanisms the client sees.
    public var auth: Offer = .recorded
    /// Who has to log in; `nil` for anybody.
    public var user: String?
    /// The password or token that is asked for, where it can be read; `nil` for any.
    public var password: String?
    /// How the client's leg is carried, whatever the recording's was.
    public var listener: SessionSettings.ListenerSecurity = .off
    /// What becomes of COMPRESS=DEFLATE on the client's leg.
    public var compression: SessionSettings.Compression = .terminate
    /// How much of the client's bytes is looked at.
    public var limits = WireLimits.standard

    /// The options that hold where nothing else is said.
    public init(_ matching: Matching = .ordered) { self.matching = matching }

    /// How long after the client's words, in nanoseconds, something is said that was recorded `delay` after them.
    func delay(_ delay: Int64) -> Int64 {
        switch times {
        case .none: 0
        case .recorded: delay
        case .factor(let factor):
            // A product that does not fit `Int64` is longer than anybody waits.
            Int64(exactly: (Double(delay) * max(0, factor)).rounded()) ?? Int64.max / 4
        }
    }
}
