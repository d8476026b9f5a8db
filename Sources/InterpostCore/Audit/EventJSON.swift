import NIOCore

extension LogEvent {
    /// The version of the event format: the `v` field. It changes when a field changes its meaning or goes.
    public static let formatVersion = 1

    /// Appends the event as one line of JSON with its LF.
    ///
    ///     {"v":1,"time":"2026-11-23T04:30:00.125000Z","session":7,"event":"command","tag":"a1","name":"NOOP"}
    public func writeJSON(session: Int, at time: WireTime, to bytes: inout [UInt8]) {
        EventLines(session: session, at: time).write(self, to: &bytes)
    }
}

/// Writes the events of one session that are told at one time: what their lines begin with is made once.
public struct EventLines: Sendable {
    private let beginning: [UInt8]

    public init(session: Int, at time: WireTime) {
        var line = JSONLine(bytes: [])
        line.bytes.reserveCapacity(80)
        line.bytes.append(text: #"{"v":"#)
        line.appendNumber(Int64(LogEvent.formatVersion))
        line.bytes.append(text: #","time":""#)
        time.appendISO8601(to: &line.bytes)
        line.bytes.append(text: #"","session":"#)
        line.appendNumber(Int64(session))
        line.bytes.append(text: #","event":""#)
        beginning = line.bytes
    }

    /// Appends the event as one line of JSON with its LF.
    public func write(_ event: LogEvent, to bytes: inout [UInt8]) {
        var line = JSONLine(bytes: bytes)
        bytes = []
        line.bytes.append(contentsOf: beginning)
        line.bytes.append(text: event.name)
        line.bytes.append(UInt8(ascii: "\""))
        event.write(to: &line)
        line.bytes.append(text: "}\n")
        bytes = line.bytes
    }
}

/// Writes fields as JSON (RFC 8259). Bytes that are not UTF-8 become U+FFFD.
private struct JSONLine: FieldSink {
    var bytes: [UInt8]
    private var isFirst = false

    init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func key(_ name: StaticString) {
        bytes.append(addingCapacity: name.utf8CodeUnitCount + 4) { line in
            if !isFirst { line.append(UInt8(ascii: ",")) }
            line.append(UInt8(ascii: "\""))
            unsafe line.append(copying: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            line.append(UInt8(ascii: "\""))
            line.append(UInt8(ascii: ":"))
        }
        isFirst = false
    }

    mutating func field(_ name: StaticString, _ value: ByteBuffer) {
        key(name)
        unsafe value.withUnsafeReadableBytes { unsafe appendString($0) }
    }

    mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        var value = value
        value.withUTF8 { unsafe appendString(UnsafeRawBufferPointer($0)) }
    }

    mutating func field(_ name: StaticString, _ value: CommandName) {
        key(name)
        // Only names of known verbs are shown, and those are letters, digits, dots and hyphens.
        bytes.append(text: value.usesUIDs ? "\"UID " : "\"")
        if let keyword = value.keyword { keyword.append(to: &bytes) } else { bytes.append(text: "unknown") }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func field(_ name: StaticString, _ value: Int64) {
        key(name)
        appendNumber(value)
    }

    mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bytes.append(text: value ? "true" : "false")
    }

    mutating func measurement(_ name: StaticString, _ value: Int64) { field(name, value) }

    mutating func field(_ name: StaticString, _ values: [ByteBuffer]) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            unsafe value.withUnsafeReadableBytes { unsafe appendString($0) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func objects<Element>(_ name: StaticString, _ elements: [Element], body: (Element, inout Self) -> Void) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            bytes.append(text: index > 0 ? ",{" : "{")
            isFirst = true
            body(element, &self)
            isFirst = false
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func appendNumber(_ value: Int64) {
        bytes.append(addingCapacity: 20) { line in
            if value < 0 { line.append(UInt8(ascii: "-")) }
            line.append(decimal: value.magnitude)
        }
    }

    private mutating func appendString(_ text: UnsafeRawBufferPointer) {
        // Room for the worst: every octet written as \u00nn.
        bytes.append(addingCapacity: text.count * 6 + 2) { line in
            line.append(UInt8(ascii: "\""))
            var index = 0
            while index < text.count {
                let end = unsafe JSONText.plainRun(in: text, from: index)
                unsafe line.append(copying: UnsafeRawBufferPointer(rebasing: text[index..<end]))
                index = end
                while index < text.count, unsafe !JSONText.isPlain(text[index]) {
                    unsafe JSONText.appendOther(in: text, at: &index, to: &line)
                }
            }
            line.append(UInt8(ascii: "\""))
        }
    }
}

/// How text stands in a JSON string (RFC 8259 §7).
private enum JSONText {
    static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C }

    /// Where the characters end that stand for themselves.
    static func plainRun(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end + 8 <= text.count, unsafe isPlain(text.loadUnaligned(fromByteOffset: end, as: UInt64.self)) { end += 8 }
        while end < text.count, unsafe isPlain(text[end]) { end += 1 }
        return end
    }

    /// Whether eight octets are plain. An octet of `x` is zero where `(x - 0x01…) & ~x` has its top bit set, and 0x22 where
    /// `x ^ 0x22…` has a zero one. A borrow may make a plain octet look like another, and never the other way.
    private static func isPlain(_ eight: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
        let special = zeros(eight ^ ones &* 0x22) | zeros(eight ^ ones &* 0x5C) | zeros(eight ^ ones &* 0x7F)
        let control = (eight &- ones &* 0x20) & ~eight
        return (special | control | eight) & (ones &* 0x80) == 0
    }

    /// Appends an ASCII character that has to be escaped, or all octets above ASCII that follow one another: no character is
    /// cut, because one of several octets has none of ASCII's.
    static func appendOther(in text: UnsafeRawBufferPointer, at index: inout Int, to line: inout OutputSpan<UInt8>) {
        guard unsafe text[index] >= 0x80 else {
            unsafe append(escaped: Unicode.Scalar(text[index]), to: &line)
            index += 1
            return
        }
        let start = index
        while index < text.count, unsafe text[index] >= 0x80 { index += 1 }
        for scalar in unsafe String(decoding: text[start..<index], as: UTF8.self).unicodeScalars {
            append(escaped: scalar, to: &line)
        }
    }

    private static func append(escaped scalar: Unicode.Scalar, to line: inout OutputSpan<UInt8>) {
        func backslash(_ letter: Unicode.Scalar) {
            line.append(UInt8(ascii: "\\"))
            line.append(UInt8(ascii: letter))
        }
        switch scalar {
        case "\"": backslash("\"")
        case "\\": backslash("\\")
        case "\n": backslash("n")
        case "\r": backslash("r")
        case "\t": backslash("t")
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
            backslash("u")
            for shift: UInt32 in [12, 8, 4, 0] {
                let digit = UInt8(truncatingIfNeeded: scalar.value >> shift & 0xF)
                line.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
        default: for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { line.append(unit) }
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends bytes that there is room for.
    fileprivate mutating func append(copying bytes: UnsafeRawBufferPointer) {
        unsafe withUnsafeMutableBufferPointer { target, count in
            precondition(target.count - count >= bytes.count)
            unsafe UnsafeMutableRawBufferPointer(target).suffix(from: count).copyBytes(from: bytes)
            count += bytes.count
        }
    }

    /// The digits of a number, with zeros in front up to `width`. There is room for 20 of them, or for `width`.
    fileprivate mutating func append(decimal value: UInt64, width: Int = 1) {
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            rest /= 10
            digits += 1
        }
        digits = Swift.max(digits, width)
        unsafe withUnsafeMutableBufferPointer { target, count in
            precondition(target.count - count >= digits)
            var rest = value
            // From the last to the first: division by a number that the compiler knows costs a tenth of any other.
            for place in (count..<count + digits).reversed() {
                unsafe target[place] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            }
            count += digits
        }
    }
}

extension [UInt8] {
    mutating func append(text: StaticString) {
        // A static string's bytes live as long as the program.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension WireTime {
    /// `2026-11-23T04:30:00.125000Z`: UTC, microseconds.
    func appendISO8601(to bytes: inout [UInt8]) {
        let microseconds = UInt64(max(0, nanoseconds)) / 1000
        let seconds = microseconds / 1_000_000
        let (year, month, day) = Self.date(daysSinceEpoch: seconds / 86_400)
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

    public var iso8601: String {
        var bytes: [UInt8] = []
        appendISO8601(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what ``iso8601`` gives.
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
}
