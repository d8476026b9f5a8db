import NIOCore

/// A client's verb with all that is known about it: one row, from which reading, policy, redaction and replay follow.
///
///     POP3Verb("TOP", .read, .nothing, keeps: 2) { … }
///     POP3Verb("XMAN")        changes something, and what follows it is never kept and never passed on
///
/// Where a row says nothing, the worst is assumed. The reference page `POP3Vocabulary` shows an example of each.
struct POP3Verb: Sendable {
    typealias Read = @Sendable (inout POP3Reader) -> POP3Command?

    let name: Keyword
    let kind: CommandClass
    let effect: CommandEffect
    /// How many words after the verb are the protocol's own. What follows them may be anything.
    let keptWords: Int
    /// Returns `nil` for arguments that the verb does not take.
    let read: Read

    /// - Parameter read: Without one, the arguments are words.
    init(
        _ name: StaticString, _ kind: CommandClass = .other, _ effect: CommandEffect = .changes, keeps keptWords: Int = 0,
        read: Read? = nil
    ) {
        self.name = Keyword(name)
        self.kind = kind
        self.effect = effect
        self.keptWords = keptWords
        self.read = read ?? { .vendor($0.words()) }
    }

    /// A login; the redaction of credentials takes care of its secrets.
    private static func login(_ name: StaticString, read: @escaping Read) -> POP3Verb {
        POP3Verb(name, .login, .nothing, keeps: .max, read: read)
    }

    static func named(_ name: Keyword) -> POP3Verb? { byName[name] }

    private static let byName = KeywordTable(keys: all.map { ($0.name, $0) })

    static let all: [POP3Verb] = standard + historic + vendors

    /// RFC 1939, 2449, 2595, 5034, 6856.
    private static let standard = [
        login("USER") { .user($0.text()) },
        login("PASS") { .pass(Secret($0.text())) },
        login("APOP") { reader in
            guard let user = reader.word(), !reader.isAtEnd else { return nil }
            return .apop(user: user, digest: Secret(reader.remainder()))
        },
        login("AUTH") { $0.auth() },
        POP3Verb("CAPA", .session, .nothing) { _ in .capa },
        POP3Verb("STLS", .session, .connection) { $0.isAtEnd ? .stls : nil },
        POP3Verb("QUIT", .session, .nothing) { _ in .quit },
        POP3Verb("STAT", .read, .nothing) { _ in .stat },
        POP3Verb("LIST", .read, .nothing, keeps: 1) { $0.isAtEnd ? .list(nil) : $0.message().map(POP3Command.list) },
        POP3Verb("UIDL", .read, .nothing, keeps: 1) { $0.isAtEnd ? .uidl(nil) : $0.message().map(POP3Command.uidl) },
        POP3Verb("RETR", .read, .nothing, keeps: 1) { $0.message().map(POP3Command.retr) },
        POP3Verb("DELE", .delete, .changes, keeps: 1) { $0.message().map(POP3Command.dele) },
        POP3Verb("TOP", .read, .nothing, keeps: 2) { $0.top() },
        POP3Verb("NOOP", .session, .nothing) { _ in .noop },
        POP3Verb("RSET", .session, .nothing) { _ in .rset },
        POP3Verb("UTF8", .session, .nothing) { _ in .utf8 },
        POP3Verb("LANG", .session, .nothing, keeps: 1) { .lang($0.word()) },
    ]

    /// RFC 1081, 1082, 1460.
    private static let historic = [
        POP3Verb("LAST", .read, .nothing) { _ in .last },
        login("RPOP") { .rpop(Secret($0.text())) },
        POP3Verb("XTND", .other, .depends, keeps: 1) { $0.extended() },
        POP3Verb("ARCHIVE"),
        POP3Verb("SCAN"),
    ]

    /// Dovecot, Qpopper, Netscape, CommuniGate and others.
    private static let vendors = [
        POP3Verb("XCLIENT", .session, .nothing, keeps: .max) { .xclient($0.clientAttributes()) },
        POP3Verb("XOIP", .session, .nothing) { $0.word().map { .xoip(address: $0) } },
        POP3Verb("HELP", .session, .nothing) { .help(topic: $0.remainder()) },
        POP3Verb("XSENDER", .read, .nothing, keeps: 1) { $0.message().map(POP3Command.xsender) },
        POP3Verb("GURL", .session, .nothing) { _ in .gurl },
        POP3Verb("MDEF", .other, .changes, keeps: .max) { .mdef(Secret($0.remainder())) },
        POP3Verb("IDLE", .session, .nothing) { _ in .idle },
        POP3Verb("XIDLE", .session, .nothing) { _ in .idle },
        POP3Verb("HOST", .session, .nothing) { $0.word().map(POP3Command.host) },
        POP3Verb("COMPRESS", .session, .connection, keeps: 1) { $0.keyword().map { .compress(algorithm: $0) } },
        POP3Verb("ID"),
        POP3Verb("MSG"),
        POP3Verb("PIPE"),
        POP3Verb("SIZE"),
        POP3Verb("XLST"),
        POP3Verb("XMAILBOX"),
        POP3Verb("XMAN"),
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
