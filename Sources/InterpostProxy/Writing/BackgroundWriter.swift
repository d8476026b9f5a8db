import Foundation
import NIOCore
import Synchronization

/// What a ``BackgroundWriter`` writes, and how. The value lives on the writer's thread.
protocol BackgroundWork: SendableMetatype {
    associatedtype Item: Sendable

    /// Writes what has come since the last call, in order.
    mutating func write(_ items: [Item], for writer: BackgroundWriter<Self>)

    /// Everything that has come is written; something else may be due now.
    ///
    /// - Returns: After how long to call again even if nothing comes; `nil` for never.
    mutating func rest(isClosing: Bool, for writer: BackgroundWriter<Self>) -> TimeAmount?

    /// Nothing more comes.
    mutating func finish()

    /// What is reported when writing works again.
    mutating func recovery() -> String
}

/// Writes on a thread of its own, in the order in which items come.
///
/// `append` never blocks. While more than `congestion` octets wait, ``isCongested`` tells sessions to stop reading until the disk
/// has caught up; so nothing is lost and memory stays bounded. A write that fails is tried again four times a second, unless what
/// it writes may be lost.
final class BackgroundWriter<Work: BackgroundWork>: Sendable {
    private static var retrySeconds: Double { 0.25 }
    private static var closeSeconds: Double { 10 }

    private struct State {
        var waiting: [Work.Item] = []
        /// Octets of everything not written yet, including what is being written now.
        var octets = 0
        /// Octets of the items that wait.
        var waitingOctets = 0
        var isWoken = false
        var isClosed = false
    }

    private let congestion: Int
    private let isLossy: Bool
    private let state = Mutex(State())
    private let unwritten = Atomic<Int>(0)
    private let hasFailed = Atomic<Bool>(false)
    private let condition = NSCondition()
    private let finished = DispatchSemaphore(value: 0)
    private let onFailure: @Sendable (String) -> Void

    /// - Parameters:
    ///   - congestion: How many octets may wait before sessions slow down.
    ///   - isLossy: What cannot be written is given up and not tried again.
    ///   - onFailure: Called when writing begins to fail, and when it works again.
    init(congestion: Int, isLossy: Bool, onFailure: @escaping @Sendable (String) -> Void) {
        self.congestion = congestion
        self.isLossy = isLossy
        self.onFailure = onFailure
    }

    /// Begins; `work` is called on the new thread.
    func start(_ work: @escaping @Sendable () -> Work) {
        Thread.detachNewThread { [self] in run(work()) }
    }

    /// Sessions should stop reading for a while.
    var isCongested: Bool { unwritten.load(ordering: .relaxed) > congestion }

    /// The last write has failed and has not succeeded since.
    var isFailing: Bool { hasFailed.load(ordering: .relaxed) }

    /// - Parameter octets: How many octets the item counts for.
    func append(_ item: Work.Item, octets: Int) {
        let wasEmpty = state.withLock { state in
            defer {
                state.waiting.append(item)
                state.waitingOctets += octets
                state.octets += octets
                unwritten.store(state.octets, ordering: .relaxed)
            }
            return state.waiting.isEmpty
        }
        if wasEmpty { signal() }
    }

    /// Has ``BackgroundWork/write(_:for:)`` called even though nothing came.
    func wake() {
        state.withLock { $0.isWoken = true }
        signal()
    }

    /// Writes what waits, and ends. Blocks until that is done, but for ten seconds at most.
    func close() {
        state.withLock { $0.isClosed = true }
        signal()
        _ = finished.wait(timeout: .now() + Self.closeSeconds)
    }

    private func signal() {
        condition.lock()
        condition.signal()
        condition.unlock()
    }

    // MARK: - On the thread

    private func run(_ first: Work) {
        var work = first
        var patience = work.rest(isClosing: false, for: self)
        while true {
            waitForWork(patience)
            let (items, octets, isClosing) = state.withLock { state in
                defer { (state.waiting, state.waitingOctets, state.isWoken) = ([], 0, false) }
                return (state.waiting, state.waitingOctets, state.isClosed)
            }
            work.write(items, for: self)
            state.withLock { state in
                state.octets -= octets
                unwritten.store(state.octets, ordering: .relaxed)
            }
            patience = work.rest(isClosing: isClosing, for: self)
            if isClosing, state.withLock({ $0.waiting.isEmpty }) { break }
        }
        work.finish()
        finished.signal()
    }

    private func waitForWork(_ patience: TimeAmount?) {
        let deadline = patience.map { Date(timeIntervalSinceNow: Double($0.nanoseconds) / 1e9) }
        condition.lock()
        while state.withLock({ $0.waiting.isEmpty && !$0.isClosed && !$0.isWoken }) {
            if let deadline {
                guard condition.wait(until: deadline) else { break }
            } else {
                condition.wait()
            }
        }
        condition.unlock()
    }

    /// Does something, with as many attempts as it takes, and says whether it was done. It is given up if losing is allowed, or
    /// when the writer is closed.
    ///
    /// - Parameters:
    ///   - provesRecovery: Whether success of `body` proves that writing works again. It does not if `body` only keeps what it is
    ///   given.
    ///   - again: What to do after a failure, if that is something else.
    func attempt(
        _ work: inout Work, provesRecovery: Bool = true, _ body: @escaping (inout Work) throws -> Void,
        again: ((inout Work) throws -> Void)? = nil
    ) -> Bool {
        var provesRecovery = provesRecovery
        var next = body
        while true {
            do {
                try next(&work)
                if provesRecovery, hasFailed.exchange(false, ordering: .relaxed) { onFailure(work.recovery()) }
                return true
            } catch {
                if !hasFailed.exchange(true, ordering: .relaxed) { onFailure("\(error)") }
                guard !isLossy, !state.withLock({ $0.isClosed }) else { return false }
                Thread.sleep(forTimeInterval: Self.retrySeconds)
                if let again { (next, provesRecovery) = (again, true) }
            }
        }
    }

    /// Reports a failure after which nothing is tried again.
    func report(_ message: String) { onFailure(message) }
}
