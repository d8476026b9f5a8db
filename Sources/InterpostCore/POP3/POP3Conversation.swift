public import NIOCore

/// Reads both directions of one POP3 connection (RFC 1939).
///
/// Replies have no tags: the first outstanding command is the one that is answered, and it alone says whether
/// `+OK` begins a multi-line reply. A client may pipeline (RFC 2449 §6.6), so commands queue up.
///
///     C: LIST␍␊C: LIST 1␍␊             two commands
///     S: +OK␍␊S: 1 120␍␊S: .␍␊         begin, listing, completion of LIST
///     S: +OK 1 120␍␊                   completion of LIST 1
public struct POP3Conversation: Sendable {
    /// Where the session stands (RFC 1939 §3).
    public enum State: Hashable, Sendable { case authorization, transaction, update }

    enum ClientMode: Hashable {
        case command
        /// AUTH was sent; a `+` line makes the next line a SASL response.
        case awaitingChallenge
        case saslResponse
        /// STLS was sent.
        case awaitingSwitch
    }

    public private(set) var state = State.authorization
    /// Messages that QUIT will delete.
    public private(set) var deletions = 0
    private let limits: WireLimits
    private var client: POP3Framer
    private var server: POP3Framer
    private(set) var clientMode = ClientMode.command
    private var sawGreeting = false
    private var hasNotedBreach = false
    private var count = 0
    private var offsets: (client: Int, server: Int) = (0, 0)
    private var now = WireTime(nanoseconds: 0)
    private var outstanding: [POP3CommandRecord] = []
    /// The status line of the multi-line reply that is arriving.
    private var begun: POP3Reply?

    public init(limits: WireLimits = .standard) {
        self.limits = limits
        client = POP3Framer(limits: limits)
        server = POP3Framer(limits: limits)
    }

