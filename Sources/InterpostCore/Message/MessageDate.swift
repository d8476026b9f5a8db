public import NIOCore

/// The date of a message's header (RFC 5322 §3.3, §4.3), as a moment. Obsolete forms are read: comments, folding, years
/// of two digits, zones with names.
///
///     Wed, 17 Jul 1996 02:23:25 -0700 (PDT)      837595405 seconds, 420 minutes west
///     12 FEB 25 11:28:27 UT                      1739359707 seconds
public struct MessageDate: Hashable, Sendable {
    /// In the zone that the date names.
    let calendar: CalendarTime
    /// Minutes east of UTC; 0 where the date has no zone, or one that nobody knows.
    public let zone: Int16

    /// Since the beginning of 1970 in UTC.
    public var secondsSinceEpoch: Int64 { calendar.seconds - Int64(zone) * 60 }

    /// `nil` for anything that is not a date, and for a day or time that does not exist. Looks at the first 1,000 octets.
    public init?(_ text: ByteBuffer) {
        var words = Words(text)
        var word = words.next()
        // The name of the day says nothing new, and is wrong at times.
        if case .name = word { word = words.next() }
        guard case .number(let day, _) = word, case .name(let name) = words.next(),
            let month = CalendarTime.month(named: name.readableBytesView.prefix(3)),
            case .number(var year, let digits) = words.next(), case .number(let hour, _) = words.next(),
            words.skip(":"), case .number(let minute, _) = words.next()
        else { return nil }
        if digits <= 3 { year += digits == 2 && year < 50 ? 2000 : 1900 }
        var second = 0
        if words.skip(":") {
            guard case .number(let number, _) = words.next() else { return nil }
            second = number
        }
        guard let time = CalendarTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second) else {
            return nil
        }
        calendar = time
        zone = words.zone()
    }
}

/// Words, numbers and single characters, without white space, commas, comments and the hyphens that some put in dates.
private struct Words {
    fileprivate enum Word {
        case name(ByteBuffer)
        case number(Int, digits: Int)
    }

    private let text: ByteBuffer
    private let bytes: ByteBufferView
    private var position: Int

    init(_ text: ByteBuffer) {
        self.text = text
        bytes = text.readableBytesView.prefix(1000)
        position = bytes.startIndex
    }

    private var peek: UInt8 { position < bytes.endIndex ? bytes[position] : 0 }

    mutating func next() -> Word? {
        skipSpace(andHyphens: true)
        let start = position
        while peek.isLetter { position += 1 }
        if position > start { return text.getSlice(at: start, length: position - start).map { .name($0) } }
        return number()
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func number() -> Word? {
        let start = position
        var value = 0
        while peek.isDigit {
            // No number of a date has more digits.
            guard position - start < 6 else { return nil }
            value = value * 10 + Int(peek - 0x30)
            position += 1
        }
        return position > start ? .number(value, digits: position - start) : nil
    }

    /// `+0100`, `PST` or `Z`; 0 for anything else, as RFC 5322 §4.3 says.
    mutating func zone() -> Int16 {
        skipSpace()
        guard peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") else {
            guard case .name(let name) = next() else { return 0 }
            return Self.zones.first { name.equalsIgnoringCase($0.name) }?.hours ?? 0
        }
        let isWest = peek == UInt8(ascii: "-")
        while peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
        guard case .number(var hours, let digits) = number() else { return 0 }
        var minutes = 0
        if digits > 2 {
            (hours, minutes) = (hours / 100, hours % 100)
        } else if skip(":"), case .number(let number, _) = number() {
            minutes = number
        }
        guard hours < 24, minutes < 60 else { return 0 }
        return Int16(isWest ? -(hours * 60 + minutes) : hours * 60 + minutes)
    }

    private static let zones: [(name: StaticString, hours: Int16)] = [
        ("EST", -300), ("EDT", -240), ("CST", -360), ("CDT", -300), ("MST", -420), ("MDT", -360), ("PST", -480), ("PDT", -420),
    ]

    private mutating func skipSpace(andHyphens: Bool = false) {
        var depth = 0
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth = max(0, depth - 1)
            case UInt8(ascii: "\\") where depth > 0: position += 1
            case _ where depth > 0: break
            case .space, 9, .carriageReturn, .lineFeed, UInt8(ascii: ","): break
            case UInt8(ascii: "-") where andHyphens: break
            default: return
            }
            position += 1
        }
        position = min(position, bytes.endIndex)
    }
}
