public import NIOCore

/// Who is logged in, and which mailbox is selected (RFC 9051 §3, RFC 1939 §3): what each event of a session says about the
/// session.
///
///     S: a OK logged in␍␊                  isLoggedIn, user anna
///     S: b OK [READ-ONLY] done␍␊           selection INBOX, read-only
///     S: c NO [AUTHENTICATIONFAILED] …␍␊   failedLogins 1
///
/// An event carries one reference to such a value, and a session makes few of them.
public struct Standing: Sendable {
    struct Facts: Hashable, Sendable {
        var isLoggedIn = false
        var user: ByteBuffer?
        var selection: Selection?
        var failedLogins = 0
    }

    private final class Storage: Sendable {
        let facts: Facts

        init(_ facts: Facts) { self.facts = facts }
    }

    /// How every session begins.
    static let initial = Standing()

    private var storage: Storage

    /// Nobody is logged in, and nothing is selected.
    public init() { storage = Storage(Facts()) }

    /// The server has let somebody in: by a login, or with PREAUTH.
    public var isLoggedIn: Bool { storage.facts.isLoggedIn }

    /// Who is logged in, as far as the wire says it; in POP3 before that, whom USER has named and the server has taken.
    public var user: ByteBuffer? { storage.facts.user }

    /// The mailbox that is selected (IMAP).
    public var selection: Selection? { storage.facts.selection }

    /// Logins of the session that the server refused.
    public var failedLogins: Int { storage.facts.failedLogins }

    /// Becomes `later`, which is nearly always what this already is.
    mutating func follow(_ later: Standing) {
        if storage !== later.storage { storage = later.storage }
    }

    mutating func change(_ body: (inout Facts) -> Void) {
        var facts = storage.facts
        body(&facts)
        if facts != storage.facts { storage = Storage(facts) }
    }
}
