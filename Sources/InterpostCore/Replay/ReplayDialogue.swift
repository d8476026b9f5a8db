import NIOCore

/// An exchange that goes on after the command: what the server says to each thing that the client will say.
struct ReplayDialogue: Sendable {
    let exchange: Int
    let tag: ByteBuffer?
    let isLogin: Bool
    let isIdle: Bool
    /// What is still to come.
    var turns: ArraySlice<RecordedTurn>
}

// What the client says, and what the recording has to say to that.
extension ReplayServer {
    mutating func handle(_ event: MailEvent) {
        switch event.meaning {
        case .part(let start):
            gatherer.append(event.bytes, announcing: start.announcement)
            if let tag = start.tag, !start.announcement.isNonSynchronising || start.announcement.isMinus {
                answerLiteral(of: tag, name: start.name)
            }
        case .literal: gatherer.append(literal: event.bytes)
        case .command(let command):
            redactor.learn(from: command)
            switch command.body {
            case .login(let user, let password): login.give(user: user.bytes, password: password)
            case .authenticate(let mechanism, let response): login.begin(mechanism, initialResponse: response)
            default: break
            }
            let request = gatherer.finish(command)
            answer(request, tag: command.tag.ownCopy) { $0.facts(of: command).shown }
        case .pop3Command(let name, let command):
            redactor.learn(from: command, name: name, line: event.bytes)
            switch command {
            case .user(let user): login.give(user: user)
            case .pass(let password): login.give(password: password)
            case .apop(let user, _): login.give(user: user)
            case .auth(let mechanism?, let response): login.begin(mechanism, initialResponse: response)
            default: break
            }
            let request = ReplayRequest(command, name: name, line: event.bytes)
            answer(request, tag: nil) { $0.facts(of: command, name: name, line: event.bytes).shown }
        case .saslResponse(let secrets):
            for secret in secrets { redactor.learn(secret) }
            login.read(event.bytes.withoutLineEnd)
            goOn(secrets.isEmpty ? .cancellation : .response)
        case .idleDone: goOn(.done)
        case .pop3Body: if event.bytes.isDotLine { goOn(.message) }
        case .unknown:
            gatherer.forget()
            answer(.noise, tag: nil) { _ in ReplayRequest.shownNoise }
        // What a client leaves incomplete when it closes counts as nothing.
        case .opaque where inputHasEnded: break
        case .opaque: ending = (.limit, "the client cannot be read any more")
        default: break
        }
    }

    // MARK: - Commands

    private mutating func answerLiteral(of tag: ByteBuffer, name: Keyword?) {
        queue.hurry(at: now)
        if let beginning = gatherer.beginning,
            case .exchange(let index, let skipped)? = script.match(ReplayRequest(beginning: beginning)),
            script.session.exchanges[index].request.refusedLiteral != nil
        {
            tally.commands += 1
            gatherer.forget()
            return play(index, skipped: skipped, tag: tag.ownCopy)
        }
        let recorded = script.expected.map { script.session.exchanges[$0] }
        let number = gatherer.synchronising - 1
        guard let recorded, recorded.continuations.indices.contains(number), let name,
            "\(recorded.request.normalName)" == "\(name)"
        else { return say("+ OK", tag: nil) }
        say([Utterance([.bytes(recorded.continuations[number])])], of: nil, tag: nil)
    }

