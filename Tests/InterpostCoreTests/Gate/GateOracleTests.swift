import Foundation
import NIOCore
import Testing

@testable import InterpostCore

/// What a read-only gate says to a server is read by somebody who shares nothing with it.
@Suite struct `The oracle of the gate` {
    @Test(arguments: [
        "x CREATE pwn\r\n", "a  NOOP\r\n", "a NOOP \r\n", "a NOOP\n", "a NOOP\r", "a NOOP x\r\n", "a SELECT INBOX\r\n",
        "a STORE 1 FLAGS ()\r\n",
        "a FETCH 1 (BODY[])\r\n", "a FETCH 1 RFC822\r\n", "a UID FETCH 1 (FLAGS BINARY[1])\r\n", "a UID EXPUNGE 1\r\n",
        "NOOP\r\n",
        "a STATUS \"x (MESSAGES)\r\n", "a STATUS x{5}\r\nINBOX (MESSAGES)\r\n", "a STATUS {05}\r\nINBOX (MESSAGES)\r\n",
        "a STATUS {9}\r\nINBOX\r\n", "a STATUS \"a\\b\" (MESSAGES)\r\n", "a ENABLE UTF8=ACCEPT\r\n", "a NOTIFY SET (x)\r\n",
        "a LIST \"\" \u{e4}\r\n", "a NOOP\r\nDONE\r\n", "a IDLE\r\nDONE x\r\n", "a IDLE\r\nDONE\r\nDONE\r\n", "a NOOP\0\r\n",
    ]) func `finds what must not be said over IMAP`(text: String) {
        #expect(throws: Violation.self) { try GateOracle.imap(Array(text.utf8)) }
    }

    @Test(arguments: [
        "DELE 1\r\n", "retr 1\r\n", "RETR 01\r\n", "RETR 1 \r\n", "RETR 1\n", "NOOP x\r\n", "XTND XMIT\r\n", "NOOP\r\r\n",
        "UIDL\t1\r\n",
    ]) func `finds what must not be said over POP3`(text: String) {
        #expect(throws: Violation.self) { try GateOracle.pop3(Array(text.utf8)) }
    }

    @Test func `reads what may be said`() throws {
        let imap =
            "a AUTHENTICATE PLAIN\r\nAGFubmEAc2VzYW1l\r\nb STATUS {5}\r\nINBOX (MESSAGES)\r\nc IDLE\r\nDONE\r\nd UID FETCH 1 (BODY.PEEK[])\r\n"
        #expect(try GateOracle.imap(Array(imap.utf8)) == ["AUTHENTICATE", "STATUS", "IDLE", "UID FETCH"])
        #expect(try GateOracle.imap(Array("a LANGUAGE {20}\r\nb NOOP\r\n".utf8)) == ["LANGUAGE", "NOOP"])
        #expect(
            try GateOracle.pop3(Array("AUTH PLAIN\r\nAGFubmEAc2VzYW1l\r\nTOP 1 0\r\nPASS a b \r\n".utf8)) == [
                "AUTH", "TOP", "PASS",
            ])
    }

    private struct Fixture: Decodable {
        struct Case: Decodable {
            struct Step: Decodable {
                struct Part: Decodable {
                    let b64: String?
                    let repeatByte: UInt8?
                    let count: Int?
                    enum CodingKeys: String, CodingKey {
                        case b64, count
                        case repeatByte = "repeat_byte"
                    }
                }
                let send: [Part]?
            }
            let id: String
            let `protocol`: String
            let state: String
            let steps: [Step]

            var bytes: [UInt8] {
                steps.flatMap { $0.send ?? [] }.flatMap { part in
                    part.b64.flatMap { Data(base64Encoded: $0) }.map(Array.init)
                        ?? Array(repeating: part.repeatByte ?? 0, count: part.count ?? 0)
                }
            }
        }
        let cases: [Case]
    }

    private static func cases() throws -> [Fixture.Case] {
        let file = WireFixture.folder.deletingLastPathComponent().appending(path: "Smuggling/measured.json")
        return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file)).cases
    }

    @Test func `finds nothing in what smuggled sequences become, whatever is changed in them`() throws {
        var generator = SeededGenerator(seed: 5)
        var commands = 0
        for sequence in try Self.cases() where sequence.bytes.count < 20_000 {
            for round in 0..<6 {
                var bytes = sequence.bytes
                for _ in 0..<(round == 0 || bytes.isEmpty ? 0 : round) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    case 1:
                        bytes.insert(
                            contentsOf: [[13, 10], [10], [13], [0], [32], [123], [34], [92]].randomElement(using: &generator)
                                ?? [], at: place)
                    case 2: if bytes.count > 1 { bytes.remove(at: place) }
                    default: bytes.insert(contentsOf: bytes[place...].prefix(12), at: place)
                    }
                }
                var game = GateGame(sequence.protocol == "imap" ? .imap : .pop3, loggedIn: sequence.state != "nonauth")
                game.client(bytes)
                let said = game.serverHeard
                commands += try sequence.protocol == "imap" ? GateOracle.imap(said).count : GateOracle.pop3(said).count
            }
        }
        #expect(commands > 1000)
    }
}

