import InterpostCore

/// The demo's server as a value: one line in, what the server says out. It knows just what the demo's clients and a
/// curious person with a real client need, over one small mailbox.
struct DemoMailbox {
    static let user = "demo"
    static let password = "correct horse battery staple"

    struct Message {
        var uid: Int
        var flags: Set<String>
        var text: String
    }

    struct Reply {
        var text: String
        var startsTLS = false
        var closes = false

        init(_ text: String, startsTLS: Bool = false, closes: Bool = false) {
            self.text = text
            self.startsTLS = startsTLS
            self.closes = closes
        }
    }

    private let mailProtocol: MailProtocol
    private var isEncrypted: Bool
    private var messages = DemoMailbox.letters
    private var nextUID = 104
    private var idleTag: String?
    /// An APPEND that waits for its octets.
    private var appending: (tag: String, rest: Int)?
    private var deletions: Set<Int> = []

    init(_ mailProtocol: MailProtocol, isEncrypted: Bool) {
        self.mailProtocol = mailProtocol
        self.isEncrypted = isEncrypted
    }

    private static let letters = [
        Message(
            uid: 101, flags: ["\\Seen"], text: letter("Welcome to the demo", "This mailbox lives in the program that shows it.")),
        Message(
            uid: 102, flags: [],
            text: letter("Lunch on Friday?", "The place by the river, at noon.\r\n.A line that begins with a dot.")),
        Message(uid: 103, flags: ["\\Flagged"], text: letter("Your build is green", "All tests passed.")),
    ]

    private static func letter(_ subject: String, _ body: String) -> String {
        "From: Ada <ada@demo.example>\r\nTo: Demo <demo@demo.example>\r\nSubject: \(subject)\r\n"
            + "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n\(body)\r\n"
    }

    var greeting: String {
        mailProtocol == .imap
            ? "* OK [CAPABILITY \(capabilities)] demo mailbox ready\r\n" : "+OK demo maildrop ready\r\n"
    }

    private var capabilities: String {
        "IMAP4rev1 LITERAL+ SASL-IR IDLE ID UIDPLUS NAMESPACE " + (isEncrypted ? "AUTH=PLAIN" : "STARTTLS LOGINDISABLED")
    }

    mutating func tlsIsUp() { isEncrypted = true }

    /// Takes a line without its line end.
    mutating func receive(_ line: String) -> Reply {
        mailProtocol == .imap ? receiveIMAP(line) : receivePOP3(line)
    }

    // MARK: - IMAP

    private mutating func receiveIMAP(_ line: String) -> Reply {
        if let (tag, rest) = appending {
            // Octets of the message, and then the line that ends the command.
            let left = rest - line.utf8.count - 2
            guard left < 0 else {
                appending = (tag, left)
                return Reply("")
            }
            appending = nil
            messages.append(Message(uid: nextUID, flags: [], text: Self.letter("Appended", "By the client.")))
            nextUID += 1
            return Reply("* \(messages.count) EXISTS\r\n\(tag) OK [APPENDUID 1 \(nextUID - 1)] appended\r\n")
        }
        if let tag = idleTag {
            idleTag = nil
            return Reply("\(tag) OK idle ended\r\n")
        }
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count > 1 else { return Reply("* BAD a tag and a command, please\r\n") }
        let isUID = words[1].uppercased() == "UID" && words.count > 2
        let verb = (isUID ? words[2] : words[1]).uppercased()
        let arguments = Array(words.dropFirst(isUID ? 3 : 2))
        return answer(words[0], verb, arguments, isUID: isUID)
    }

    private mutating func answer(_ tag: String, _ verb: String, _ arguments: [String], isUID: Bool) -> Reply {
        let ok = "\(tag) OK \(verb) completed\r\n"
        switch verb {
        case "CAPABILITY": return Reply("* CAPABILITY \(capabilities)\r\n" + ok)
        case "STARTTLS": return Reply("\(tag) OK begin TLS\r\n", startsTLS: true)
        case "ID": return Reply("* ID (\"name\" \"interpost demo\")\r\n" + ok)
        case "NAMESPACE": return Reply("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n" + ok)
        case "LOGIN":
            let given = arguments.joined(separator: " ")
            guard given == "\(Self.user) \"\(Self.password)\"" else { return Reply("\(tag) NO [AUTHENTICATIONFAILED] wrong\r\n") }
            return Reply("\(tag) OK [CAPABILITY \(capabilities)] welcome\r\n")
        case "LIST": return Reply("* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\Sent) \"/\" Sent\r\n" + ok)
        case "SELECT", "EXAMINE":
            let code = verb == "SELECT" ? "READ-WRITE" : "READ-ONLY"
            return Reply(
                "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted)\r\n* \(messages.count) EXISTS\r\n* 0 RECENT\r\n"
                    + "* OK [UIDVALIDITY 1] valid\r\n* OK [UIDNEXT \(nextUID)] next\r\n\(tag) OK [\(code)] selected\r\n")
        case "FETCH": return Reply(fetch(arguments, isUID: isUID) + ok)
        case "STORE":
            guard let index = indices(arguments.first ?? "", isUID: isUID).first else { return Reply(ok) }
            let flag = arguments.last?.trimmingParentheses ?? ""
            messages[index].flags.insert(flag)
            return Reply("* \(index + 1) FETCH (FLAGS (\(messages[index].flags.sorted().joined(separator: " "))))\r\n" + ok)
        case "EXPUNGE":
            let gone = messages.indices.filter { messages[$0].flags.contains("\\Deleted") }
            messages.removeAll { $0.flags.contains("\\Deleted") }
            return Reply(gone.enumerated().map { "* \($1 + 1 - $0) EXPUNGE\r\n" }.joined() + ok)
        case "APPEND":
            let size = arguments.last?.filter(\.isNumber) ?? ""
            guard let octets = Int(size), octets < 1 << 20 else { return Reply("\(tag) BAD a literal, please\r\n") }
            appending = (tag, octets)
            return Reply(arguments.last?.hasSuffix("+}") == true ? "" : "+ go ahead\r\n")
        case "IDLE":
            idleTag = tag
            messages.append(Message(uid: nextUID, flags: [], text: Self.letter("News", "It came while you were idle.")))
            nextUID += 1
            return Reply("+ idling\r\n* \(messages.count) EXISTS\r\n")
        case "SEARCH":
            let numbers = messages.enumerated().map { isUID ? $1.uid : $0 + 1 }.map(String.init)
            return Reply("* SEARCH \(numbers.joined(separator: " "))\r\n" + ok)
        case "NOOP", "CHECK", "CLOSE", "SUBSCRIBE", "UNSUBSCRIBE": return Reply(ok)
        case "LOGOUT": return Reply("* BYE see you\r\n" + ok, closes: true)
        default: return Reply("\(tag) BAD the demo does not know that\r\n")
        }
    }

