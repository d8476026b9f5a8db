public import NIOCore

/// What the shell of a ``ReplayServer`` is to do next. Plain values: no promise, channel or clock inside.
public enum ReplayAction: Sendable {
    case send(ByteBuffer)
    /// The leg becomes TLS now; nothing more comes out until ``ReplayServer/tlsIsUp()``.
    case startTLS
    /// The leg is compressed from here on (RFC 4978). `unread` arrived after the switch: it is compressed.
    case startDeflate(unread: ByteBuffer)
    /// There is something to say then, unless something comes in before: ``ReplayServer/tick(at:)``.
    case wait(until: WireTime)
    /// Something to tell that is not on the wire.
    indirect case tell(LogEvent)
    /// Something happened on the wire. Comes before the bytes that it is about are sent.
    case record(MailEvent)
    /// The session ends, after what was sent has left. Nothing comes after this.
    case close(by: Closer, reason: String)
}