    private mutating func answer(_ request: ReplayRequest, tag: ByteBuffer?, shown: (LogRedactor) -> String) {
        active = nil
        tally.commands += 1
        queue.hurry(at: now)
        switch script.match(request) {
        case .exchange(let index, let skipped):
            play(index, skipped: skipped, tag: tag, hashesPassword: request.hashesPassword)
        case .login(let index):
            guard let turns = turns(of: index, for: request) else { return unmatched(tag: tag, shown: shown(redactor)) }
            play(turns, of: index, tag: tag, hashesPassword: request.hashesPassword)
        case .again(let index):
            tally.repeated += 1
            learn(tag, for: script.session.exchanges[index].tag)
            say(script.session.exchanges[index].outcome, of: index, tag: tag)
        case .courtesy: beCourteous(request, tag: tag)
        case .substitute(let substitute): answer(substitute, tag: tag, shown: shown(redactor))
        case nil:
            if case .exchange(let index, _)? = script.matchElsewhere(request) {
                note(shown(redactor))
                play(index, skipped: [], tag: tag, hashesPassword: request.hashesPassword)
            } else if let substitute = request.substitute, options.matching != .strict, options.onUnmatched == .no {
                if options.matching == .ordered { note(shown(redactor)) }
                answer(substitute, tag: tag, shown: shown(redactor))
            } else {
                unmatched(tag: tag, shown: shown(redactor))
            }
        }
    }

    private mutating func play(_ index: Int, skipped: [Int], tag: ByteBuffer?, hashesPassword: Bool = false) {
        for other in skipped { say(script.session.exchanges[other].news.map(\.atOnce), of: nil, tag: nil) }
        play(script.session.exchanges[index].turns[...], of: index, tag: tag, hashesPassword: hashesPassword)
    }

    private mutating func play(
        _ turns: ArraySlice<RecordedTurn>, of index: Int, tag: ByteBuffer?, hashesPassword: Bool = false
    ) {
        let exchange = script.session.exchanges[index]
        learn(tag, for: exchange.tag)
        let dialogue = ReplayDialogue(
            exchange: index, tag: tag, isLogin: exchange.request.isLogin, isIdle: exchange.request.normalName == "IDLE",
            turns: turns)
        if !dialogue.isLogin { take(index) }
        perform(dialogue, hashesPassword: hashesPassword)
    }

    // MARK: - What follows a command

    private mutating func goOn(_ kind: RecordedTurn.Kind) {
        queue.hurry(at: now)
        guard let dialogue = active else { return }
        active = nil
        guard let next = dialogue.turns.first else {
            // The recording ends within IDLE, or the client breaks off what the recorded one did not.
            if kind == .done { return say("OK IDLE is over", tag: dialogue.tag) }
            return refuse(dialogue.tag, imap: "BAD", pop3: "-ERR", "the exchange is broken off")
        }
        if kind != next.kind {
            note(kind == .cancellation ? "an exchange that is broken off" : "an exchange that goes on")
            return refuse(dialogue.tag, imap: "BAD", pop3: "-ERR", "the exchange went otherwise")
        }
        perform(dialogue)
    }

    /// Says what the next turn of the dialogue says.
    private mutating func perform(_ dialogue: ReplayDialogue, hashesPassword: Bool = false) {
        var dialogue = dialogue
        let exchange = script.session.exchanges[dialogue.exchange]
        guard let turn = dialogue.turns.popFirst() else { return }
        let isFinal = dialogue.turns.isEmpty
        if dialogue.isLogin, isFinal, exchange.succeeded == true {
            switch login.verdict(hashesPassword: hashesPassword) {
            case .right: break
            case .believed: tally.believedLogins += 1
            case .wrong:
                tally.refusedLogins += 1
                if tally.conversation.isEmpty { tally.conversation = log.lines }
                return refuse(
                    dialogue.tag, imap: "NO [AUTHENTICATIONFAILED]", pop3: "-ERR [AUTH]", "another user or password is expected")
            }
        }
        say(turn.said, of: dialogue.exchange, tag: dialogue.tag)
        guard isFinal else { return active = dialogue }
        let isRepeated = dialogue.isLogin ? take(dialogue.exchange) : script.timesUsed(dialogue.exchange) > 1
        if dialogue.isIdle, !exchange.isComplete { return active = dialogue }
        if !isRepeated { say(exchange.afterwards, of: dialogue.exchange, tag: dialogue.tag) }
        let leaves = exchange.request.role == .logout && exchange.succeeded == true
        if leaves || (script.isLast(dialogue.exchange) && exchange.endsSession) { endAfterFarewell() }
    }

