import NIOCore

extension EventValues {
    /// What a POP3 command asks for.
    ///
    ///     TOP 3 10␍␊      {"kind":"message","number":3,"lines":10}
    init?(_ command: POP3Command, line: ByteBuffer, without secrets: LogRedactor, limit: Int = maximumOctets) {
        switch command {
        case .user(let user): guard user.isOneWord else { return nil }
        case .apop, .auth: break
        default: guard command.isHarmless, !secrets.finds(in: line) else { return nil }
        }
        self.init(without: secrets, limit: limit) { $0.command(command) }
    }

    /// A line of a listing that answers `command`.
    ///
    ///     1 120␍␊      {"kind":"scan","number":1,"octets":120}
    init?(listing line: ByteBuffer, answering command: POP3Command, without secrets: LogRedactor, limit: Int = maximumOctets) {
        guard command.isHarmless, !secrets.finds(in: line) else { return nil }
        let listing = POP3Listing.read(line: line, answering: command).listing
        self.init(without: secrets, limit: limit) { $0.listing(listing) }
    }

    /// What the reply says in its one line, or its code.
    ///
    ///     +OK 2 320␍␊      {"kind":"drop","messages":2,"octets":320}
    init?(_ reply: POP3Reply, answering command: POP3Command?, without secrets: LogRedactor, limit: Int = maximumOctets) {
        if let code = reply.code, let known = reply.responseCode {
            if case .other = known { return nil }
            guard !secrets.finds(in: code) else { return nil }
            self.init(without: secrets, limit: limit) { writer in
                writer.word("kind", "code")
                writer.text("name", Keyword(code.readableBytesView))
            }
            return
        }
        guard let command, command.isHarmless, !secrets.finds(in: reply.text) else { return nil }
        let listing = POP3Listing.read(reply: reply, answering: command).listing
        self.init(without: secrets, limit: limit) { $0.listing(listing) }
    }
}

extension ValueWriter {
    fileprivate mutating func command(_ command: POP3Command) {
        switch command {
        case .user(let user), .apop(let user, _):
            word("kind", "login")
            text("user", user)
        case .auth(let mechanism?, let response): authenticate(mechanism, hasResponse: response != nil)
        case .list(let message?), .uidl(let message?), .retr(let message), .dele(let message), .xsender(let message):
            word("kind", "message")
            number("number", message)
        case .top(let message, let lines):
            word("kind", "message")
            number("number", message)
            number("lines", lines)
        default: break
        }
    }

    fileprivate mutating func listing(_ listing: POP3Listing) {
        switch listing {
        case .drop(let messages, let octets):
            word("kind", "drop")
            number("messages", messages)
            number("octets", octets)
        case .scan(let message, let octets):
            word("kind", "scan")
            number("number", message)
            number("octets", octets)
        case .uniqueID(let message, let id):
            word("kind", "unique-id")
            number("number", message)
            text("id", id)
        case .capability(let capability): self.capability(capability)
        case .lastAccessed, .mechanism, .language, .header, .sender, .text: break
        }
    }

    private mutating func capability(_ capability: POP3Capability) {
        let (name, arguments) = capability.words
        word("kind", "capability")
        text("name", name)
        if !arguments.isEmpty { list("arguments", arguments) { $1.text(nil, $0) } }
    }
}

extension POP3Capability {
    /// As it is written in the listing.
    fileprivate var words: (name: ByteBuffer, arguments: [ByteBuffer]) {
        func text(_ value: some CustomStringConvertible) -> ByteBuffer { ByteBuffer(string: value.description) }
        func user(_ isPerUser: Bool) -> [ByteBuffer] { isPerUser ? [text("USER")] : [] }
        return switch self {
        case .top: (text("TOP"), [])
        case .user: (text("USER"), [])
        case .uidl: (text("UIDL"), [])
        case .stls: (text("STLS"), [])
        case .pipelining: (text("PIPELINING"), [])
        case .lang: (text("LANG"), [])
        case .responseCodes: (text("RESP-CODES"), [])
        case .authenticationResponseCodes: (text("AUTH-RESP-CODE"), [])
        case .sasl(let mechanisms): (text("SASL"), mechanisms.map(text))
        case .loginDelay(let seconds, let perUser): (text("LOGIN-DELAY"), (seconds.map { [text($0)] } ?? []) + user(perUser))
        case .expire(.days(let days), let perUser): (text("EXPIRE"), [text(days)] + user(perUser))
        case .expire(.never, let perUser): (text("EXPIRE"), [text("NEVER")] + user(perUser))
        case .expire(nil, let perUser): (text("EXPIRE"), user(perUser))
        case .implementation(let name): (text("IMPLEMENTATION"), [name])
        case .utf8(let user): (text("UTF8"), user ? [text("USER")] : [])
        case .xclient(let names): (text("XCLIENT"), names)
        case .xoip: (text("XOIP"), [])
        case .other(let name, let arguments): (name, arguments)
        }
    }
}
