package import NIOCore

/// Removes from a session's events what a capture must not hold: the secrets of logins, and what its level says of the mail.
///
/// Both redactors see the whole session as it was said; otherwise they would not know what to look for.
package struct EventRedactor: Sendable {
    /// `nil` keeps the secrets.
    private var credentials: CredentialRedactor?
    private var content: ContentRedactor?
    /// What has come of a short literal of the client, as it was said and with its content redacted: a secret may be in pieces.
    private var held: (said: ByteBuffer, recorded: ByteBuffer)?

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

    /// Takes note of an event whose octets are not recorded: what it holds may be looked for in later ones.
    package mutating func learn(_ event: MailEvent) {
        credentials?.learn(event)
        content?.learn(event)
    }

    /// Takes this for a secret, although nobody has said it.
    mutating func conceal(_ secret: Secret) { credentials?.conceal(secret) }

    /// Takes a secret of the session's other leg for one on this leg, too.
    mutating func takeSecrets(of other: EventRedactor) {
        if let other = other.credentials { credentials?.takeSecrets(of: other) }
    }

    /// The octets to record in the event's place. Those of a short literal come with its end.
    package mutating func redact(_ event: MailEvent) -> ByteBuffer {
        guard event.sender == .client else { return whole(event) }
        if case .literal(let remaining) = event.meaning, credentials?.searchesLiterals == true {
            return piece(event, remaining: remaining)
        }
        guard var recorded = finish() else { return whole(event) }
        recorded.writeImmutableBuffer(whole(event))
        return recorded
    }

    /// The session is over: what there is of a literal that was not whole, if there is anything.
    package mutating func finish() -> ByteBuffer? {
        defer { held = nil }
        return held.map { masked($0.said, recordedAs: $0.recorded) }
    }

    /// A line of the event log to record in the line's place.
    package func redact(eventLine line: ByteBuffer) -> ByteBuffer {
        content?.level.includes(.all) == true ? EventLineRedactor.redacted(line) : line
    }

    private mutating func whole(_ event: MailEvent) -> ByteBuffer {
        let content = content?.redact(event)
        guard let credentials = credentials?.redact(event) else { return content ?? event.bytes }
        guard var both = content, both.readableBytes == credentials.readableBytes else { return credentials }
        // Both redactors have changed the line: the octets that hide a secret go over the other ones.
        both.overlay(credentials, whereItDiffersFrom: event.bytes)
        return both
    }

    private mutating func piece(_ event: MailEvent, remaining: Int) -> ByteBuffer {
        var said = event.bytes
        var recorded = content?.redact(event) ?? event.bytes
        if var start = held {
            start.said.writeImmutableBuffer(said)
            start.recorded.writeImmutableBuffer(recorded)
            (said, recorded) = start
            held = nil
        }
        guard remaining > 0, said.readableBytes + remaining <= CredentialRedactor.maximumName else {
            return masked(said, recordedAs: recorded)
        }
        held = (said, recorded)
        return ByteBuffer()
    }

    private func masked(_ said: ByteBuffer, recordedAs recorded: ByteBuffer) -> ByteBuffer {
        guard let masked = credentials?.masked(literal: said) else { return recorded }
        var recorded = recorded
        recorded.overlay(masked, whereItDiffersFrom: said)
        return recorded
    }
}

extension ByteBuffer {
    /// Takes over the octets of `other` that are not those of `original`. All three have the same length.
    fileprivate mutating func overlay(_ other: ByteBuffer, whereItDiffersFrom original: ByteBuffer) {
        for (index, octets) in zip(other.readableBytesView, original.readableBytesView).enumerated() where octets.0 != octets.1 {
            setInteger(octets.0, at: readerIndex + index)
        }
    }
}
