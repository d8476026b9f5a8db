public import NIOCore

public struct SessionFacts: Sendable {
    public var mailProtocol: MailProtocol
    /// The URL that was listened on.
    public var listener: String
    /// The client's address and port.
    public var client: String
    /// The URL of the server.
    public var upstream: String

    public init(mailProtocol: MailProtocol, listener: String, client: String, upstream: String) {
        self.mailProtocol = mailProtocol
        self.listener = listener
        self.client = client
        self.upstream = upstream
    }
}

public struct SessionEnd: Sendable {
    public var by: Closer
    public var reason: String
    public var microseconds: Int64
    public var traffic: Traffic

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
    public var clientOctets = 0
    public var serverOctets = 0
    /// Commands of the client.
    public var commands = 0
    /// Responses and replies of the server.
    public var responses = 0

    public init() {}
}

public struct CertificateFacts: Sendable, Equatable {
    public var subject: String
    public var issuer: String
    /// Subject alternative names.
    public var names: [String]
    /// ISO 8601.
    public var notBefore: String
    public var notAfter: String
    /// Hexadecimal, of the DER.
    public var sha256: String

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

public struct TLSFacts: Sendable, Equatable {
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
    public var microseconds: Int64 = 0

    public init(side: Side) { self.side = side }
}

/// When a list of capabilities was given.
public enum CapabilityPhase: String, Sendable, CaseIterable {
    case greeting, beforeLogin = "before-login", afterLogin = "after-login"
}

/// What Interpost changed in a capability list, and why.
public struct CapabilityChange: Sendable, Equatable {
    public var removed: [String] = []
    public var added: [String] = []
    public var reason: String

    public init(removed: [String] = [], added: [String] = [], reason: String) {
        self.removed = removed
        self.added = added
        self.reason = reason
    }
}

public struct CommandFacts: Sendable {
    /// `nil` where the line may hold a secret in the tag's place, and in POP3.
    public var tag: ByteBuffer?
    public var name: CommandName
    /// `[redacted]` in the place of secrets.
    public var arguments: ByteBuffer
}

public struct LiteralFacts: Sendable {
    public var side: Side
    public var octets: Int
    public var isSynchronising: Bool
    public var tag: ByteBuffer?
    public var name: String?
}

public struct CompletionFacts: Sendable {
    public var command: CommandFacts?
    /// `OK`, `NO`, `BAD`; `+OK`, `-ERR`.
    public var result: String
    public var code: ByteBuffer?
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
