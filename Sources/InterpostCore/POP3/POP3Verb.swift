import NIOCore

/// A verb of the client, and how its arguments are read: the list of all that Interpost knows.
///
/// The reference page `POP3Vocabulary` shows an example of each.
struct POP3Verb: Sendable {
    typealias Read = @Sendable (inout POP3Reader) -> POP3Command?

    let name: Keyword
    /// `nil` for arguments that are not what the verb takes.
    let read: Read

    static func named(_ name: Keyword) -> POP3Verb? { byName[name] }

    private static let byName = KeywordTable(keys: all.map { ($0.name, $0) })

    private init(_ name: StaticString, _ read: @escaping Read) {
        self.name = Keyword(name)
        self.read = read
    }

    private static func vendor(_ name: StaticString) -> POP3Verb { POP3Verb(name) { .vendor($0.words()) } }

    static let all: [POP3Verb] = standard + historic + vendors

    /// RFC 1939, 2449, 2595, 5034, 6856.
    private static let standard = [
        POP3Verb("USER") { .user($0.text()) },
        POP3Verb("PASS") { .pass(Secret($0.text())) },
        POP3Verb("APOP") { reader in
            guard let user = reader.word(), !reader.isAtEnd else { return nil }
            return .apop(user: user, digest: Secret(reader.remainder()))
        },
        POP3Verb("AUTH") { $0.auth() },
        POP3Verb("CAPA") { _ in .capa },
        POP3Verb("STLS") { $0.isAtEnd ? .stls : nil },
        POP3Verb("QUIT") { _ in .quit },
        POP3Verb("STAT") { _ in .stat },
        POP3Verb("LIST") { $0.isAtEnd ? .list(nil) : $0.message().map(POP3Command.list) },
        POP3Verb("UIDL") { $0.isAtEnd ? .uidl(nil) : $0.message().map(POP3Command.uidl) },
        POP3Verb("RETR") { $0.message().map(POP3Command.retr) },
        POP3Verb("DELE") { $0.message().map(POP3Command.dele) },
        POP3Verb("TOP") { $0.top() },
        POP3Verb("NOOP") { _ in .noop },
        POP3Verb("RSET") { _ in .rset },
        POP3Verb("UTF8") { _ in .utf8 },
        POP3Verb("LANG") { .lang($0.word()) },
    ]

    /// RFC 1081, 1082, 1460.
    private static let historic = [
        POP3Verb("LAST") { _ in .last },
        POP3Verb("RPOP") { .rpop(Secret($0.text())) },
        POP3Verb("XTND") { $0.extended() },
        vendor("ARCHIVE"),
        vendor("SCAN"),
    ]

    /// Dovecot, Qpopper, Netscape, CommuniGate and others.
    private static let vendors = [
        POP3Verb("XCLIENT") { .xclient($0.clientAttributes()) },
        POP3Verb("XOIP") { $0.word().map { .xoip(address: $0) } },
        POP3Verb("HELP") { .help(topic: $0.remainder()) },
        POP3Verb("XSENDER") { $0.message().map(POP3Command.xsender) },
        POP3Verb("GURL") { _ in .gurl },
        POP3Verb("MDEF") { .mdef(Secret($0.remainder())) },
        POP3Verb("IDLE") { _ in .idle },
        POP3Verb("XIDLE") { _ in .idle },
        POP3Verb("HOST") { $0.word().map(POP3Command.host) },
        POP3Verb("COMPRESS") { $0.keyword().map { .compress(algorithm: $0) } },
        vendor("ID"),
        vendor("MSG"),
        vendor("PIPE"),
        vendor("SIZE"),
        vendor("XLST"),
        vendor("XMAILBOX"),
        vendor("XMAN"),
    ]
}

extension POP3Reader {
    /// `PLAIN AHRlc3QAc2VjcmV0`, or nothing (RFC 5034 §4).
    fileprivate mutating func auth() -> POP3Command? {
        if isAtEnd { return .auth(mechanism: nil, initialResponse: nil) }
        guard let mechanism = keyword() else { return nil }
        let response = word()
        let isEmpty = response?.readableBytesView.elementsEqual("=".utf8) == true
        return .auth(mechanism: mechanism, initialResponse: isEmpty ? Secret(ByteBuffer()) : response.map { Secret($0) })
    }

    /// `3 0` (RFC 1939 §7).
    fileprivate mutating func top() -> POP3Command? {
        guard let message = message() else { return nil }
        guard isAtEnd else { return number().map { .top(message, lines: $0) } }
        note(.linesMissing)
        return .top(message, lines: nil)
    }

    /// `XLST Message-Id 3`
    fileprivate mutating func extended() -> POP3Command? {
        switch keyword() {
        case nil: return nil
        case Keyword("XMIT"): return .xtnd(.xmit)
        case Keyword("XLST"):
            guard let header = word() else { return nil }
            guard !isAtEnd else { return .xtnd(.xlst(header: header, message: nil)) }
            return message().map { .xtnd(.xlst(header: header, message: $0)) }
        case Keyword("BBOARDS"): return .xtnd(.bboards(word()))
        case let name?: return .xtnd(.other(name, words()))
        }
    }

    /// `ADDR=192.0.2.1 PORT=110`
    fileprivate mutating func clientAttributes() -> [POP3Command.ClientAttribute] {
        words().compactMap { word in
            let bytes = word.readableBytesView
            guard let sign = bytes.firstIndex(of: UInt8(ascii: "=")), let name = Keyword(bytes[..<sign]) else { return nil }
            return POP3Command.ClientAttribute(name: name, value: Secret(ByteBuffer(bytes: bytes[(sign + 1)...])))
        }
    }
}
