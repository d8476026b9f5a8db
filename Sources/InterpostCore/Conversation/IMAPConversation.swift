public import NIOCore

/// Reads both directions of one IMAP connection (RFC 3501, RFC 9051).
///
/// One value for both, because neither direction can be read alone: whether octets are a client's literal or its
/// next command depends on the server's `+` or `NO`. Where a reading needs the server's answer, the reading
/// waits; ``clientWait`` says so, and whether the bytes have to wait as well.
///
///     C: a LOGIN {5}␍␊         part, announces 5
///     S: a NO too long␍␊       completion of a: the literal was refused
///     C: b LOGOUT␍␊            command b
public struct IMAPConversation: Sendable {
    /// The state of the session (RFC 9051 §3).
    public enum State: Hashable, Sendable {
        case notAuthenticated
        case authenticated
        case selected(MailboxName, readOnly: Bool)
        case logout
    }

    /// How the client's next octets are read, or why they cannot be read yet. An answer means the one to the command that led
    /// here.
    ///
    /// | state | what the client sends | what the server sends |
    /// | --- | --- | --- |
    /// | `command` | `{n}` → `awaitingLiteral`, `{n-}` → `awaitingVerdict`, AUTHENTICATE → `awaitingChallenge`, IDLE → `awaitingIdle`, STARTTLS or COMPRESS → `awaitingSwitch`; else stays | stays |
    /// | `awaitingLiteral` | waits | `+` → `command`, octets of the literal follow; an answer → `command`, a command follows |
    /// | `awaitingVerdict` | waits | `+` or OK → `command`, octets follow; NO or BAD → `command`, a command follows |
    /// | `awaitingChallenge` | waits | `+` → `saslResponse`; an answer → `command` |
    /// | `saslResponse` | one line → `awaitingChallenge` | an answer → `command` |
    /// | `awaitingIdle` | waits | `+` → `idle`; an answer → `command` |
    /// | `idle` | one line, DONE → `command` | an answer → `command` |
    /// | `awaitingSwitch` | waits, in the socket too | an answer → `command`; after OK the octets are those of TLS or DEFLATE |
    enum ClientMode: Hashable {
        case command
        /// `{n}` was announced; the server's answer says whether octets or a command follow.
        case awaitingLiteral
        /// `{n-}` was announced. A server that knows it reads on; one that does not says NO or BAD, and takes what follows
        /// for commands.
        case awaitingVerdict
        /// AUTHENTICATE was sent; a `+` makes the next line a SASL response.
        case awaitingChallenge
        /// The next line is a SASL response.
        case saslResponse
        /// IDLE was sent; after a `+`, the client's next line ends it.
        case awaitingIdle
        case idle
        /// STARTTLS or COMPRESS was sent; what follows depends on the answer, even the bytes.
        case awaitingSwitch
    }

    /// The state of the session (RFC 9051 §3), as the server's answers so far have it.
    public internal(set) var state = State.notAuthenticated {
        didSet { noteState() }
    }
    /// The state in the form that readers of events get.
    private(set) var standing = Standing.initial
    let limits: WireLimits
    var client: IMAPFramer
    private var server: IMAPFramer
    var clientMode = ClientMode.command
    var sawGreeting = false
    /// The input begins after the login.
    var isBehindLogin = false
    /// The first words of the client's last lines that were no commands: a server may answer them as it would a tag.
    var strayWords: [ByteBuffer] = []
    private var count = 0
    private var offsets: (client: Int, server: Int) = (0, 0)
    private var now = WireTime(nanoseconds: 0)

    var clientText: IMAPTextAssembly?
    var serverText: IMAPTextAssembly?
    /// The command being sent, until it is whole.
    var partial: CommandRecord?
    var partialIsCompleted = false
    var outstanding: [CommandRecord] = []
    /// Octets that the commands in progress keep.
    var pendingOctets = 0
    var serverResponse: IMAPResponse?
    /// The response has had a line longer than the limit.
    var isInLongResponse = false
    private var hasNotedBreach = false
    /// The exchange of what the client is sending, and of what the server is saying unless it completes a command.
    private var exchanges: (client: Int?, server: Int?)

