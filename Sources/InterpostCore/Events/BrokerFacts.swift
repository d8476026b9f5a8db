/// A login of a client at Interpost itself.
///
///     {…,"event":"client.login","client_name":"anna-7","account":"anna","mechanism":"PLAIN","succeeded":true}
public struct ClientLoginFacts: Sendable, Equatable {
    /// The client's name in the configuration, or of its token; `nil` where nobody was let in.
    public var client: String?
    /// The name that was said, if one was; with a secret that is right.
    public var login: String?
    /// The account that it leads to.
    public var account: String?
    /// `LOGIN`, `USER` or the SASL mechanism.
    public var mechanism: String
    /// Why the client was not let in: `wrong-secret`. The client does not hear it.
    public var refusal: String?
    /// What was wrong with what the client said.
    public var detail: String?

    func write(to sink: inout some FieldSink) {
        sink.field("client_name", client)
        sink.field("login", login)
        sink.field("account", account)
        sink.field("mechanism", mechanism)
        sink.field("succeeded", refusal == nil)
        sink.field("refusal", refusal)
        sink.field("detail", detail)
    }
}

/// A login of Interpost's own at an account's server.
///
///     {…,"event":"account.login","account":"anna","user":"anna@example.org","mechanism":"PLAIN","succeeded":true}
public struct AccountLoginFacts: Sendable, Equatable {
    /// The account's name in the configuration.
    public var account: String
    /// Who signs in; not where the login ended before that was said.
    public var user: String?
    /// Whose mail it is, where that is somebody else's.
    public var actingAs: String?
    /// The way to log in: `LOGIN`, `PASS`, `APOP` or the SASL mechanism.
    public var mechanism: String?
    /// Why it failed, in one of four words: `authentication`, `unavailable`, `limit`, `administrator`.
    public var failure: String?
    /// What happened and what the operator can do.
    public var reason: String?

    func write(to sink: inout some FieldSink) {
        sink.field("account", account)
        sink.field("user", user)
        sink.field("acting_as", actingAs)
        sink.field("mechanism", mechanism)
        sink.field("succeeded", failure == nil)
        sink.field("failure", failure)
        sink.field("reason", reason)
    }
}

extension TokenEvent {
    func write(to sink: inout some FieldSink) {
        switch self {
        case .refreshed(let account, let flow, let seconds):
            sink.field("account", account)
            sink.field("flow", flow.rawValue)
            sink.field("expires_in", seconds)
        case .failed(let account, let flow, let error), .needed(let account, let flow, let error):
            sink.field("account", account)
            sink.field("flow", flow.rawValue)
            sink.field("error", error)
        }
    }
}
