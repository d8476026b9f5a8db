package import NIOCore

/// What is to be done for a `ReplayClient`.
package enum ReplayClientAction: Sendable, Equatable {
    case send(ByteBuffer)
    /// Call ``ReplayClient/tick(at:)`` then, unless something comes in before.
    case wait(until: WireTime)
    /// It is over.
    case close
}

/// How a recorded client is played to a live server.
package struct ReplayClientOptions: Sendable {
    /// Who logs in.
    package enum Login: Sendable {
        /// Somebody else logs in where the recorded client did, in whatever way the server offers.
        case given(user: String, password: Secret)
        /// The recorded client, with the same octets. No real server believes it: they are those of a capture.
        case recorded
    }

    package var login = Login.recorded
    /// How long an IDLE waits for what the server said during the recorded one, in nanoseconds.
    package var patience: Int64 = 5_000_000_000
    /// How long an answer may take.
    package var timeout: Int64 = 60_000_000_000
    /// Commands are said before those that precede them are answered, where the recorded client did so. What the server says
    /// untagged may then come with another command than it did, and differ from run to run.
    package var pipelines = false
    package var limits = WireLimits.standard

    package init() {}
}
