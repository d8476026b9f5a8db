import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A peer's text on a terminal` {
    /// What is written, and what is shown.
    static let table: [(String, String)] = [
        ("", ""),
        ("a1 SELECT INBOX ~", "a1 SELECT INBOX ~"),
        ("Ablage/Übersicht – 日本語 é 😀", "Ablage/Übersicht – 日本語 é 😀"),
        ("a\u{0}b", "a\u{FFFD}b"),
        ("a\tb", "a\u{FFFD}b"),
        ("a\r\nb", "a\u{FFFD}\u{FFFD}b"),
        ("\u{1B}[2J", "\u{FFFD}[2J"),
        ("\u{7F}", "\u{FFFD}"),
        ("\u{80}\u{9B}31m\u{9F}", "\u{FFFD}\u{FFFD}31m\u{FFFD}"),
        ("\u{A0}", "\u{A0}"),
        ("\u{AD}", "\u{FFFD}"),
        ("\u{61C}\u{200E}\u{200F}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("gpj.\u{202E}exe", "gpj.\u{FFFD}exe"),
        ("\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{2066}\u{2067}\u{2068}\u{2069}", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{2028}\u{2029}", "\u{FFFD}\u{FFFD}"),
        ("\u{200B}\u{200D}\u{2060}\u{FEFF}", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{E000}\u{F8FF}\u{100000}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{378}\u{FFFF}\u{10FFFF}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{E0001}\u{E0041}", "\u{FFFD}\u{FFFD}"),
        ("\u{FFFD}", "\u{FFFD}"),
    ]

    @Test(arguments: table) func `is text, and nothing else of it is left`(text: String, shown: String) {
        #expect(TerminalText.shown(text) == shown)
        #expect(TerminalText.shown(ByteBuffer(string: text)) == shown)
        #expect(TerminalText.shown(shown) == shown)
    }

    @Test func `no control character of ASCII and none of C1 is shown`() {
        for value in [0...0x1F, 0x7F...0x9F].joined() {
            let scalar = Unicode.Scalar(UInt8(value))
            #expect(!TerminalText.isShown(scalar))
            #expect(TerminalText.shown(String(scalar)) == "\u{FFFD}")
            #expect(TerminalText.ascii(String(scalar)) == "?")
        }
        for value in 0x20...0x7E {
            #expect(TerminalText.shown(String(Unicode.Scalar(UInt8(value)))).utf8.elementsEqual([UInt8(value)]))
        }
    }

    @Test(
        arguments: [
            ([0x61, 0xFF, 0x62], "a\u{FFFD}b"), ([0x9B, 0x33], "\u{FFFD}3"), ([0xC2], "\u{FFFD}"),
            ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ] as [([UInt8], String)])
    func `octets that are not UTF-8 are no characters`(octets: [UInt8], shown: String) {
        #expect(TerminalText.shown(ByteBuffer(bytes: octets)) == shown)
    }

    @Test func `ends with a mark where more than its limit is cut off`() {
        #expect(TerminalText.shown("abcd", atMost: 4) == "abcd")
        #expect(TerminalText.shown("abcde", atMost: 4) == "abcd…")
        #expect(TerminalText.shown("äöüß", atMost: 4) == "äöüß")
        #expect(TerminalText.shown("äöüß\u{1B}", atMost: 4) == "äöüß…")
        #expect(TerminalText.shown("", atMost: 0) == "")
        #expect(TerminalText.shown("a", atMost: 0) == "…")
        for count in 0..<12 {
            let text = String(repeating: "😀", count: count)
            let shown = TerminalText.shown(ByteBuffer(string: text), atMost: 4)
            #expect(shown == TerminalText.shown(text, atMost: 4))
            #expect(shown == (count > 4 ? "😀😀😀😀…" : text))
        }
    }

    @Test func `has pictures of its line ends where they matter`() {
        #expect(TerminalText.shown("a\r\nb\u{9B}", lineEnds: .pictured) == "a␍␊b\u{FFFD}")
    }

    @Test func `is printable ASCII where it goes to a peer`() {
        #expect(TerminalText.ascii("no such host ~") == "no such host ~")
        #expect(TerminalText.ascii("Schlüssel\r\n* BYE\u{202E}") == "Schl?ssel??* BYE?")
        #expect(TerminalText.ascii("abcde", atMost: 4) == "abcd")
        #expect(TerminalText.ascii("äbcde", atMost: 4) == "?bcd")
    }

    @Test func `is escaped where it is JSON`() {
        var line: [UInt8] = []
        LogEvent.warning("a\u{1B}b\u{9B}c\u{202E}d\u{2066}e\u{200F}f\u{61C}gü\u{2028}").writeJSON(
            session: 1, at: WireTime(nanoseconds: 0), to: &line)
        #expect(
            String(decoding: line, as: UTF8.self).contains(
                #""a\u001bb\u009bc\u202ed\u2066e\u200ff\u061cgü\u2028""#))
    }

    /// What stands in a capture as an event was perhaps not written by Interpost.
    @Test func `is escaped in a line of JSON that somebody else wrote`() {
        func shown(_ text: String) -> String { String(buffer: InterpostCore.JSONText.shown(line: ByteBuffer(string: text))) }
        #expect(shown(#"{"event":"x","a":"b\n"}"#) == #"{"event":"x","a":"b\n"}"#)
        #expect(shown("{\"a\":\"ü\u{9B}\u{202E}\u{1B}\n\u{E0001}\"}") == #"{"a":"ü\u009b\u202e\u001b\u000a\udb40\udc01"}"#)
    }
}