    public mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        now = time
        if side == .client { client.append(bytes) } else { server.append(bytes) }
    }

    /// Whether the client's next bytes must wait to be read, or even to be passed on.
    public var clientWait: ClientWait {
        switch clientMode {
        case .command, .saslResponse: .none
        case .awaitingChallenge: .reading
        case .awaitingSwitch: .passing
        }
    }

    /// No command is in progress.
    public var isResting: Bool { outstanding.isEmpty }

    /// The next event, or `nil` until more bytes arrive.
    public mutating func next() -> MailEvent? {
        // What the client sent and waits to be read came before what the server sends now.
        if clientWait == .none, let fragment = client.next() { return event(fragment, from: .client) }
        if let fragment = server.next() { return event(fragment, from: .server) }
        return nil
    }

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

    public mutating func takeUnread(from side: Side) -> ByteBuffer {
        side == .client ? client.takeUnread() : server.takeUnread()
    }

    public mutating func settle() {
        client.settle()
        server.settle()
    }

    /// Gives up reading: from here on everything is `.opaque`.
    public mutating func becomeOpaque() {
        client.becomeOpaque()
        server.becomeOpaque()
        clientMode = .command
        (outstanding, begun) = ([], nil)
    }

    mutating func inputEnded(of side: Side) {
        if side == .client { client.becomeOpaque() } else { server.becomeOpaque() }
    }

    /// Interpost answers in the server's place, with one whole line.
    public mutating func answer(_ line: ByteBuffer) -> MailEvent {
        var event = readStatusLine(line, offset: offsets.server)
        event.isOurs = true
        return event
    }

    /// The client's leg became TLS: what was known of it before is void (RFC 2595 §4).
    public mutating func clientTLSIsUp() {
        clientMode = .command
        outstanding = []
    }

    // MARK: - Events

    private mutating func event(_ fragment: WireFragment, from side: Side) -> MailEvent {
        let bytes = fragment.bytes
        let offset = side == .client ? offsets.client : offsets.server
        if side == .client { offsets.client += bytes.readableBytes } else { offsets.server += bytes.readableBytes }
        var event: MailEvent
        switch fragment {
        case .line(let line, _):
            event = side == .client ? readCommand(line, offset: offset) : readServerLine(line, offset: offset)
            event.quirks.formUnion(Quirks(lineEndOf: line))
        case .body(let chunk):
            if !outstanding.isEmpty { outstanding[0].octets += chunk.readableBytes }
            event = make(chunk, side, offset, .pop3Body)
        case .terminator(let line):
            event = complete(begun, line: line, offset: offset)
        case .literal, .opaque:
            event = make(bytes, side, offset, .opaque)
        }
        if !hasNotedBreach, (side == .client ? client.breach : server.breach) != nil {
            hasNotedBreach = true
            event.anomalies.append(Anomaly(.lineTooLong, side: side, offset: offset))
            becomeOpaque()
        }
        return event
    }

    private mutating func make(
        _ bytes: ByteBuffer, _ sender: Side, _ offset: Int, _ meaning: MailEvent.Meaning
    ) -> MailEvent {
        count += 1
        return MailEvent(number: count, time: now, sender: sender, offset: offset, bytes: bytes, meaning: meaning)
    }

    // MARK: - Client

    private mutating func readCommand(_ line: ByteBuffer, offset: Int) -> MailEvent {
        if clientMode == .saslResponse {
            clientMode = .awaitingChallenge
            let response = line.withoutLineEnd
            let secrets = outstanding.isEmpty ? nil : outstanding[0].sasl?.read(response)
            return make(line, .client, offset, .saslResponse(secrets ?? [Secret(response)]))
        }
        let (name, command) = POP3Command.read(line)
        var event = make(line, .client, offset, .pop3Command(name: name, command))
        if name == nil { event.anomalies.append(Anomaly(.notACommand, side: .client, offset: offset)) }
        if case .malformed = command { event.anomalies.append(Anomaly(.malformedCommand, side: .client, offset: offset)) }
        var record = POP3CommandRecord(name: name, command: command, startedAt: now)
        switch command {
        case .auth(let mechanism?, let response):
            record.sasl = SASLExchange(mechanism: mechanism, initialResponse: response)
            clientMode = .awaitingChallenge
        case .stls: clientMode = .awaitingSwitch
        case .user(let user): record.command = .user(user.ownCopy)
        case .apop(let user, let digest): record.command = .apop(user: user.ownCopy, digest: digest)
        default: break
        }
        if outstanding.count >= limits.pendingCommands {
            // Without a queue of all of them, replies cannot be told apart any more.
            event.anomalies.append(Anomaly(.tooManyPendingCommands, side: .client, offset: offset))
            becomeOpaque()
        } else {
            outstanding.append(record)
        }
        return event
    }

    // MARK: - Server

    private mutating func readServerLine(_ line: ByteBuffer, offset: Int) -> MailEvent {
        guard begun != nil else { return readStatusLine(line, offset: offset) }
        if !outstanding.isEmpty {
            outstanding[0].lines += 1
            outstanding[0].octets += line.readableBytes
            switch outstanding[0].command {
            case .capa, .auth, .lang:
                // RFC 2449 §4 allows 512 octets in a line; what is longer says nothing that we know.
                if outstanding[0].listing.count < 100, line.readableBytes <= 1024 {
                    outstanding[0].listing.append(line.withoutLineEnd.ownCopy)
                }
            default: break
            }
        }
        return make(line, .server, offset, .pop3Listing)
    }

    private mutating func readStatusLine(_ line: ByteBuffer, offset: Int) -> MailEvent {
        guard let reply = POP3Reply(reading: line) else {
            var event = make(line, .server, offset, .unknown)
            event.anomalies.append(
                Anomaly(sawGreeting ? .unexpectedReply : .greetingMissing, side: .server, offset: offset))
            sawGreeting = true
            return event
        }
        if !sawGreeting {
            sawGreeting = true
            return make(line, .server, offset, .pop3Greeting(reply))
        }
        guard let record = outstanding.first else { return complete(reply, line: line, offset: offset) }
        if reply.result == .challenge {
            guard record.sasl != nil else {
                var event = make(line, .server, offset, .continuation(.unexpected))
                event.anomalies.append(Anomaly(.unexpectedContinuation, side: .server, offset: offset))
                return event
            }
            clientMode = .saslResponse
            return make(line, .server, offset, .saslChallenge)
        }
        let expectation = record.command.expectation(name: record.name)
        if reply.result == .ok, expectation != .line {
            begun = reply
            server.expect(expectation)
            return make(line, .server, offset, .pop3Begin(reply))
        }
        return complete(reply, line: line, offset: offset)
    }

    private mutating func complete(_ reply: POP3Reply?, line: ByteBuffer, offset: Int) -> MailEvent {
        begun = nil
        guard let reply else { return make(line, .server, offset, .unknown) }
        guard !outstanding.isEmpty else {
            var event = make(line, .server, offset, .pop3Completion(reply, of: nil))
            event.anomalies.append(Anomaly(.unexpectedReply, side: .server, offset: offset))
            return event
        }
        let record = outstanding.removeFirst()
        let event = make(line, .server, offset, .pop3Completion(reply, of: record))
        // Nothing is read behind the command that makes bytes wait, so it is the last one.
        if outstanding.isEmpty { clientMode = .command }
        guard reply.result == .ok else { return event }
        switch record.command {
        case .pass, .apop, .auth(.some, _): state = .transaction
        case .dele: deletions += 1
        case .rset: deletions = 0
        case .quit: if state == .transaction { state = .update }
        default: break
        }
        return event
    }
}
