import NIOCore

/// What people are shown of a session: one line for each thing said, without secrets, and only the beginnings of literals.
///
///     a1 LOGIN {4}␍␊anna {6}␍␊sesame␍␊     a1 LOGIN {13}user-aaaaaaaa {8}xxxxxxxx
struct NormalFormShown: Sendable {
    /// All users have the same pseudonym, because who they are is not compared.
    private struct OneKey: PseudonymKey {
        func digest(_ value: ByteBuffer, of kind: PseudonymKind) -> [UInt8] { Array(repeating: 0, count: 32) }
    }

    private static let maximumOctets = ComparedEntry.maximumShown * 4
    private static let maximumLiteral = 60

    private var credentials = CredentialRedactor(key: OneKey())
    private var lines = (client: [UInt8](), server: [UInt8]())
    private var literals = (client: 0, server: 0)

    mutating func append(_ event: MailEvent) {
        let bytes = credentials.redact(event) ?? event.bytes
        switch event.meaning {
        case .pop3Body: return
        case .opaque: if lines.client.isEmpty, event.sender == .client { write("[not read]", of: .client) }
        case .literal: write(literal: bytes, of: event.sender)
        default: write(bytes.withoutLineEnd.readableBytesView, of: event.sender)
        }
    }

    mutating func beginLiteral(_ announcement: LiteralAnnouncement, of side: Side) {
        if side == .client { literals.client = Self.maximumLiteral } else { literals.server = Self.maximumLiteral }
    }

    /// Returns the line of this side, and begins another one.
    mutating func take(_ side: Side) -> String {
        let line = side == .client ? lines.client : lines.server
        if side == .client { (lines.client, literals.client) = ([], 0) } else { (lines.server, literals.server) = ([], 0) }
        return Self.shown(line)
    }

    /// A message of POP3, which is not looked through for secrets.
    func ofMessage(_ body: ContentDigest) -> String { "[message of \(body.octets) octets] " + Self.shown(body.firstLine) }

    private mutating func write(literal bytes: ByteBuffer, of side: Side) {
        let room = side == .client ? literals.client : literals.server
        let part = bytes.readableBytesView.prefix(room)
        if side == .client { literals.client -= part.count } else { literals.server -= part.count }
        write(part, of: side)
        if part.count < bytes.readableBytes, room > 0 { write("…", of: side) }
    }

    private mutating func write(_ text: String, of side: Side) { write(text.utf8, of: side) }

    private mutating func write(_ bytes: some Collection<UInt8>, of side: Side) {
        if side == .client {
            lines.client.append(contentsOf: bytes.prefix(max(0, Self.maximumOctets - lines.client.count)))
        } else {
            lines.server.append(contentsOf: bytes.prefix(max(0, Self.maximumOctets - lines.server.count)))
        }
    }

    static func shown(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return TerminalText.shown(text, atMost: ComparedEntry.maximumShown, lineEnds: .pictured)
    }
}
