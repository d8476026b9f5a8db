import NIOCore
import Testing

@testable import InterpostCore

/// Strings in quotes of servers that do not escape the quotes in them.
@Suite struct `A quoted string of a server` {
    @Test(
        arguments: [
            // The text after the opening quote, and what is in quotes.
            (#"utf-8" ("name" "x")"#, "utf-8"), (#"27" TV" NIL NIL"#, #"27" TV"#), (#"27"tv.txt") NIL"#, #"27"tv.txt"#),
            (#"the "big" one" (("Ann" NIL"#, #"the "big" one"#), (#"he said "yes"" NIL"#, #"he said "yes""#),
            (#"" NIL"#, ""), (#"a""b" NIL"#, "a"), (#"a"NIL "b""#, "a"), (#"a"12)"#, "a"), (#"a\"b" NIL"#, #"a\"b"#),
            (#"a" TV"#, "a"), (#"a"b c"#, "a"), ("open", "open"),
        ]) func `ends where a value can follow`(text: String, value: String)
    {
        var ends = QuotedEnds()
        let bytes = Array(text.utf8)
        let (place, passesQuotes) = ends.end(in: bytes.span, from: 0, to: bytes.count)
        #expect(String(decoding: bytes[..<place], as: UTF8.self) == value)
        #expect(passesQuotes == value.replacing("\\\"", with: "").contains("\""))
    }

    @Test func `of a client ends with its first quote`() throws {
        let command = try #require(IMAPCommand(reading: IMAPText(line: ByteBuffer(string: #"a LIST "" "a"b c""#))))
        guard case .list(let request) = command.body else { throw Violation(description: "\(command.body)") }
        #expect(request.patterns.first?.description == "a")
    }

    @Test func `costs no more than its octets`() {
        let bytes = Array(String(repeating: #""a"x "#, count: 20_000).utf8)
        var ends = QuotedEnds()
        let clock = ContinuousClock()
        let time = clock.measure {
            for start in stride(from: 1, to: bytes.count, by: 5) {
                #expect(ends.end(in: bytes.span, from: start, to: bytes.count).place == start + 1)
            }
        }
        // Quadratic work takes minutes.
        #expect(time < .seconds(30))
    }

    /// Where the fields of an ENVELOPE do not come out as ten, nobody knows which string is which.
    @Test func `leads to no Message-ID that is not there`() {
        let text = IMAPText(line: ByteBuffer(string: #"(NIL "a "b" and "c" d" NIL NIL NIL NIL NIL NIL NIL "<1@b>")"#))
        var reader = IMAPReader(text)
        let (messageID, _) = Envelope.identity(of: &reader)
        #expect(messageID == nil && reader.quirks.contains(.quoteInQuoted))
    }
}
