import NIOCore

/// Reads the two sides of a session that is over, and puts each of the server's words where it belongs.
struct RecordedSessionReader {
    private var session: RecordedSession
    private var conversation: Conversation
    private var redactor = LogRedactor()
    /// Exchanges without their completion, oldest first.
    private var open: [Int] = []
    /// Where the exchange of an event is.
    private var places: [Int: Int] = [:]
    /// What the server said, until it is known what it answers.
    private var loose: [(utterance: Utterance, time: WireTime)] = []
    private var gatherer: RequestGatherer
    private var continuations: [ByteBuffer] = []
    /// Whether a command succeeded that was completed before it was whole.
    private var earlyCompletion: Bool?
    private var idle: Int?
    private var awaitsTLS = false
    private var start: WireTime?

    init(_ mailProtocol: MailProtocol, limits: WireLimits) {
        session = RecordedSession(mailProtocol, isRedacted: false)
        conversation = Conversation(mailProtocol, limits: limits)
        gatherer = RequestGatherer(limits: limits)
    }

    mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        if start == nil { start = time }
        conversation.receive(bytes, from: side, at: time)
        while !session.isCutShort {
            let state = ReplayState(conversation)
            guard let event = conversation.next() else { break }
            if event.sender == .client { readClient(event) } else { readServer(event, from: state) }
        }
        conversation.settle()
    }

    mutating func finish(isRedacted: Bool) -> RecordedSession {
        if let first = open.first { give(to: first) } else { settleLoose() }
        session.isRedacted = isRedacted
        var state = session.initialState
        for index in session.exchanges.indices {
            session.exchanges[index].stateBefore = state
            state = session.exchanges[index].transition ?? state
        }
        return session
    }

    // MARK: - Client

    private mutating func readClient(_ event: MailEvent) {
        switch event.meaning {
        case .part(let start):
            settleLoose()
            gatherer.append(event.bytes, announcing: start.announcement)
        case .literal: gatherer.append(literal: event.bytes)
        case .command(let command): begin(command, event)
        case .saslResponse(let secrets):
            for secret in secrets { redactor.learn(secret) }
            guard let last = open.last else { return }
            session.exchanges[last].turns.append(RecordedTurn(secrets.isEmpty ? .cancellation : .response, at: event.time))
        case .idleDone:
            guard let idle else { return }
            session.exchanges[idle].turns.append(RecordedTurn(.done, at: event.time))
            self.idle = nil
        case .pop3Command(let name, let command):
            settleLoose()
            if case .stls = command { return awaitsTLS = true }
            redactor.learn(from: command, name: name, line: event.bytes)
            let facts = redactor.facts(of: command, name: name, line: event.bytes)
            append(
                RecordedExchange(
                    ReplayRequest(command, name: name, line: event.bytes), tag: nil, at: event.time, shown: facts.shown))
        case .pop3Body:
            guard event.bytes.isDotLine, let last = open.last else { return }
            session.exchanges[last].turns.append(RecordedTurn(.message, at: event.time))
        case .unknown:
            gatherer.forget()
            settleLoose()
            session.exchanges.append(RecordedExchange(noiseAt: event.time))
        case .opaque: session.isCutShort = true
        default: break
        }
    }

    private mutating func begin(_ command: IMAPCommand, _ event: MailEvent) {
        if gatherer.isEmpty { settleLoose() }
        let request = gatherer.finish(command)
        if case .startTLS = command.body { return awaitsTLS = true }
        redactor.learn(from: command)
        var exchange = RecordedExchange(
            request, tag: command.tag.ownCopy, at: event.time, shown: redactor.facts(of: command).shown)
        exchange.continuations = continuations
        continuations = []
        if let number = event.exchange { places[number] = session.exchanges.count }
        append(exchange)
        if let succeeded = earlyCompletion { complete(session.exchanges.count - 1, succeeded: succeeded, transition: nil) }
        earlyCompletion = nil
    }

    private mutating func append(_ exchange: RecordedExchange) {
        open.append(session.exchanges.count)
        session.exchanges.append(exchange)
    }

    // MARK: - Server

    private mutating func readServer(_ event: MailEvent, from state: ReplayState) {
        noteMissingTLS(event)
        var utterance = Utterance(TagPlaces.pieces(of: event))
        switch event.meaning {
        case .greeting(let status):
            utterance.isFarewell = status.result == .bye
            utterance.isOffer = status.codeName == Keyword("CAPABILITY")
            return greet(utterance, at: event.time)
        case .pop3Greeting(let reply):
            utterance.isFarewell = reply.result == .err
            return greet(utterance, at: event.time)
        case .status(let status):
            utterance.isFarewell = status.result == .bye
            utterance.isOffer = status.codeName == Keyword("CAPABILITY")
        case .response(let response): utterance.isOffer = response.kind == .capability
        case .completion(let status, let record):
            utterance.isOffer = status.codeName == Keyword("CAPABILITY")
            guard let record else { break }
            utterance.kind = .completion
            return complete(record, status, utterance, at: event.time, from: state)
        case .pop3Completion(let reply, let record?):
            utterance.kind = .completion
            if case .stls = record.command { return awaitsTLS = false }
            if case .quit = record.command { utterance.isFarewell = true }
            loose.append((utterance, event.time))
            guard let first = open.first else { return }
            let now = ReplayState(conversation)
            return complete(first, succeeded: reply.result == .ok, transition: now == state ? nil : now)
        case .pop3Begin(_, .xtnd(.xmit)), .saslChallenge:
            if case .saslChallenge = event.meaning { utterance.kind = .challenge }
            loose.append((utterance, event.time))
            return give(to: open.last)
        case .pop3Listing:
            utterance.isOffer = conversation.listsCapabilities || conversation.listsAUTH
            if !conversation.isBetweenResponses { break }
            // Lines that follow a reply that was thought to be over.
            guard let last = session.exchanges.indices.last(where: { session.exchanges[$0].isComplete }) else { break }
            utterance.delay = max(0, event.time.nanoseconds - lastTurn(of: last).nanoseconds)
            return session.exchanges[last].afterwards.append(utterance)
        case .continuation(.literal): return continuations.append(event.bytes)
        case .continuation(.idle):
            idle = open.last
            loose.append((utterance, event.time))
            return give(to: idle)
        case .opaque: return session.isCutShort = true
        default: break
        }
        loose.append((utterance, event.time))
        if let idle, conversation.imap?.isIdle == true {
            loose[loose.count - 1].utterance.kind = .push
            give(to: idle)
        }
    }

    /// A STARTTLS that Interpost did itself has no recorded answer.
    private mutating func noteMissingTLS(_ event: MailEvent) {
        guard awaitsTLS, conversation.clientWait == .passing else { return }
        conversation.clientTLSIsUp()
        awaitsTLS = false
    }

    private mutating func greet(_ utterance: Utterance, at time: WireTime) {
        session.initialState = ReplayState(conversation)
        loose.append((utterance, time))
        settleLoose(isOpening: true)
    }

    private mutating func complete(
        _ record: CommandRecord, _ status: IMAPStatus, _ utterance: Utterance, at time: WireTime, from state: ReplayState
    ) {
        if case .startTLS? = record.command?.body { return awaitsTLS = false }
        loose.append((utterance, time))
        let succeeded = status.result == .ok
        if record.command != nil {
            guard let index = places.removeValue(forKey: record.exchange), open.contains(index) else { return }
            if index == idle { idle = nil }
            let now = ReplayState(conversation)
            // The mailbox that is opened again may be another one for the live client.
            let opens = if case .select? = record.command?.body { succeeded } else { false }
            return complete(index, succeeded: succeeded, transition: now == state && !opens ? nil : now)
        }
        // It is completed before it is whole: either its literal is not wanted, or what remains of it will come.
        guard conversation.imap?.clientText == nil, let beginning = gatherer.beginning else {
            return earlyCompletion = succeeded
        }
        append(
            RecordedExchange(
                ReplayRequest(beginning: beginning), tag: record.tag.ownCopy, at: time,
                shown: redactor.facts(of: beginning).shown + "…"))
        session.exchanges[session.exchanges.count - 1].continuations = continuations
        continuations = []
        gatherer.forget()
        complete(session.exchanges.count - 1, succeeded: succeeded, transition: nil)
    }

    private mutating func complete(_ index: Int, succeeded: Bool, transition: ReplayState?) {
        give(to: index)
        open.removeAll { $0 == index }
        session.exchanges[index].succeeded = succeeded
        session.exchanges[index].transition = transition
    }

    // MARK: - What belongs where

    /// The loose words belong to the last turn of this exchange.
    private mutating func give(to index: Int?) {
        guard let index, let turn = session.exchanges[index].turns.indices.last else { return }
        let base = session.exchanges[index].turns[turn].time
        for (utterance, time) in loose { session.exchanges[index].turns[turn].said.append(utterance.said(at: time, after: base)) }
        loose = []
    }

    /// With no command in progress, the loose words belong to the opening, or come after the last exchange.
    private mutating func settleLoose(isOpening: Bool = false) {
        guard open.isEmpty || isOpening, !loose.isEmpty else { return }
        let last = isOpening ? nil : session.exchanges.indices.last
        let base = last.map(lastTurn) ?? start ?? WireTime(nanoseconds: 0)
        for (var utterance, time) in loose {
            if last != nil { utterance.kind = .push }
            utterance = utterance.said(at: time, after: base)
            if let last { session.exchanges[last].afterwards.append(utterance) } else { session.opening.append(utterance) }
        }
        loose = []
    }

    private func lastTurn(of index: Int) -> WireTime {
        session.exchanges[index].turns.last?.time ?? WireTime(nanoseconds: 0)
    }
}

extension Utterance {
    fileprivate func said(at time: WireTime, after base: WireTime) -> Utterance {
        var copy = self
        copy.delay = max(0, time.nanoseconds - base.nanoseconds)
        return copy
    }
}

extension CommandFacts {
    /// `LOGIN anna [redacted]`, in one line.
    var shown: String {
        let text = arguments.readableBytes == 0 ? "\(name)" : "\(name) \(String(buffer: arguments))"
        return TerminalText.shown(text, atMost: 300, lineEnds: .pictured)
    }
}

extension ByteBuffer {
    /// The line that ends a message in POP3.
    var isDotLine: Bool { withoutLineEnd.readableBytesView.elementsEqual([.dot]) }
}
