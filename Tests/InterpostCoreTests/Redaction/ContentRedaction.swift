import InterpostCore
import NIOCore

/// A key for tests: what it makes differs by class and number, and is known to nobody outside of this file.
struct TestPseudonymKey: PseudonymKey {
    var number: UInt64 = 1

    func digest(_ value: ByteBuffer, of kind: PseudonymKind) -> [UInt8] {
        var state = number &* 0x9E37_79B9_7F4A_7C15
        for byte in Array(kind.rawValue.utf8) + Array(value.readableBytesView) {
            state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            state ^= state >> 29
        }
        return (0..<32).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }
}

/// A session whose events are redacted as they come.
struct RedactedReading {
    var reading: Reading
    var redactor: ContentRedactor
    /// What is recorded, event by event.
    var recorded: [(side: Side, bytes: ByteBuffer)] = []

    init(_ mailProtocol: MailProtocol, _ level: RedactionLevel, key: UInt64 = 1) {
        reading = Reading(mailProtocol)
        redactor = ContentRedactor(level, key: TestPseudonymKey(number: key))
    }

    mutating func receive(_ bytes: ByteBuffer, from side: Side) {
        let told = reading.events.count
        reading.receive(bytes, from: side)
        for event in reading.events[told...] {
            recorded.append((event.sender, redactor.redact(event) ?? event.bytes))
        }
    }

    func text(of side: Side) -> String { String(decoding: bytes(of: side), as: UTF8.self) }

    func bytes(of side: Side) -> [UInt8] {
        recorded.filter { $0.side == side }.flatMap { Array($0.bytes.readableBytesView) }
    }

    /// Both sides, as they are recorded.
    static func read(
        _ mailProtocol: MailProtocol, _ said: [(side: Side, bytes: ByteBuffer)], _ level: RedactionLevel, key: UInt64 = 1
    ) -> RedactedReading {
        var session = RedactedReading(mailProtocol, level, key: key)
        for (side, bytes) in said { session.receive(bytes, from: side) }
        return session
    }

    /// A session written as in `Fixtures/Wire`.
    static func read(
        _ mailProtocol: MailProtocol, _ level: RedactionLevel, key: UInt64 = 1, _ transcript: String
    ) throws -> RedactedReading {
        let transcript = try Transcript(reading: ByteBuffer(string: transcript))
        let said = transcript.lines.compactMap { line -> (side: Side, bytes: ByteBuffer)? in
            if case .say(let side, let bytes) = line.step { (side, bytes) } else { nil }
        }
        return read(mailProtocol, said, level, key: key)
    }
}

/// What an event is, without what it says.
func structure(of event: MailEvent) -> String {
    var words: [String]
    var quirks = event.quirks
    switch event.meaning {
    case .part(let start): words = ["part", "\(start.announcement)", start.name?.description ?? ""]
    case .literal(let remaining): words = ["literal", "\(remaining)"]
    case .command(let command):
        words = ["command", String(buffer: command.tag), "\(command.name)", label(command.body)]
        quirks.formUnion(command.deepQuirks())
    case .response(let response):
        let (data, found) = response.read()
        words = ["response", "\(response.kind)", "\(response.number ?? 0)", label(data)]
        quirks.formUnion(found)
        quirks.formUnion(data.deepQuirks())
        if case .fetch(let answer) = data {
            words += answer.contents.map { "\($0.item):\($0.octets)" } + answer.items.map { label($0) }
        }
    case .greeting(let status), .status(let status), .completion(let status, _):
        words = [label(event.meaning), String(buffer: status.tag), "\(status.result)", status.codeName?.description ?? ""]
    default: words = [label(event.meaning)]
    }
    return (words + event.anomalies.map(\.kind.rawValue) + ["\(quirks)"]).joined(separator: " ")
}

private func label(_ value: Any) -> String { Mirror(reflecting: value).children.first?.label ?? "\(value)" }
