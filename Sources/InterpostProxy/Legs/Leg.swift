import InterpostCore
import NIOCore

/// One side's connection.
final class Leg {
    var handler: LegHandler?
    /// Bytes may be written to it: connected, and encrypted if it has to be.
    var isReady = false
    /// What was to be written before that.
    var backlog = ByteBuffer()
    var needsFlush = false
    /// Gathered during a handshake; `nil` when none is going on.
    var facts: TLSFacts?
    var tlsBegan = WireTime(nanoseconds: 0)
    /// What the peer said when it gave up a handshake.
    var alert: String?

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        handler?.flush()
    }

    /// What was to be said behind a handshake that failed is said to nobody.
    func abandonTLS() {
        facts = nil
        backlog = ByteBuffer()
    }

    func beginTLS(at time: WireTime, side: Side) {
        isReady = false
        facts = TLSFacts(side: side)
        tlsBegan = time
    }
}

extension Side {
    var closer: Closer { self == .client ? .client : .server }
}
