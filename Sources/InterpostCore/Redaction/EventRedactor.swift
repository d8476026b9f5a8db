package import NIOCore

/// Removes from a session's events what a capture must not hold: the secrets of logins, and what its level says of the mail.
///
/// Both redactors see the whole session as it was said; otherwise they would not know what to look for.
package struct EventRedactor: Sendable {
    /// `nil` keeps the secrets.
    private var credentials: CredentialRedactor?
    private var content: ContentRedactor?

    /// With `keepsSecrets` passwords and tokens stay as they were said.
    package init(_ level: RedactionLevel, key: any PseudonymKey, keepsSecrets: Bool = false) {
        self.init(
            credentials: keepsSecrets ? nil : CredentialRedactor(key: key),
            content: level == .none ? nil : ContentRedactor(level, key: key))
    }

    init(credentials: CredentialRedactor?, content: ContentRedactor? = nil) {
        self.credentials = credentials
        self.content = content
    }

    /// Takes note of an event whose octets nobody wants: what it holds may be looked for in later ones.
    package mutating func learn(_ event: MailEvent) {
        credentials?.learn(event)
        content?.learn(event)
    }

    /// The octets to record in the event's place.
    package mutating func redact(_ event: MailEvent) -> ByteBuffer {
        let content = content?.redact(event)
        guard let credentials = credentials?.redact(event) else { return content ?? event.bytes }
        guard var both = content, both.readableBytes == credentials.readableBytes else { return credentials }
        // A secret within a line that is also redacted for another reason.
        for (index, octets) in zip(credentials.readableBytesView, event.bytes.readableBytesView).enumerated()
        where octets.0 != octets.1 {
            both.setInteger(octets.0, at: both.readerIndex + index)
        }
        return both
    }
}
