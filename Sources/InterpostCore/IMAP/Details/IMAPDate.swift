public import NIOCore

/// A date of IMAP, with a time or without (RFC 9051 §9 date, date-time): INTERNALDATE, APPEND, SEARCH SINCE.
///
///     "17-Jul-1996 02:44:25 -0700"      837596665 seconds since the beginning of 1970
///     " 1-Feb-1994 09:00:00 +0100"      a day of one digit has a space before it
///     1-Feb-1994                        a day, without a time
public struct IMAPDate: Hashable, Sendable, CustomStringConvertible {
    /// In the zone that the date names.
    let calendar: CalendarTime
    /// Minutes east of UTC.
    public let zone: Int16
    /// Whether the date was written with a time of day.
    public let hasTime: Bool

    /// 0 to 9999, written in four digits.
    public var year: Int { Int(calendar.year) }
    /// 1 to 12.
    public var month: Int { Int(calendar.month) }
    /// 1 to 31.
    public var day: Int { Int(calendar.day) }
    /// 0 to 23; 0 for a day without a time.
    public var hour: Int { Int(calendar.hour) }
    /// 0 to 59; 0 for a day without a time.
    public var minute: Int { Int(calendar.minute) }
    /// 0 to 60.
    public var second: Int { Int(calendar.second) }

    /// Since the beginning of 1970 in UTC. For a day without a time, its beginning in UTC.
    public var secondsSinceEpoch: Int64 { calendar.seconds - Int64(zone) * 60 }

    /// Reads a date without its quotes; `nil` for anything that is not a date, or for a date that does not exist.
    public static func read(_ text: ByteBuffer) -> (date: IMAPDate?, quirks: Quirks) {
        var reader = DateReader(text)
        let date = reader.date()
        guard date == nil, !reader.quirks.contains(.dateOutOfRange) else { return (date, reader.quirks) }
        // A few servers write a date in the form of a message's header.
        let other = MessageDate(text).map { IMAPDate(calendar: $0.calendar, zone: $0.zone, hasTime: true) }
        return (other, Quirks(.dateForm))
    }

    /// `1996-07-17 02:44:25 -0700`, `1994-02-01`
    public var description: String {
        func padded(_ number: Int, _ digits: Int = 2) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        let date = "\(padded(year, 4))-\(padded(month))-\(padded(day))"
        guard hasTime else { return date }
        let offset = "\(zone < 0 ? "-" : "+")\(padded(abs(Int(zone)) / 60))\(padded(abs(Int(zone)) % 60))"
        return "\(date) \(padded(hour)):\(padded(minute)):\(padded(second)) \(offset)"
    }

    fileprivate init(calendar: CalendarTime, zone: Int16, hasTime: Bool) {
        self.calendar = calendar
        self.zone = zone
        self.hasTime = hasTime
    }
}

/// Reads `day-month-year [hour:minute:second zone]` and notes what is not quite like that.
private struct DateReader {
    private var reader: IMAPReader
    var quirks = Quirks()

    init(_ text: ByteBuffer) { reader = IMAPReader(IMAPText(line: text)) }

    mutating func date() -> IMAPDate? {
        let hasSpaceInFront = skipSpaces() > 0
        guard let day = digits(1...2), separator(), let month = month(), separator(), let year = digits(4...4) else {
            return nil
        }
        guard skipSpaces() > 0, !reader.isAtEnd else {
            // A day alone needs no padding, and has none.
            if hasSpaceInFront { quirks.insert(.extraSpace) }
            guard reader.isAtEnd else { return nil }
            return finished(CalendarTime(year: year.value, month: month, day: day.value), zone: 0, hasTime: false)
        }
        if day.count + (hasSpaceInFront ? 1 : 0) != 2 { quirks.insert(day.count == 1 ? .dayNotPadded : .extraSpace) }
        guard let hour = digits(1...2), reader.skip(":"), let minute = digits(1...2) else { return nil }
        var second = (value: 0, count: 0)
        if reader.skip(":") {
            guard let digits = digits(1...2) else { return nil }
            second = digits
        }
        if hour.count + minute.count + second.count != 6 { quirks.insert(.dateForm) }
        guard let zone = zone(), reader.isAtEnd else { return nil }
        let time = CalendarTime(
            year: year.value, month: month, day: day.value, hour: hour.value, minute: minute.value, second: second.value)
        return finished(time, zone: zone, hasTime: true)
    }

    private mutating func finished(_ time: CalendarTime?, zone: Int16, hasTime: Bool) -> IMAPDate? {
        if time == nil { quirks.insert(.dateOutOfRange) }
        return time.map { IMAPDate(calendar: $0, zone: zone, hasTime: hasTime) }
    }

    private mutating func digits(_ counts: ClosedRange<Int>) -> (value: Int, count: Int)? {
        var value = 0
        var count = 0
        while reader.peek.isDigit, count < counts.upperBound {
            value = value * 10 + Int(reader.peek - 0x30)
            count += 1
            reader.advance()
        }
        return counts.contains(count) ? (value, count) : nil
    }

    private mutating func skipSpaces() -> Int {
        var count = 0
        while reader.peek == .space {
            count += 1
            reader.advance()
        }
        if count > 1 { quirks.insert(.extraSpace) }
        return count
    }

    private mutating func separator() -> Bool {
        if reader.skip("-") { return true }
        quirks.insert(.dateForm)
        return reader.skip(" ") || reader.skip("/")
    }

    private mutating func month() -> Int? {
        var name: [UInt8] = []
        while reader.peek.isLetter, name.count < 9 {
            name.append(reader.peek)
            reader.advance()
        }
        if name.count != 3 { quirks.insert(.dateForm) }
        return CalendarTime.month(named: name.prefix(3))
    }

    /// ` +0100`. A zone that is missing, or a name that stands for UTC, is read as UTC.
    private mutating func zone() -> Int16? {
        guard skipSpaces() > 0, !reader.isAtEnd else {
            quirks.insert(.zoneMissing)
            return reader.isAtEnd ? 0 : nil
        }
        let isWest = reader.peek == UInt8(ascii: "-")
        guard reader.skip("+") || reader.skip("-") else {
            quirks.insert(.dateForm)
            let name = reader.keyword()
            return name == Keyword("GMT") || name == Keyword("UTC") || name == Keyword("UT") || name == Keyword("Z") ? 0 : nil
        }
        guard let hours = digits(2...2) else { return nil }
        if reader.skip(":") { quirks.insert(.dateForm) }
        guard let minutes = digits(2...2) else { return nil }
        guard hours.value < 24, minutes.value < 60 else {
            quirks.insert(.dateOutOfRange)
            return nil
        }
        let offset = Int16(hours.value * 60 + minutes.value)
        return isWest ? -offset : offset
    }
}
