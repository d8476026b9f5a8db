package import InterpostCore

/// The end of a client's or a token's time, as people write it: a day, which counts to its end, or a moment (RFC 3339).
///
///     2026-12-31                      until 2027-01-01 00:00 UTC
///     2026-12-31T18:00:00+01:00       until 17:00 UTC
package enum ExpiryDate {
    /// What it looks like, for people.
    package static let rule = "a day, 2026-12-31 (to its end, in UTC), or a time, 2026-12-31T18:00:00Z"

    private static let second: Int64 = 1_000_000_000
    private static let day = 86_400 * second

    /// The first moment that is too late; `nil` for a text that is no such time, and for a time that does not exist, or is not before
    /// the year 2262.
    package static func time(_ text: String) -> WireTime? {
        guard let time = anyTime(text), (0..<end).contains(time.nanoseconds) else { return nil }
        return time
    }

    /// What can be written, and read again.
    private static let end = WireTime(iso8601: "2261-12-31T23:59:59.999999Z")?.nanoseconds ?? .max

    private static func anyTime(_ text: String) -> WireTime? {
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        if text.utf8.count == 10 { return WireTime(iso8601: "\(text)T00:00:00.000000Z")?.later(by: day) }
        guard
            let parts = text.wholeMatch(
                of: /(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:([Zz])|([+-])(\d\d):(\d\d))/),
            let time = WireTime(iso8601: "\(parts.1)T\(parts.2).000000Z")
        else { return nil }
        guard parts.3 == nil else { return time }
        guard let hours = parts.5.flatMap({ Int64($0) }), let minutes = parts.6.flatMap({ Int64($0) }), hours < 24, minutes < 60
        else { return nil }
        let offset = (hours * 3600 + minutes * 60) * second
        return time.later(by: parts.4 == "+" ? -offset : offset)
    }

    /// As people write it, in whole seconds: the last day where it is the end of one.
    package static func text(_ time: WireTime) -> String {
        let isEndOfDay = time.nanoseconds > 0 && time.nanoseconds % day == 0
        return isEndOfDay ? String(time.later(by: -day).iso8601.prefix(10)) : moment(time)
    }

    /// A moment in whole seconds: `2026-12-31T17:00:00Z`.
    package static func moment(_ time: WireTime) -> String { String(time.iso8601.prefix(19)) + "Z" }
}
