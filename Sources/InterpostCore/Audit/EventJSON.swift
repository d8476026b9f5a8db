import NIOCore

extension LogEvent {
    /// The version of the event format: the `v` field. It changes when a field changes its meaning or goes.
    public static let formatVersion = 1

    /// Appends the event as one line of JSON with its LF.
    ///
    ///     {"v":1,"time":"2026-11-23T04:30:00.125000Z","session":7,"event":"command","tag":"a1","name":"NOOP"}
    public func writeJSON(session: Int, at time: WireTime, to bytes: inout [UInt8]) {
        var line = JSONLine(bytes: bytes)
        bytes = []
        line.bytes.append(text: #"{"v":"#)
        line.bytes.append(decimal: UInt64(Self.formatVersion))
        line.bytes.append(text: #","time":""#)
        time.appendISO8601(to: &line.bytes)
        line.bytes.append(text: #"","session":"#)
        line.appendNumber(Int64(session))
        line.bytes.append(text: #","event":""#)
        line.bytes.append(text: name)
        line.bytes.append(UInt8(ascii: "\""))
        write(to: &line)
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
        bytes.append(text: isFirst ? "\"" : ",\"")
        isFirst = false
        bytes.append(text: name)
        bytes.append(text: "\":")
    }

    mutating func field(_ name: StaticString, _ value: ByteBuffer) {
        key(name)
        appendString(value)
    }

    mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        appendString(ByteBuffer(string: value))
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
            appendString(value)
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
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.append(decimal: value.magnitude)
    }

    private mutating func appendString(_ value: ByteBuffer) {
        bytes.append(UInt8(ascii: "\""))
        if value.readableBytesView.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
            bytes.append(contentsOf: value.readableBytesView)
        } else {
            for scalar in String(buffer: value).unicodeScalars { appendEscaped(scalar) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": bytes.append(text: "\\\"")
        case "\\": bytes.append(text: "\\\\")
        case "\n": bytes.append(text: "\\n")
        case "\r": bytes.append(text: "\\r")
        case "\t": bytes.append(text: "\\t")
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
            let digits = String(scalar.value, radix: 16)
            bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        default: bytes.append(contentsOf: String(scalar).utf8)
        }
    }
}

extension [UInt8] {
    mutating func append(text: StaticString) {
        // A static string's bytes live as long as the program.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The digits of a number, with zeros in front up to `width`.
    mutating func append(decimal value: UInt64, width: Int = 1) {
        if value >= 10 || width > 1 { append(decimal: value / 10, width: width - 1) }
        append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
    }
}

extension WireTime {
    /// `2026-11-23T04:30:00.125000Z`: UTC, microseconds.
    func appendISO8601(to bytes: inout [UInt8]) {
        let microseconds = UInt64(max(0, nanoseconds)) / 1000
        let seconds = microseconds / 1_000_000
        let (year, month, day) = Self.date(daysSinceEpoch: seconds / 86_400)
        let second = seconds % 86_400
        bytes.append(decimal: year, width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: month, width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: day, width: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(decimal: second / 3600, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second / 60 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second % 60, width: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: microseconds % 1_000_000, width: 6)
        bytes.append(UInt8(ascii: "Z"))
    }

    public var iso8601: String {
        var bytes: [UInt8] = []
        appendISO8601(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The proleptic Gregorian date of a day, counted from 1970-01-01: eras of 400 years, years that begin in March.
    private static func date(daysSinceEpoch days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
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
