/// How much a session may give rise to (octets that are inflated, lines of the log), measured against what was sent for it. A value
/// without a clock.
///
///     var log = Allowance(perSecond: 4 << 20, at: now)
///     log.earn(1_000)                   a client sent 1,000 octets
///     log.spend(30_000, at: now)        they made 30,000 octets of log: fewer than 32 times as many
///     log.nanosecondsToWait(at: now)    0
///
/// Honest sessions stay within the multiple: text is deflated to a tenth, and a command of 10 octets makes a line of 200. What goes
/// beyond it is allowed up to `perSecond`, and in a burst of four seconds' worth.
package struct Allowance: Sendable {
    /// What each octet that was sent allows.
    package static let multiple = 32
    private static let burstSeconds = 4
    private static let second: Int64 = 1_000_000_000

    private let perSecond: Int
    private let burst: Int
    private var balance: Int
    private var filledAt: WireTime

    package init(perSecond: Int, at time: WireTime) {
        self.perSecond = perSecond
        burst = min(perSecond, .max / 4 / Self.burstSeconds) * Self.burstSeconds
        balance = burst
        filledAt = time
    }

    /// Octets were sent.
    package mutating func earn(_ octets: Int) {
        balance = min(burst, balance + min(octets, burst / Self.multiple) * Self.multiple)
    }

    /// Octets came of it.
    package mutating func spend(_ octets: Int, at time: WireTime) {
        fill(at: time)
        balance -= octets
    }

    /// More has come of it than is allowed.
    package var isSpent: Bool { balance < 0 }

    /// How long nothing more may come of it; 0 when it may.
    package mutating func nanosecondsToWait(at time: WireTime) -> Int64 {
        fill(at: time)
        return isSpent ? max(1, Int64(Double(-balance) / Double(perSecond) * Double(Self.second))) : 0
    }

    private mutating func fill(at time: WireTime) {
        let passed = Double(max(0, time.nanoseconds - filledAt.nanoseconds)) / Double(Self.second)
        let filled = min(passed * Double(perSecond), Double(burst) - Double(balance))
        // Fractions of an octet must not be lost when this is asked often.
        guard filled >= 1 || balance >= burst else { return }
        balance += Int(filled)
        filledAt = time
    }
}
