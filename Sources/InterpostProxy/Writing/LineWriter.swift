import Foundation
import Synchronization

/// Writes bytes to a file descriptor on a thread of its own, in order.
///
/// `append` never blocks. When more than ``congestion`` octets wait, ``isCongested`` tells sessions to stop reading
/// until the disk has caught up; so nothing is lost and memory stays bounded. The thread gathers what comes within a few
/// milliseconds into one write.
final class LineWriter: Sendable {
    /// Octets that may wait before sessions slow down.
    static let congestion = 16 << 20
    private static let gatherSeconds = 0.01

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private struct State {
        var waiting: [UInt8] = []
        var isClosed = false
        var reopens = false
        var isWriting = false
        /// Octets thrown away because they could not be written.
        var lost = 0
    }

    private let path: String?
    private let isLossy: Bool
    private let state = Mutex(State())
    private let waitingCount = Atomic<Int>(0)
    private let hasFailed = Atomic<Bool>(false)
    private let condition = NSCondition()
    private let finished = DispatchSemaphore(value: 0)
    private let onFailure: @Sendable (String) -> Void

    /// - Parameters:
    ///   - path: A file to append to, made with mode 0600; `nil` for standard output.
    ///   - isLossy: What cannot be written is thrown away instead of kept for later, and what is too much as well.
    ///   - onFailure: Called once when writing begins to fail.
    init(path: String?, isLossy: Bool, onFailure: @escaping @Sendable (String) -> Void) throws {
        self.path = path
        self.isLossy = isLossy
        self.onFailure = onFailure
        let descriptor = try Self.open(path)
        Thread.detachNewThread { [self] in run(descriptor) }
    }

    /// Sessions should stop reading for a while.
    var isCongested: Bool { waitingCount.load(ordering: .relaxed) > Self.congestion }

    /// What was appended last could not be written, and still cannot.
    var isFailing: Bool { hasFailed.load(ordering: .relaxed) }

    func append(_ bytes: [UInt8]) {
        let wasEmpty = state.withLock { state in
            // Nobody slows down for a console, nor for a log that cannot be written: what is too much is counted.
            guard state.waiting.count <= Self.congestion || !(isLossy || isFailing) else {
                state.lost += bytes.count
                return false
            }
            let wasEmpty = state.waiting.isEmpty && !state.isWriting
            state.waiting.append(contentsOf: bytes)
            waitingCount.store(state.waiting.count, ordering: .relaxed)
            return wasEmpty
        }
        if wasEmpty { signal() }
    }

    /// Closes the file and opens its path anew, after a rotation.
    func reopen() {
        state.withLock { $0.reopens = true }
        signal()
    }

    /// Writes what waits and ends. Blocks until that is done, but not longer than ten seconds.
    func close() {
        state.withLock { $0.isClosed = true }
        signal()
        _ = finished.wait(timeout: .now() + 10)
    }

    private func signal() {
        condition.lock()
        condition.signal()
        condition.unlock()
    }

    private static func open(_ path: String?) throws -> Int32 {
        guard let path else { return dup(1) }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                description: "the log \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    // MARK: - The thread

    private func run(_ first: Int32) {
        var descriptor = first
        while true {
            waitForWork()
            let (batch, reopens, isClosed) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.reopens = false
                    state.isWriting = true
                }
                return (state.waiting, state.reopens, state.isClosed)
            }
            if reopens { reopen(&descriptor) }
            write(batch, to: &descriptor)
            let isEmpty = state.withLock { state in
                state.isWriting = false
                waitingCount.store(state.waiting.count, ordering: .relaxed)
                return state.waiting.isEmpty
            }
            if isClosed, isEmpty || isFailing { break }
            Thread.sleep(forTimeInterval: Self.gatherSeconds)
        }
        Foundation.close(descriptor)
        finished.signal()
    }

    private func reopen(_ descriptor: inout Int32) {
        do {
            let fresh = try Self.open(path)
            Foundation.close(descriptor)
            descriptor = fresh
        } catch {
            onFailure("\(error); what was open stays open")
        }
    }

    private func waitForWork() {
        condition.lock()
        while state.withLock({ $0.waiting.isEmpty && !$0.isClosed && !$0.reopens }) { condition.wait() }
        condition.unlock()
    }

    private func write(_ batch: [UInt8], to descriptor: inout Int32) {
        var rest = batch[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
                if hasFailed.exchange(false, ordering: .relaxed) { noteRecovery() }
                continue
            }
            if errno == EINTR { continue }
            // Whoever read standard output has gone, and will not come back as a disk does.
            if errno == EPIPE, path == nil, !isLossy {
                onFailure("nobody reads the log on standard output any more")
                exit(1)
            }
            let reason = String(cString: strerror(errno))
            if !hasFailed.exchange(true, ordering: .relaxed) {
                onFailure("the log \(path ?? "on standard output") cannot be written: \(reason)")
            }
            if isLossy {
                state.withLock { $0.lost += rest.count }
                return
            }
            // Kept: it goes before what came meanwhile, and is tried again.
            let (isClosed, reopens) = state.withLock { state in
                defer { state.reopens = false }
                return (state.isClosed, state.reopens)
            }
            if isClosed { return }
            if reopens { reopen(&descriptor) }
            Thread.sleep(forTimeInterval: 0.25)
        }
    }

    private func noteRecovery() {
        let lost = state.withLock { state in
            defer { state.lost = 0 }
            return state.lost
        }
        onFailure("the log can be written again" + (lost > 0 ? "; \(lost) octets of it were lost" : ""))
    }
}
