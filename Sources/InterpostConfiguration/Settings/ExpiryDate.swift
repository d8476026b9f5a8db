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
        let octets = Array(text.utf8)
        // Without a regular expression, because a token file has thousands of times.
        let marks = [4, 7, 10, 13, 16]
        guard (10...40).contains(octets.count),
            octets.prefix(19).enumerated().allSatisfy({ marks.contains($0) || (0x30...0x39).contains($1) })
        else { return nil }
        if octets.count == 10 { return WireTime(iso8601: "\(text)T00:00:00.000000Z")?.later(by: day) }
        guard octets.count >= 20, "Tt ".utf8.contains(octets[10]), let offset = offset(octets[19...]) else { return nil }
        let (date, clock) = (String(decoding: octets[..<10], as: UTF8.self), String(decoding: octets[11..<19], as: UTF8.self))
        return WireTime(iso8601: "\(date)T\(clock).000000Z")?.later(by: -offset)
    }

    /// Nanoseconds by which a clock is ahead of UTC, from what follows the seconds: `Z`, `.25+01:00`. What is less than a second is passed
    /// over.
    private static func offset(_ rest: ArraySlice<UInt8>) -> Int64? {
        var rest = rest
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            rest = rest.dropFirst(1 + digits.count)
        }
        if rest.elementsEqual("Z".utf8) || rest.elementsEqual("z".utf8) { return 0 }
        let digits = rest.dropFirst().compactMap { (0x30...0x39).contains($0) ? Int64($0 - 0x30) : nil }
        guard rest.count == 6, let sign = rest.first, "+-".utf8.contains(sign), rest[rest.startIndex + 3] == UInt8(ascii: ":"),
            digits.count == 4
        else { return nil }
        let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hours < 24, minutes < 60 else { return nil }
        return (hours * 3600 + minutes * 60) * second * (sign == UInt8(ascii: "+") ? 1 : -1)
    }

    /// As people write it, in whole seconds: the last day where it is the end of one.
    package static func text(_ time: WireTime) -> String {
        let isEndOfDay = time.nanoseconds > 0 && time.nanoseconds % day == 0
        return isEndOfDay ? String(time.later(by: -day).iso8601.prefix(10)) : moment(time)
    }

    /// A moment in whole seconds: `2026-12-31T17:00:00Z`.
    package static func moment(_ time: WireTime) -> String { String(time.iso8601.prefix(19)) + "Z" }
}
