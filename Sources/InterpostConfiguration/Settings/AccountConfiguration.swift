package import InterpostCore

/// What Interpost logs in with at a server, for clients that do not know it.
package struct AccountConfiguration: Sendable, Equatable {
    /// What relays, clients and tokens call it; `*@example.org` is for all login names that fit.
    package var name: String
    /// One of each protocol at most.
    package var upstreams: [UpstreamURL]
    /// Who logs in at the server; `{login}` in it is the name with which the client has logged in.
    package var user: String
    /// Whose mail it is, where that is somebody else's than the user's; may have `{login}`, too.
    package var mailbox: String?
    /// `nil` for the strongest that server and secret allow.
    package var mechanism: LoginMechanism?
    /// `nil` only where the mechanism needs none, or where a token is asked for.
    package var secret: SecretSource?
    /// How tokens are come by, in place of a secret.
    package var oauth: OAuthConfiguration?
    /// What may be done in the account, by whomever; everything where it is `nil`.
    package var policy: Policy?

    package init(
        name: String, upstreams: [UpstreamURL], user: String, mailbox: String? = nil, mechanism: LoginMechanism? = nil,
        secret: SecretSource? = nil, oauth: OAuthConfiguration? = nil, policy: Policy? = nil
    ) {
        self.name = name
        self.upstreams = upstreams
        self.user = user
        self.mailbox = mailbox
        self.mechanism = mechanism
        self.secret = secret
        self.oauth = oauth
        self.policy = policy
    }

    /// The server that speaks this protocol.
    package func upstream(for mailProtocol: MailProtocol) -> UpstreamURL? {
        upstreams.first { $0.mailProtocol == mailProtocol }
    }

    /// Whether each login name has a user of its own at the server.
    package var hasUserPerLogin: Bool { user.contains(Self.placeholder) }

    /// Who logs in at the server for a client.
    package func user(for login: String) -> String { user.replacing(Self.placeholder, with: login) }

    /// Whose mail a client gets, where that is not the user's.
    package func mailbox(for login: String) -> String? { mailbox?.replacing(Self.placeholder, with: login) }

    private static let placeholder = "{login}"

    /// The mechanisms in which somebody can ask for the mail of somebody else.
    package static let mechanismsWithMailbox: Set<LoginMechanism> = [.plain, .scramSHA256, .xoauth2, .oauthBearer, .external]

    /// A contradiction between its values, and the key that it is told about.
    var problem: (key: String, message: String)? {
        if upstreams.isEmpty { return ("upstream", "'upstream' names no server") }
        if let twice = MailProtocol.allCases.first(where: { one in upstreams.count { $0.mailProtocol == one } > 1 }) {
            return ("upstream", "'upstream' has one server of each protocol at most, and here are two for \(twice.title)")
        }
        for (key, text) in [("user", user), ("mailbox", mailbox)] {
            if let text, let problem = Self.problem(in: text) { return (key, "'\(key)' \(problem)") }
        }
        if mechanism == .apop, let other = upstreams.first(where: { $0.mailProtocol != .pop3 }) {
            return ("auth", "'auth: apop' is of POP3, and \(other.description) speaks \(other.mailProtocol.title)")
        }
        if oauth != nil {
            if secret != nil { return ("secret", "'secret' or 'oauth': one of them says what the account logs in with") }
            if let mechanism, ![.xoauth2, .oauthBearer].contains(mechanism) {
                return ("auth", "with 'oauth', 'auth' is auto, xoauth2 or oauthbearer")
            }
        } else if mechanism == .external {
            if let clear = upstreams.first(where: { $0.security == .off }) {
                return ("auth", "'auth: external' lets TLS say who it is, and there is none to \(clear.description)")
            }
            if secret != nil {
                return ("secret", "'auth: external' needs no secret: leave out 'secret', or choose another 'auth'")
            }
        } else if secret == nil {
            return (
                "secret",
                "an account needs a 'secret': file:PATH, env:NAME, credential:NAME or exec:/path/of/a/program; or 'oauth'"
            )
        }
        if mailbox != nil, let mechanism, !Self.mechanismsWithMailbox.contains(mechanism) {
            let others = LoginMechanism.allCases.filter(Self.mechanismsWithMailbox.contains).map(\.rawValue)
            return (
                "mailbox",
                "'mailbox' cannot be said with 'auth: \(mechanism.rawValue)', only with \(others.joined(separator: ", ")) (or auto)"
            )
        }
        if let policy, policy.isDryRun { return ("policy", Self.dryRun) }
        return nil
    }

    static let dryRun = "a dry run refuses nothing, so it protects no account: leave out 'dry-run'"

    private static func problem(in text: String) -> String? {
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }), text.utf8.count <= 1024 else {
            return "is a name in one line, 1024 octets at most"
        }
        let rest = text.replacing(placeholder, with: "")
        return rest.contains("{") || rest.contains("}")
            ? "has '{' or '}', and only '\(placeholder)' means something: the name that the client has logged in with" : nil
    }
}
