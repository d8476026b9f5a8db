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
    /// Where the session stands (RFC 9051 §3).
    public enum State: Hashable, Sendable {
        case notAuthenticated
        case authenticated
        case selected(MailboxName, readOnly: Bool)
        case logout
    }

    /// Why the next client bytes cannot be read yet.
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
        /// IDLE was sent; a `+` makes the next line its end.
        case awaitingIdle
        case idle
        /// STARTTLS or COMPRESS was sent; what follows depends on the answer, even the bytes.
        case awaitingSwitch
    }

    public private(set) var state = State.notAuthenticated
    private let limits: WireLimits
    private var client: IMAPFramer
    private var server: IMAPFramer
    private(set) var clientMode = ClientMode.command
    private var sawGreeting = false
    private var count = 0
    private var offsets: (client: Int, server: Int) = (0, 0)
    private var now = WireTime(nanoseconds: 0)

    private var clientText: IMAPTextAssembly?
    private var serverText: IMAPTextAssembly?
    /// The command being sent, until it is whole.
    private var partial: CommandRecord?
    private var partialIsCompleted = false
    private var outstanding: [CommandRecord] = []
    /// Octets that the commands in progress keep.
    private var pendingOctets = 0
    private var serverResponse: IMAPResponse?
    private var hasNotedBreach = false

    public init(limits: WireLimits = .standard) {
        self.limits = limits
        client = IMAPFramer(sender: .client, limits: limits)
        server = IMAPFramer(sender: .server, limits: limits)
    }

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
        // What the client sent and waits to be read came before what the server sends now.
        if clientWait == .none, let fragment = client.next() { return event(fragment, from: .client) }
        if let fragment = server.next() { return event(fragment, from: .server) }
        return nil
    }

    /// The server's next line says OK to the command whose `{n-}` it did not ask for: it has read the octets.
    private var serverCompletesPartial: Bool {
        guard let line = server.nextWholeLine, let status = IMAPStatus(reading: line.withoutLineEnd) else { return false }
        return status.result == .ok && status.tag == partial?.tag
    }

    public func unread(from side: Side) -> Int { side == .client ? client.unread : server.unread }

    func unreadBytes(from side: Side) -> ByteBuffer { side == .client ? client.unreadBytes : server.unreadBytes }

    func offset(of side: Side) -> Int { side == .client ? offsets.client : offsets.server }

    var pendingCommands: Int { outstanding.count }
    var hasGreeted: Bool { sawGreeting }
    var awaitsLiteral: Bool { clientMode == .awaitingLiteral }

    /// The server's last line announced a literal, and the response is not whole yet.
    var isMidResponse: Bool { serverText != nil }

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
        (outstanding, pendingOctets) = ([], 0)
        (partial, clientText, serverText) = (nil, nil, nil)
    }

    mutating func inputEnded(of side: Side) {
        if side == .client { client.becomeOpaque() } else { server.becomeOpaque() }
    }

    /// Interpost answers in the server's place, with one whole line.
    public mutating func answer(_ line: ByteBuffer) -> MailEvent {
        var event = readServerLine(line, literal: nil, offset: offsets.server)
        event.isOurs = true
        return event
    }

    /// The client's leg became TLS: what was known of it before is void (RFC 9051 §6.2.1).
    public mutating func clientTLSIsUp() {
        clientMode = .command
        outstanding = []
        pendingOctets = 0
    }

    // MARK: - Events

    private mutating func event(_ fragment: WireFragment, from side: Side) -> MailEvent {
        let bytes = fragment.bytes
        let offset = side == .client ? offsets.client : offsets.server
        if side == .client { offsets.client += bytes.readableBytes } else { offsets.server += bytes.readableBytes }
        var event: MailEvent
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
        case .literal(let chunk, let remaining):
            if side == .client {
                clientText?.append(literal: chunk)
            } else {
                serverText?.append(literal: chunk)
                note(octets: chunk.readableBytes)
            }
            event = make(bytes, side, offset, .literal(remaining: remaining))
        case .body, .terminator, .opaque:
            event = make(bytes, side, offset, .opaque)
        }
        noteBreach(of: side, in: &event)
        return event
    }

    private mutating func make(
        _ bytes: ByteBuffer, _ sender: Side, _ offset: Int, _ meaning: MailEvent.Meaning
    ) -> MailEvent {
        count += 1
        return MailEvent(number: count, time: now, sender: sender, offset: offset, bytes: bytes, meaning: meaning)
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
            return make(line, .client, offset, .saslResponse(secrets ?? [Secret(response)]))
        case .idle:
            clientMode = .command
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
        if let literal { return readClientPart(line, literal: literal, offset: offset) }
        // Commands are kept until their completion, so they are read from storage of their own.
        let text = clientText?.finished(with: line) ?? IMAPText(line: line.ownCopy)
        clientText = nil
        defer {
            partial = nil
            partialIsCompleted = false
        }
        guard let command = IMAPCommand(reading: text) else {
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

    private mutating func readClientPart(
        _ line: ByteBuffer, literal: LiteralAnnouncement, offset: Int
    ) -> MailEvent {
        if clientText != nil {
            clientText?.append(line: line, announcing: literal)
        } else {
            clientText = IMAPTextAssembly(line: line, announcing: literal, limits: limits)
            partial = IMAPCommand.beginning(line).map {
                CommandRecord(tag: $0.tag.ownCopy, name: $0.name, startedAt: now)
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
        var record = CommandRecord(tag: command.tag, name: command.name, startedAt: partial?.startedAt ?? now)
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
        case .fetch(_, let items, _): record.asksForText = items.contains(where: \.carriesText)
        case .startTLS, .compress: clientMode = .awaitingSwitch
        default: break
        }
        outstanding.append(record)
    }

    // MARK: - Server

    private mutating func readServerLine(_ line: ByteBuffer, literal: LiteralAnnouncement?, offset: Int) -> MailEvent {
        if let literal { return readServerPart(line, literal: literal, offset: offset) }
        if let text = serverText?.finished(with: line) {
            serverText = nil
            note(octets: line.readableBytes)
            return readResponse(text, line: line, offset: offset)
        }
        switch line.byte(at: line.readerIndex) {
        case UInt8(ascii: "+"):
            var event = readContinuation(line, offset: offset)
            if line.byte(at: line.readerIndex + 1) != .space { event.quirks.insert(.continuationWithoutSpace) }
            return event
        case UInt8(ascii: "*"):
            note(octets: line.readableBytes)
            guard Self.mayBeStatus(line), let status = IMAPStatus(reading: line.withoutLineEnd), status.tag.readableBytes == 1
            else {
                return readResponse(IMAPText(line: line), line: line, offset: offset)
            }
            return readUntaggedStatus(status, line: line, offset: offset)
        default: return readCompletion(line, offset: offset)
        }
    }

    /// `* 12 FETCH` is none: most lines are told apart by one byte.
    private static func mayBeStatus(_ line: ByteBuffer) -> Bool { !line.byte(at: line.readerIndex + 2).isDigit }

    private mutating func readServerPart(_ line: ByteBuffer, literal: LiteralAnnouncement, offset: Int) -> MailEvent {
        note(octets: line.readableBytes)
        if serverText != nil {
            serverText?.append(line: line, announcing: literal)
        } else {
            serverText = IMAPTextAssembly(line: line, announcing: literal, limits: limits)
            serverResponse = .beginning(line)
        }
        let start = MailEvent.LiteralStart(announcement: literal, tag: nil, name: serverResponse?.name)
        var event = make(line, .server, offset, .part(start))
        if literal.isNonSynchronising { event.quirks.insert(.serverLiteralNonSynchronising) }
        return event
    }

    private mutating func readUntaggedStatus(_ status: IMAPStatus, line: ByteBuffer, offset: Int) -> MailEvent {
        if !sawGreeting {
            sawGreeting = true
            if status.result == .preauth { state = .authenticated }
            if status.result == .bye { state = .logout }
            return make(line, .server, offset, .greeting(status))
        }
        if status.result == .bye { state = .logout }
        if !outstanding.isEmpty { outstanding[0].untagged += 1 }
        return make(line, .server, offset, .status(status))
    }

    private mutating func readResponse(_ text: IMAPText, line: ByteBuffer, offset: Int) -> MailEvent {
        let response = IMAPResponse(reading: text)
        var event = make(line, .server, offset, .response(response))
        if !sawGreeting {
            sawGreeting = true
            event.anomalies.append(Anomaly(.greetingMissing, side: .server, offset: offset))
        }
        if state == .notAuthenticated, response.kind.isMailboxData, !isLoggingIn {
            event.anomalies.append(Anomaly(.mailboxDataBeforeLogin, side: .server, offset: offset))
        }
        if response.kind == .capability, state != .notAuthenticated, !isNegotiating { event.quirks.insert(.capabilityUnasked) }
        guard !outstanding.isEmpty else { return event }
        outstanding[0].untagged += 1
        switch response.kind {
        case .exists: outstanding[0].exists = response.number
        case .expunge: outstanding[0].expunged += 1
        case .vanished:
            if case .vanished(let uids, earlier: false) = response.data { outstanding[0].expunged += uids.count }
        case .fetch, .uidFetch: noteFetch(response)
        default: break
        }
        return event
    }

    /// A FETCH answer counts as read when its command asked for texts of the message.
    private mutating func noteFetch(_ response: IMAPResponse) {
        guard let asking = outstanding.indices.first(where: { outstanding[$0].asksForText }),
            case .fetch(let answer) = response.data,
            answer.contents.contains(where: { $0.item.carriesText && $0.value != nil })
        else { return }
        if response.kind == .fetch, let number = response.number { outstanding[asking].readNumbers.append(number) }
        if let uid = answer.uid { outstanding[asking].readUIDs.append(uid) }
    }

    private mutating func readContinuation(_ line: ByteBuffer, offset: Int) -> MailEvent {
        switch clientMode {
        case .awaitingLiteral, .awaitingVerdict:
            clientMode = .command
            return make(line, .server, offset, .continuation(.literal))
        case .awaitingChallenge:
            clientMode = .saslResponse
            client.expectPlainLine()
            return make(line, .server, offset, .saslChallenge)
        case .awaitingIdle:
            clientMode = .idle
            client.expectPlainLine()
            return make(line, .server, offset, .continuation(.idle))
        case .command, .saslResponse, .idle, .awaitingSwitch:
            var event = make(line, .server, offset, .continuation(.unexpected))
            event.anomalies.append(Anomaly(.unexpectedContinuation, side: .server, offset: offset))
            return event
        }
    }

    private mutating func readCompletion(_ line: ByteBuffer, offset: Int) -> MailEvent {
        guard let status = IMAPStatus(reading: line.withoutLineEnd) else {
            var event = make(line, .server, offset, .unknown)
            let kind: Anomaly.Kind = sawGreeting ? .malformedResponse : .greetingMissing
            sawGreeting = true
            event.anomalies.append(Anomaly(kind, side: .server, offset: offset))
            return event
        }
        if let index = outstanding.firstIndex(where: { $0.tag == status.tag }) {
            var record = outstanding.remove(at: index)
            record.selected = selection
            pendingOctets -= record.command?.text.octets ?? 0
            // Nothing is read behind the command that makes bytes wait, so it is the last one.
            if index == outstanding.count { leaveMode(of: record) }
            follow(status, of: record)
            var event = make(line, .server, offset, .completion(status, of: record))
            if record.tag.equalsIgnoringCase("\\SMAP1"), status.result == .ok {
                event.anomalies.append(Anomaly(.otherProtocol, side: .server, offset: offset))
                becomeOpaque()
            }
            return event
        }
        if let record = partial, record.tag == status.tag, !partialIsCompleted {
            if clientMode == .awaitingLiteral || (clientMode == .awaitingVerdict && status.result != .ok) {
                client.cancelLiteral()
                clientMode = .command
                clientText = nil
                partial = nil
            } else {
                clientMode = .command
                partialIsCompleted = true
            }
            return make(line, .server, offset, .completion(status, of: record))
        }
        var event = make(line, .server, offset, .completion(status, of: nil))
        event.anomalies.append(Anomaly(.unexpectedTag, side: .server, offset: offset))
        return event
    }

    /// The command that made the client's bytes wait is over.
    private mutating func leaveMode(of record: CommandRecord) {
        switch (clientMode, record.command?.body) {
        case (.awaitingChallenge, .authenticate), (.saslResponse, .authenticate), (.awaitingIdle, .idle), (.idle, .idle),
            (.awaitingSwitch, .startTLS), (.awaitingSwitch, .compress):
            clientMode = .command
            client.expectCommand()
        default: break
        }
    }

    private mutating func follow(_ status: IMAPStatus, of record: CommandRecord) {
        guard let body = record.command?.body else { return }
        switch (body, status.result) {
        case (.login, .ok), (.authenticate, .ok):
            state = .authenticated
        case (.select(let mailbox, let readOnly, _), .ok):
            let selection = Selection(mailbox, readOnly: readOnly, status: status)
            state = .selected(mailbox, readOnly: selection.isReadOnly)
        case (.select, .no), (.close, .ok), (.unselect, .ok):
            if case .selected = state { state = .authenticated }
        case (.unauthenticate, .ok):
            state = .notAuthenticated
        case (.logout, .ok):
            state = .logout
        default: break
        }
    }

    private var selection: Selection? {
        guard case .selected(let mailbox, let isReadOnly) = state else { return nil }
        return Selection(mailbox: mailbox, isReadOnly: isReadOnly)
    }

    private var isLoggingIn: Bool {
        outstanding.contains {
            switch $0.command?.body {
            case .login, .authenticate: true
            default: false
            }
        }
    }

    /// A command is in progress that capabilities may answer.
    private var isNegotiating: Bool {
        outstanding.contains {
            switch $0.command?.body {
            case .capability, .login, .authenticate, .startTLS, .enable, .unauthenticate, .id: true
            default: false
            }
        }
    }

    private mutating func note(octets: Int) {
        if !outstanding.isEmpty { outstanding[0].octets += octets }
    }
}

/// Whether a client's next bytes can be read, and whether they may go on.
public enum ClientWait: Sendable {
    case none
    /// They go on at once; what they are is known when the server has answered.
    case reading
    /// They stay where they are until the server has answered.
    case passing
}
