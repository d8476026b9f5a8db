/// Nanoseconds since 1970-01-01 00:00 UTC. The shell reads one clock for a whole program, so that
/// differences are durations.
public struct WireTime: Hashable, Comparable, Sendable {
    /// Since 1970-01-01 00:00 UTC.
    public var nanoseconds: Int64

    /// A time this many nanoseconds after 1970-01-01 00:00 UTC.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The time this many nanoseconds later, as far as can be counted.
    public func later(by nanoseconds: Int64) -> WireTime {
        let (sum, overflows) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return WireTime(nanoseconds: overflows ? Int64.max : sum)
    }

    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Whole microseconds from `start` to this moment; never negative.
    public func microseconds(since start: WireTime) -> Int64 { max(0, nanoseconds - start.nanoseconds) / 1000 }
}

extension WireTime {
    /// `2026-11-23T04:30:00.125000Z`: UTC, microseconds.
    func appendISO8601(to bytes: inout [UInt8]) {
        let microseconds = UInt64(max(0, nanoseconds)) / 1000
        let seconds = microseconds / 1_000_000
        let (year, month, day) = CalendarTime.date(daysSinceEpoch: seconds / 86_400)
        let second = seconds % 86_400
        bytes.append(addingCapacity: 32) { line in
            line.append(decimal: year, width: 4)
            for (mark, value) in [("-", month), ("-", day), ("T", second / 3600), (":", second / 60 % 60), (":", second % 60)]
                as [(Unicode.Scalar, UInt64)]
            {
                line.append(UInt8(ascii: mark))
                line.append(decimal: value, width: 2)
            }
            line.append(UInt8(ascii: "."))
            line.append(decimal: microseconds % 1_000_000, width: 6)
            line.append(UInt8(ascii: "Z"))
        }
    }

    /// `2026-11-23T04:30:00.125000Z`: UTC, microseconds.
    public var iso8601: String {
        var bytes: [UInt8] = []
        appendISO8601(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what ``iso8601`` returns.
    public init?(iso8601 text: String) {
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard text.hasSuffix("Z"), parts.count == 2 else { return nil }
        let day = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        let clock = parts[1].dropLast().split(whereSeparator: { $0 == ":" || $0 == "." }).map { Int($0) }
        guard day.count == 3, clock.count == 4, parts[1].utf8.count == 16, let year = day[0], let month = day[1],
            let date = day[2],
            let hour = clock[0], let minute = clock[1], let second = clock[2], let microseconds = clock[3], microseconds >= 0,
            let time = CalendarTime(year: year, month: month, day: date, hour: hour, minute: minute, second: second),
            // What 64 bits of nanoseconds hold.
            (1970...2261).contains(year)
        else { return nil }
        nanoseconds = (time.seconds * 1_000_000 + Int64(microseconds)) * 1000
    }
}

extension WireTime {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// `Mon Nov 23 06:02:05 2026`, in UTC.
    var asctime: String {
        let days = UInt64(max(0, nanoseconds)) / 86_400_000_000_000
        let (year, month, day) = CalendarTime.date(daysSinceEpoch: days)
        // A month counts from 1, and the first of January 1970 was a Thursday.
        let words = [Self.weekdays[Int(days % 7)], Self.months[Int(month - 1)], day < 10 ? " \(day)" : "\(day)"]
        return words.joined(separator: " ") + " \(iso8601.dropFirst(11).prefix(8)) \(year)"
    }
}
