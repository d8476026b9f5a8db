import NIOCore
import Testing

@testable import InterpostCore

/// Responses with a line that is longer than the limit, as an answer to SEARCH in a mailbox of a million messages is.
@Suite struct `A response that is too long` {
    private static let limits = WireLimits(lineLength: 1000)

    private static func line(_ name: String, _ octets: Int, end: String = "") -> String {
        "* \(name) " + String(repeating: "7 ", count: octets / 2) + end + "\r\n"
    }

    private static func reading(_ said: [(Side, String)]) -> Reading {
        var reading = Reading(.imap, detail: .responses, limits: limits)
        for (side, text) in said { reading.receive(ByteBuffer(string: text), from: side) }
        return reading
    }

    @Test func `is passed over, and what follows it is read`() {
        let reading = Self.reading([
            (.server, "* PREAUTH ready\r\n"), (.client, "a SEARCH ALL\r\n"),
            (.server, Self.line("SEARCH", 5000) + "* 3 EXISTS\r\na OK done\r\n"),
        ])
        #expect(
            reading.log.map(\.name.description).suffix(5) == ["command", "anomaly", "response", "response", "completion"])
        #expect(reading.log.contains { $0.summary.hasPrefix("anomaly kind=response-too-long side=server offset=17") })
        #expect(reading.log.contains { $0.summary == "response name=SEARCH text=\"[5011 octets]\"" })
        #expect(reading.log.last?.summary.contains("untagged=2 octets=5023") == true)
    }

    @Test func `has its literals framed`() {
        let reading = Self.reading([
            (.server, "* PREAUTH ready\r\n"), (.client, "a FETCH 1 (ENVELOPE BODY[])\r\n"),
            (.server, Self.line("1 FETCH (X", 2000, end: "BODY[] {16}") + "* BYE\r\na OK no\r\n)\r\na OK done\r\n"),
        ])
        #expect(reading.state == "authenticated")
        #expect(reading.log.last?.summary.hasPrefix("completion tag=a name=FETCH") == true)
        #expect(!reading.log.contains { $0.summary.contains("kind=malformed-response") })
    }

    @Test(arguments: ["a OK ", "+ ", "* OK "]) func `but for one that answers something`(beginning: String) {
        let text = beginning + String(repeating: "x", count: 2000) + "\r\n* 3 EXISTS\r\n"
        let reading = Self.reading([(.server, "* PREAUTH ready\r\n"), (.client, "a NOOP\r\n"), (.server, text)])
        #expect(reading.log.contains { $0.summary.hasPrefix("anomaly kind=line-too-long side=server") })
        #expect(!reading.log.contains { $0.summary.hasPrefix("response") })
    }

    @Test func `is none in a mailbox of 260,000 messages`() {
        let numbers = (1_000_000..<1_260_000).map(String.init).joined(separator: " ")
        var reading = Reading(.imap, detail: .responses)
        for (side, text) in [
            (Side.server, "* PREAUTH ready\r\n"), (.client, "a UID SEARCH ALL\r\n"),
            (.server, "* SEARCH \(numbers)\r\na OK done\r\n"),
        ] {
            reading.receive(ByteBuffer(string: text), from: side)
        }
        #expect(reading.log.map(\.name.description) == ["greeting", "command", "response", "completion"])
    }

    @Test(arguments: [("SEARCH ALL", "SEARCH", false), ("LIST \"\" *", "LIST () NIL", true)])
    func `passes a gate where it can only hold numbers`(command: String, name: String, isAlarm: Bool) {
        var gate = GatePlayer(.imap, Policy(.readOnly))
        gate.server(ByteBuffer(string: "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n"))
        gate.client(ByteBuffer(string: "a \(command)\r\n"))
        let answer = Self.line(name, WireLimits.standard.responseLength + 2) + "a OK done\r\n"
        gate.server(ByteBuffer(string: answer))
        #expect(gate.isClosed == isAlarm)
        #expect(String(decoding: gate.heard.client, as: UTF8.self).hasSuffix(answer) == !isAlarm)
    }
}
