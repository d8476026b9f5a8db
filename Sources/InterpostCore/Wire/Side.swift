/// The two peers of a session. A value says who sent some bytes, or who is to get them.
public enum Side: String, Hashable, Sendable, CaseIterable {
    case client, server

    /// The other side.
    public var peer: Side { self == .client ? .server : .client }
}

/// The two protocols that are read.
public enum MailProtocol: String, Hashable, Sendable, CaseIterable {
    case imap, pop3

    /// As people write it.
    public var title: String { self == .imap ? "IMAP" : "POP3" }
}
