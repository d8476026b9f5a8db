public import NIOCore

/// One client command of POP3, read leniently.
///
///     TOP 3 0␍␊       .top(3, lines: 0)
///     PASS a b␍␊      .pass, the whole rest of the line is the password
///
/// To add a command: a case here and a row in `POP3Verb.all`.
public enum POP3Command: Sendable {
    // RFC 1939.
    case user(ByteBuffer)
    case pass(Secret)
    case apop(user: ByteBuffer, digest: Secret)
    case quit, stat, noop, rset
    /// The number of a message; `nil` for all of them.
    case list(UInt64?)
    /// The number of a message; `nil` for all of them.
    case uidl(UInt64?)
    case retr(UInt64)
    case dele(UInt64)
    /// `lines` is `nil` where the client left it out.
    case top(UInt64, lines: UInt64?)

    // RFC 2449, 2595, 5034, 6856.
    case capa, stls, utf8
    /// Without a mechanism, servers list theirs. An initial response of `=` is an empty one.
    case auth(mechanism: Keyword?, initialResponse: Secret?)
    /// `*` is the server's default; without a tag, servers list their languages.
    case lang(ByteBuffer?)

    // RFC 1081, 1082 and 1460; RFC 1939 dropped these.
    case last
    /// The client's user, whose host is trusted; fetchmail sends a password in this place.
    case rpop(Secret)
    case xtnd(Extension)

    // Servers' and clients' own.
    /// `XCLIENT ADDR=192.0.2.1 PORT=143`: a proxy says who its client is.
    case xclient([ClientAttribute])
    case xoip(address: ByteBuffer)
    case help(topic: ByteBuffer)
    /// Netscape: who sent a message, as far as the server knows.
    case xsender(UInt64)
    /// Netscape: where the account is managed.
    case gurl
    /// Qpopper: a name for commands, which may hold a login.
    case mdef(Secret)
    case idle
    case host(ByteBuffer)
    case compress(algorithm: Keyword)
    /// A verb that some server has, with arguments that nobody documented.
    case vendor([ByteBuffer])

    /// A verb that is not known.
    case unknown
    /// A verb that is known, with arguments that are not what it takes.
    case malformed

    /// What follows XTND (RFC 1082).
    public enum Extension: Sendable {
        /// The client sends a message, which goes out.
        case xmit
        /// One header field of every message, or of one.
        case xlst(header: ByteBuffer, message: UInt64?)
        /// Without a name, the server lists its bulletin boards; with one, it opens that bulletin board.
        case bboards(ByteBuffer?)
        case other(Keyword, [ByteBuffer])
    }

    /// What a proxy says about its client: `ADDR=192.0.2.1`.
    public struct ClientAttribute: Sendable {
        /// The name, in upper case.
        public var name: Keyword
        /// A secret, because a proxy may say anything here.
        public var value: Secret
    }

    /// What follows the server's `+OK`; nothing follows `-ERR`.
    enum ReplyShape: Sendable {
        case line
        /// Lines up to the terminator: LIST, UIDL, CAPA.
        case listing
        /// A message up to the terminator: RETR, TOP.
        case body
        /// One line, or a listing: some servers send the one, some the other. The reply is over with its first line;
        /// lines after it that are not status lines are read as its listing.
        case unknown
    }

    /// Reads a line, with its line end or without.
    ///
    ///     RETR 3␍␊      .retr(3)
    public init(reading line: ByteBuffer) { self = Self.read(line).command }

    /// Reads a line; the name is `nil` for an empty line, and for a word that is not a name.
    static func read(_ line: ByteBuffer) -> (name: Keyword?, command: POP3Command, quirks: Quirks) {
        var reader = POP3Reader(line)
        let name = reader.name()
        guard let name, let verb = POP3Verb.named(name) else {
            // An unknown verb may be a password, and the quirks of its spelling would say something about it.
            return (name, .unknown, Quirks())
        }
        guard let command = verb.read(&reader) else { return (name, .malformed, reader.quirks) }
        reader.finish(leftover: .argumentsLeftOver)
        return (name, command, reader.quirks)
    }

    /// A server that says `+OK` to `RETR 1x` has read a number in it.
    func replyShape(name: Keyword?) -> ReplyShape {
        switch self {
        case .capa, .list(nil), .uidl(nil), .lang(nil), .auth(mechanism: nil, _), .xtnd(.xlst), .xtnd(.bboards(nil)): .listing
        case .retr, .top: .body
        case .malformed where name == Keyword("RETR") || name == Keyword("TOP"): .body
        case .malformed where name == Keyword("XTND"): .unknown
        case .help, .xtnd(.bboards), .xtnd(.other), .gurl, .mdef, .idle, .host, .vendor, .unknown: .unknown
        default: .line
        }
    }

    /// Whether the command and the server's answer may be shown: any secret in them is known as one.
    var isHarmless: Bool {
        switch self {
        case .unknown, .malformed, .xtnd(.other), .xclient, .xoip, .mdef, .vendor: false
        case .user, .pass, .apop, .auth, .quit, .stat, .noop, .rset, .list, .uidl, .retr, .dele, .top, .capa, .stls, .utf8,
            .lang, .last, .rpop, .xtnd, .help, .xsender, .gurl, .idle, .host, .compress:
            true
        }
    }

    /// What is remembered until the reply comes: no secret, nothing of the line's storage, and each name only up to
    /// `limit` octets.
    func kept(upTo limit: Int) -> POP3Command {
        func copy(_ bytes: ByteBuffer) -> ByteBuffer { ByteBuffer(bytes: bytes.readableBytesView.prefix(limit)) }
        let nothing = Secret(ByteBuffer())
        return switch self {
        case .user(let name): .user(copy(name))
        case .pass: .pass(nothing)
        case .apop(let user, _): .apop(user: copy(user), digest: nothing)
        case .auth(let mechanism, let response): .auth(mechanism: mechanism, initialResponse: response.map { _ in nothing })
        case .lang(let tag): .lang(tag.map(copy))
        case .rpop: .rpop(nothing)
        case .xtnd(.xlst(let header, let message)): .xtnd(.xlst(header: copy(header), message: message))
        case .xtnd(.bboards(let name)): .xtnd(.bboards(name.map(copy)))
        case .xtnd(.other(let name, _)): .xtnd(.other(name, []))
        case .xclient(let attributes):
            .xclient(attributes.prefix(16).map { ClientAttribute(name: $0.name, value: nothing) })
        case .xoip(let address): .xoip(address: copy(address))
        case .help(let topic): .help(topic: copy(topic))
        case .mdef: .mdef(nothing)
        case .host(let name): .host(copy(name))
        case .vendor: .vendor([])
        case .quit, .stat, .noop, .rset, .list, .uidl, .retr, .dele, .top, .capa, .stls, .utf8, .last, .xtnd(.xmit), .xsender,
            .gurl, .idle, .compress, .unknown, .malformed:
            self
        }
    }
}
