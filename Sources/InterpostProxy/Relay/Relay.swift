import Foundation
public import InterpostConfiguration
import InterpostCore
import InterpostFiles
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
public import ServiceLifecycle
import Synchronization

/// A running program: its listeners and their sessions.
///
///     let relay = try await Relay(configuration, logger: logger)
///     print(relay.listeners)            // the ports that the system chose
///     try await relay.run()             // until SIGTERM, or until the task is cancelled
public final class Relay: Service {
    /// Reads the configuration: at the start, and again on a reload.
    public typealias Source = @Sendable () throws -> Configuration

    /// The ports that are listened on, in the order of the configuration.
    public let listeners: [Listener]
    private let source: Source
    /// What cannot change while the program runs.
    private let fixed: (log: LogSettings, record: RecordSettings, threads: Int)
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    private let channels: [any Channel]
    private let sink: EventSink
    private let recording: Recording?
    private let registry: SessionRegistry
    private let box: ContextBox
    private let drainSeconds: Mutex<Int>
    private let control: ControlSocket?
    /// Who is let in at relays with accounts; `nil` where there are none.
    private let tokens: TokenWatch?
    /// What accounts log in with.
    private let secrets: AccountSecrets?

    /// Opens all listeners; from here on clients are served.
    public init(source: @escaping Source, logger: Logger) async throws {
        let configuration = try source()
        self.source = source
        self.logger = logger
        fixed = (configuration.log, configuration.record, configuration.threads)
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        sink = try EventSink(configuration.log)
        let registry = SessionRegistry(limits: configuration.limits)
        self.registry = registry
        sink.onFailure { registry.logFailed() }
        recording = try configuration.record.path.map { path in
            let writer = try CaptureWriter(configuration.record, in: path, at: SessionClock().now) { message in
                FileHandle.standardError.write(Data("interpost: \(message)\n".utf8))
                registry.logFailed()
            }
            return Recording(
                writer: writer, key: try configuration.record.pseudonymKey.map(PseudonymHMAC.init) ?? PseudonymHMAC())
        }
        let tokens = configuration.hasAccounts ? try TokenWatch(configuration, clock: SessionClock(), logger: logger) : nil
        self.tokens = tokens
        let sink = sink
        let secrets =
            configuration.hasAccounts
            ? try AccountSecrets(configuration) { sink.tell(.token($0), at: SessionClock().now) } : nil
        self.secrets = secrets
        let shared = try SharedContext(
            configuration, sink: sink, recording: recording, registry: registry, desk: tokens?.desk,
            secrets: secrets)
        let box = ContextBox(configuration.relays.map { shared.context(for: $0, listener: $0.listen.description) })
        var channels: [any Channel] = []
        var listeners: [Listener] = []
        do {
            for (index, relay) in configuration.relays.enumerated() {
                let (listener, channel) = try await Listener.open(relay.listen, on: group) { channel in
                    guard let context = box.context(at: index) else { throw ChannelError.ioOnClosedChannel }
                    return LegHandler(
                        owner: ProxySession(context: context, channel: channel, current: { box.context(at: index) }),
                        side: .client)
                }
                channels.append(channel)
                listeners.append(listener)
                box.setListener(listener.url, at: index)
            }
        } catch {
            for channel in channels { channel.close(promise: nil) }
            try? await group.shutdownGracefully()
            throw error
        }
        do {
            control = try await Self.control(configuration, on: group, registry: registry, logger: logger)
        } catch {
            for channel in channels { channel.close(promise: nil) }
            try? await group.shutdownGracefully()
            throw error
        }
        self.channels = channels
        self.listeners = listeners
        self.box = box
        drainSeconds = Mutex(configuration.timeouts.drain)
        tokens?.start(on: group.next())
        sink.tell(.hello(facts(of: configuration)), at: SessionClock().now)
    }

    /// The socket over which held commands are decided. None is opened if no policy holds anything and none is configured.
    private static func control(
        _ configuration: Configuration, on group: MultiThreadedEventLoopGroup, registry: SessionRegistry, logger: Logger
    ) async throws -> ControlSocket? {
        guard configuration.control != nil || configuration.relays.contains(where: \.policy.mayHold) else { return nil }
        do {
            return try await ControlSocket(configuration.control, on: group, registry: registry)
        } catch  where configuration.control == nil {
            logger.warning("nobody can decide about commands that are held: \(error)")
            return nil
        }
    }

    /// What the log says about a configuration that is now in force.
    private func facts(of configuration: Configuration) -> ProgramFacts {
        ProgramFacts(
            configuration: configuration.digest,
            relays: zip(configuration.relays, listeners).map { relay, listener in
                ProgramFacts.Relay(listener: listener.url, upstream: relay.destination, policy: relay.policy)
            })
    }

    // MARK: - Running

