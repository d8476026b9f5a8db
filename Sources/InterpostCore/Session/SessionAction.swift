public import NIOCore

/// What the shell is to do next. Plain values: no promise, channel or clock inside.
public enum SessionAction: Sendable {
    /// Something happened on the wire. Always comes before the bytes it is about are sent on.
    case record(MailEvent)
    /// Something to tell that is not on the wire.
    indirect case tell(LogEvent)
    /// What the other side said goes on as it came.
    case send(ByteBuffer, to: Side)
    /// Interpost says this in the other side's name.
    case say(ByteBuffer, to: Side)
    /// The leg to `side` becomes TLS now; nothing more comes out until ``SessionCore/tlsIsUp(_:)``.
    case startTLS(Side)
    /// The leg to `side` is compressed from here on (RFC 4978). `unread` arrived behind the switch: it is compressed.
    case startDeflate(Side, unread: ByteBuffer)
    /// Both legs end, after what was sent has left. Nothing comes after this.
    case close(by: Closer, reason: String)
}

/// How the two legs of a session are to be carried, as the configuration says it.
public struct SessionSettings: Sendable, Equatable {
    public enum ListenerSecurity: String, Sendable, CaseIterable {
        /// TLS from the first byte.
        case implicit
        /// Clear text; the client may STARTTLS.
        case offered
        /// Clear text; nothing but STARTTLS is done before it.
        case required
        /// Clear text for good.
        case off
    }

    public enum UpstreamSecurity: String, Sendable, CaseIterable {
        case implicit
        /// Interpost does STARTTLS before anything else.
        case required
        case off
    }

    public enum Compression: String, Sendable, CaseIterable {
        /// Each leg is inflated and deflated here, so that it can be read.
        case terminate
        /// COMPRESS is not advertised.
        case strip
    }

    public var mailProtocol: MailProtocol
    public var listener: ListenerSecurity
    public var upstream: UpstreamSecurity
    /// Each leg does what the other does, and nothing is edited.
    public var isMirror: Bool
    public var compression: Compression
    public var limits: WireLimits

    public init(
        mailProtocol: MailProtocol, listener: ListenerSecurity, upstream: UpstreamSecurity, isMirror: Bool = false,
        compression: Compression = .terminate, limits: WireLimits = .standard
    ) {
        self.mailProtocol = mailProtocol
        self.listener = listener
        self.upstream = upstream
        self.isMirror = isMirror
        self.compression = compression
        self.limits = limits
    }
}