/// A gate before a server that says yes to everything.
struct GateGame {
    private var player: GatePlayer
    private let mailProtocol: MailProtocol
    private var answered = 0
    var serverHeard: [UInt8] { player.heard.server }

    init(_ mailProtocol: MailProtocol, loggedIn: Bool) {
        self.mailProtocol = mailProtocol
        player = GatePlayer(mailProtocol, Policy(.readOnly))
        if mailProtocol == .imap {
            player.server(
                ByteBuffer(string: "* \(loggedIn ? "PREAUTH" : "OK") [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] ready\r\n"))
        } else {
            player.server(ByteBuffer(string: "+OK ready\r\n"))
            if loggedIn { client(Array("USER anna\r\nPASS sesame\r\n".utf8)) }
        }
    }

    mutating func client(_ bytes: [UInt8]) {
        player.client(ByteBuffer(bytes: bytes))
        for _ in 0..<200 where !player.isClosed && answered < player.heard.server.count { answer() }
    }

    /// Says yes to what was heard last.
    private mutating func answer() {
        let line = player.heard.server[answered...]
        answered = player.heard.server.count
        let words = String(decoding: line.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
        let text: String
        switch (mailProtocol, words.count > 1 ? words[1] : "") {
        case (.imap, "IDLE"): text = "+ idling\r\n"
        case (.imap, "AUTHENTICATE") where words.count == 3: text = "+ \r\n"
        case (.imap, _) where line.dropLast(2).last == UInt8(ascii: "}") && line.dropLast(3).last != UInt8(ascii: "+"):
            text = "+ go on\r\n"
        case (.imap, _): text = "\(lastTag(of: line)) OK done\r\n"
        case (.pop3, _):
            switch words.first {
            case "CAPA": text = "+OK\r\nTOP\r\n.\r\n"
            case "LIST" where words.count == 1, "UIDL" where words.count == 1: text = "+OK\r\n1 10\r\n2 20\r\n.\r\n"
            case "TOP", "RETR": text = "+OK\r\nSubject: x\r\n\r\n.\r\n"
            case "AUTH" where words.count == 2: text = "+ \r\n"
            case "AUTH" where words.count == 1, "LANG" where words.count == 1: text = "+OK\r\n.\r\n"
            default: text = "+OK\r\n"
            }
        }
        player.server(ByteBuffer(string: text))
    }

    private var tag = "a"

    private mutating func lastTag(of line: ArraySlice<UInt8>) -> String {
        let words = String(decoding: line.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
        if words.count > 1 { tag = String(words[0]) }
        return tag
    }
}
