public import NIOCore

/// Between whom a session is, as its beginning tells it.
public struct SessionFacts: Sendable {
    /// The protocol of the listener and of the server.
    public var mailProtocol: MailProtocol
    /// The URL that was listened on.
    public var listener: String
    /// The client's address and port.
    public var client: String
    /// The URL of the server.
    public var upstream: String

    /// The facts of a session that begins.
    public init(mailProtocol: MailProtocol, listener: String, client: String, upstream: String) {
        self.mailProtocol = mailProtocol
        self.listener = listener
        self.client = client
        self.upstream = upstream
    }
}

/// How a session ended, and what passed in it.
public struct SessionEnd: Sendable {
    /// Who ended the session.
    public var by: Closer
    /// Why it ended, in words for people.
    public var reason: String
    /// From the beginning of the session.
    public var microseconds: Int64
    /// What passed in the whole session.
    public var traffic: Traffic

    /// The facts of a session that ended; `microseconds` is how long it lasted.
    public init(by: Closer, reason: String, microseconds: Int64, traffic: Traffic) {
        self.by = by
        self.reason = reason
        self.microseconds = microseconds
        self.traffic = traffic
    }
}

/// Who ended a session.
public enum Closer: String, Sendable, CaseIterable { case client, server, policy, `operator`, limit, interpost }

/// What passed, per sender.
public struct Traffic: Sendable, Equatable {
    /// Octets that the client sent.
    public var clientOctets = 0
    /// Octets that the server sent.
    public var serverOctets = 0
    /// Commands of the client.
    public var commands = 0
    /// Responses and replies of the server.
    public var responses = 0

    /// Nothing passed.
    public init() {}
}

/// One certificate, as the log tells it.
public struct CertificateFacts: Sendable, Equatable {
    /// The distinguished name of the holder.
    public var subject: String
    /// The distinguished name of the issuer.
    public var issuer: String
    /// Subject alternative names.
    public var names: [String]
    /// ISO 8601.
    public var notBefore: String
    /// ISO 8601.
    public var notAfter: String
    /// Hexadecimal, of the DER.
    public var sha256: String

    /// A certificate from what is told about it.
    public init(
        subject: String, issuer: String, names: [String], notBefore: String, notAfter: String, sha256: String
    ) {
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.sha256 = sha256
    }
}

/// What a TLS handshake on one leg agreed on.
public struct TLSFacts: Sendable, Equatable {
    /// The side of the leg: the client's or the server's.
    public var side: Side
    /// `TLSv1.3`
    public var version: String?
    /// The IANA name of the cipher suite.
    public var cipherSuite: String?
    /// What the client asked for (client side), or what we asked for (server side).
    public var serverName: String?
    /// The protocols that were offered.
    public var alpn: [String] = []
    /// The client's JA4 fingerprint.
    public var ja4: String?
    /// The server's certificates as presented, leaf first.
    public var chain: [CertificateFacts] = []
    /// Whether the server's certificate was verified; `nil` on the client's side.
    public var verified: Bool?
    /// The leg was clear text before.
    public var followsSTARTTLS = false
    /// How long the handshake took.
    public var microseconds: Int64 = 0

    /// A handshake of which nothing else is known.
    public init(side: Side) { self.side = side }
}

/// When a list of capabilities was given.
public enum CapabilityPhase: String, Sendable, CaseIterable {
    case greeting, beforeLogin = "before-login", afterLogin = "after-login"
}

/// What Interpost changed in a capability list, and why.
public struct CapabilityChange: Sendable, Equatable {
    /// Capabilities that the server named and the client does not hear of.
    public var removed: [String] = []
    /// Capabilities that the client hears of and the server did not name.
    public var added: [String] = []
    /// Why the list was changed, in words for people.
    public var reason: String

    /// A change; nothing is removed or added where that is left out.
    public init(removed: [String] = [], added: [String] = [], reason: String) {
        self.removed = removed
        self.added = added
        self.reason = reason
    }
}

/// A command as the log shows it.
public struct CommandFacts: Sendable {
    /// `nil` where the line may hold a secret in the tag's place, and in POP3.
    public var tag: ByteBuffer?
    /// The command's name, in upper case.
    public var name: CommandName
    /// `[redacted]` in the place of secrets.
    public var arguments: ByteBuffer
}

/// A literal that one side announced.
public struct LiteralFacts: Sendable {
    /// Who announced the literal.
    public var side: Side
    /// Octets that follow the announcement.
    public var octets: Int
    /// Whether the sender waits for a `+` before it sends them.
    public var isSynchronising: Bool
    /// The tag of the command that the literal is part of; `nil` for a server's literal.
    public var tag: ByteBuffer?
    /// The name of the command or response that it is part of; `nil` where that is not known.
    public var name: String?
}

/// A completion or reply as the log shows it, with what was counted before it.
public struct CompletionFacts: Sendable {
    /// `nil` where no command in progress is completed.
    public var command: CommandFacts?
    /// `OK`, `NO`, `BAD`; `+OK`, `-ERR`.
    public var result: String
    /// The response code without its brackets; `nil` where there is none.
    public var code: ByteBuffer?
    /// What the server said for people, as the log shows it.
    public var text: ByteBuffer
    /// From the command's first line, without what the client took.
    public var microseconds: Int64
    /// What the client took of the time: for literals, for answers to challenges, in IDLE.
    public var clientMicroseconds: Int64
    /// Untagged responses, or lines of a listing.
    public var untagged: Int
    /// Octets of what came back before the completion.
    public var octets: Int
}
