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
    }

    let desk: ClientDesk
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

    /// Takes over what a configuration says that was read again.
    func replace(_ configuration: Configuration) throws {
        let store = TokenStore(configuration.tokens)
        let stamp = store.stamp
        let records = try store.records()
        state.withLock { ($0.store, $0.clients, $0.stamp) = (store, configuration.clients, stamp) }
        desk.replace(ClientDirectory(configuration.clients + records))
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
            flush(isLast: false)
            state.withLock { $0.isBusy = false }
        }
    }

    private func readAgain() {
        let (store, clients, known) = state.withLock { ($0.store, $0.clients, $0.stamp) }
        // Before it is read: what is written meanwhile is looked at the next time.
        let stamp = store.stamp
        guard stamp != known else { return }
        do {
            let records = try store.records()
            desk.replace(ClientDirectory(clients + records))
            state.withLock { $0.stamp = stamp }
            logger.notice("tokens are read again", metadata: ["tokens": "\(records.count)"])
        } catch {
            state.withLock { $0.stamp = stamp }
            desk.replace(ClientDirectory(clients))
            logger.error("nobody is let in with a token: \(error)")
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
