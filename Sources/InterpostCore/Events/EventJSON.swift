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

/// Writes the events of one session that share one time: the common beginning of their lines is made only once.
package struct EventLines: Sendable {
    private let beginning: [UInt8]

    /// - Parameters:
    ///   - session: 0 for what is about the program.
    ///   - origin: Who writes, in a log of several programs or runs.
    package init(session: Int, at time: WireTime, origin: EventOrigin? = nil) {
        var line = JSONLine(bytes: [])
        line.bytes.reserveCapacity(80)
        line.bytes.append(text: #"{"v":"#)
        line.bytes.append(jsonNumber: Int64(LogEvent.formatVersion))
        line.bytes.append(text: #","time":""#)
        time.appendISO8601(to: &line.bytes)
        line.bytes.append(text: #"","session":"#)
        line.bytes.append(jsonNumber: Int64(session))
        if let origin { line.bytes.append(contentsOf: origin.fields) }
        line.bytes.append(text: #","event":""#)
        beginning = line.bytes
    }

    /// Appends the event as one line of JSON with its LF.
    package func write(_ event: LogEvent, to bytes: inout [UInt8]) {
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
        unsafe value.withUnsafeReadableBytes { unsafe bytes.append(jsonString: $0) }
    }

    mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        var value = value
        value.withUTF8 { unsafe bytes.append(jsonString: UnsafeRawBufferPointer($0)) }
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
        bytes.append(jsonNumber: value)
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
            unsafe value.withUnsafeReadableBytes { unsafe bytes.append(jsonString: $0) }
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

    mutating func values(_ values: EventValues) {
        key("values")
        bytes.append(contentsOf: values.json.readableBytesView)
        if values.isTruncated { field("truncated", true) }
    }
}
