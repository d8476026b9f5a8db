import NIOCore

/// What a client has said before its STARTTLS, as far as it could still have an effect inside TLS (RFC 9051 §6.2.1,
/// RFC 2595 §4).
///
/// The two legs have their own TLS, so the server hears nothing about the client's STARTTLS and forgets nothing: whoever can
/// write into the clear text of the connection could log in, or name a user, before the client's own TLS begins. So after
/// anything that the server may have acted upon, STARTTLS is refused.
///
///     C: l LOGIN eve x␍␊   S: l OK␍␊      the server has acted
///     C: a STARTTLS␍␊      → a BAD …␍␊
struct SaidInClear: Sendable {
    /// The server may have acted upon something that the client said.
    private(set) var hasEffect = false

    mutating func note(_ event: MailEvent) {
        guard !hasEffect else { return }
        hasEffect = event.sender == .client ? !Self.isPlain(event) : Self.hasEffect(event)
    }

    /// Whether every server reads the line alike: as one command, with an answer of its own.
    private static func isPlain(_ event: MailEvent) -> Bool {
        guard event.anomalies.isEmpty, event.quirks.allSatisfy({ harmlessQuirks.contains($0) }),
            event.bytes.withoutLineEnd.readableBytesView.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return false }
        switch event.meaning {
        case .command, .pop3Command, .saslResponse: return true
        default: return false
        }
    }

    private static let harmlessQuirks: Set<Quirk> = [.lowerCaseKeyword, .trailingSpace, .eightBitInQuoted]

    /// Whether the line leaves a server as it was, whatever the server answers.
    static func isInnocuous(_ event: MailEvent) -> Bool {
        guard isPlain(event) else { return false }
        return switch event.meaning {
        case .command(let command): command.body.leavesNothingBehind && command.text.literals.isEmpty
        case .pop3Command(_, let command): command.leavesNothingBehind
        default: false
        }
    }

    /// A server that has refused a command is as it was before.
    private static func hasEffect(_ event: MailEvent) -> Bool {
        switch event.meaning {
        case .completion(let status, let record):
            guard status.result != .no, status.result != .bad else { return false }
            return record?.command.map { !$0.body.leavesNothingBehind } ?? true
        case .pop3Completion(let reply, let record):
            guard reply.result != .err else { return false }
            return record.map { !$0.command.leavesNothingBehind } ?? true
        default: return false
        }
    }
}

/// A line of the client that asks for TLS, or that some server may take for it.
enum STARTTLSRequest {
    /// `a STARTTLS␍␊`, `STLS␍␊`, in any case.
    case valid
    /// `a STARTTLS x␍␊`, `a UID STARTTLS␍␊`, `STLS␊`.
    case misspelt
}

extension MailEvent {
    private static let startTLS = Keyword("STARTTLS")
    private static let stls = Keyword("STLS")

    var startTLSRequest: STARTTLSRequest? {
        let length: Int
        switch meaning {
        case .command(let command):
            guard command.name == Self.startTLS else { return nil }
            length = command.tag.readableBytes + " STARTTLS".utf8.count
        case .pop3Command(let name?, _):
            guard name == Self.stls else { return nil }
            length = "STLS".utf8.count
        // No command to this reader, and maybe one to the server.
        case .unknown where sender == .client && bytes.withoutLineEnd.endsIgnoringCase("STARTTLS"): return .misspelt
        default: return nil
        }
        let isAlone = bytes.withoutLineEnd.readableBytes == length && bytes.readableBytes == length + 2
        return isAlone && !bytes.readableBytesView.contains(UInt8(ascii: "\t")) ? .valid : .misspelt
    }
}

extension IMAPCommand.Body {
    /// A server that has said OK to it is as it was before.
    fileprivate var leavesNothingBehind: Bool {
        switch self {
        case .capability, .noop, .logout: true
        // Servers take a client's address, and more, from fields that are not RFC 2971's.
        case .id(let fields): fields.allSatisfy { Self.descriptiveFields.contains($0.name.description.lowercased()) }
        default: false
        }
    }

    /// RFC 2971 §3.3, and a few more.
    private static let descriptiveFields: Set<String> = [
        "name", "version", "os", "os-version", "vendor", "support-url", "address", "date", "command", "arguments", "environment",
        // What clients are known to say of themselves beside these.
        "aclient", "aguid", "build", "contact", "device", "guid", "language",
    ]
}

extension POP3Command {
    /// A server that has said +OK to it is as it was before.
    fileprivate var leavesNothingBehind: Bool {
        switch self {
        case .capa, .noop, .quit, .auth(mechanism: nil, _): true
        default: false
        }
    }
}

extension ByteBuffer {
    /// Whether the readable bytes end with `word`, given in upper case.
    fileprivate func endsIgnoringCase(_ word: StaticString) -> Bool {
        let end = readableBytesView.suffix(word.utf8CodeUnitCount)
        return ByteBuffer(bytes: end).equalsIgnoringCase(word)
    }
}
