import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The log's JSON` {
    private static func json(of text: ByteBuffer) -> String {
        var bytes: [UInt8] = []
        LogEvent.greeting(result: "ok", text: text, hasAPOP: false)
            .writeJSON(session: 7, at: WireTime(nanoseconds: 1_795_408_200_125_000_000), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let front =
        #"{"v":1,"time":"2026-11-23T04:30:00.125000Z","session":7,"event":"greeting","result":"ok","text":""#

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("\"quoted\" \\ text", #"\"quoted\" \\ text"#),
        ("\r\n\t\u{0}\u{1F}\u{7F}", #"\r\n\t\u0000\u001f\u007f"#),
        ("Grüße, 東京 🙂", "Grüße, 東京 🙂"), ("\u{85}", #"\u0085"#), ("\u{A0}", "\u{A0}"),
    ])
    func `escapes what a string must not hold, and nothing else`(text: String, written: String) {
        #expect(Self.json(of: ByteBuffer(string: text)) == Self.front + written + "\"}\n")
    }

    @Test(arguments: [
        ([0xFF], "\u{FFFD}"), ([0x61, 0xE2, 0x82, 0x62], "a\u{FFFD}b"), ([0xC3, 0x22, 0xA9], "\u{FFFD}\\\"\u{FFFD}"),
    ])
    func `writes what is not UTF-8 as U+FFFD`(octets: [UInt8], written: String) {
        #expect(Self.json(of: ByteBuffer(bytes: octets)) == Self.front + written + "\"}\n")
    }

    @Test func `escapes every octet in every place as one by one`() {
        for place in 0...17 {
            for octet in UInt8.min...UInt8.max {
                var text = [UInt8](repeating: UInt8(ascii: "x"), count: 18)
                text[place] = octet
                let alone = Self.json(of: ByteBuffer(bytes: [octet])).dropFirst(Self.front.count).dropLast(3)
                let expected =
                    Self.front + String(repeating: "x", count: place) + alone + String(repeating: "x", count: 17 - place)
                #expect(Self.json(of: ByteBuffer(bytes: text)) == expected + "\"}\n")
            }
        }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1970-01-01T00:00:00.000000Z"),
        (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (4_107_542_400_000_007, "2100-03-01T00:00:00.000007Z"),
    ])
    func `has times in UTC to the microsecond`(microseconds: Int64, written: String) {
        #expect(WireTime(nanoseconds: microseconds * 1000).iso8601 == written)
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (10, "10"), (4711, "4711"), (Int64.max, "9223372036854775807"), (Int64.min, "-9223372036854775808"),
    ])
    func `has numbers in decimal`(value: Int64, written: String) {
        var bytes: [UInt8] = []
        LogEvent.upstreamConnected(address: "a", microseconds: value).writeJSON(
            session: 1, at: WireTime(nanoseconds: 0), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\"duration_us\":\(written)}\n"))
    }
}
