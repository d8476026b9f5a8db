public import NIOCore

/// One client command of POP3 (RFC 1939, 2449, 2595, 5034, 6856), read leniently.
///
///     TOP 3 0␍␊       .top(3, lines: 0)
///     PASS a b␍␊      .pass, the whole rest of the line is the password
///
/// To add a command: a case and a row in ``readers``, both in this file.
public enum POP3Command: Sendable {
    case user(ByteBuffer)
    case pass(Secret)
    case apop(user: ByteBuffer, digest: Secret)
    /// Without a mechanism, servers list theirs.
    case auth(mechanism: Keyword?, initialResponse: Secret?)
    case stls, capa, quit, stat, noop, rset, last, utf8
    case list(UInt64?)
    case uidl(UInt64?)
    case retr(UInt64)
    case dele(UInt64)
    case top(UInt64, lines: UInt64)
    case lang(ByteBuffer?)
    case xclient
    /// A verb that is not known; whether its answer has many lines cannot be known either.
    case unknown
    /// A verb that is known, with arguments that are not what it takes.
    case malformed

    private typealias Read = @Sendable (inout Arguments) -> POP3Command?

    private static let readers: [Keyword: Read] = [
        Keyword("USER"): { .user($0.rest) },
        Keyword("PASS"): { .pass(Secret($0.rest)) },
        Keyword("APOP"): { arguments in
            guard let user = arguments.word() else { return nil }
            return .apop(user: user, digest: Secret(arguments.rest))
        },
        Keyword("AUTH"): { arguments in
            guard let mechanism = arguments.word() else { return .auth(mechanism: nil, initialResponse: nil) }
            let response = arguments.word().map { Secret($0) }
            return Keyword(mechanism.readableBytesView).map { .auth(mechanism: $0, initialResponse: response) }
        },
        Keyword("STLS"): { _ in .stls },
        Keyword("CAPA"): { _ in .capa },
        Keyword("QUIT"): { _ in .quit },
        Keyword("STAT"): { _ in .stat },
        Keyword("NOOP"): { _ in .noop },
        Keyword("RSET"): { _ in .rset },
        Keyword("LAST"): { _ in .last },
        Keyword("UTF8"): { _ in .utf8 },
        Keyword("LIST"): { $0.isEmpty ? .list(nil) : $0.number().map(POP3Command.list) },
        Keyword("UIDL"): { $0.isEmpty ? .uidl(nil) : $0.number().map(POP3Command.uidl) },
        Keyword("RETR"): { $0.number().map(POP3Command.retr) },
        Keyword("DELE"): { $0.number().map(POP3Command.dele) },
        Keyword("TOP"): { arguments in
            guard let message = arguments.number(), let lines = arguments.number() else { return nil }
            return .top(message, lines: lines)
        },
        Keyword("LANG"): { .lang($0.word()) },
        Keyword("XCLIENT"): { _ in .xclient },
    ]

    /// Reads a line; the name is `nil` for an empty one.
    static func read(_ line: ByteBuffer) -> (name: Keyword?, command: POP3Command) {
        var arguments = Arguments(rest: line.withoutLineEnd)
        let name = arguments.word().flatMap { Keyword($0.readableBytesView) }
        guard let name, let read = readers[name] else { return (name, .unknown) }
        return (name, read(&arguments) ?? .malformed)
    }

    /// What follows the status line when it is `+OK`. A server that says so to `RETR 1x` has read a number in it.
    func expectation(name: Keyword?) -> POP3Framer.Expectation {
        switch self {
        case .capa, .list(nil), .uidl(nil), .lang(nil), .auth(mechanism: nil, _): .listing
        case .retr, .top: .body
        case .malformed where name == Keyword("RETR") || name == Keyword("TOP"): .body
        default: .line
        }
    }
}

/// What stands behind a POP3 verb, word by word.
private struct Arguments {
    var rest: ByteBuffer

    var isEmpty: Bool { rest.readableBytesView.allSatisfy { $0 == .space || $0 == 9 } }

    mutating func word() -> ByteBuffer? {
        skipSpaces()
        let length = rest.readableBytesView.prefix { $0 != .space && $0 != 9 }.count
        guard length > 0, let word = rest.readSlice(length: length) else { return nil }
        // One space belongs to the separation, the rest to a password that begins with spaces.
        if rest.readableBytes > 0 { rest.moveReaderIndex(forwardBy: 1) }
        return word
    }

    mutating func number() -> UInt64? {
        var word = word()
        guard let digits = word?.readableBytesView, !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
        return word?.readString(length: digits.count).flatMap { UInt64($0) }
    }

    private mutating func skipSpaces() {
        let count = rest.readableBytesView.prefix { $0 == .space || $0 == 9 }.count
        rest.moveReaderIndex(forwardBy: count)
    }
}