    /// Long tags are not kept: other commands' answers name them as they were recorded.
    private mutating func learn(_ tag: ByteBuffer?, for recorded: ByteBuffer?) {
        guard let tag, let recorded, tag.readableBytes <= options.limits.keptLiteralSize else { return }
        tags[recorded] = tag
    }

    /// Whether it was taken before.
    @discardableResult
    private mutating func take(_ index: Int) -> Bool {
        let wasUsed = script.take(index)
        if wasUsed { tally.repeated += 1 } else { tally.answered += 1 }
        return wasUsed
    }

    /// The turns of a recorded login for a client that logs in another way; `nil` where that cannot be.
    private func turns(of index: Int, for request: ReplayRequest) -> ArraySlice<RecordedTurn>? {
        let exchange = script.session.exchanges[index]
        guard case .login(let mechanism, let hasResponse) = request.role,
            case .login(let recorded, let recordedResponse) = exchange.request.role
        else { return nil }
        if mechanism != nil, mechanism == recorded {
            if hasResponse, !recordedResponse { return exchange.turns.dropFirst() }
            let asking = RecordedTurn(.command, saying: [Utterance("+ ", .challenge)])
            return ([asking] + exchange.turns.map { RecordedTurn(.response, saying: $0.said) })[...]
        }
        guard let challenges = ReplayLogin.challenges(of: mechanism, hasInitialResponse: hasResponse) else { return nil }
        return (challenges.map { RecordedTurn(.response, saying: [$0]) } + [RecordedTurn(.response, saying: exchange.outcome)])[
            ...]
    }

    // MARK: - Answers of Interpost's own

    private mutating func beCourteous(_ request: ReplayRequest, tag: ByteBuffer?) {
        tally.repeated += 1
        let isIMAP = script.session.mailProtocol == .imap
        if request.asksForCapabilities {
            if !isIMAP { return say("+OK\r\nUSER\r\n.", tag: nil) }
            say("* CAPABILITY \(script.capabilities)", tag: nil)
        }
        if request.role == .logout {
            if isIMAP { say("* BYE the replay ends", tag: nil) }
            ending = (.client, "the client logs out")
        }
        say(isIMAP ? "OK done" : "+OK", tag: tag)
    }

    private mutating func answer(_ substitute: ReplaySubstitute, tag: ByteBuffer?, shown: String) {
        tally.substituted += 1
        if tally.substitutes.count < ReplayReport.maximumListed { tally.substitutes.append(shown) }
        say(substitute.response(delimiter: script.session.delimiter), tag: nil)
        say("OK done", tag: tag)
    }

    private mutating func unmatched(tag: ByteBuffer?, shown: String) {
        note(shown)
        tally.unmatched += 1
        if tally.notInCapture.count < ReplayReport.maximumListed { tally.notInCapture.append(shown) }
        refuse(tag, imap: tag == nil ? "* BAD" : "NO [CANNOT]", pop3: "-ERR", "this is not in the capture")
        guard options.onUnmatched != .no else { return }
        tally.hasFailed = options.onUnmatched == .fail
        ending = (.interpost, "a command is not in the capture")
    }

    private mutating func refuse(_ tag: ByteBuffer?, imap: String, pop3: String, _ text: String) {
        say("\(script.session.mailProtocol == .imap ? imap : pop3) \(text)", tag: tag)
    }
}

extension RecordedTurn {
    fileprivate init(_ kind: Kind, saying said: [Utterance]) {
        self.init(kind, at: WireTime(nanoseconds: 0))
        self.said = said
    }
}

extension Utterance {
    fileprivate var atOnce: Utterance {
        var copy = self
        copy.delay = 0
        return copy
    }
}

extension ReplayRequest {
    /// The first word of the normal form.
    var normalName: String { String(decoding: normal.readableBytesView.prefix { $0 != .space }, as: UTF8.self) }

    /// APOP: what is sent is a digest.
    fileprivate var hashesPassword: Bool { normalName == "APOP" }
}
