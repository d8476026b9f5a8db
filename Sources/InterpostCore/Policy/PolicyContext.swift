public import NIOCore

/// What is known about a session when one of its commands is judged.
public struct PolicyContext: Sendable {
    /// States of a session, for both protocols; POP3 has no `selected`.
    public enum State: String, Hashable, Sendable, CaseIterable {
        case notAuthenticated = "not-authenticated"
        case authenticated
        case selected
    }

    /// The protocol that the session speaks.
    public var mailProtocol: MailProtocol
    /// Where the session is.
    public var state: State
    /// The user that logged in, or tries to.
    public var user: ByteBuffer?
    /// The selected mailbox, by its canonical name.
    public var selected: CanonicalMailbox?
    /// What separates the levels of mailbox names here, once it is known (RFC 9051 §5.1.1).
    public var separator: UInt8?
    /// The client's address; `nil` where it is not known: rules about addresses that refuse hold then, and those that
    /// allow do not.
    public var clientAddress: IPAddress?
    /// The URL listened on.
    public var listener: ByteBuffer
    /// Whether the client's leg is TLS.
    public var clientIsEncrypted: Bool
    /// `nil` until it is known.
    public var clientTLSVersion: TLSProtocolVersion?
    /// Logins that the server refused in this session.
    public var failedLogins: Int
    /// Sizes that LIST told of messages in a POP3 maildrop, by number.
    public var messageSize: UInt64?

    /// What is known of a session; what is left out is not known, or has not happened.
    public init(
        _ mailProtocol: MailProtocol, state: State = .notAuthenticated, user: ByteBuffer? = nil,
        selected: CanonicalMailbox? = nil, separator: UInt8? = nil, clientAddress: IPAddress? = nil, listener: String = "",
        clientIsEncrypted: Bool = false, clientTLSVersion: TLSProtocolVersion? = nil, failedLogins: Int = 0,
        messageSize: UInt64? = nil
    ) {
        self.mailProtocol = mailProtocol
        self.state = state
        self.user = user
        self.selected = selected
        self.separator = separator
        self.clientAddress = clientAddress
        self.listener = ByteBuffer(string: listener)
        self.clientIsEncrypted = clientIsEncrypted
        self.clientTLSVersion = clientTLSVersion
        self.failedLogins = failedLogins
        self.messageSize = messageSize
    }
}

/// One whole command of a client, strictly read.
package enum SubmittedCommand: Sendable {
    case imap(StrictCommand)
    case pop3(name: Keyword, POP3Command)

    package var name: Keyword {
        switch self {
        case .imap(let command): command.name
        case .pop3(let name, _): name
        }
    }
}

extension PolicyContext {
    /// Takes over what an event says of who is logged in and what is selected.
    mutating func follow(_ standing: Standing) {
        state = standing.selection != nil ? .selected : standing.isLoggedIn ? .authenticated : .notAuthenticated
        user = standing.user
        failedLogins = standing.failedLogins
        selected = standing.selection.flatMap { CanonicalMailbox($0.mailbox, separator: separator) }
    }
}
