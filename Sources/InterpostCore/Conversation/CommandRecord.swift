public import NIOCore

/// A command from its first line to its completion, with what came back meanwhile.
public struct CommandRecord: Sendable {
    public var tag: ByteBuffer
    public var name: Keyword
    /// `nil` while the command is not whole, and for one that was refused before it was.
    public var command: IMAPCommand?
    public var startedAt: WireTime
    /// It asks for texts of messages.
    public internal(set) var asksForText = false
    /// Untagged responses and their octets between the command and its completion.
    public var untagged = 0
    public var octets = 0
    /// Messages whose text came back, by sequence number and by UID.
    public var readNumbers = NumberRuns()
    public var readUIDs = NumberRuns()
    /// The last EXISTS.
    public var exists: UInt64?
    public var sasl: SASLExchange?
    /// The mailbox that was selected when the command was completed.
    var selected: Selection?
}

/// The same for POP3.
public struct POP3CommandRecord: Sendable {
    public var name: Keyword?
    /// Without its secrets.
    public var command: POP3Command
    public var startedAt: WireTime
    /// Lines of a listing; octets of a listing or message, of one that the client sends too (XTND XMIT).
    public var lines = 0
    public var octets = 0
    /// The lines of a CAPA or AUTH listing.
    public var listing: [ByteBuffer] = []
    public var sasl: SASLExchange?
    /// Messages that were marked as deleted when the reply came, and that QUIT deletes.
    public var deletions = 0
}
