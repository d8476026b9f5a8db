// Strategy: a token file as the program writes it, and each way in which it can be damaged, with the words of the error. What is
// written reads the same, and limits are tried with the value itself and one more.

import Foundation
import InterpostCore
import NIOCore
import Testing

@testable import InterpostConfiguration

@Suite struct `A token file` {
    private static let digest = String(repeating: "0123456789abcdef", count: 4)

    private static let token =
        #"{"name":"agent-7","account":"anna","digest":"\#(digest)","policy":"read-only","created":"2026-11-28T09:00:00Z"}"#

    /// A file with one token, with this in place of its closing bracket.
    private static func file(_ further: String, token: String = token) -> ByteBuffer {
        ByteBuffer(string: #"{"v":1,"tokens":["# + token.dropLast() + further + "]}")
    }

    private static func mistake(_ text: ByteBuffer) -> String {
        do throws(TokenFile.Mistake) {
            _ = try TokenFile.read(text)
            return "no error"
        } catch {
            return error.description
        }
    }

    static let everything = Token(
        name: "agent-7", account: "*@example.org", digest: (0..<32).map { $0 * 8 }, policy: "/etc/interpost/a \"b\".yml",
        expires: ExpiryDate.time("2026-12-31T12:00:00Z"), from: ["10.0.0.0/8", "2001:db8::/32"].compactMap(AddressRange.init),
        protocols: [.imap, .pop3], sessions: 2, note: "für Ägypten\n\u{202E}",
        created: WireTime(nanoseconds: 1_764_320_400_000_000_000),
        revoked: WireTime(nanoseconds: 1_764_320_401_000_000_000))

    @Test func `reads as it was written`() throws {
        let small = Token(name: "b", account: "anna", digest: Array(repeating: 255, count: 32), created: WireTime(nanoseconds: 0))
        for tokens in [[], [small], [Self.everything], [Self.everything, small]] {
            let text = try TokenFile.text(of: tokens)
            #expect(try TokenFile.read(text) == tokens)
            #expect(String(buffer: text).split(separator: "\n").count == tokens.count + 2)
        }
    }

    @Test func `reads as people write it`() throws {
        let text = Self.file(
            #", "expires": "2026-12-31", "from": ["192.0.2.7"], "protocols": ["imap"], "sessions": 1, "note": ""}"#)
        let token = try #require(try TokenFile.read(text).first)
        #expect(token.expires == ExpiryDate.time("2026-12-31") && token.from.count == 1 && token.protocols == [.imap])
        #expect(token.sessions == 1 && token.note == "" && token.revoked == nil && token.policy == "read-only")
        #expect(try !token.isOver(at: WireTime(nanoseconds: 0)) && token.isOver(at: #require(token.expires)))
    }

    @Test(arguments: [
        (#","polcy":"observe"}"#, "token 'agent-7' has an unknown field 'polcy'; did you mean 'policy'?"),
        (#","policy":"observe"}"#, "it is not JSON, not whole, or has a field twice"), ("", "it is not JSON"),
        ("}}", "it is not JSON"),
        (#","expires":"soon"}"#, "token 'agent-7': 'expires' is a day, 2026-12-31"),
        (#","expires":null}"#, "token 'agent-7': 'expires' is a text"),
        (#","expires":1}"#, "token 'agent-7': 'expires' is a text"),
        (#","revoked":"x"}"#, "token 'agent-7': 'revoked' is a day"),
        (#","revoked":false}"#, "token 'agent-7': 'revoked' is a text"),
        (#","from":[]}"#, "token 'agent-7': 'from' is a list of addresses, or ranges of them, and not empty"),
        (#","from":["10.0.0.0/99"]}"#, "token 'agent-7': 'from' is a list of addresses"),
        (#","from":"10.0.0.0/8"}"#, "token 'agent-7': 'from' is a list"),
        (#","from":[1]}"#, "token 'agent-7': 'from' is a list of addresses"),
        (#","protocols":["imaps"]}"#, "token 'agent-7': 'protocols' is a list of imap and pop3, and not empty"),
        (#","sessions":0}"#, "token 'agent-7': 'sessions' is a whole number from 1 to 1000000"),
        (#","sessions":1000001}"#, "token 'agent-7': 'sessions' is a whole number from 1"),
        (#","sessions":1.5}"#, "token 'agent-7': 'sessions' is a whole number"),
        (#","sessions":"2"}"#, "token 'agent-7': 'sessions' is a whole number"),
        (#","sessions":99999999999999999999}"#, "token 'agent-7': 'sessions' is a whole number"),
        (#","note":["x"]}"#, "token 'agent-7': 'note' is a text"),
        (#","note":"\#(String(repeating: "x", count: 201))"}"#, "token 'agent-7': 'note' has more than 200 characters"),
    ])
    func `says which field of which token is wrong`(further: String, words: String) {
        let mistake = Self.mistake(Self.file(further))
        #expect(mistake.hasPrefix(words), "\(mistake)")
    }

    @Test(arguments: [
        ("agent-7", "agent 7", "token 1: 'name' is letters, digits"), ("agent-7", "*", "token 1: 'name' is letters"),
        ("\"agent-7\"", "7", "token 1: 'name' is a text"), (#""name":"agent-7","#, "", "token 1 has no 'name'"),
        ("\"anna\"", "\"\"", "token 'agent-7': 'account' is the name of an account"),
        (#""account":"anna","#, "", "token 'agent-7' has no 'account'"),
        ("read-only", "", "token 'agent-7': 'policy' is a preset"),
        (#""policy":"read-only","#, "", "token 'agent-7' has no 'policy'"),
        (#","created":"2026-11-28T09:00:00Z""#, "", "token 'agent-7' has no 'created'"),
        ("0123456789abcdef\"", "0123456789abcdeF\"", "token 'agent-7': 'digest' is a SHA-256 in hexadecimal"),
        ("0123456789abcdef\"", "0123456789abcde\"", "token 'agent-7': 'digest' is a SHA-256"),
        ("0123456789abcdef\"", "0123456789abcdefa\"", "token 'agent-7': 'digest' is a SHA-256"),
        ("0123456789abcdef\"", "0123456789abcdé\"", "token 'agent-7': 'digest' is a SHA-256"),
    ])
    func `says what a token has to have`(text: String, other: String, words: String) {
        let mistake = Self.mistake(Self.file("}", token: Self.token.replacing(text, with: other, maxReplacements: 1)))
        #expect(mistake.hasPrefix(words), "\(mistake)")
    }

    @Test(arguments: [
        ("", "it is not JSON"), ("[]", "the file is not an object"), ("{}", "its version ('v') is not 1"),
        (#"{"v":2,"tokens":[]}"#, "its version ('v') is not 1: another version of Interpost wrote it"),
        (#"{"v":"1","tokens":[]}"#, "the file: 'v' is a whole number"), (#"{"v":1}"#, "the file has no 'tokens'"),
        (#"{"v":1,"tokens":{}}"#, "the file: 'tokens' is a list"), (#"{"v":1,"tokens":[1]}"#, "token 1 is not an object"),
        (#"{"v":1,"tokens":[],"more":1}"#, "the file has an unknown field 'more'"),
        (#"{"v":1,"tokens":[\#(token),\#(token)]}"#, "there are two tokens with the name 'agent-7'"),
        (#"{"v":1,"tokens":[]}x"#, "it is not JSON"), ("{\"v\":1,\"tokens\":[\"\u{FF}", "it is not JSON"),
    ])
    func `says what is wrong with it as a whole`(text: String, words: String) {
        let mistake = Self.mistake(ByteBuffer(string: text))
        #expect(mistake.hasPrefix(words), "\(mistake)")
    }

    @Test func `shows no control characters of a field's name`() {
        let mistake = Self.mistake(Self.file(#","\u001b[31m\u202e":1}"#))
        #expect(mistake == "token 'agent-7' has an unknown field '\u{FFFD}[31m\u{FFFD}'")
    }

    @Test func `may be so large and no larger`() throws {
        let tokens = (0..<3).map {
            Token(name: "t\($0)", account: "a", digest: Array(repeating: 1, count: 32), created: WireTime(nanoseconds: 0))
        }
        let text = try TokenFile.text(of: tokens)
        #expect(try TokenFile.read(text, maximum: 3).count == 3)
        let many = #expect(throws: TokenFile.Mistake.self) { _ = try TokenFile.read(text, maximum: 2) }
        #expect(many?.description == "it has more than 2 tokens")
        var padded = ByteBuffer(string: #"{"v":1,"tokens":[]}"#)
        padded.writeRepeatingByte(UInt8(ascii: " "), count: TokenFile.maximumSize - padded.readableBytes)
        #expect(try TokenFile.read(padded).isEmpty)
        padded.writeString(" ")
        #expect(Self.mistake(padded) == "it is larger than 16 MiB")
    }
}

@Suite struct `The secret of a token` {
    /// The same numbers each time.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private static func text(_ seed: UInt64) -> String {
        var numbers = Numbers(state: seed)
        return TokenSecret(using: &numbers).text.withExposedBytes { String(buffer: $0) }
    }

    private static func isWhole(_ text: String) -> Bool { TokenSecret.isWhole(Secret(ByteBuffer(string: text))) }

    @Test func `is 160 bits in letters that look like no others`() throws {
        let texts = (0..<200).map { Self.text($0) }
        #expect(Set(texts).count == 200)
        for text in texts {
            #expect(text.wholeMatch(of: /ip(-[0-9a-hjkmnp-tv-z]{6}){6}/) != nil, "\(text)")
            #expect(Self.isWhole(text))
        }
        // Each letter is there at each of the 32 places that are random.
        for place in [3, 8, 20, 36] { #expect(Set(texts.map { Array($0)[place] }).count > 25) }
    }

    @Test func `tells each letter that was mistyped, and each two that were exchanged`() {
        let text = Self.text(7)
        for (place, letter) in text.enumerated() {
            for other in "0123456789abcdefghjkmnpqrstvwxyz-AilouO " where other != letter {
                var mistyped = Array(text)
                mistyped[place] = other
                #expect(!Self.isWhole(String(mistyped)), "\(String(mistyped))")
            }
            var exchanged = Array(text)
            if place > 0 { exchanged.swapAt(place, place - 1) }
            #expect(!Self.isWhole(String(exchanged)) || String(exchanged) == text)
        }
        for other in [String(text.dropLast()), text + "0", text.uppercased(), "", "ip", "ip------", "abracadabra", text + "\n"] {
            #expect(!Self.isWhole(other))
        }
    }

    @Test func `is kept as its SHA-256, and never shown by itself`() {
        var numbers = Numbers(state: 1)
        let secret = TokenSecret(using: &numbers)
        #expect(secret.digest == TokenSecret.digest(of: secret.text) && secret.digest.count == 32)
        let shown = Self.text(1)
        #expect(!"\(secret)".contains(shown.dropFirst(3)) && !String(reflecting: secret).contains(shown.dropFirst(3)))
        // FIPS 180-2, appendix B.1
        #expect(TokenSecret.digest(of: Secret(ByteBuffer(string: "abc"))).prefix(4) == [0xBA, 0x78, 0x16, 0xBF])
    }
}
