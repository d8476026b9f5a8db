import NIOCore

// The server's half of a conversation: what each line answers, and what follows from it.

extension IMAPConversation {
    mutating func readServerLine(_ line: ByteBuffer, literal: LiteralAnnouncement?, offset: Int) -> MailEvent {
        if isInLongResponse { return readLongResponse(line, goesOn: literal != nil, offset: offset) }
        if let literal { return readServerPart(line, literal: literal, offset: offset) }
        if let text = serverText?.finished(with: line) {
            serverText = nil
            return readResponse(text, line: line, offset: offset)
        }
        switch line.byte(at: line.readerIndex) {
        case UInt8(ascii: "+"):
            var event = readContinuation(line, offset: offset)
            if line.byte(at: line.readerIndex + 1) != .space { event.quirks.insert(.continuationWithoutSpace) }
            return event
        case UInt8(ascii: "*"):
            guard Self.mayBeStatus(line), let status = IMAPStatus(reading: line.withoutLineEnd), status.tag.readableBytes == 1
            else {
                return readResponse(IMAPText(line: line), line: line, offset: offset)
            }
            return readUntaggedStatus(status, line: line, offset: offset)
        default: return readCompletion(line, offset: offset)
        }
    }

    /// Whether the line may be a status. `* 12 FETCH` is not one: a single byte settles it for most lines.
    private static func mayBeStatus(_ line: ByteBuffer) -> Bool { !line.byte(at: line.readerIndex + 2).isDigit }

    private mutating func readServerPart(_ line: ByteBuffer, literal: LiteralAnnouncement, offset: Int) -> MailEvent {
        if serverText != nil {
            serverText?.append(line: line, announcing: literal)
        } else {
            serverText = IMAPTextAssembly(line: line, announcing: literal, limits: limits.ofResponses)
            serverResponse = .beginning(line)
        }
        let start = MailEvent.LiteralStart(announcement: literal, tag: nil, name: serverResponse?.name)
        var event = make(line, .server, offset, .part(start))
        if literal.isNonSynchronising { event.quirks.insert(.serverLiteralNonSynchronising) }
        return event
    }

    /// Part of a response that is too long to be read.
    mutating func readLongResponse(_ part: ByteBuffer, goesOn: Bool, offset: Int) -> MailEvent {
        let isFirst = !isInLongResponse
        if isFirst, serverText == nil { serverResponse = .beginning(part) }
        (serverText, isInLongResponse) = (nil, goesOn)
        var event = make(part, .server, offset, .longResponse(name: serverResponse?.name, isLast: !goesOn))
        if isFirst { event.anomalies.append(Anomaly(.responseTooLong, side: .server, offset: offset)) }
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
        return event
    }

    private mutating func readContinuation(_ line: ByteBuffer, offset: Int) -> MailEvent {
        switch clientMode {
        case .awaitingLiteral, .awaitingVerdict:
            clientMode = .command
            var event = make(line, .server, offset, .continuation(.literal))
            event.exchange = partial?.exchange ?? event.exchange
            return event
        case .awaitingChallenge:
            clientMode = .saslResponse
            client.expectPlainLine()
            var event = make(line, .server, offset, .saslChallenge)
            event.exchange = latestExchange ?? event.exchange
            return event
        case .awaitingIdle:
            clientMode = .idle
            client.expectPlainLine()
            var event = make(line, .server, offset, .continuation(.idle))
            event.exchange = latestExchange ?? event.exchange
            return event
        case .command, .saslResponse, .idle, .awaitingSwitch:
            var event = make(line, .server, offset, .continuation(.unexpected))
            event.anomalies.append(Anomaly(.unexpectedContinuation, side: .server, offset: offset))
            return event
        }
    }

    private mutating func readCompletion(_ line: ByteBuffer, offset: Int) -> MailEvent {
        if sawGreeting, let status = IMAPStatus(ofBareCode: line.withoutLineEnd) {
            return make(line, .server, offset, .status(status))
        }
        guard let status = IMAPStatus(reading: line.withoutLineEnd) else {
            var event = make(line, .server, offset, .unknown)
            let kind: Anomaly.Kind = sawGreeting ? .malformedResponse : .greetingMissing
            sawGreeting = true
            event.anomalies.append(Anomaly(kind, side: .server, offset: offset))
            return event
        }
        if let index = outstanding.firstIndex(where: { $0.tag == status.tag }) {
            let record = outstanding.remove(at: index)
            pendingOctets -= record.command?.text.octets ?? 0
            // Nothing is read after a command that makes the client's bytes wait, so that command is the last one.
            if index == outstanding.count { leaveMode(of: record) }
            follow(status, of: record)
            var event = make(line, .server, offset, .completion(status, of: record))
            event.exchange = record.exchange
            if status.result == .bye { event.quirks.insert(.taggedBYE) }
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
            var event = make(line, .server, offset, .completion(status, of: record))
            event.exchange = record.exchange
            return event
        }
        var event = make(line, .server, offset, .completion(status, of: nil))
        if isBehindLogin {
            isBehindLogin = false
            return event
        }
        if let index = strayWords.firstIndex(of: status.tag) {
            strayWords.remove(at: index)
            return event
        }
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
        case (.login(let user, _), let result):
            if result == .ok { state = .authenticated }
            noteLogin(of: user.bytes, succeeded: result == .ok)
        case (.authenticate, let result):
            if result == .ok { state = .authenticated }
            noteLogin(of: record.sasl?.account.map { ByteBuffer(string: $0) }, succeeded: result == .ok)
        case (.select(let mailbox, let readOnly, _), .ok):
            let selection = Selection(mailbox, readOnly: readOnly, status: status)
            state = .selected(mailbox, readOnly: selection.isReadOnly)
        case (.select, .no), (.close, .ok), (.unselect, .ok):
            if case .selected = state { state = .authenticated }
        case (.unauthenticate, .ok):
            state = .notAuthenticated
        case (.logout, .ok), (_, .bye):
            state = .logout
        default: break
        }
    }

    /// A login is in progress.
    var isLoggingIn: Bool {
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
}
