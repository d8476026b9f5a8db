import Foundation
public import InterpostConfiguration
public import InterpostCore
public import InterpostFiles
import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// A mail server that answers from captures: listeners, and a recorded session for each connection.
public final class Replayer: Service {
    /// What became of one connection.
    public struct Outcome: Sendable {
        /// Counted from 1, in the order in which they ended.
        public var connection: Int
        /// The protocol of the listener.
        public var mailProtocol: MailProtocol
        /// What the client asked, and what it was answered.
        public var report: ReplayReport
    }

    /// The ports that are listened on.
    public let listeners: [Listener]
    /// How commands are compared with the recorded ones.
    public let matching: ReplayOptions.Matching
    private let recorded: [MailProtocol: [RecordedSession]]
    private let maximumConnections: Int?
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channels: [any Channel]
    private let state: State

    private final class State: Sendable {
        let begun = Mutex<[MailProtocol: Int]>([:])
        let outcomes = Mutex<[Outcome]>([])
        let (ends, continuation) = AsyncStream<Void>.makeStream()
    }

    /// - Parameters:
    ///   - maximumConnections: The server ends after this many.
    ///   - options: How captures are played. How a leg is carried is up to its listener.
    public init(
        _ recorded: RecordedSessions, listeners urls: [ListenURL], options: ReplayOptions, tls: TLSSettings,
        maximumConnections: Int? = nil
    ) async throws {
        self.maximumConnections = maximumConnections
        matching = options.matching
        var sessions = Dictionary(grouping: recorded.sessions, by: \.mailProtocol)
        if options.matching == .state {
            // Whichever session a client asks about, the answer may be in any of them.
            sessions = sessions.mapValues { all in
                var joined = all[0]
                for session in all.dropFirst() { joined.join(session) }
                return [joined]
            }
        }
        self.recorded = sessions
        let contexts = try ServerContexts(tls)
        let state = State()
        self.state = state
        var channels: [any Channel] = []
        var listeners: [Listener] = []
        for url in urls {
            guard let sessions = sessions[url.mailProtocol] else {
                throw CaptureReader.Failure(
                    description: "no capture has a session of \(url.mailProtocol.title) for \(url.description)")
            }
            var options = options
            options.listener = url.security
            let settings = options
            let (listener, channel) = try await Listener.open(url, on: group) { _ in
                let number = state.begun.withLock { begun in
                    defer { begun[url.mailProtocol, default: 0] += 1 }
                    return begun[url.mailProtocol, default: 0]
                }
                let connection = ReplayConnection(
                    sessions[number % sessions.count], options: settings, contexts: contexts, clock: SessionClock()
                ) { report in
                    state.outcomes.withLock {
                        $0.append(Outcome(connection: $0.count + 1, mailProtocol: url.mailProtocol, report: report))
                    }
                    state.continuation.yield()
                }
                return LegHandler(owner: connection, side: .client)
            }
            channels.append(channel)
            listeners.append(listener)
        }
        self.channels = channels
        self.listeners = listeners
    }

    /// Serves until ``end()``, until a graceful shutdown, or until the maximum of connections is reached.
    public func run() async throws {
        await withGracefulShutdownHandler {
            var count = 0
            for await _ in state.ends {
                count += 1
                if count == maximumConnections { break }
            }
        } onGracefulShutdown: {
            self.end()
        }
        await settle()
        for channel in channels { channel.close(promise: nil) }
        try? await group.shutdownGracefully()
    }

    /// Closes the listeners and all connections; ``run()`` returns when that is done.
    public func end() { state.continuation.finish() }

    /// What clients have said may still be in the system's buffers: each turn of the event loop accepts or reads what is there.
    private func settle() async {
        for _ in 0..<3 { try? await group.next().scheduleTask(in: .milliseconds(5)) {}.futureResult.get() }
    }

    /// What became of the connections that have ended, in the order in which they ended.
    public var outcomes: [Outcome] { state.outcomes.withLock { $0 } }

    /// How many recorded sessions no client has connected for. Joined sessions are not counted here: the reports tell about them.
    public var sessionsNeverPlayed: Int {
        let begun = state.begun.withLock { $0 }
        return recorded.reduce(0) { $0 + max(0, $1.value.count - begun[$1.key, default: 0]) }
    }
}
