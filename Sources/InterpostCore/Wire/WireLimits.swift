/// How much of one direction is looked at, at most. Every limit is inclusive: `lineLength` octets with the
/// line end are a line, one more is not.
public struct WireLimits: Equatable, Sendable {
    /// Octets in a line, its end included.
    public var lineLength: Int
    /// Octets in a line of an IMAP server, its end included: the answer to a SEARCH names each message of a mailbox in one.
    public var responseLength: Int
    /// Octets in one literal.
    public var literalSize: Int
    /// Octets of a literal that are kept to be read (a mailbox name, a password); longer ones are only counted.
    public var keptLiteralSize: Int
    /// Commands that await their completion at once.
    public var pendingCommands: Int
    /// Octets of a client that ran ahead of a server's answer, kept until the answer says what they are.
    public var unreadOctets: Int

    /// A mailbox of half a million messages makes an answer of 4 MiB.
    public static let standard = WireLimits(responseLength: 1 << 22)

    /// `responseLength` is `lineLength` when left out.
    public init(
        lineLength: Int = 1 << 20, responseLength: Int? = nil, literalSize: Int = .max, keptLiteralSize: Int = 4096,
        pendingCommands: Int = 1000,
        unreadOctets: Int = 1 << 18
    ) {
        self.lineLength = lineLength
        self.responseLength = responseLength ?? lineLength
        self.literalSize = literalSize
        self.keptLiteralSize = keptLiteralSize
        self.pendingCommands = pendingCommands
        self.unreadOctets = unreadOctets
    }
    /// The same limits for the lines of an IMAP server: ``lineLength`` is at least ``responseLength``.
    var ofResponses: WireLimits {
        var limits = self
        limits.lineLength = max(lineLength, responseLength)
        return limits
    }
}
