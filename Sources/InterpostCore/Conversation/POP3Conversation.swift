public import NIOCore

/// Reads both directions of one POP3 connection (RFC 1939).
///
/// Replies have no tags: the first outstanding command is the one that is answered, and it alone says whether
/// `+OK` begins a multi-line reply. A client may pipeline (RFC 2449 §6.6), so commands queue up.
///
///     C: LIST␍␊C: LIST 1␍␊             two commands
///     S: +OK␍␊S: 1 120␍␊S: .␍␊         begin, listing, completion of LIST
///     S: +OK 1 120␍␊                   completion of LIST 1
///
/// For an unknown verb, and for a few known ones, nobody can say whether the reply has more than one line. The reply
/// then ends with its first line; lines that follow it and are not status lines are read as its listing, up to a dot or
/// to the next status line.
public struct POP3Conversation: Sendable {
    /// The state of the session (RFC 1939 §3).
    public enum State: Hashable, Sendable { case authorization, transaction, update }

    /// How the client's next octets are read, or why they cannot be read yet. A reply means the last one that is due: replies
    /// to earlier commands change nothing.
    ///
    /// | state | what the client sends | what the server sends |
    /// | --- | --- | --- |
    /// | `command` | AUTH with a mechanism → `awaitingChallenge`, STLS → `awaitingSwitch`, XTND XMIT → `awaitingGoAhead`; else stays | stays |
    /// | `awaitingChallenge` | waits | `+` → `saslResponse`; a reply → `command` |
    /// | `saslResponse` | one line → `awaitingChallenge` | a reply → `command` |
    /// | `awaitingSwitch` | waits, in the socket too | a reply → `command`; after `+OK` the octets are those of TLS |
    /// | `awaitingGoAhead` | waits | `+OK` → `message`; `-ERR` → `command` |
    /// | `message` | lines, stays; the line with a dot → `command` | stays |
    enum ClientMode: Hashable {
        case command
        /// AUTH was sent; a `+` line makes the next line a SASL response.
        case awaitingChallenge
        case saslResponse
        /// STLS was sent.
        case awaitingSwitch
        /// XTND XMIT was sent; a `+OK` makes the next lines a message.
        case awaitingGoAhead
        /// The client sends a message, up to a terminator.
        case message
    }

    /// The state of the session (RFC 1939 §3), as the server's answers so far have it.
    public internal(set) var state = State.authorization
    /// The state in the form that readers of events get.
    private(set) var standing = Standing.initial
    /// Messages that QUIT will delete.
    public internal(set) var deletions = 0
    private let limits: WireLimits
    var client: POP3Framer
    var server: POP3Framer
    var clientMode = ClientMode.command
    var sawGreeting = false
    private var hasNotedBreach = false
    /// The exchange of the command that was the oldest in progress when the reply that is being read began.
    private var exchange: Int?
    private var count = 0
    var offsets: (client: Int, server: Int) = (0, 0)
    private var now = WireTime(nanoseconds: 0)
    var outstanding: [POP3CommandRecord] = []
    /// The status line of the multi-line reply that is arriving.
    var begun: POP3Reply?
    /// The command that was answered last, if lines may follow that belong to it.
    var answered: POP3CommandRecord?

    /// A conversation in which nothing was said yet.
    public init(limits: WireLimits = .standard) {
        self.limits = limits
        client = POP3Framer(limits: limits)
        server = POP3Framer(limits: limits)
    }

