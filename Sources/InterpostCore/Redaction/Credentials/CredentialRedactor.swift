package import NIOCore

/// Removes from a session what proves who somebody is, event by event, before anything of it is written.
///
///     a LOGIN alice "hunter2"␍␊           a LOGIN user-mzqvakdr "xxxxxxxx"␍␊
///     a LOGIN alice {7}␍␊ … hunter2␍␊     a LOGIN user-mzqvakdr {8}␍␊ … xxxxxxxx␍␊
///     + PDE4OTYuNjk3QGhvc3Q+␍␊            + PDEuMUBpbnRlcnBvc3Q+␍␊
///
/// The form stays, so that what is left can be read and replayed; the length does not, for it says something about a password.
/// What was once seen as a secret is looked for in the lines that follow, because servers echo, and people type a password
/// where it does not belong.
package struct CredentialRedactor: Sendable {
    private var sasl = SASLPlaceholders(mechanism: nil)
    /// A LOGIN with literals, and its tag.
    private var login: (tag: ByteBuffer?, parts: LoginPlaceholders)?
    /// A command with literals of which nothing is known to be harmless, and the mechanism that its words name.
    private var hidden: (mechanism: Keyword?, literal: ByteBuffer)?
    private var echoes = SecretEchoes()
    /// What was learnt on the session's other leg.
    private var echoesOfOtherLeg: SecretEchoes?
    /// Whether the client is logged in at the event that is redacted.
    private var isLoggedIn = false
    /// Octets of a literal that may be a name, and is looked through.
    static let maximumName = 1024
    /// The first words of the client's last lines that were blanked as a whole: the server answers them as it would a tag.
    private var blankedTags: [ByteBuffer] = []
    private static let maximumBlankedTags = 16
    private let key: any PseudonymKey

    package init(key: any PseudonymKey) { self.key = key }

    /// The octets to record in the event's place; `nil` where it holds no secret.
    package mutating func redact(_ event: MailEvent) -> ByteBuffer? {
        isLoggedIn = event.standing.isLoggedIn
        return switch event.meaning {
        case .pop3Body: nil
        // Nobody reads it, so before a login it may be a secret.
        case .opaque: isLoggedIn ? nil : Placeholder.blank(event.bytes)
        case .unknown:
            event.sender == .client ? blanked(event.bytes) : masked(event.bytes, textFrom: 0)
        case .part(let start): part(start, of: event)
        case .literal(let remaining): literal(event, remaining: remaining)
        case .command(let command): redact(command, in: event.bytes)
        case .saslResponse(let secrets): response(event.bytes, secrets)
        case .saslChallenge: sasl.challenge(event.bytes)
        // In a session that Interpost has let in, the server greets when secrets are known.
        case .greeting(let status): masked(event.bytes, text: status.shownOctets)
        case .status(let status): masked(event.bytes, text: status.shownOctets)
        case .completion(let status, let record): completion(event.bytes, status, in: record?.sasl)
        case .response(let response):
            response.kind.carriesTokens ? TokenDigits.zeroed(in: event.bytes) : masked(event.bytes)
        case .pop3Greeting(let reply): greeting(event.bytes, reply)
        case .pop3Command(let name, let command): redact(command, name: name, in: event.bytes)
        case .pop3Completion(let reply, let record):
            record?.command.isAnsweredInNumbers == true && reply.result == .ok
                ? masked(event.bytes) : masked(event.bytes, text: reply.shownOctets, in: record?.sasl)
        case .pop3Begin(let reply, _): masked(event.bytes, text: reply.shownOctets)
        case .continuation(let purpose) where purpose != .literal: masked(event.bytes, textFrom: 1)
        case .idleDone where !event.bytes.withoutLineEnd.equalsIgnoringCase("DONE"): echoes.blanked(event.bytes, behindWords: 0)
        case .longResponse, .continuation, .idleDone, .pop3Listing: masked(event.bytes)
        }
    }

    /// Takes note of an event whose octets are not recorded.
    ///
    /// Everything that is learnt comes from the client, except how many challenges there were.
    package mutating func learn(_ event: MailEvent) {
        if event.sender == .client { _ = redact(event) }
        if case .saslChallenge = event.meaning { _ = sasl.challenge(event.bytes) }
    }

    /// Takes this for a secret, although nobody has said it.
    mutating func conceal(_ secret: Secret) { echoes.learn(secret) }

    /// Takes a secret of the session's other leg for one on this leg, too.
    mutating func takeSecrets(of other: CredentialRedactor) { echoesOfOtherLeg = other.echoes }

    private func masked(_ line: ByteBuffer, textFrom start: Int? = nil) -> ByteBuffer? {
        let masked = echoes.masked(line, textFrom: start)
        return echoesOfOtherLeg?.masked(masked ?? line, textFrom: start) ?? masked
    }

    /// A line that is not understood. A word may be a secret where no row says what it is. With an unknown verb that is every
    /// word; before the login it is also whatever follows a known verb.
    ///
    /// - Parameter words: How many words come before the arguments.
    private mutating func unread(
        _ line: ByteBuffer, name: Keyword?, of mailProtocol: MailProtocol, words: Int
    ) -> ByteBuffer? {
        guard let name, ShowableNames.contains(name, in: mailProtocol) else {
            return mailProtocol == .imap && Self.hasShortTag(line) ? echoes.blanked(line, behindWords: 1) : blanked(line)
        }
        return isLoggedIn ? masked(line) : echoes.blanked(line, behindWords: words)
    }

    /// A line of which any word may be a secret.
    private mutating func blanked(_ line: ByteBuffer) -> ByteBuffer {
        let tag = line.withoutLineEnd.readableBytesView.prefix { $0 > .space }
        blankedTags = blankedTags.suffix(Self.maximumBlankedTags - 1) + [ByteBuffer(bytes: tag)]
        return echoes.blanked(line, behindWords: 0)
    }

    /// The tag of an answer to a line that was blanked is blanked like it.
    ///
    ///     C: hello␍␊   S: hello BAD what?␍␊        C: xxxxx␍␊   S: xxxxx BAD what?␍␊
    private mutating func completion(_ line: ByteBuffer, _ status: IMAPStatus, in sasl: SASLExchange?) -> ByteBuffer? {
        let masked = masked(line, text: status.shownOctets, in: sasl)
        guard blankedTags.contains(status.tag) else { return masked }
        var blanked = ByteBuffer(repeating: UInt8(ascii: "x"), count: status.tag.readableBytes)
        blanked.writeBytes((masked ?? line).readableBytesView.dropFirst(status.tag.readableBytes))
        return blanked
    }

    /// Masks what a server says to people in the last `octets` octets of a line, or to a client about a URL.
    private mutating func masked(_ line: ByteBuffer, text octets: Int, in sasl: SASLExchange? = nil) -> ByteBuffer? {
        for name in [sasl?.user, sasl?.authorizationIdentity].compactMap(\.self) { echoes.learn(user: name.utf8) }
        let zeroed = line.contains(LogRedactor.token) ? TokenDigits.zeroed(in: line) : nil
        return masked(zeroed ?? line, textFrom: max(0, line.withoutLineEnd.readableBytes - octets)) ?? zeroed
    }

    private mutating func greeting(_ line: ByteBuffer, _ reply: POP3Reply) -> ByteBuffer? {
        let replaced = APOPTimestamp.replaced(in: line)
        return masked(replaced ?? line, text: reply.shownOctets) ?? replaced
    }

    private mutating func response(_ line: ByteBuffer, _ secrets: [Secret]) -> ByteBuffer? {
        for secret in secrets { echoes.learn(secret) }
        return sasl.response(line, key: key)
    }

    // MARK: - IMAP

    /// A line that announces a literal: a secret in LOGIN, in AUTHENTICATE (servers take a response so), and where nothing is known.
    private mutating func part(_ start: MailEvent.LiteralStart, of event: MailEvent) -> ByteBuffer? {
        guard event.sender == .client else { return masked(event.bytes) }
        if hidden != nil { return echoes.blanked(event.bytes, behindWords: 0) }
        blankedTags.removeAll { $0 == start.tag }
        if start.name == Keyword("LOGIN") { return loginLine(event.bytes, tag: start.tag) }
        login = nil
        let words = event.bytes.withoutLineEnd.readableBytesView.split(separator: UInt8.space, maxSplits: 3)
        if start.name == Keyword("AUTHENTICATE") {
            let mechanism = words.count > 2 ? Keyword(words[2]) : nil
            hidden = (mechanism, ByteBuffer())
            let isKnown = mechanism.map { ShowableNames.title(ofMechanism: $0) != "unknown" } ?? false
            return echoes.blanked(event.bytes, behindWords: isKnown ? 3 : 2)
        }
        guard let name = start.name, ShowableNames.contains(name, in: .imap) else {
            hidden = (nil, ByteBuffer())
            return Self.hasShortTag(event.bytes) ? echoes.blanked(event.bytes, behindWords: 1) : blanked(event.bytes)
        }
        return masked(event.bytes)
    }

    /// A tag that is too short to be a secret stays, so that the server's answer can be told from others.
    private static func hasShortTag(_ line: ByteBuffer) -> Bool {
        let words = line.withoutLineEnd.readableBytesView.split(maxSplits: 1) { $0 <= .space }
        return words.count == 2 && words[0].count < SecretEchoes.minimumLength
    }

    /// Octets of a literal of which nothing is shown.
    private mutating func hiddenLiteral(_ bytes: ByteBuffer, remaining: Int) -> ByteBuffer {
        let room = Self.maximumName - (hidden?.literal.readableBytes ?? 0)
        hidden?.literal.writeBytes(bytes.readableBytesView.prefix(max(0, room)))
        if remaining == 0, let (mechanism, literal) = hidden {
            let response = Secret(literal)
            echoes.learn(response)
            if let mechanism { SASLExchange.secrets(of: response, mechanism: mechanism).forEach { echoes.learn($0) } }
            hidden = (mechanism, ByteBuffer())
        }
        return Placeholder.blank(bytes)
    }

    private mutating func loginLine(_ line: ByteBuffer, tag: ByteBuffer?) -> ByteBuffer {
        // A LOGIN that was refused may have been left in the middle.
        var parts = login.flatMap { $0.tag == tag ? $0.parts : nil } ?? LoginPlaceholders()
        let redacted = parts.line(line, key: key, echoes: &echoes)
        login = (tag, parts)
        return redacted
    }

    /// A client's literal is no secret as a whole: secrets are looked for in it.
    var searchesLiterals: Bool { hidden == nil && login?.tag == nil }

    /// The names in a command are short; a message is not searched for secrets.
    func masked(literal octets: ByteBuffer) -> ByteBuffer? {
        octets.readableBytes <= Self.maximumName ? masked(octets) : nil
    }

    private mutating func literal(_ event: MailEvent, remaining: Int) -> ByteBuffer? {
        guard event.sender == .client else { return nil }
        if hidden != nil { return hiddenLiteral(event.bytes, remaining: remaining) }
        guard let tag = login?.tag, var parts = login?.parts else { return masked(literal: event.bytes) }
        let redacted = parts.literal(event.bytes, remaining: remaining, key: key, echoes: &echoes)
        login = (tag, parts)
        return redacted
    }

    private mutating func redact(_ command: IMAPCommand, in line: ByteBuffer) -> ByteBuffer? {
        defer { login = nil }
        blankedTags.removeAll { $0 == command.tag }
        if hidden != nil {
            hidden = nil
            return echoes.blanked(line, behindWords: 0)
        }
        if case .malformed = command.body, command.name == Keyword("LOGIN") { echoes.learn(Secret(command.writtenArguments)) }
        if command.name == Keyword("LOGIN") { return loginLine(line, tag: command.tag) }
        if command.quirks.contains(.argumentsLeftOver), !isLoggedIn || IMAPVerb.named(command.name)?.arguments.isEmpty == true {
            return echoes.blanked(line, behindWords: 2)
        }
        switch command.body {
        case .authenticate(let mechanism, let initialResponse):
            return redact(mechanism, initialResponse, in: line, words: 2)
        case .malformed where command.name == Keyword("AUTHENTICATE"): return echoes.blanked(line, behindWords: 2)
        case .unknown, .malformed: return unread(line, name: command.name, of: .imap, words: 2)
        case .generateURLAuth, .urlFetch, .applePushService, .append, .replace:
            return TokenDigits.zeroed(in: line) ?? masked(line)
        case .xclient: return echoes.blanked(line, behindWords: 2)
        case .id(let fields):
            for field in fields where !LogRedactor.identifies(field) {
                if let value = field.value { echoes.learn(Secret(value.bytes)) }
            }
            return masked(line)
        default: return masked(line)
        }
    }

    /// `words` words come before the mechanism, as the client spelled them.
    private mutating func redact(
        _ mechanism: Keyword, _ initialResponse: Secret?, in line: ByteBuffer, words: Int
    ) -> ByteBuffer? {
        sasl = SASLPlaceholders(mechanism: mechanism)
        guard ShowableNames.title(ofMechanism: mechanism) != "unknown" else { return echoes.blanked(line, behindWords: words) }
        guard let initialResponse else { return nil }
        for secret in SASLExchange.secrets(of: initialResponse, mechanism: mechanism) { echoes.learn(secret) }
        var redacted = line.start(words: words + 1)
        redacted.writeInteger(UInt8.space)
        redacted.writeImmutableBuffer(initialResponse.withExposedBytes { sasl.placeholder(for: $0, key: key) })
        redacted.writeImmutableBuffer(line.lineEnd)
        return redacted
    }

    // MARK: - POP3

    private mutating func redact(_ command: POP3Command, name: Keyword?, in line: ByteBuffer) -> ByteBuffer? {
        switch command {
        case .user(let user) where !user.isOneWord: return echoes.blanked(line, behindWords: 1)
        case .user(let user):
            echoes.learn(user: user.readableBytesView)
            return line.start(words: 1).followed(by: Placeholder.user(user, key: key), lineEnd: line.lineEnd)
        case .pass(let secret), .rpop(let secret), .mdef(let secret):
            echoes.learn(secret)
            return line.start(words: 1).followed(by: Placeholder.password, lineEnd: line.lineEnd)
        case .apop(let user, let digest):
            echoes.learn(digest)
            echoes.learn(user: user.readableBytesView)
            return line.start(words: 1).followed(by: Placeholder.user(user, key: key), Placeholder.digest, lineEnd: line.lineEnd)
        case .auth(let mechanism?, let initialResponse): return redact(mechanism, initialResponse, in: line, words: 1)
        case .xclient, .xoip, .xtnd(.other): return echoes.blanked(line, behindWords: 1)
        case .malformed where name.map(POP3Verb.carriesCredentials) == true: return echoes.blanked(line, behindWords: 1)
        case .unknown, .malformed: return unread(line, name: name, of: .pop3, words: 1)
        default: return masked(line)
        }
    }
}

extension IMAPStatus {
    /// Octets at the end of the line that say something to people: the text, and a code that nobody knows.
    fileprivate var shownOctets: Int {
        text.readableBytes + (hasHarmlessCode ? 0 : code.map { $0.readableBytes + "] ".utf8.count } ?? 0)
    }
}

extension POP3Reply {
    /// The same in POP3.
    fileprivate var shownOctets: Int {
        guard case .other(let code)? = responseCode else { return text.readableBytes }
        return text.readableBytes + code.readableBytes + "] ".utf8.count
    }
}

extension IMAPResponse.Kind {
    /// URLs with tokens (RFC 4467), and what a push service knows a device by.
    fileprivate var carriesTokens: Bool {
        switch self {
        case .genURLAuth, .urlFetch, .applePushService: true
        default: false
        }
    }
}

extension POP3Command {
    /// The reply's first line says in numbers what was asked for.
    fileprivate var isAnsweredInNumbers: Bool {
        switch self {
        case .stat, .list, .uidl, .last: true
        default: false
        }
    }
}
