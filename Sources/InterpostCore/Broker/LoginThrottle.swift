/// How long a login has to wait because of those that failed before, from the same address and with the same name.
///
///     after the 1st failure                 no wait
///     after the 2nd, 3rd, 4th …             1 s, 2 s, 4 s …, 30 s at most
///
/// Addresses of IPv6 count as one where their first 64 bits are the same.
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
        let byAddress = Self.wait(after: addresses[Self.key(address: address)], at: time)
        let byName = Self.wait(after: names[Self.key(name: name)], at: time)
        return max(byAddress, min(byName, Self.longestByName))
    }

    private static func wait(after count: Count?, at time: WireTime) -> Int64 {
        guard let count, count.last.later(by: memory) > time, count.failures >= free else { return 0 }
        return min(second << min(count.failures - free, 10), longest)
    }

    package mutating func failed(address: String, name: String, at time: WireTime) {
        Self.note(Self.key(address: address), in: &addresses, at: time)
        Self.note(Self.key(name: name), in: &names, at: time)
    }

    package mutating func succeeded(address: String, name: String) {
        addresses.removeValue(forKey: Self.key(address: address))
        names.removeValue(forKey: Self.key(name: name))
    }

    /// Who has one address of IPv6 mostly has all that begin with the same 64 bits: they count as one.
    private static func key(address: String) -> String {
        guard let parsed = IPAddress(address), parsed.isIPv6, parsed.number >> 32 != 0xFFFF else { return address }
        return "\(IPAddress(ipv6: parsed.number & ~UInt128(UInt64.max)))/64"
    }

    /// The beginning of a name: one of any length would be kept otherwise. A single character may have any number of scalars.
    private static func key(name: String) -> String { String(String.UnicodeScalarView(name.unicodeScalars.prefix(64))) }

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
