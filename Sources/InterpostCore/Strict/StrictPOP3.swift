import NIOCore

/// Reads and writes one line of POP3 in the grammar that the gate accepts: a verb, words with one space before each, CR LF.
///
///     retr 4␍␊       RETR 4
///     RETR 04␍␊      malformed: a number begins with 0
///     PASS a b␍␊     the rest of the line is the password
enum StrictPOP3 {
    /// Octets of a line with its end; of PASS and AUTH; of a SASL response (RFC 2449 §4, RFC 5034 §4).
    static let maximumLine = 255
    static let maximumLogin = 512
    static let maximumSASL = 12_288

    private static func malformed(_ reason: String) -> StrictRefusal { StrictRefusal(.malformed, reason: reason) }

    static func read(_ line: ByteBuffer) throws(StrictRefusal) -> (name: Keyword, command: POP3Command) {
        let bytes = line.readableBytesView
        guard bytes.suffix(2).elementsEqual([.carriageReturn, .lineFeed]) else { throw malformed("a line ends in CR LF") }
        let text = bytes.dropLast(2)
        guard !text.contains(where: { $0 == .carriageReturn || $0 == 0 }) else {
            throw malformed("a CR or a NUL stands in the line")
        }
        let word = text.prefix { $0 != .space }
        guard (3...12).contains(word.count), word.allSatisfy({ $0.isLetter || $0.isDigit }), let name = Keyword(word) else {
            throw malformed("a command begins with its name")
        }
        let isLogin = name == Keyword("PASS") || name == Keyword("AUTH")
        guard bytes.count <= (isLogin ? maximumLogin : maximumLine) else { throw malformed("the line is too long") }
        guard POP3Verb.named(name) != nil else { throw StrictRefusal(.unknown, reason: "this command is not known here") }
        let title = CommandName(keyword: name)
        let rest = text.dropFirst(word.count + 1)
        if name == Keyword("PASS") {
            guard text.count > word.count else { throw malformed("a password is missing") }
            return (name, .pass(Secret(ByteBuffer(bytes: rest))))
        }
        // Outlook asks for the mechanisms in this way.
        if name == Keyword("AUTH"), rest.isEmpty { return (name, .auth(mechanism: nil, initialResponse: nil)) }
        let words =
            text.count > word.count
            ? rest.split(separator: .space, omittingEmptySubsequences: false).map { ByteBuffer(bytes: $0) } : []
        guard words.allSatisfy({ $0.isWord(mayBeUTF8: name == Keyword("USER")) }) else {
            throw StrictRefusal(.malformed, name: title, reason: "one space stands between two words, and none at the end")
        }
        guard let command = try command(name, words) else {
            throw StrictRefusal(.malformed, name: title, reason: "its arguments are not what it takes")
        }
        return (name, command)
    }

    private static func command(_ name: Keyword, _ words: [ByteBuffer]) throws(StrictRefusal) -> POP3Command? {
        switch (name, words.count) {
        case (Keyword("USER"), 1): return .user(words[0])
        case (Keyword("APOP"), 2):
            guard words[1].readableBytes == 32, words[1].readableBytesView.allSatisfy(\.isHexDigit) else { return nil }
            return .apop(user: words[0], digest: Secret(words[1]))
        case (Keyword("AUTH"), 1), (Keyword("AUTH"), 2): return auth(words)
        case (Keyword("CAPA"), 0): return .capa
        case (Keyword("STLS"), 0): return .stls
        case (Keyword("QUIT"), 0): return .quit
        case (Keyword("STAT"), 0): return .stat
        case (Keyword("NOOP"), 0): return .noop
        case (Keyword("RSET"), 0): return .rset
        case (Keyword("LAST"), 0): return .last
        case (Keyword("UTF8"), 0): return .utf8
        case (Keyword("LIST"), 0): return .list(nil)
        case (Keyword("UIDL"), 0): return .uidl(nil)
        case (Keyword("LANG"), 0): return .lang(nil)
        case (Keyword("LANG"), 1): return .lang(words[0])
        case (Keyword("LIST"), 1): return try number(words[0], from: 1).map(POP3Command.list)
        case (Keyword("UIDL"), 1): return try number(words[0], from: 1).map(POP3Command.uidl)
        case (Keyword("RETR"), 1): return try number(words[0], from: 1).map(POP3Command.retr)
        case (Keyword("DELE"), 1): return try number(words[0], from: 1).map(POP3Command.dele)
        case (Keyword("TOP"), 2):
            guard let message = try number(words[0], from: 1), let lines = try number(words[1], from: 0) else { return nil }
            return .top(message, lines: lines)
        case (let name, _) where !understood.contains(name): return .vendor([])
        default: return nil
        }
    }