    /// Takes bytes that `side` sent. What they mean is asked for with ``next()``.
    public mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        now = time
        if side == .client { client.append(bytes) } else { server.append(bytes) }
    }

    /// Whether the client's next bytes must wait to be read, or even to be passed on.
    public var clientWait: ClientWait {
        switch clientMode {
        case .command, .saslResponse, .message: .none
        case .awaitingChallenge, .awaitingGoAhead: .reading
        case .awaitingSwitch: .passing
        }
    }

    /// No command is in progress.
    public var isResting: Bool { outstanding.isEmpty }

    /// The next event, or `nil` until more bytes arrive.
    public mutating func next() -> MailEvent? {
        // What the client has sent and is still unread came before what the server sends now.
        if clientWait == .none, let fragment = client.next() { return event(fragment, from: .client) }
        return nextOfServer()
    }

    /// The next event of the server; what the client has sent waits to be read.
    mutating func nextOfServer() -> MailEvent? { server.next().map { event($0, from: .server) } }

    /// Octets of `side` that are in no event yet.
    public func unread(from side: Side) -> Int { side == .client ? client.unread : server.unread }

    func unreadBytes(from side: Side) -> ByteBuffer { side == .client ? client.unreadBytes : server.unreadBytes }

    func offset(of side: Side) -> Int { side == .client ? offsets.client : offsets.server }

    var pendingCommands: Int { outstanding.count }

    /// A multi-line reply has begun and not ended.
    var isMidReply: Bool { begun != nil }
    var hasGreeted: Bool { sawGreeting }

    /// The multi-line reply that is arriving answers CAPA.
    var listsCapabilities: Bool { if begun != nil, case .capa? = outstanding.first?.command { true } else { false } }

    /// The multi-line reply that is arriving answers AUTH without a mechanism, and all of it so far is kept.
    var listsAUTH: Bool {
        guard begun != nil, let record = outstanding.first, case .auth(mechanism: nil, _) = record.command else { return false }
        return record.listing.count == record.lines
    }

    /// Takes out the octets of `side` that are in no event yet, for a stream that turns to TLS at this octet.
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
        (outstanding, begun, answered) = ([], nil, nil)
    }

    mutating func inputEnded(of side: Side) {
        if side == .client { client.becomeOpaque() } else { server.becomeOpaque() }
    }

    /// Interpost answers in the server's place, with one whole line.
    public mutating func answer(_ line: ByteBuffer) -> MailEvent {
        exchange = oldestExchange
        var event = readStatusLine(line, offset: offsets.server)
        event.isOurs = true
        return event
    }

    /// The client's leg became TLS: what was known about it before is void (RFC 2595 §4).
    public mutating func clientTLSIsUp() {
        clientMode = .command
        (outstanding, answered) = ([], nil)
    }

    /// The exchange of the oldest command in progress. An element's own property is read, because a record is large to copy.
    private var oldestExchange: Int? { outstanding.isEmpty ? nil : outstanding[0].exchange }

    // MARK: - Events

    private mutating func event(_ fragment: WireFragment, from side: Side) -> MailEvent {
        let bytes = fragment.bytes
        let offset = side == .client ? offsets.client : offsets.server
        if side == .client { offsets.client += bytes.readableBytes } else { offsets.server += bytes.readableBytes }
        var event: MailEvent
        exchange = oldestExchange
        switch fragment {
        case .line(let line, _):
            event = side == .client ? readCommand(line, offset: offset) : readServerLine(line, offset: offset)
            event.quirks.formUnion(Quirks(lineEndOf: line))
        case .body(let chunk):
            if !outstanding.isEmpty { outstanding[0].octets += chunk.readableBytes }
            event = make(chunk, side, offset, .pop3Body)
        case .terminator(let line):
            event = side == .client ? endMessage(line, offset: offset) : complete(begun, line: line, offset: offset)
            if (side == .client ? client : server).hasUnstuffedDot { event.quirks.insert(.unstuffedDot) }
            event.quirks.formUnion(Quirks(lineEndOf: line))
        case .longLine, .literal, .opaque:
            event = make(bytes, side, offset, .opaque)
        }
        if !hasNotedBreach, (side == .client ? client.breach : server.breach) != nil {
            hasNotedBreach = true
            event.anomalies.append(Anomaly(.lineTooLong, side: side, offset: offset))
            becomeOpaque()
        }
        return event
    }

    mutating func make(_ bytes: ByteBuffer, _ sender: Side, _ offset: Int, _ meaning: MailEvent.Meaning) -> MailEvent {
        count += 1
        return MailEvent(
            number: count, time: now, sender: sender, offset: offset, bytes: bytes, meaning: meaning, exchange: exchange,
            standing: standing)
    }

    /// What the server's answer to a login, or to USER, says about who is logged in.
    mutating func noteLogin(_ record: POP3CommandRecord, succeeded: Bool) {
        let isLogin: Bool
        var user = standing.user
        switch record.command {
        // Whoever is logged in stays the same user, whatever they say.
        case .user where standing.isLoggedIn: return
        case .user(let name): (isLogin, user) = (false, succeeded ? name : nil)
        case .apop(let name, _): (isLogin, user) = (true, succeeded ? name : user)
        case .auth(.some, _): (isLogin, user) = (true, succeeded ? record.sasl?.account.map { ByteBuffer(string: $0) } : user)
        case .pass, .rpop: isLogin = true
        default: return
        }
        standing.change { facts in
            facts.user = user
            if isLogin, succeeded { facts.isLoggedIn = true }
            if isLogin, !succeeded { facts.failedLogins += 1 }
        }
    }

    // MARK: - Client

    private mutating func readCommand(_ line: ByteBuffer, offset: Int) -> MailEvent {
        if clientMode == .saslResponse {
            clientMode = .awaitingChallenge
            let response = line.withoutLineEnd
            let secrets = outstanding.isEmpty ? nil : outstanding[0].sasl?.read(response)
            return make(line, .client, offset, .saslResponse(secrets ?? [Secret(response)]))
        }
        let (name, command, quirks) = POP3Command.read(line)
        var event = make(line, .client, offset, .pop3Command(name: name, command))
        event.exchange = event.number
        event.quirks = quirks
        if name == nil { event.anomalies.append(Anomaly(.notACommand, side: .client, offset: offset)) }
        if case .malformed = command { event.anomalies.append(Anomaly(.malformedCommand, side: .client, offset: offset)) }
        if outstanding.count >= limits.pendingCommands {
            // Once commands are missing from the queue, replies cannot be matched to commands any more.
            event.anomalies.append(Anomaly(.tooManyPendingCommands, side: .client, offset: offset))
            becomeOpaque()
            return event
        }
        let kept = command.kept(upTo: limits.keptLiteralSize)
        var record = POP3CommandRecord(exchange: event.number, name: name, command: kept, startedAt: now)
        switch command {
        case .auth(let mechanism?, let response):
            record.sasl = SASLExchange(mechanism: mechanism, initialResponse: response)
            clientMode = .awaitingChallenge
        case .stls: clientMode = .awaitingSwitch
        case .xtnd(.xmit): clientMode = .awaitingGoAhead
        default: break
        }
        outstanding.append(record)
        return event
    }

    /// The client's message is whole; what the server says to it is still to come.
    private mutating func endMessage(_ line: ByteBuffer, offset: Int) -> MailEvent {
        clientMode = .command
        return make(line, .client, offset, .pop3Body)
    }
}
