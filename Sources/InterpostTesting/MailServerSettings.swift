import InterpostCore
import InterpostFiles
import NIOCore

extension MailServer {
    /// How a capture is played.
    public struct Settings: Sendable {
        /// Which recorded exchange answers a command.
        public enum Matching: Sendable, CaseIterable {
            /// The same commands in the same order, with the same octets except for tags and secrets.
            case strict
            /// The same commands in the same order, in any spelling. Commands that change nothing may be repeated or left out.
            case ordered
            /// Any recorded exchange of this command in this state of the session, in any order, as often as the client asks.
            case state
        }

        /// When the server speaks.
        public enum Times: Sendable, Equatable {
            /// At once.
            case none
            /// As long after the client's command as in the recording.
            case recorded
            /// After this many times as long as in the recording.
            case factor(Double)
        }

        /// How clients reach the ports.
        public var security: Security
        /// How the client's commands are compared with the recorded ones.
        public var matching: Matching
        /// When the recorded answers are given.
        public var times: Times
        /// The only session of the capture that is played, counted from 1; `nil` plays all of them in order, one for each
        /// connection.
        public var session: Int?
        /// Who has to log in; `nil` for anybody.
        public var user: String?
        var secret: Secret?

        /// - Parameter password: The password that has to be given; `nil` for any. It is compared only if it can be read (not in
        ///   CRAM, SCRAM or APOP).
        public init(
            security: Security = .clear, matching: Matching = .ordered, times: Times = .none, session: Int? = nil,
            user: String? = nil, password: String? = nil
        ) {
            self.security = security
            self.matching = matching
            self.times = times
            self.session = session
            self.user = user
            secret = password.map { Secret(ByteBuffer(string: $0)) }
        }
    }
}

extension MailServer.Settings {
    var options: ReplayOptions {
        var options = ReplayOptions(matching.replay)
        options.user = user
        options.password = secret?.withExposedBytes { String(buffer: $0) }
        options.times =
            switch times {
            case .none: .none
            case .recorded: .recorded
            case .factor(let factor): .factor(factor)
            }
        return options
    }

    /// The sessions that are to be played.
    func choose(from recorded: RecordedSessions, of capture: String) throws -> RecordedSessions {
        guard let session else { return recorded }
        guard recorded.sessions.indices.contains(session - 1) else {
            throw MailServerError("\(capture) has no session \(session): it has \(recorded.sessions.count)")
        }
        return RecordedSessions([recorded.sessions[session - 1]])
    }
}

extension MailServer.Settings.Matching {
    fileprivate var replay: ReplayOptions.Matching {
        switch self {
        case .strict: .strict
        case .ordered: .ordered
        case .state: .state
        }
    }
}

/// Why there is no server, and what to do about it.
public struct MailServerError: Error, CustomStringConvertible, Sendable {
    /// What is wrong and what to do about it, in words for people.
    public let description: String

    init(_ description: String) { self.description = description }
}
