public import NIOCore

/// What the shell is to do next. Plain values: no promise, channel or clock inside.
public enum TapAction: Sendable {
    /// Something happened on the wire. Always comes before the bytes it is about are sent on.
    case record(MailEvent)
    /// Something to tell that is not on the wire.
    indirect case tell(LogEvent)
    /// What the other side said goes on as it came.
    case send(ByteBuffer, to: Side)
    /// Interpost says this in the other side's name.
    case say(ByteBuffer, to: Side)
    /// The leg to `side` becomes TLS now; nothing more comes out until ``Tap/tlsIsUp(_:)``.
    case startTLS(Side)
    /// The leg to `side` is compressed from here on (RFC 4978). `unread` follows the switch: it is compressed.
    case startDeflate(Side, unread: ByteBuffer)
    /// Both legs end, after what was sent has left. Nothing comes after this.
    case close(by: Closer, reason: String)
}
