import NIOCore

// The server's half of a conversation: which command each line answers, and whether it ends the answer.

extension POP3Conversation {
    mutating func readServerLine(_ line: ByteBuffer, offset: Int) -> MailEvent {
        guard begun != nil, !outstanding.isEmpty else { return readStatusLine(line, offset: offset) }
        outstanding[0].lines += 1
        outstanding[0].octets += line.readableBytes
        var event = make(line, .server, offset, .pop3Listing)
        switch outstanding[0].command {
        case .list: if !POP3Listing.isStrict(line, isUniqueID: false) { event.noteListing(answering: outstanding[0].command) }
        case .uidl: if !POP3Listing.isStrict(line, isUniqueID: true) { event.noteListing(answering: outstanding[0].command) }
        case .capa, .auth, .lang:
            // RFC 2449 §4 allows 512 octets in a line; what is longer says nothing that we know.
            if outstanding[0].listing.count < 100, line.readableBytes <= 1024 {
                outstanding[0].listing.append(line.withoutLineEnd.ownCopy)
            }
            event.noteListing(answering: outstanding[0].command)
        default: event.noteListing(answering: outstanding[0].command)
        }
        return event
    }

    mutating func readStatusLine(_ line: ByteBuffer, offset: Int) -> MailEvent {
        guard var reply = POP3Reply(reading: line) else { return readStray(line, offset: offset) }
        answered = nil
        if !sawGreeting {
            sawGreeting = true
            return make(line, .server, offset, .pop3Greeting(reply), reply.quirks)
        }
        guard let record = outstanding.first else { return complete(reply, line: line, offset: offset) }
        if reply.result == .challenge, record.sasl == nil { reply.takeForOK() }
        if reply.result == .challenge || misspellsChallenge(reply, to: record) {
            clientMode = .saslResponse
            var event = make(line, .server, offset, .saslChallenge, reply.quirks)
            if reply.result == .ok {
                event.quirks.insert(.okForChallenge)
            } else if Base64.decode(reply.text.readableBytesView) == nil {
                event.quirks.insert(.challengeNotBase64)
            }
            return event
        }
        guard reply.result == .ok else { return complete(reply, line: line, offset: offset) }
        if clientMode == .awaitingGoAhead, case .xtnd(.xmit) = record.command {
            clientMode = .message
            client.expect(.body)
            return make(line, .server, offset, .pop3Begin(reply, answering: record.command), reply.quirks)
        }
        switch record.command.replyShape(name: record.name) {
        case .line, .unknown: return complete(reply, line: line, offset: offset)
        case .listing: server.expect(.listing)
        case .body: server.expect(.body)
        }
        // A copy, so that what is kept while a message passes does not keep a receive buffer alive.
        begun = POP3Reply(reading: line.ownCopy)
        if begun?.result == .challenge { begun?.takeForOK() }
        return make(line, .server, offset, .pop3Begin(reply, answering: record.command), reply.quirks)
    }

    /// No SASL mechanism succeeds without a word of the client: `+OK` to AUTH NTLM is Exchange 2003's `+`.
    private func misspellsChallenge(_ reply: POP3Reply, to record: POP3CommandRecord) -> Bool {
        guard reply.result == .ok, let exchange = record.sasl else { return false }
        return exchange.responses == 0 && !exchange.isCancelled
    }

    /// A line that is not a status line where one is due.
    private mutating func readStray(_ line: ByteBuffer, offset: Int) -> MailEvent {
        if let record = answered, let event = readListing(behindReplyTo: record, line: line, offset: offset) { return event }
        var event = make(line, .server, offset, .unknown)
        if line.withoutLineEnd.readableBytes == 0 {
            event.quirks.insert(.emptyLine)
        } else {
            let kind = sawGreeting ? Anomaly.Kind.unexpectedReply : .greetingMissing
            event.anomalies.append(Anomaly(kind, side: .server, offset: offset))
            sawGreeting = true
        }
        return event
    }

    /// A line that follows a reply which may have been the first line of several.
    private mutating func readListing(behindReplyTo record: POP3CommandRecord, line: ByteBuffer, offset: Int) -> MailEvent? {
        let isEnd = line.withoutLineEnd.readableBytesView.elementsEqual([.dot])
        var quirks = Quirks()
        switch record.command {
        case .list, .uidl:
            // `LIST 1` answered as if it were LIST.
            guard isEnd || line.readableBytesView.first?.isDigit == true else { return nil }
            quirks.insert(.listingBehindReply)
        default: break
        }
        if isEnd { answered = nil }
        // A server may say anything to a password that was typed for a verb.
        var event = make(line, .server, offset, record.command.isHarmless ? .pop3Listing : .unknown, quirks)
        event.exchange = record.exchange
        return event
    }

    mutating func complete(_ reply: POP3Reply?, line: ByteBuffer, offset: Int) -> MailEvent {
        let isMultiLine = begun != nil
        begun = nil
        guard let reply else { return make(line, .server, offset, .unknown) }
        let quirks = isMultiLine ? Quirks() : reply.quirks
        guard !outstanding.isEmpty else {
            var event = make(line, .server, offset, .pop3Completion(reply, of: nil), quirks)
            event.anomalies.append(Anomaly(.unexpectedReply, side: .server, offset: offset))
            return event
        }
        var record = outstanding.removeFirst()
        // Nothing is read after a command that makes the client's bytes wait, so that command is the last one. A message that
        // has begun goes on.
        if outstanding.isEmpty, clientMode != .message { clientMode = .command }
        noteLogin(record, succeeded: reply.result == .ok)
        if reply.result == .ok { follow(record, isMultiLine: isMultiLine) }
        record.deletions = deletions
        var event = make(line, .server, offset, .pop3Completion(reply, of: record), quirks)
        event.exchange = record.exchange
        if !isMultiLine { event.quirks.formUnion(POP3Listing.read(reply: reply, answering: record.command).quirks) }
        return event
    }

    /// What a positive reply changes.
    private mutating func follow(_ record: POP3CommandRecord, isMultiLine: Bool) {
        switch record.command {
        case .pass, .apop, .rpop, .auth(.some, _): state = .transaction
        case .dele: deletions += 1
        case .rset: deletions = 0
        case .quit: if state == .transaction { state = .update }
        // What follows is DEFLATE.
        case .compress: becomeOpaque()
        default: break
        }
        guard !isMultiLine else { return }
        switch record.command {
        case .list, .uidl: answered = record
        default: if case .unknown = record.command.replyShape(name: record.name) { answered = record }
        }
    }

    private mutating func make(
        _ bytes: ByteBuffer, _ sender: Side, _ offset: Int, _ meaning: MailEvent.Meaning, _ quirks: Quirks
    ) -> MailEvent {
        var event = make(bytes, sender, offset, meaning)
        event.quirks = quirks
        return event
    }
}

extension MailEvent {
    /// Notes what reading this line of a listing needed.
    fileprivate mutating func noteListing(answering command: POP3Command) {
        quirks.formUnion(POP3Listing.read(line: bytes, answering: command).quirks)
    }
}
