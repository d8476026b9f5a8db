// Strategy: a table of texts and of what they are; everything else is no JSON. Then random damage to a good text, which is survived.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `JSON that somebody else wrote` {
    static func read(_ text: String) -> JSONValue? { JSONValue(ByteBuffer(string: text)) }

    @Test func `is read as what it says`() {
        #expect(Self.read("null") == .null)
        #expect(Self.read(" [ true , false ] ") == .array([.bool(true), .bool(false)]))
        #expect(Self.read("{}") == .object([:]))
        #expect(
            Self.read(#"{"a":{"b":[-1.5e+3,""]}}"#) == .object(["a": .object(["b": .array([.number("-1.5e+3"), .string("")])])]))
        #expect(Self.read(#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#) == .string("\"\\/\u{8}\u{C}\n\r\té😀"))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1,]", "[,1]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "{'a':1}", #"{"a":1}{}"#,
        #"{"a":1,"a":2}"#, "01", "-", "1.", ".5", "1e", "+1", "0x1", "NaN", "tru", "truee", "nul", #"""#, #""\x""#, #""\u12g4""#,
        #""\uD83D""#, #""\uDE00""#, #""\uD83Dx""#, "\"\t\"", "\"\u{0}\"", "\u{FEFF}{}", "[1 2]", "// x", "١",
    ])
    func `is nothing else`(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test func `is in UTF-8`() {
        #expect(JSONValue(ByteBuffer(bytes: [0x22, 0xC3, 0x28, 0x22])) == nil)
        #expect(JSONValue(ByteBuffer(bytes: [0x22, 0xED, 0xA0, 0x80, 0x22])) == nil)
    }

    @Test func `is not too deep`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(Self.read(nested(JSONValue.maximumDepth)) != nil)
        #expect(Self.read(nested(JSONValue.maximumDepth + 1)) == nil)
        #expect(Self.read(String(repeating: "[", count: 100_000)) == nil)
        #expect(Self.read(String(repeating: #"{"a":"#, count: 100_000)) == nil)
    }

    @Test func `has numbers that fit`() {
        let numbers: [(String, Int64?)] = [
            ("3599", 3599), ("3599.9", 3599), ("-0.5", 0), ("1e3", 1000), ("9223372036854775807", .max), ("1e99", .max),
            ("-1e99", .min), ("1e999999", .max), ("\"3599\"", nil), ("true", nil),
        ]
        for (text, number) in numbers { #expect(Self.read(text)?.integer == number, "\(text)") }
    }

    @Test func `is not printed`() throws {
        let value = try #require(Self.read(#"{"refresh_token":"sesame"}"#))
        #expect(!"\(value) \(String(reflecting: value))".contains("sesame"))
        var text = ""
        dump(value, to: &text)
        #expect(!text.contains("sesame"))
    }

    @Test func `is survived when it is damaged`() {
        var random = SeededGenerator(seed: 1)
        let good = Array(#"{"access_token":"a\u00e9","expires_in":3599,"x":[{"y":null},-1.5e-3,true]}"#.utf8)
        for _ in 0..<20_000 {
            var text = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &random)
                case 1: text.remove(at: place)
                default: text = Array(text[..<place])
                }
                if text.isEmpty { break }
            }
            _ = JSONValue(ByteBuffer(bytes: text))
        }
    }
}
