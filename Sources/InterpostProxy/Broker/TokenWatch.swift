import Foundation
import InterpostConfiguration
import InterpostCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Keeps a desk up to date with the token file, twice a second: a token that was made is let in, and the sessions of one that was taken
/// back end. What was counted is written, too.
final class TokenWatch: Sendable {
    private static let interval = TimeAmount.milliseconds(500)

    private struct State {
        var store: TokenStore
        /// Clients of the configuration.
        var clients: [ClientRecord]
        var stamp: TokenStore.Stamp?
        var task: RepeatedTask?
        var isBusy = false
        var isFlushing = false
        /// The clients, or the file, are others than those that the desk has.
        var isStale = false
        /// What was the matter with the file when it was read last.
        var complaint: String?
    }

    let desk: ClientDesk
    /// Held while tokens are read and given to the desk, so that what is older never comes last.
    private let reading = Mutex(())
    private let state: Mutex<State>
    private let logger: Logger

    /// Reads the tokens.
    ///
    /// - Throws: Where they cannot be read; there may be none.
    init(_ configuration: Configuration, clock: SessionClock, logger: Logger) throws {
        let store = TokenStore(configuration.tokens)
        let stamp = store.stamp
        desk = ClientDesk(ClientDirectory(configuration.clients + (try store.records())), clock: clock)
        state = Mutex(State(store: store, clients: configuration.clients, stamp: stamp))
        self.logger = logger
    }

    func start(on eventLoop: any EventLoop) {
        let task = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { [weak self] _ in
            self?.look()
        }
        state.withLock { $0.task = task }
        desk.onDoubt { [weak self] done in
            guard let self else { return done() }
            NIOThreadPool.singleton.submit { [self] _ in
                readAgain()
                done()
            }
        }
    }

    /// Reads the tokens of a configuration that was read again.
    ///
    /// - Returns: What takes it over. Nothing has changed before that is called.
    func prepare(_ configuration: Configuration) throws -> () -> Void {
        let store = TokenStore(configuration.tokens)
        _ = try store.records()
        return { [self] in
            state.withLock { ($0.store, $0.clients, $0.stamp, $0.isStale) = (store, configuration.clients, nil, true) }
            readAgain()
        }
    }

    /// Writes what is left to be written. It blocks.
    func stop() {
        state.withLock { state in
            state.task?.cancel()
            state.task = nil
        }
        flush(isLast: true)
    }

    private func look() {
        let isIdle = state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy
        }
        guard isIdle else { return }
        NIOThreadPool.singleton.submit { [self] _ in
            readAgain()
            desk.endOutdated()
            let mayFlush = state.withLock { state in
                defer { state.isFlushing = true }
                state.isBusy = false
                return !state.isFlushing
            }
            guard mayFlush else { return }
            // It may wait for another program.
            flush(isLast: false)
            state.withLock { $0.isFlushing = false }
        }
    }

    /// Reads the file if it has changed. One that cannot be read lets nobody in, and is tried again.
    private func readAgain() {
        reading.withLock { _ in
            let (store, clients, known, isStale) = state.withLock { ($0.store, $0.clients, $0.stamp, $0.isStale) }
            // Before it is read: what is written meanwhile is looked at the next time.
            let stamp = store.stamp
            guard stamp != known || isStale else { return }
            do {
                let records = try store.records()
                desk.replace(ClientDirectory(clients + records))
                state.withLock { ($0.stamp, $0.isStale, $0.complaint) = (stamp, false, nil) }
                logger.notice("tokens are read again", metadata: ["tokens": "\(records.count)"])
            } catch {
                desk.replace(ClientDirectory(clients))
                let isNew = state.withLock { state in
                    defer { (state.isStale, state.complaint) = (true, "\(error)") }
                    return state.complaint != "\(error)"
                }
                if isNew { logger.error("nobody is let in with a token: \(error)") }
            }
        }
    }

    private func flush(isLast: Bool) {
        guard let usage = desk.takeUsage(isLast: isLast) else { return }
        let store = state.withLock { $0.store }
        do {
            try store.flush(usage)
        } catch {
            desk.putBack(usage)
            logger.warning("what was counted of tokens is not written: \(error)")
        }
    }
}