    private mutating func fetch(_ arguments: [String], isUID: Bool) -> String {
        let items = arguments.dropFirst().joined(separator: " ").uppercased()
        var answer = ""
        for index in indices(arguments.first ?? "", isUID: isUID) {
            let readsBody = items.contains("BODY[]") || items.contains("BODY.PEEK[]")
            if items.contains("BODY[]") { messages[index].flags.insert("\\Seen") }
            let message = messages[index]
            answer += "* \(index + 1) FETCH (UID \(message.uid) FLAGS (\(message.flags.sorted().joined(separator: " ")))"
            answer += " RFC822.SIZE \(message.text.utf8.count)"
            if readsBody { answer += " BODY[] {\(message.text.utf8.count)}\r\n\(message.text)" }
            answer += ")\r\n"
        }
        return answer
    }

    /// `2`, `1:3`, `1:*` and lists of these.
    private func indices(_ set: String, isUID: Bool) -> [Int] {
        messages.indices.filter { index in
            let number = isUID ? messages[index].uid : index + 1
            return set.split(separator: ",").contains { part in
                let ends = part.split(separator: ":").map { Int($0) ?? .max }
                guard let first = ends.first, let last = ends.last else { return false }
                return (min(first, last)...max(first, last)).contains(number)
                    || part == "*" && index == messages.count - 1
            }
        }
    }

    // MARK: - POP3

    private mutating func receivePOP3(_ line: String) -> Reply {
        let words = line.split(separator: " ").map(String.init)
        let index = (words.dropFirst().first.flatMap(Int.init) ?? 0) - 1
        switch words.first?.uppercased() ?? "" {
        case "CAPA":
            return Reply("+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\n" + (isEncrypted ? "" : "STLS\r\n") + ".\r\n")
        case "STLS": return Reply("+OK begin TLS\r\n", startsTLS: true)
        case "USER": return Reply("+OK password?\r\n")
        case "PASS":
            return Reply(line.dropFirst(5) == Self.password ? "+OK logged in\r\n" : "-ERR [AUTH] wrong\r\n")
        case "STAT": return Reply("+OK \(messages.count) \(messages.reduce(0) { $0 + $1.text.utf8.count })\r\n")
        case "LIST": return listing { "\($1.text.utf8.count)" }
        case "UIDL": return listing { "demo-\($1.uid)" }
        case "RETR", "TOP":
            guard messages.indices.contains(index) else { return Reply("-ERR no such message\r\n") }
            return Reply("+OK\r\n" + messages[index].text.dotStuffed + ".\r\n")
        case "DELE":
            guard messages.indices.contains(index) else { return Reply("-ERR no such message\r\n") }
            deletions.insert(index)
            return Reply("+OK marked\r\n")
        case "RSET":
            deletions = []
            return Reply("+OK\r\n")
        case "NOOP": return Reply("+OK\r\n")
        case "QUIT": return Reply("+OK see you\r\n", closes: true)
        default: return Reply("-ERR the demo does not know that\r\n")
        }
    }

    private func listing(_ text: (Int, Message) -> String) -> Reply {
        Reply("+OK\r\n" + messages.enumerated().map { "\($0 + 1) \(text($0, $1))\r\n" }.joined() + ".\r\n")
    }
}

extension String {
    fileprivate var trimmingParentheses: String { String(drop { $0 == "(" }.prefix { $0 != ")" }) }

    /// Lines that begin with a dot get one more (RFC 1939 §3).
    fileprivate var dotStuffed: String {
        // CR LF is one Character in Swift: lines are split at it.
        split(separator: "\r\n", omittingEmptySubsequences: false).map { $0.hasPrefix(".") ? "." + $0 : String($0) }
            .joined(separator: "\r\n")
    }
}
