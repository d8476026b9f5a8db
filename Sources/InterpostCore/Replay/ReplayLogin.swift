import NIOCore

/// The live side of a login: who the client says it is, and which challenges a mechanism needs that was not recorded.
struct ReplayLogin: Sendable {
    enum Verdict: Sendable { case right, wrong, believed }

    private let user: ByteBuffer?
    private let password: ByteBuffer?
    private var exchange: SASLExchange?
    private var initialSecrets: [Secret] = []
    private var lastSecrets: [Secret] = []
    private var given: (user: ByteBuffer?, password: Secret?)

    init(_ options: ReplayOptions) {
        user = options.user.map { ByteBuffer(string: $0) }
        password = options.password.map { ByteBuffer(string: $0) }
    }

    /// LOGIN, USER and PASS.
    mutating func give(user: ByteBuffer? = nil, password: Secret? = nil) {
        exchange = nil
        if let user { given.user = user.ownCopy }
        given.password = password
    }

    mutating func begin(_ mechanism: Keyword, initialResponse: Secret?) {
        given = (nil, nil)
        exchange = SASLExchange(mechanism: mechanism, initialResponse: initialResponse)
        lastSecrets = initialResponse.map { SASLExchange.secrets(of: $0, mechanism: mechanism) } ?? []
    }

    mutating func read(_ line: ByteBuffer) { lastSecrets = exchange?.read(line) ?? [] }

    /// Whether the login is right, now that the server's last word is due.
    func verdict(hashesPassword: Bool = false) -> Verdict {
        let name = exchange?.user.map { ByteBuffer(string: $0) } ?? given.user
        if let user, let name, user != name { return .wrong }
        let shows = exchange.map { Self.showsPassword($0.mechanism) } ?? !hashesPassword
        guard shows else { return .believed }
        guard let password else { return .right }
        // The line itself comes first, then what it carries.
        let secret = exchange == nil ? given.password : lastSecrets.count > 1 ? lastSecrets.last : nil
        return secret == Secret(password) ? .right : .wrong
    }

    private static func showsPassword(_ mechanism: Keyword) -> Bool {
        mechanism == Keyword("LOGIN") || mechanism == Keyword("PLAIN") || mechanism == Keyword("XOAUTH2")
            || mechanism == Keyword("OAUTHBEARER")
    }

    /// The challenges that a mechanism needs before its outcome; `nil` for one whose challenges only its server can make.
    static func challenges(of mechanism: Keyword?, hasInitialResponse: Bool) -> [Utterance]? {
        switch mechanism {
        case nil: []
        case Keyword("LOGIN"):
            (hasInitialResponse ? [] : [Utterance("+ VXNlcm5hbWU6", .challenge)]) + [Utterance("+ UGFzc3dvcmQ6", .challenge)]
        case Keyword("PLAIN"), Keyword("XOAUTH2"), Keyword("OAUTHBEARER"), Keyword("EXTERNAL"), Keyword("ANONYMOUS"):
            hasInitialResponse ? [] : [Utterance("+ ", .challenge)]
        default: nil
        }
    }
}
