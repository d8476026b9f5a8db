/// A day and a time of day in the Gregorian calendar, reckoned without Foundation.
///
///     1994-02-07 21:52:25      760657945 seconds since the beginning of 1970 in the same zone
struct CalendarTime: Hashable, Sendable {
    /// 0 to 9999.
    var year: Int16
    /// 1 to 12.
    var month: UInt8
    var day: UInt8
    var hour: UInt8
    var minute: UInt8
    /// 60 is a leap second, and reads as the first one of the next minute.
    var second: UInt8

    /// `nil` for a day or time that does not exist.
    init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1, day <= Self.days(of: month, in: year),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        self.year = Int16(year)
        self.month = UInt8(month)
        self.day = UInt8(day)
        self.hour = UInt8(hour)
        self.minute = UInt8(minute)
        self.second = UInt8(second)
    }

    /// Since the beginning of 1970.
    var seconds: Int64 {
        // Years are counted from March on, so that the leap day comes last; 400 of them have 146,097 days.
        let monthFromMarch = (Int64(month) + 9) % 12
        let year = Int64(year) - (month <= 2 ? 1 : 0)
        let era = (year + 400) / 400 - 1
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return ((days * 24 + Int64(hour)) * 60 + Int64(minute)) * 60 + Int64(second)
    }

    /// The proleptic Gregorian date of a day, counted from 1970-01-01: eras of 400 years, years that begin in March.
    static func date(daysSinceEpoch days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func days(of month: Int, in year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// 1 to 12 for `Jan` to `Dec`, in any case.
    static func month(named name: some Sequence<UInt8>) -> Int? {
        var packed: UInt32 = 0
        var count = 0
        for byte in name {
            count += 1
            guard count <= 3 else { return nil }
            packed = packed << 8 | UInt32(byte.uppercased)
        }
        guard let index = months.firstIndex(of: packed) else { return nil }
        return index + 1
    }

    private static let months: [UInt32] = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ].map { (name: StaticString) in
        (0..<3).reduce(0) { unsafe $0 << 8 | UInt32(name.utf8Start[$1]) }
    }
}