    /// Serves until a graceful shutdown is asked for; then drains.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await self.waitForListeners()
            } onCancel: {
                self.registry.end()
                self.closeListeners()
            }
        } onGracefulShutdown: {
            self.closeListeners()
        }
        await drain()
        control?.close()
        tokens?.stop()
        await secrets?.stop()
        try? await group.shutdownGracefully()
        recording?.writer.close()
        sink.close()
    }

    private func closeListeners() { for channel in channels { channel.close(promise: nil) } }

    private func waitForListeners() async { for channel in channels { try? await channel.closeFuture.get() } }

    /// Lets sessions finish what they are doing; those left after the configured time are ended.
    private func drain() async {
        let patience = drainSeconds.withLock { $0 }
        if registry.count > 0 {
            logger.notice("ending", metadata: ["sessions": "\(registry.count)", "patience_s": "\(patience)"])
        }
        let registry = registry
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                registry.drain(seconds: patience) { continuation.resume() }
            }
        } onCancel: {
            registry.end()
        }
    }

    /// The commands that wait for a decision by a person, the oldest first.
    public var heldCommands: [HeldCommand] { registry.held }

    /// Lets a command that is held pass, or refuses it. Returns whether it was still held.
    @discardableResult
    public func resolveHold(of command: HeldCommand, allows: Bool) -> Bool { registry.resolveHold(of: command, allows: allows) }

    /// Reads the configuration and the certificates again. Running sessions keep what they began with; new ones get what was read.
    /// The listeners stay as they are.
    public func reload() {
        do {
            var configuration = try source()
            guard configuration.relays.map(\.listen) == box.relays.map(\.listen) else {
                return refuseReload("listeners cannot change without a restart")
            }
            if configuration.log != fixed.log || configuration.record != fixed.record || configuration.threads != fixed.threads {
                logger.warning("what the configuration says of log, record and threads takes a restart")
            }
            if control == nil, configuration.relays.contains(where: \.policy.mayHold) {
                logger.warning("nobody can decide about commands that are held before a restart")
            }
            configuration.log = fixed.log
            guard configuration.hasAccounts == (tokens != nil) else {
                return refuseReload("the first relay with accounts, and the last one, take a restart")
            }
            let shared = try SharedContext(
                configuration, sink: sink, recording: recording, registry: registry, desk: tokens?.desk,
                secrets: secrets)
            let takeTokens = try tokens?.prepare(configuration)
            try secrets?.replace(configuration)
            // All that can fail is done. New clients come in when the new policies hold.
            for (index, relay) in configuration.relays.enumerated() {
                box.replace(shared.context(for: relay, listener: listeners[index].url), at: index)
            }
            takeTokens?()
            registry.update(limits: configuration.limits)
            drainSeconds.withLock { $0 = configuration.timeouts.drain }
            sink.reopen()
            sink.tell(.reloaded(facts(of: configuration)), at: SessionClock().now)
            logger.notice("reloaded the configuration and the certificates")
        } catch {
            refuseReload("\(error)")
        }
    }

    private func refuseReload(_ reason: String) {
        sink.tell(.reloadFailed(reason: reason), at: SessionClock().now)
        logger.error("not reloaded, the old configuration stays: \(reason)")
    }
}

/// What every relay of one configuration shares.
struct SharedContext {
    let configuration: Configuration
    let serverContexts: ServerContexts
    let upstreamContext: NIOSSLContext
    let verifier: UpstreamVerifier
    let names = NameLookup()
    let sink: EventSink
    let recording: Recording?
    let registry: SessionRegistry
    let desk: ClientDesk?
    let secrets: AccountSecrets?

    /// - Parameters:
    ///   - desk: Who is let in at relays with accounts.
    ///   - secrets: What these log in with.
    ///   - serverContexts: What clients are served with; made from the configuration if left out.
    init(
        _ configuration: Configuration, sink: EventSink, recording: Recording?, registry: SessionRegistry,
        desk: ClientDesk? = nil, secrets: AccountSecrets? = nil, serverContexts: ServerContexts? = nil
    ) throws {
        self.configuration = configuration
        self.sink = sink
        self.recording = recording
        self.registry = registry
        self.desk = desk
        self.secrets = secrets
        self.serverContexts = try serverContexts ?? ServerContexts(configuration.tls)
        verifier = try UpstreamVerifier(
            trust: configuration.tls.trust, skipsVerification: configuration.tls.skipsUpstreamVerification)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = configuration.tls.minimumUpstreamVersion.nio
        // The verifier judges chain and name. With verification off, its callback would not be called.
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates([])
        tls.shutdownTimeout = ServerContexts.shutdownTimeout
        upstreamContext = try NIOSSLContext(configuration: tls)
    }

    func context(for relay: RelayConfiguration, listener: String) -> RelayContext {
        RelayContext(
            relay: relay, upstream: relay.upstream, brokerage: brokerage(of: relay),
            settings: relay.settings(limits: configuration.limits),
            following: FollowingSettings(
                maximumMessages: configuration.limits.followedMessages, names: configuration.log.names),
            timeouts: configuration.timeouts, limits: configuration.limits,
            skipsVerification: configuration.tls.skipsUpstreamVerification, serverContexts: serverContexts,
            upstreamContext: upstreamContext, verifier: verifier, names: names, sink: sink, recording: recording,
            registry: registry,
            clock: SessionClock(),
            listener: listener)
    }
}

extension SharedContext {
    private func brokerage(of relay: RelayConfiguration) -> Brokerage? {
        guard let desk, let secrets, let names = relay.accounts else { return nil }
        return Brokerage(
            desk: desk, accounts: configuration.accounts.filter { names.contains($0.name) }, secrets: secrets,
            maximumFailures: configuration.limits.loginFailures)
    }
}

extension Configuration {
    /// Whether Interpost lets clients in itself anywhere.
    fileprivate var hasAccounts: Bool { relays.contains { $0.accounts != nil } }
}

/// The context of each listener, to be replaced on a reload.
private final class ContextBox: Sendable {
    private let contexts: Mutex<[RelayContext]>

    init(_ contexts: [RelayContext]) { self.contexts = Mutex(contexts) }

    func context(at index: Int) -> RelayContext? { contexts.withLock { $0.indices.contains(index) ? $0[index] : nil } }

    var relays: [RelayConfiguration] { contexts.withLock { $0.map(\.relay) } }

    func replace(_ context: RelayContext, at index: Int) { contexts.withLock { $0[index] = context } }

    func setListener(_ url: String, at index: Int) { contexts.withLock { $0[index].listener = url } }
}
