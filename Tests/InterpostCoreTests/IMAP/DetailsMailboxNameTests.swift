import NIOCore
import Testing

@testable import InterpostCore

@Suite struct DeepMailboxNameTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var wire: String
        var read: String
        var quirks: [Quirk] = []
        var testDescription: String { wire }
    }

    @Test(arguments: [
        Row(wire: "Drafts/2024", read: "Drafts/2024"),
        Row(wire: "inBox", read: "INBOX"),
        Row(wire: "Entw&APw-rfe", read: "Entwürfe"),
        Row(wire: "A &- B", read: "A & B"),
        Row(wire: "~peter/mail/&U,BTFw-/&ZeVnLIqe-", read: "~peter/mail/台北/日本語"),
        Row(wire: "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", read: "Отправленные"),
        Row(wire: "&2D3eCQ-", read: "😉"),
        Row(wire: "&AOk-&-", read: "é&"),
        Row(wire: "&AAA-", read: "\0"),
        Row(wire: "", read: ""),
        // Yandex encodes the & together with the rest.
        Row(wire: "&BBAEMQQyACYEMwQ0BDU-", read: "Абв&где", quirks: [.asciiInShift]),
        Row(wire: "&AEk-NBOX", read: "INBOX", quirks: [.asciiInShift]),
        Row(wire: "&U,BTFw-&ZeVnLIqe-", read: "台北日本語", quirks: [.superfluousShift]),
        Row(wire: "Entw&APw", read: "Entwü", quirks: [.shiftNotClosed]),
        Row(wire: "Entw&APw/x-", read: "Entwü", quirks: [.shiftNotBase64]),
        Row(wire: "Entw&APw rfe", read: "Entwü rfe", quirks: [.shiftNotClosed]),
        Row(wire: "R&D", read: "R&D", quirks: [.shiftNotClosed, .shiftNotBase64]),
        Row(wire: "R & D", read: "R & D", quirks: [.shiftNotClosed, .shiftNotBase64]),
        Row(wire: "x&", read: "x&", quirks: [.shiftNotClosed, .shiftNotBase64]),
        Row(wire: "&A-", read: "&A-", quirks: [.shiftNotBase64]),
        Row(wire: "&APx-", read: "ü", quirks: [.shiftNotBase64]),
        Row(wire: "&APwA-", read: "ü", quirks: [.shiftNotBase64]),
        Row(wire: "&U/BTFw-", read: "台北", quirks: [.shiftNotBase64]),
        Row(wire: "&2D0-", read: "\u{FFFD}", quirks: [.surrogateUnpaired]),
        Row(wire: "&3gk-", read: "\u{FFFD}", quirks: [.surrogateUnpaired]),
        Row(wire: "&2D3YPQ-", read: "\u{FFFD}\u{FFFD}", quirks: [.surrogateUnpaired]),
        Row(wire: "&2D0A6Q-", read: "\u{FFFD}é", quirks: [.surrogateUnpaired]),
        Row(wire: "Entwürfe", read: "Entwürfe", quirks: [.eightBitInMailboxName]),
        Row(wire: "a\tb\u{7F}", read: "a\tb\u{7F}", quirks: [.controlInMailboxName]),
    ]) func `a name in modified UTF-7 is read`(row: Row) {
        let (read, quirks) = DeepWire.mailbox(row.wire)
        #expect(Array(read.unicodeScalars) == Array(row.read.unicodeScalars))
        #expect(quirks == row.quirks)
    }

    @Test(
        arguments: [
            ("Entwürfe", "Entwürfe", []), ("A &- B", "A &- B", []), ("inbox", "INBOX", []),
            ("a\u{1}b", "a\u{1}b", [.controlInMailboxName]),
        ] as [(String, String, [Quirk])])
    func `a name in UTF-8 is itself`(wire: String, read: String, quirks: [Quirk]) {
        let found = MailboxName(wire).read(utf8: true)
        #expect(found.name == read)
        #expect(Array(found.quirks) == quirks)
        #expect(MailboxName(wire).displayName(utf8: true) == read)
    }

    @Test func `broken UTF-8 is shown as far as it goes`() {
        let name = MailboxName(IMAPString(ByteBuffer(bytes: [0x61, 0xFC, 0x62])))
        #expect(name.read(utf8: true).name == "a\u{FFFD}b")
        #expect(Array(name.read(utf8: true).quirks) == [.invalidUTF8])
        #expect(Array(name.read().quirks) == [.eightBitInMailboxName])
    }

    @Test(arguments: 0..<500) func `what was encoded is decoded to the same, without a quirk`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let blocks: [ClosedRange<UInt32>] = [
            0x20...0x7E, 0...0x1F, 0x7F...0x24F, 0x3040...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            let block = blocks[Int.random(in: 0..<blocks.count, using: &random)]
            if let scalar = Unicode.Scalar(UInt32.random(in: block, using: &random)) { text.unicodeScalars.append(scalar) }
            if Int.random(in: 0..<8, using: &random) == 0 { text += "&" }
        }
        let encoded = ModifiedUTF7.encode(text)
        let (decoded, quirks) = ModifiedUTF7.decode(encoded)
        #expect(decoded == ByteBuffer(string: text))
        #expect(Array(quirks) == [])
        #expect(encoded.readableBytesView.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    }

    /// The two ways of telling the one right spelling agree.
    @Test(arguments: 0..<2000) func `a spelling without a quirk is the one that is written`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("&&&&---AAAEIkOpQaw+,/29 x~".utf8) + [0x0A, 0x7F, 0xC3, 0xA9]
        let bytes = random.bytes(Int.random(in: 0...12, using: &random), of: alphabet)
        let (text, quirks) = ModifiedUTF7.decode(ByteBuffer(bytes: bytes))
        let written = ModifiedUTF7.encode(String(buffer: text))
        #expect(quirks.isEmpty == (written == ByteBuffer(bytes: bytes)), "\(String(decoding: bytes, as: UTF8.self))")
    }
}