    /// A conversation in which nothing was said yet.
    public init(limits: WireLimits = .standard) {
        self.limits = limits
        client = IMAPFramer(sender: .client, limits: limits)
        server = IMAPFramer(sender: .server, limits: limits.ofResponses)
    }

    /// The input is what a server wrote down from the login on: the first completion is that of the login.
    mutating func beginBehindLogin() {
        (sawGreeting, isBehindLogin, state) = (true, true, .authenticated)
    }

    /// Takes bytes that `side` sent. What they mean is asked for with ``next()``.
    public mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        now = time
        if side == .client { client.append(bytes) } else { server.append(bytes) }
    }

    /// Whether the client's next bytes must wait to be read, or even to be passed on.
    public var clientWait: ClientWait {
        switch clientMode {
        case .command, .saslResponse, .idle: .none
        case .awaitingLiteral, .awaitingVerdict, .awaitingChallenge, .awaitingIdle: .reading
        case .awaitingSwitch: .passing
        }
    }

    /// The server's part of the exchange is over: IDLE is on.
    public var isIdle: Bool { clientMode == .idle }

    /// No command is in progress, or only IDLE.
    public var isResting: Bool { (outstanding.isEmpty || isIdle) && partial == nil && clientText == nil }

    /// The next event, or `nil` until more bytes arrive.
    public mutating func next() -> MailEvent? {
        if clientMode == .awaitingVerdict, serverCompletesPartial { clientMode = .command }
        // What the client has sent and is still unread came before what the server sends now.
        if clientWait == .none, let fragment = client.next() { return event(fragment, from: .client) }
        return nextOfServer()
    }

    /// The next event of the server; what the client has sent waits to be read.
    mutating func nextOfServer() -> MailEvent? { server.next().map { event($0, from: .server) } }

    /// The server's next line says OK to the command whose `{n-}` literal it did not ask for, so it has read the octets.
    private var serverCompletesPartial: Bool {
        guard let line = server.nextWholeLine, let status = IMAPStatus(reading: line.withoutLineEnd) else { return false }
        return status.result == .ok && status.tag == partial?.tag
    }

    /// Octets of `side` that are in no event yet.
    public func unread(from side: Side) -> Int { side == .client ? client.unread : server.unread }

    func unreadBytes(from side: Side) -> ByteBuffer { side == .client ? client.unreadBytes : server.unreadBytes }

    func offset(of side: Side) -> Int { side == .client ? offsets.client : offsets.server }

    var pendingCommands: Int { outstanding.count }
    var hasGreeted: Bool { sawGreeting }
    var awaitsLiteral: Bool { clientMode == .awaitingLiteral }

    /// The server's last line announced a literal, and the response is not whole yet.
    var isMidResponse: Bool { serverText != nil || isInLongResponse }

    /// Takes out the octets of `side` that are in no event yet, for a stream that turns to TLS or DEFLATE at this octet.
    public mutating func takeUnread(from side: Side) -> ByteBuffer {
        side == .client ? client.takeUnread() : server.takeUnread()
    }

    /// Lets go of large buffers that are read. Called when ``next()`` has returned `nil`.
    public mutating func settle() {
        client.settle()
        server.settle()
    }

    /// Gives up reading: from here on everything is `.opaque`.
    public mutating func becomeOpaque() {
        client.becomeOpaque()
        server.becomeOpaque()
        clientMode = .command
        (outstanding, pendingOctets) = ([], 0)
        (partial, clientText, serverText, isInLongResponse) = (nil, nil, nil, false)
    }

    mutating func inputEnded(of side: Side) {
        if side == .client { client.becomeOpaque() } else { server.becomeOpaque() }
    }

    /// Interpost answers in the server's place, with one whole line.
    public mutating func answer(_ line: ByteBuffer) -> MailEvent {
        exchanges.server = oldestExchange
        var event = readServerLine(line, literal: nil, offset: offsets.server)
        event.isOurs = true
        return event
    }

    /// The client's leg became TLS: what was known about it before is void (RFC 9051 §6.2.1).
    public mutating func clientTLSIsUp() {
        clientMode = .command
        outstanding = []
        pendingOctets = 0
    }

    /// The exchange of the oldest command in progress. An element's own property is read, because a record is large to copy.
    private var oldestExchange: Int? { outstanding.isEmpty ? nil : outstanding[0].exchange }

    /// The exchange of the command that began last.
    var latestExchange: Int? { outstanding.isEmpty ? nil : outstanding[outstanding.count - 1].exchange }

    // MARK: - Events

    private mutating func event(_ fragment: WireFragment, from side: Side) -> MailEvent {
        let bytes = fragment.bytes
        let offset = side == .client ? offsets.client : offsets.server
        if side == .client { offsets.client += bytes.readableBytes } else { offsets.server += bytes.readableBytes }
        var event: MailEvent
        exchanges.server = oldestExchange
        switch fragment {
        case .line(let line, let literal):
            event =
                side == .client
                ? readClientLine(line, literal: literal, offset: offset)
                : readServerLine(line, literal: literal, offset: offset)
            event.quirks.formUnion(Quirks(lineEndOf: line))
            switch event.meaning {
            case .command(let command): event.quirks.formUnion(command.quirks)
            case .greeting(let status), .status(let status), .completion(let status, _):
                event.quirks.formUnion(status.quirks)
            default: break
            }
        case .longLine(let part, let literal, let isLast):
            event = readLongResponse(part, goesOn: !isLast || literal != nil, offset: offset)
        case .literal(let chunk, let remaining):
            if side == .client {
                clientText?.append(literal: chunk)
            } else {
                serverText?.append(literal: chunk)
            }
            event = make(bytes, side, offset, .literal(remaining: remaining))
        case .body, .terminator, .opaque:
            event = make(bytes, side, offset, .opaque)
        }
        if side == .client, clientText == nil { exchanges.client = nil }
        noteBreach(of: side, in: &event)
        return event
    }

    mutating func make(
        _ bytes: ByteBuffer, _ sender: Side, _ offset: Int, _ meaning: MailEvent.Meaning
    ) -> MailEvent {
        count += 1
        return MailEvent(
            number: count, time: now, sender: sender, offset: offset, bytes: bytes, meaning: meaning,
            exchange: sender == .client ? exchanges.client : exchanges.server, standing: standing)
    }

    private func selection(in state: State) -> Selection? {
        guard case .selected(let mailbox, let isReadOnly) = state else { return nil }
        return Selection(mailbox: mailbox, isReadOnly: isReadOnly)
    }

    private mutating func noteState() {
        let (state, selection) = (state, selection(in: state))
        standing.change { facts in
            switch state {
            case .notAuthenticated: (facts.isLoggedIn, facts.user, facts.selection) = (false, nil, nil)
            case .authenticated, .selected: (facts.isLoggedIn, facts.selection) = (true, selection)
            // A server that says BYE and then goes on has changed nothing.
            case .logout: break
            }
        }
    }

    /// The server let `user` in, or refused a login.
    mutating func noteLogin(of user: ByteBuffer?, succeeded: Bool) {
        standing.change { facts in
            if succeeded { facts.user = user } else { facts.failedLogins += 1 }
        }
    }

    private mutating func noteBreach(of side: Side, in event: inout MailEvent) {
        guard let breach = side == .client ? client.breach : server.breach, !hasNotedBreach else { return }
        hasNotedBreach = true
        switch breach {
        case .lineTooLong: event.anomalies.append(Anomaly(.lineTooLong, side: side, offset: event.offset))
        case .literalTooLarge: event.anomalies.append(Anomaly(.literalTooLarge, side: side, offset: event.offset))
        }
        becomeOpaque()
    }

    // MARK: - Client

    private mutating func readClientLine(_ line: ByteBuffer, literal: LiteralAnnouncement?, offset: Int) -> MailEvent {
        switch clientMode {
        case .saslResponse:
            clientMode = .awaitingChallenge
            let response = line.withoutLineEnd
            let secrets = outstanding.isEmpty ? nil : outstanding[outstanding.count - 1].sasl?.read(response)
            exchanges.client = latestExchange
            return make(line, .client, offset, .saslResponse(secrets ?? [Secret(response)]))
        case .idle:
            clientMode = .command
            exchanges.client = latestExchange
            var event = make(line, .client, offset, .idleDone)
            if !line.withoutLineEnd.equalsIgnoringCase("DONE") {
                event.anomalies.append(Anomaly(.idleEndedByOtherLine, side: .client, offset: offset))
            } else if line.byte(at: line.readerIndex) != UInt8(ascii: "D") {
                event.quirks.insert(.lowerCaseKeyword)
            }
            return event
        default:
            break
        }
        if clientText == nil { exchanges.client = count + 1 }
        if let literal { return readClientPart(line, literal: literal, offset: offset) }
        // Commands are kept until their completion, so they are read from storage of their own.
        let text = clientText?.finished(with: line) ?? IMAPText(line: line.ownCopy)
        clientText = nil
        defer {
            partial = nil
            partialIsCompleted = false
        }
        guard let command = IMAPCommand(reading: text) else {
            exchanges.client = nil
            noteStray(line)
            var event = make(line, .client, offset, .unknown)
            event.anomalies.append(Anomaly(.notACommand, side: .client, offset: offset))
            return event
        }
        var event = make(line, .client, offset, .command(command))
        if case .malformed = command.body {
            event.anomalies.append(Anomaly(.malformedCommand, side: .client, offset: offset))
        }
        if !partialIsCompleted { begin(command, in: &event) }
        return event
    }

    /// Takes note of the first word of a line that is no command.
    private mutating func noteStray(_ line: ByteBuffer) {
        var reader = IMAPReader(IMAPText(line: line))
        guard let word = reader.atom(), word.readableBytes <= Self.longestStrayWord else { return }
        strayWords = strayWords.suffix(15) + [word.ownCopy]
    }

    private static let longestStrayWord = 64

    private mutating func readClientPart(
        _ line: ByteBuffer, literal: LiteralAnnouncement, offset: Int
    ) -> MailEvent {
        if clientText != nil {
            clientText?.append(line: line, announcing: literal)
        } else {
            clientText = IMAPTextAssembly(line: line, announcing: literal, limits: limits)
            partial = IMAPCommand.beginning(line).map {
                CommandRecord(exchange: exchanges.client ?? count + 1, tag: $0.tag.ownCopy, name: $0.name, startedAt: now)
            }
        }
        if partial != nil {
            if !literal.isNonSynchronising {
                clientMode = .awaitingLiteral
            } else if literal.isMinus {
                clientMode = .awaitingVerdict
            }
        }
        let start = MailEvent.LiteralStart(announcement: literal, tag: partial?.tag, name: partial?.name)
        var event = make(line, .client, offset, .part(start))
        if literal.isMinus { event.anomalies.append(Anomaly(.literalMinus, side: .client, offset: offset)) }
        return event
    }

    private mutating func begin(_ command: IMAPCommand, in event: inout MailEvent) {
        if outstanding.contains(where: { $0.tag == command.tag }) {
            event.anomalies.append(Anomaly(.tagInUse, side: .client, offset: event.offset))
        }
        if outstanding.count >= limits.pendingCommands, !outstanding.isEmpty {
            pendingOctets -= outstanding.removeFirst().command?.text.octets ?? 0
            event.anomalies.append(Anomaly(.tooManyPendingCommands, side: .client, offset: event.offset))
        }
        var record = CommandRecord(
            exchange: exchanges.client ?? event.number, tag: command.tag, name: command.name, startedAt: partial?.startedAt ?? now
        )
        record.command = command
        pendingOctets += command.text.octets
        // What is kept of commands in progress takes no more room than a few long lines, however many there are.
        while pendingOctets > limits.lineLength * 4, outstanding.count > 0 {
            pendingOctets -= outstanding.removeFirst().command?.text.octets ?? 0
            event.anomalies.append(Anomaly(.tooManyPendingCommands, side: .client, offset: event.offset))
        }
        switch command.body {
        case .authenticate(let mechanism, let response):
            record.sasl = SASLExchange(mechanism: mechanism, initialResponse: response)
            clientMode = .awaitingChallenge
        case .idle: clientMode = .awaitingIdle
        case .startTLS, .compress: clientMode = .awaitingSwitch
        default: break
        }
        outstanding.append(record)
    }
}
