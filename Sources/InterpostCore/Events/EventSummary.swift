import NIOCore

extension LogEvent {
    /// The event in one short line without its measurements and values, as the wire fixtures expect it:
    /// `completion tag=a1 name=SELECT arguments=INBOX result=OK code=READ-WRITE text="done" untagged=5 octets=120`.
    /// Values with spaces, quotes or control characters are quoted.
    public var summary: String {
        var line = SummaryLine(text: name.description)
        write(to: &line)
        return line.text
    }
}

private struct SummaryLine: FieldSink {
    var text: String

    private mutating func append(_ name: StaticString, _ value: String) {
        text += " \(name)=" + value
    }

    mutating func field(_ name: StaticString, _ value: ByteBuffer) { append(name, Self.quoted(String(buffer: value))) }
    mutating func field(_ name: StaticString, _ value: String) { append(name, Self.quoted(value)) }
    mutating func field(_ name: StaticString, _ value: CommandName) { field(name, value.description) }
    mutating func field(_ name: StaticString, _ value: Int64) { append(name, "\(value)") }
    mutating func field(_ name: StaticString, _ value: Bool) { append(name, "\(value)") }
    mutating func measurement(_ name: StaticString, _ value: Int64) {}
    mutating func values(_ values: EventValues) {}

    mutating func field(_ name: StaticString, _ values: [ByteBuffer]) {
        append(name, "[" + values.map { Self.quoted(String(buffer: $0)) }.joined(separator: " ") + "]")
    }

    mutating func objects<Element>(_ name: StaticString, _ elements: [Element], body: (Element, inout Self) -> Void) {
        for element in elements { body(element, &self) }
    }

    private static func quoted(_ value: String) -> String {
        let isPlain =
            !value.isEmpty && value.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && TerminalText.isShown($0) }
        guard !isPlain else { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case _ where !TerminalText.isShown(scalar): text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
