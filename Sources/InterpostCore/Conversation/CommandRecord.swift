public import NIOCore

/// A command from its first line to its completion.
public struct CommandRecord: Sendable {
    /// The number of its first event: ``MailEvent/exchange``.
    public var exchange: Int
    /// The tag as the client wrote it.
    public var tag: ByteBuffer
    /// The command's name in upper case, without `UID`.
    public var name: Keyword
    /// `nil` while the command is not whole, and for one that was refused before it was.
    public var command: IMAPCommand?
    /// When the command's first line was read.
    public var startedAt: WireTime
    /// The SASL exchange of AUTHENTICATE; `nil` for other commands.
    public var sasl: SASLExchange?
}

/// A command of POP3 until its reply is complete, with what came back meanwhile.
public struct POP3CommandRecord: Sendable {
    /// The number of its event: ``MailEvent/exchange``.
    public var exchange: Int
    /// `nil` for an empty line, and where the first word cannot be a name.
    public var name: Keyword?
    /// Without its secrets.
    public var command: POP3Command
    /// When the command's line was read.
    public var startedAt: WireTime
    /// Lines of a listing; and octets of a listing or message, including a message that the client sends (XTND XMIT).
    public var lines = 0
    /// Octets of a listing or message that have passed, as ``lines`` says; line ends count.
    public var octets = 0
    /// The lines of a CAPA or AUTH listing.
    public var listing: [ByteBuffer] = []
    /// The SASL exchange of AUTH; `nil` for other commands.
    public var sasl: SASLExchange?
    /// Messages that were marked as deleted when the reply came, and that QUIT deletes.
    public var deletions = 0
}
