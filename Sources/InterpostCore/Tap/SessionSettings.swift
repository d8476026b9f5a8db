/// How the two legs of a session are to be carried, as the configuration says it.
public struct SessionSettings: Sendable, Equatable {
    /// How the client's leg is carried.
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

    /// How the server's leg is carried.
    public enum UpstreamSecurity: String, Sendable, CaseIterable {
        /// TLS from the first byte.
        case implicit
        /// Interpost does STARTTLS before anything else.
        case required
        /// Clear text for good.
        case off
    }

    /// What becomes of COMPRESS=DEFLATE (RFC 4978).
    public enum Compression: String, Sendable, CaseIterable {
        /// Each leg is inflated and deflated here, so that it can be read.
        case terminate
        /// COMPRESS is not advertised.
        case strip
    }

    /// The protocol of both legs.
    public var mailProtocol: MailProtocol
    /// How the client's leg is encrypted.
    public var listener: ListenerSecurity
    /// How the server's leg is encrypted.
    public var upstream: UpstreamSecurity
    /// Each leg does what the other does, and nothing is edited.
    public var isMirror: Bool
    /// What becomes of COMPRESS=DEFLATE.
    public var compression: Compression
    /// How much of each side's bytes is looked at.
    public var limits: WireLimits

    /// Settings; what is left out has its usual value.
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
