import Foundation
package import InterpostCore

/// The time, as `TokenService` sees it.
package protocol TokenClock: Sendable {
    var now: WireTime { get }
    /// Returns at that time, or earlier where the task is cancelled.
    func sleep(until time: WireTime) async
}

/// The time of this machine.
package struct SystemTokenClock: TokenClock {
    package init() {}

    package var now: WireTime { WireTime(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e6) * 1000) }

    package func sleep(until time: WireTime) async {
        let rest = time.nanoseconds.subtractingReportingOverflow(now.nanoseconds)
        guard !rest.overflow, rest.partialValue > 0 else { return }
        try? await Task.sleep(nanoseconds: UInt64(rest.partialValue))
    }
}
