import Testing

@testable import InterpostCore

@Suite struct `The allowance of a session` {
    static let start = WireTime(nanoseconds: 5_000_000_000)

    static func later(_ seconds: Double) -> WireTime { start.later(by: Int64(seconds * 1_000_000_000)) }

    @Test func `is not spent by what is in proportion to what was sent`() {
        var allowance = Allowance(perSecond: 1_000, at: Self.start)
        for _ in 0..<100_000 {
            allowance.earn(10)
            allowance.spend(320, at: Self.start)
        }
        #expect(!allowance.isSpent)
        #expect(allowance.nanosecondsToWait(at: Self.start) == 0)
    }

    @Test func `lets a burst pass, and then so much a second`() {
        var allowance = Allowance(perSecond: 1_000, at: Self.start)
        allowance.spend(4_000, at: Self.start)
        #expect(!allowance.isSpent)
        allowance.spend(2_000, at: Self.start)
        #expect(allowance.isSpent)
        #expect(allowance.nanosecondsToWait(at: Self.start) == 2_000_000_000)
        #expect(allowance.nanosecondsToWait(at: Self.later(1.5)) == 500_000_000)
        #expect(allowance.nanosecondsToWait(at: Self.later(2)) == 0)
        #expect(!allowance.isSpent)
    }

    @Test func `is filled to one burst, however long nothing happens`() {
        var allowance = Allowance(perSecond: 1_000, at: Self.start)
        allowance.earn(.max)
        allowance.spend(4_000, at: Self.later(1_000_000_000))
        allowance.spend(1_000, at: Self.later(1_000_000_000))
        #expect(allowance.nanosecondsToWait(at: Self.later(1_000_000_000)) == 1_000_000_000)
    }

    @Test func `fills just as fast when it is asked all the time`() {
        var allowance = Allowance(perSecond: 1_000, at: Self.start)
        allowance.spend(5_000, at: Self.start)
        for step in 1...10_000 { _ = allowance.nanosecondsToWait(at: Self.later(Double(step) / 10_000)) }
        #expect(!allowance.isSpent)
    }

    @Test func `may be as large as a number can be`() {
        var allowance = Allowance(perSecond: 1 << 40, at: Self.start)
        allowance.earn(.max)
        allowance.spend(1 << 42, at: Self.start)
        #expect(!allowance.isSpent)
        var larger = Allowance(perSecond: .max / 2, at: Self.start)
        larger.earn(.max)
        larger.spend(1, at: Self.later(1_000_000))
        #expect(!larger.isSpent)
    }
}
