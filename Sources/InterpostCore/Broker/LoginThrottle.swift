/// How long a login has to wait because of those that failed before, from the same address and with the same name.
///
///     1st and 2nd failure      no wait
///     3rd, 4th, 5th …          1 s, 2 s, 4 s …, 30 s at most
///
/// A name that others guess at from elsewhere makes its owner wait 2 s at most: nobody is locked out by strangers. A failure is
/// forgotten after 15 minutes, or with a login that succeeds.
package struct LoginThrottle: Sendable {
    private struct Count {
        var failures = 0
        var last: WireTime
    }

    /// Failures that cost nothing.
    private static let free = 2
    private static let second: Int64 = 1_000_000_000
    private static let longest = 30 * second
    private static let longestByName = 2 * second
    private static let memory = 900 * second
    /// Addresses, and names, that are remembered at most; beyond it, those that failed longest ago are forgotten.
    private static let maximumEntries = 16_384

    private var addresses: [String: Count] = [:]
    private var names: [String: Count] = [:]

    package init() {}

    /// Nanoseconds that an attempt waits before it is looked at.
    package func wait(address: String, name: String, at time: WireTime) -> Int64 {
        let byAddress = Self.wait(after: addresses[address], at: time)
        let byName = Self.wait(after: names[String(name.prefix(64))], at: time)
        return max(byAddress, min(byName, Self.longestByName))
    }

    private static func wait(after count: Count?, at time: WireTime) -> Int64 {
        guard let count, count.last.later(by: memory) > time, count.failures >= free else { return 0 }
        return min(second << min(count.failures - free, 10), longest)
    }

    package mutating func failed(address: String, name: String, at time: WireTime) {
        Self.note(address, in: &addresses, at: time)
        // A name of any length would be kept otherwise.
        Self.note(String(name.prefix(64)), in: &names, at: time)
    }

    package mutating func succeeded(address: String, name: String) {
        addresses.removeValue(forKey: address)
        names.removeValue(forKey: String(name.prefix(64)))
    }

    private static func note(_ key: String, in counts: inout [String: Count], at time: WireTime) {
        if counts.count >= maximumEntries, counts[key] == nil { shrink(&counts, at: time) }
        var count = counts[key] ?? Count(last: time)
        if count.last.later(by: memory) <= time { count.failures = 0 }
        count.failures = min(count.failures + 1, 1_000_000)
        count.last = time
        counts[key] = count
    }

    /// Forgets what is old, and the older half of the rest.
    private static func shrink(_ counts: inout [String: Count], at time: WireTime) {
        counts = counts.filter { $0.value.last.later(by: memory) > time }
        guard counts.count >= maximumEntries else { return }
        let kept = counts.sorted { $0.value.last > $1.value.last }.prefix(maximumEntries / 2)
        counts = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
