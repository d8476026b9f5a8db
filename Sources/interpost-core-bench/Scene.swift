// The workloads: what mail clients make servers say in bulk, and the small talk in between.

import InterpostCore
import NIOCore

enum Scene: String, CaseIterable {
    case flags, envelopes, commands, list, uidl
    case literal64 = "literal-64k"
    case literal256 = "literal-256k"
    case retrText = "retr-text"
    case retrBase64 = "retr-base64"

    var title: String {
        switch self {
        case .flags: "FETCH (UID FLAGS RFC822.SIZE) of 100,000 messages"
        case .envelopes: "FETCH (UID ENVELOPE) of 20,000 messages"
        case .commands: "100,000 NOOP, UID FETCH and UID STORE, each with its completion"
        case .list: "POP3 LIST of 100,000 messages"
        case .uidl: "POP3 UIDL of 100,000 messages"
        case .literal64: "FETCH BODY[] with a literal of 1 GiB, in pieces of 64 KiB"
        case .literal256: "the same in pieces of 256 KiB"
        case .retrText: "POP3 RETR of 1 GiB of prose, in pieces of 64 KiB"
        case .retrBase64: "POP3 RETR of 1 GiB of base64, in pieces of 64 KiB"
        }
    }

    /// Most of it is octets that nobody looks at, or lines that nobody cuts.
    var isBulk: Bool {
        switch self {
        case .literal64, .literal256, .retrText, .retrBase64: true
        case .flags, .envelopes, .commands, .list, .uidl: false
        }
    }

    func script(scale: Double) -> Script {
        func scaled(_ count: Int) -> Int { max(1, Int(Double(count) * scale)) }
        switch self {
        case .flags:
            let kinds = ["\\Seen", "\\Seen \\Answered", "", "\\Seen $Forwarded NonJunk", "\\Flagged \\Seen"]
            return Self.fetch("UID FLAGS RFC822.SIZE", scaled(100_000)) { number in
                "* \(number) FETCH (UID \(4000 + number * 3) FLAGS (\(kinds[number % kinds.count])) RFC822.SIZE \(1000 + number * 37 % 90_000))"
            }
        case .envelopes:
            return Self.fetch("UID ENVELOPE", scaled(20_000)) { number in
                let sender = #"(("Anna M. Example" NIL "anna.\#(number % 97)" "example.org"))"#
                return "* \(number) FETCH (UID \(4000 + number) ENVELOPE (\"Mon, 23 Nov 2026 10:\(10 + number % 50):07 +0100\" "
                    + "\"=?utf-8?Q?Minutes_of_meeting_\(number)?= and what to do next\" \(sender) \(sender) \(sender) "
                    + "((NIL NIL \"list\" \"lists.example.net\")(\"Bert\" NIL \"bert\" \"example.com\")) NIL NIL "
                    + "\"<\(number - 1).ABCDEF0123456789@mail.example.org>\" \"<\(number).ABCDEF0123456789@mail.example.org>\"))"
            }
        case .commands: return Self.smallTalk(scaled(100_000))
        case .list: return Self.pop3("LIST", scaled(100_000)) { "\($0) \(1000 + $0 * 37 % 90_000)" }
        case .uidl: return Self.pop3("UIDL", scaled(100_000)) { "\($0) 000\(100_000 + $0)5a1f0e3b" }
        case .literal64: return Self.literal(scaled(1 << 30), piece: 1 << 16)
        case .literal256: return Self.literal(scaled(1 << 30), piece: 1 << 18)
        case .retrText:
            let line = "It was said that nothing was lost. The bytes, all of them, went on as they came.\r\n"
            return Self.retr(scaled(1 << 30), line: line)
        case .retrBase64:
            return Self.retr(scaled(1 << 30), line: String(repeating: "TG9yZW0gaXBzdW0g", count: 5).prefix(76) + "\r\n")
        }
    }

    private static func loggedIn() -> Script {
        var script = Script(.imap)
        script.server("* OK [CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS CONDSTORE] ready")
        script.client("a1 LOGIN anna sesame-open")
        script.server("a1 OK [CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS CONDSTORE] welcome")
        script.client("a2 SELECT INBOX")
        script.server("* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)", "* 100000 EXISTS", "a2 OK [READ-WRITE] selected")
        return script
    }

    private static func fetch(_ items: String, _ count: Int, _ line: (Int) -> String) -> Script {
        var script = loggedIn()
        script.client("a3 UID FETCH 1:* (\(items))")
        script.listing(count, line)
        script.server("a3 OK fetched")
        return script
    }

    private static func smallTalk(_ count: Int) -> Script {
        var script = loggedIn()
        for number in 1...count {
            let tag = "A\(1000 + number)"
            let uid = 1 + number % 5000
            switch number % 3 {
            case 0:
                script.client("\(tag) NOOP")
                script.server("\(tag) OK NOOP completed (0.001 + 0.000 secs).")
            case 1:
                script.client("\(tag) UID FETCH \(uid) FLAGS")
                script.server("* \(uid) FETCH (UID \(uid) FLAGS (\\Seen))", "\(tag) OK Fetch completed (0.001 + 0.000 secs).")
            default:
                script.client("\(tag) UID STORE \(uid) +FLAGS (\\Answered)")
                script.server("* \(uid) FETCH (UID \(uid) FLAGS (\\Answered \\Seen))", "\(tag) OK Store completed.")
            }
        }
        return script
    }

    private static func literal(_ octets: Int, piece: Int) -> Script {
        var script = loggedIn()
        let times = max(1, octets / piece)
        script.client("a3 FETCH 1 BODY.PEEK[]")
        script.server("* 1 FETCH (BODY[] {\(times * piece)}")
        script.server(ByteBuffer(repeating: UInt8(ascii: "x"), count: piece), times: times, isLiteral: true)
        script.server(")", "a3 OK fetched")
        return script
    }

    private static func maildrop() -> Script {
        var script = Script(.pop3)
        script.server("+OK ready")
        script.client("USER anna")
        script.server("+OK")
        script.client("PASS sesame-open")
        script.server("+OK welcome")
        return script
    }

    private static func pop3(_ verb: String, _ count: Int, _ line: (Int) -> String) -> Script {
        var script = maildrop()
        script.client(verb)
        script.server("+OK \(count) messages", thenExpect: .listing)
        script.listing(count, line)
        script.server(".")
        return script
    }

    private static func retr(_ octets: Int, line: String) -> Script {
        var script = maildrop()
        // Pieces end where they end; what precedes the terminator is a whole line.
        var piece = ByteBuffer(string: String(repeating: line, count: Script.pieceSize / line.utf8.count + 1))
        piece.moveReaderIndex(to: piece.writerIndex - Script.pieceSize)
        script.client("RETR 1")
        script.server("+OK \(octets) octets", thenExpect: .body)
        script.server(piece, times: max(1, octets / Script.pieceSize), isLiteral: false)
        script.server(".")
        return script
    }
}
