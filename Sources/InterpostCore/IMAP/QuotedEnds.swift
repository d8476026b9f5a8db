/// Finds where the quoted strings of a line end, for senders that do not escape the quotes inside them.
///
///     "27" TV" NIL NIL "<3@b>"       27" TV
///     "the "big" one" (("Ann"        the "big" one
///     "utf-8" ("name" "x")           utf-8
///
/// A string ends with the first quote after which another value can come: a space, a parenthesis or the end follows it, and
/// the next quote of the line begins a string. Where no quote is like that, it ends with the first one.
/// Each octet is looked at twice at most, however many strings there are.
struct QuotedEnds: Sendable {
    /// No quote from here on is followed by what can follow a string.
    private var hopelessFrom = Int.max

    /// - Parameter start: The place after the opening quote.
    /// - Returns: The place of the closing quote, `end` if there is none, and whether a quote before it was passed over.
    mutating func end(in bytes: Span<UInt8>, from start: Int, to end: Int) -> (place: Int, passesQuotes: Bool) {
        guard let first = Self.quote(in: bytes, from: start, to: end) else { return (end, false) }
        guard start < hopelessFrom else { return (first, false) }
        var place = first
        while !Self.canEnd(bytes, at: place, to: end) {
            guard let next = Self.quote(in: bytes, from: place + 1, to: end) else {
                hopelessFrom = start
                return (first, false)
            }
            place = next
        }
        return (place, place != first)
    }

    /// The next quote that no backslash escapes. A string ends there if its sender escapes the quotes in it.
    static func quote(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var index = start
        while index < end {
            if bytes[index] == UInt8(ascii: "\"") { return index }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    private static func canEnd(_ bytes: Span<UInt8>, at quote: Int, to end: Int) -> Bool {
        var index = quote + 1
        guard index < end else { return true }
        if bytes[index] == UInt8(ascii: "\"") { return !isValueEnd(bytes, at: index + 1, to: end) }
        guard isValueEnd(bytes, at: index, to: end) || isGluedValue(bytes, at: index, to: end) else { return false }
        while index < end, bytes[index] != UInt8(ascii: "\"") { index += 1 }
        return index >= end || ByteSet.betweenValues.contains(bytes[index - 1])
    }

    private static func isValueEnd(_ bytes: Span<UInt8>, at index: Int, to end: Int) -> Bool {
        index >= end || ByteSet.betweenValues.contains(bytes[index])
    }

    /// NIL, or a number, where the space before it is missing.
    private static func isGluedValue(_ bytes: Span<UInt8>, at start: Int, to end: Int) -> Bool {
        var length = 0
        while start + length < end, length < 20, bytes[start + length].isDigit { length += 1 }
        if length == 0, start + 3 <= end, bytes[start].uppercased == UInt8(ascii: "N"),
            bytes[start + 1].uppercased == UInt8(ascii: "I"), bytes[start + 2].uppercased == UInt8(ascii: "L")
        {
            length = 3
        }
        return length > 0 && isValueEnd(bytes, at: start + length, to: end)
    }
}

extension ByteSet {
    /// What can follow a string, and what can precede one.
    fileprivate static let betweenValues: ByteSet = " \t()\r\n"
}