    /// Whether the arguments of a verb are read; the others are never passed on.
    static func reads(_ name: Keyword) -> Bool { understood.contains(name) }

    private static let understood: Set<Keyword> = [
        Keyword("USER"), Keyword("PASS"), Keyword("APOP"), Keyword("AUTH"), Keyword("CAPA"), Keyword("STLS"), Keyword("QUIT"),
        Keyword("STAT"),
        Keyword("NOOP"), Keyword("RSET"), Keyword("LAST"), Keyword("UTF8"), Keyword("LIST"), Keyword("UIDL"), Keyword("LANG"),
        Keyword("RETR"), Keyword("DELE"), Keyword("TOP"),
    ]

    private static func auth(_ words: [ByteBuffer]) -> POP3Command? {
        guard let mechanism = Keyword(words[0].readableBytesView) else { return nil }
        guard words.count == 2 else { return .auth(mechanism: mechanism, initialResponse: nil) }
        if words[1].equalsIgnoringCase("=") { return .auth(mechanism: mechanism, initialResponse: Secret(ByteBuffer())) }
        guard Base64.decode(words[1].readableBytesView) != nil else { return nil }
        return .auth(mechanism: mechanism, initialResponse: Secret(words[1]))
    }

    private static func number(_ word: ByteBuffer, from minimum: UInt64) throws(StrictRefusal) -> UInt64? {
        var reader = StrictReader(IMAPText(line: word))
        let value = try reader.number()
        return reader.isAtEnd && value >= minimum ? value : nil
    }

    // MARK: - Writing

    /// The line that the server gets; `nil` for a command that is never written.
    static func line(_ name: Keyword, _ command: POP3Command) -> ByteBuffer? {
        var line = ByteBuffer(string: name.description)
        func words(_ words: [ByteBuffer]) {
            for word in words {
                line.writeInteger(UInt8.space)
                line.writeImmutableBuffer(word)
            }
        }
        func number(_ value: UInt64) -> ByteBuffer { ByteBuffer(string: "\(value)") }
        switch command {
        case .user(let user): words([user])
        case .pass(let password): password.withExposedBytes { words([$0]) }
        case .apop(let user, let digest): digest.withExposedBytes { words([user, $0]) }
        case .auth(let mechanism, let response):
            if let mechanism { words([ByteBuffer(string: mechanism.description)]) }
            response?.withExposedBytes { words([$0.readableBytes == 0 ? ByteBuffer(string: "=") : $0]) }
        case .list(let message), .uidl(let message): if let message { words([number(message)]) }
        case .retr(let message), .dele(let message): words([number(message)])
        case .top(let message, let lines?): words([number(message), number(lines)])
        case .lang(let tag): if let tag { words([tag]) }
        case .capa, .quit, .stat, .noop, .rset, .last, .utf8: break
        case .top(_, lines: nil), .stls, .rpop, .xtnd, .xclient, .xoip, .help, .xsender, .gurl, .mdef, .idle, .host, .compress,
            .vendor, .unknown, .malformed:
            return nil
        }
        line.writeStaticString("\r\n")
        return line
    }
}

extension ByteBuffer {
    /// Printable, and not empty.
    fileprivate func isWord(mayBeUTF8: Bool) -> Bool {
        readableBytes > 0 && readableBytesView.allSatisfy { $0.isPrintable || (mayBeUTF8 && $0 >= 0x80) }
    }
}
