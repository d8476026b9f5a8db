public import NIOCore

/// One line of a CAPA listing (RFC 2449 §5), read leniently. Names are compared without regard to case.
///
///     EXPIRE 60 USER␍␊      .expire(.days(60), perUser: true)
///
/// APOP is not among them: a server offers it with a timestamp in its greeting (``POP3Reply/apopTimestamp``).
public enum POP3Capability: Hashable, Sendable {
    case top, user, uidl, stls, pipelining, lang
    /// `RESP-CODES`: text that begins with `[` has a ``POP3ResponseCode``.
    case responseCodes
    /// `AUTH-RESP-CODE`: failures of a login have one.
    case authenticationResponseCodes
    case sasl([Keyword])
    /// Seconds from one login to the next. With `USER`, each user has their own number, which is shown after login.
    case loginDelay(seconds: UInt64?, perUser: Bool)
    case expire(Retention?, perUser: Bool)
    case implementation(ByteBuffer)
    /// With `USER`, names and passwords may be UTF-8 too.
    case utf8(user: Bool)
    /// Shown by Dovecot to the proxies that it trusts.
    case xclient([ByteBuffer])
    case xoip
    case other(name: ByteBuffer, arguments: [ByteBuffer])

    /// How long messages are kept on the server at least.
    public enum Retention: Hashable, Sendable {
        /// 0: the server may delete a message once it has been retrieved.
        case days(UInt64)
        case never
    }

    private struct Known: Sendable {
        typealias Read = @Sendable (inout POP3Reader) -> POP3Capability

        let origin: StaticString
        let read: Read

        init(_ origin: StaticString, _ read: @escaping Read) {
            self.origin = origin
            self.read = read
        }
    }

    private static let readers = KeywordTable<Known>([
        ("TOP", Known("RFC 2449 §6.1") { _ in .top }),
        ("USER", Known("RFC 2449 §6.2") { _ in .user }),
        ("SASL", Known("RFC 2449 §6.3, RFC 5034") { .sasl($0.mechanisms()) }),
        ("RESP-CODES", Known("RFC 2449 §6.4") { _ in .responseCodes }),
        ("LOGIN-DELAY", Known("RFC 2449 §6.5") { $0.loginDelay() }),
        ("PIPELINING", Known("RFC 2449 §6.6") { _ in .pipelining }),
        ("EXPIRE", Known("RFC 2449 §6.7") { $0.expire() }),
        ("UIDL", Known("RFC 2449 §6.8") { _ in .uidl }),
        ("IMPLEMENTATION", Known("RFC 2449 §6.9") { .implementation($0.remainder()) }),
        ("STLS", Known("RFC 2595 §4") { _ in .stls }),
        ("AUTH-RESP-CODE", Known("RFC 3206 §6") { _ in .authenticationResponseCodes }),
        ("UTF8", Known("RFC 6856 §2") { .utf8(user: $0.token("USER")) }),
        ("LANG", Known("RFC 6856 §3") { _ in .lang }),
        ("XCLIENT", Known("Dovecot") { .xclient($0.words()) }),
        ("XOIP", Known("nginx") { _ in .xoip }),
    ])

    /// Reads a line of the listing, without its line end.
    public init(reading line: ByteBuffer) { self = Self.read(line).capability }

    static func read(_ line: ByteBuffer) -> (capability: POP3Capability, quirks: Quirks) {
        var reader = POP3Reader(line)
        var ahead = reader
        guard let name = ahead.keyword(), let known = readers[name] else {
            return (.other(name: reader.word() ?? ByteBuffer(), arguments: reader.words()), reader.quirks)
        }
        let capability = known.read(&ahead)
        ahead.finish(leftover: .oddCapabilityArgument)
        return (capability, ahead.quirks)
    }

    /// Where the capability of this name is defined, or whose it is; `nil` for one that is not known.
    public static func origin(of name: ByteBuffer) -> String? {
        Keyword(name.readableBytesView).flatMap { readers[$0] }.map { "\($0.origin)" }
    }

    /// The mechanisms of AUTH that it offers.
    public var mechanisms: [Keyword] { if case .sasl(let mechanisms) = self { mechanisms } else { [] } }
}

extension POP3Reader {
    /// Passes over a word when it is the next one.
    fileprivate mutating func token(_ word: Keyword) -> Bool {
        var ahead = self
        guard ahead.keyword() == word else { return false }
        self = ahead
        return true
    }

    fileprivate mutating func mechanisms() -> [Keyword] {
        var mechanisms: [Keyword] = []
        while let mechanism = keyword() { mechanisms.append(mechanism) }
        if mechanisms.isEmpty { note(.oddCapabilityArgument) }
        return mechanisms
    }

    fileprivate mutating func loginDelay() -> POP3Capability {
        let seconds = number()
        if seconds == nil { note(.oddCapabilityArgument) }
        return .loginDelay(seconds: seconds, perUser: token("USER"))
    }

    fileprivate mutating func expire() -> POP3Capability {
        let retention = token("NEVER") ? POP3Capability.Retention.never : number().map { .days($0) }
        if retention == nil { note(.oddCapabilityArgument) }
        return .expire(retention, perUser: token("USER"))
    }
}
