// Strategy: the waits that the type's documentation promises, at the exact nanosecond where they end; then what strangers can and
// cannot do to others, and that what is remembered is bounded.

import Testing

@testable import InterpostCore

@Suite struct `What a login waits for those that failed` {
    private static let start = WireTime(nanoseconds: 5)
    private static let second: Int64 = 1_000_000_000

    private static func wait(_ throttle: LoginThrottle, _ address: String, _ name: String, after seconds: Int64 = 0) -> Int64 {
        throttle.wait(address: address, name: name, at: start.later(by: seconds * second))
    }

    private static func throttle(failures: Int, address: String = "192.0.2.1", name: String = "anna") -> LoginThrottle {
        var throttle = LoginThrottle()
        for _ in 0..<failures { throttle.failed(address: address, name: name, at: start) }
        return throttle
    }

    @Test(arguments: [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (8, 30), (100, 30), (100_000, 30)])
    func `doubles from the third login on, up to half a minute`(failures: Int, seconds: Int64) {
        let throttle = Self.throttle(failures: failures)
        #expect(Self.wait(throttle, "192.0.2.1", "otto") == seconds * Self.second)
    }

    @Test func `is two seconds at most for a name that others guess at from elsewhere`() {
        let throttle = Self.throttle(failures: 1000)
        #expect(Self.wait(throttle, "192.0.2.2", "anna") == 2 * Self.second)
        #expect(Self.wait(throttle, "192.0.2.2", "otto") == 0)
    }

    @Test func `is over after a quarter of an hour, and not a nanosecond earlier`() {
        let throttle = Self.throttle(failures: 3)
        let end = Self.start.later(by: 900 * Self.second)
        let before = WireTime(nanoseconds: end.nanoseconds - 1)
        #expect(throttle.wait(address: "192.0.2.1", name: "otto", at: before) == 2 * Self.second)
        #expect(throttle.wait(address: "192.0.2.1", name: "otto", at: end) == 0)
    }

    @Test func `begins anew after a quarter of an hour`() {
        var throttle = Self.throttle(failures: 6)
        throttle.failed(address: "192.0.2.1", name: "anna", at: Self.start.later(by: 900 * Self.second))
        #expect(Self.wait(throttle, "192.0.2.1", "anna", after: 900) == 0)
    }

    @Test func `is over with a login that succeeds`() {
        var throttle = Self.throttle(failures: 6)
        throttle.succeeded(address: "192.0.2.1", name: "anna")
        #expect(Self.wait(throttle, "192.0.2.1", "anna") == 0)
    }

    @Test func `stays for a name when the address is let in with another`() {
        var throttle = Self.throttle(failures: 6)
        throttle.succeeded(address: "192.0.2.1", name: "otto")
        #expect(Self.wait(throttle, "192.0.2.1", "anna") == 2 * Self.second)
    }

    @Test func `is finite when the clock goes back`() {
        let throttle = Self.throttle(failures: 4)
        #expect(throttle.wait(address: "192.0.2.1", name: "otto", at: WireTime(nanoseconds: .min)) == 4 * Self.second)
        var late = LoginThrottle()
        for _ in 0..<3 { late.failed(address: "a", name: "b", at: WireTime(nanoseconds: .max)) }
        #expect(late.wait(address: "a", name: "b", at: WireTime(nanoseconds: .max)) == 0)
    }

    @Test(arguments: [
        ("2001:db8::1", "2001:db8::ffff:1", true), ("2001:db8:0:1::1", "2001:db8::1", false), ("192.0.2.1", "192.0.2.2", false),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false), ("fe80::1%eth0", "fe80::2", true), ("a host", "a host", true),
    ])
    func `is that of a neighbour only where one network is one subscriber`(address: String, other: String, isOne: Bool) {
        let throttle = Self.throttle(failures: 3, address: address, name: "anna")
        #expect(Self.wait(throttle, other, "otto") == (isOne ? 2 * Self.second : 0))
    }

    @Test func `is that of the beginning of a name that is long, however its characters are composed`() {
        let accents = String(repeating: "\u{301}", count: 4000)
        let throttle = Self.throttle(failures: 3, name: "e\(accents)")
        #expect(Self.wait(throttle, "192.0.2.9", "e\(accents)x") == 2 * Self.second)
        #expect(Self.wait(throttle, "192.0.2.9", "e") == 0)
    }

    @Test func `is not forgotten for the latest when many others come`() {
        var throttle = LoginThrottle()
        for number in 0..<40_000 {
            throttle.failed(address: "a\(number)", name: "n\(number)", at: Self.start.later(by: Int64(number)))
        }
        for _ in 0..<3 { throttle.failed(address: "b", name: "m", at: Self.start.later(by: 40_000)) }
        for number in 0..<8000 { throttle.failed(address: "c\(number)", name: "", at: Self.start.later(by: 50_000)) }
        #expect(Self.wait(throttle, "b", "") >= 2 * Self.second)
        #expect(Self.count(in: throttle) <= 2 * 16_384)
    }

    /// What it remembers, of addresses and of names.
    private static func count(in throttle: LoginThrottle) -> Int {
        Mirror(reflecting: throttle).children.map { Mirror(reflecting: $0.value).children.count }.reduce(0, +)
    }
}
