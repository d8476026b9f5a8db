public import NIOCore

/// The code in brackets before a reply's text, for programs (RFC 2449 §8).
///
///     -ERR [SYS/TEMP] try again later␍␊      .temporary
public enum POP3ResponseCode: Hashable, Sendable {
    /// `IN-USE`: the maildrop is locked by another session (RFC 2449 §8.1.2).
    case inUse
    /// `LOGIN-DELAY`: too soon after the last login (RFC 2449 §8.1.1).
    case loginDelay
    /// `SYS/TEMP`: the server is in trouble that will pass (RFC 3206 §4).
    case temporary
    /// `SYS/PERM`: the server is in trouble that somebody must see to (RFC 3206 §4).
    case permanent
    /// `AUTH`: the user's credentials are the problem (RFC 3206 §5).
    case authentication
    /// `UTF8`: the command, or the message, needs UTF8 mode (RFC 6856 §5).
    case utf8
    case other(ByteBuffer)

    private static let codes = KeywordTable<POP3ResponseCode>([
        ("IN-USE", .inUse), ("LOGIN-DELAY", .loginDelay), ("SYS/TEMP", .temporary), ("SYS/PERM", .permanent),
        ("AUTH", .authentication), ("UTF8", .utf8),
    ])

    init(reading code: ByteBuffer) {
        self = Keyword(code.readableBytesView).flatMap { Self.codes[$0] } ?? .other(code)
    }
}
