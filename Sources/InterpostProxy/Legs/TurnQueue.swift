import NIOCore
import NIOPosix

/// Work that waits for a turn on an event loop, because its last turn was over before it was done.
///
/// An event loop runs all tasks that are due before it looks at its sockets, even those that become due meanwhile. So there is one
/// task for all work that waits. It gives one of them its turn, and is due again a moment later: the sockets come in
/// between.
final class TurnQueue {
    private static let pause = TimeAmount.microseconds(50)
    private static let ofThread = ThreadSpecificVariable<Place>()

    private final class Place: Sendable {
        let queue: NIOLoopBound<TurnQueue>

        init(_ queue: TurnQueue) { self.queue = NIOLoopBound(queue, eventLoop: queue.eventLoop) }
    }

    private let eventLoop: any EventLoop
    private var waiting = CircularBuffer<() -> Void>()
    private var isScheduled = false

    private init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Must be called on `eventLoop`.
    static func of(_ eventLoop: any EventLoop) -> TurnQueue {
        eventLoop.preconditionInEventLoop()
        if let place = ofThread.currentValue, place.queue.eventLoop === eventLoop { return place.queue.value }
        let queue = TurnQueue(eventLoop)
        ofThread.currentValue = Place(queue)
        return queue
    }

    /// Calls `body` in its turn.
    func add(_ body: @escaping () -> Void) {
        waiting.append(body)
        schedule()
    }

    /// Calls `body` in its turn, but not before this many nanoseconds have passed.
    func add(after nanoseconds: Int64, _ body: @escaping () -> Void) {
        guard nanoseconds > 0 else { return add(body) }
        let turn = NIOLoopBound(body, eventLoop: eventLoop)
        let queue = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) { queue.value.add(turn.value) }
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        let queue = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.pause) { queue.value.run() }
    }

    private func run() {
        isScheduled = false
        waiting.popFirst()?()
        if !waiting.isEmpty { schedule() }
    }
}
