import NIOCore

// What becomes of what the server says.

extension IMAPGate {
    mutating func passage(of event: MailEvent) -> GatePassage {
        if case .ended = stage { return .withhold }
        if flight?.payment != nil { meter(event) }
        if let anomaly = event.anomalies.first(where: \.kind.endsGate) { return alarm(anomaly.kind.rawValue, event) }
        switch event.meaning {
        case .greeting(let status): return passage(ofGreeting: status, event)
        case .status(let status): return passage(of: status, event)
        case .part(let start): return passage(ofPart: start, event)
        case .literal:
            if sightGuard?.isWithholding == true { return .withhold }
            return withheld == nil ? .pass : withhold(event)
        case .response(let response): return passage(of: response, event)
        case .longResponse(let name, let isLast): return passage(ofLong: name, isLast: isLast, event)
        case .completion(let status, _): return passage(ofCompletion: status, event)
        case .continuation(.literal): return passage(ofContinuation: event)
        case .continuation(.idle):
            stage = .idle
            return .pass
        case .continuation(.unexpected): return alarm("unexpected-continuation", event)
        case .saslChallenge: return passage(ofChallenge: event)
        default: return alarm("malformed-response", event)
        }
    }

    private mutating func passage(ofGreeting status: IMAPStatus, _ event: MailEvent) -> GatePassage {
        stage = .ready
        context.follow(event.standing)
        learnOffers(from: status)
        switch status.result {
        case .preauth: didLogIn(isOffering: status.codeName == Keyword("CAPABILITY"))
        case .bye: stage = .ended
        default: break
        }
        return edited(status)
    }

    // MARK: - Untagged

    private mutating func passage(of status: IMAPStatus, _ event: MailEvent) -> GatePassage {
        if status.result == .bad { return alarm("untagged BAD", event) }
        // Courier has no BAD for what it does not understand.
        if status.result == .no, status.text.hasPrefixIgnoringCase("ERROR IN IMAP COMMAND") {
            return alarm("the server did not understand the command", event)
        }
        if let reason = unaskedChange(status) { return alarm(reason, event) }
        learnOffers(from: status)
        if flight?.errand != nil, status.codeName == Keyword("CAPABILITY") { return .withhold }
        if status.codeName == Keyword("UIDVALIDITY") {
            flight?.uidValidity = status.codeArguments.first.flatMap { UInt64("\($0)") }
        }
        if case .select(let mailbox, false, _)? = flight?.command.body,
            let line = GrantedRights(policy, context, in: mailbox).edited(permanentFlags: status)
        {
            return .replace(line)
        }
        return edited(status)
    }

    private mutating func passage(ofPart start: MailEvent.LiteralStart, _ event: MailEvent) -> GatePassage {
        let isFirst = !isMidResponse
        isMidResponse = true
        if let passage = guarded(event, of: start.name, isFirst: isFirst, isLast: false) { return passage }
        if isFirst, flight?.errand == .separator || policy.hidesMailboxes, IMAPResponse.namesMailbox(start.name) {
            withheld = ByteBuffer()
        }
        if withheld != nil { return withhold(event) }
        return edited(event, isFirst: isFirst)
    }

    private mutating func passage(of response: IMAPResponse, _ event: MailEvent) -> GatePassage {
        let isFirst = !isMidResponse
        isMidResponse = false
        if let passage = guarded(event, of: response.name, isFirst: isFirst, isLast: true) {
            withheld = nil
            return passage
        }
        followExists(response)
        if let errand = flight?.errand, withholds(response, for: errand) {
            withheld = nil
            return .withhold
        }
        if [.list, .lsub, .xlist].contains(response.kind) { listed.learn(response) }
        if policy.hidesMailboxes, IMAPResponse.namesMailbox(response.name) {
            defer { withheld = nil }
            guard !isHidden(response) else { return .withhold }
            let line = edited(response, event.bytes)
            guard var lines = withheld else { return line.map { .replace($0) } ?? .pass }
            lines.writeImmutableBuffer(line ?? event.bytes)
            return .replace(lines)
        }
        if response.kind == .capability, case .capabilities(let names) = response.data {
            offers.learn(names.map(\.bytes))
            flight?.hasOffered = true
            guard let (line, change) = capabilities.edit(untagged: names.map(\.bytes)) else { return .pass }
            steps.append(.edited(change))
            return .replace(line)
        }
        if mark(response) { return .withhold }
        if flight?.watchesSeen == true, !hasToldOfSeen, callsSeen(response) {
            hasToldOfSeen = true
            steps.append(
                .warn(
                    "the server calls a message \\Seen whose text was asked for so that it stays unread: another client has read it, "
                        + "or the server marks it all the same"))
        }
        if response.kind == .fetch || response.kind == .uidFetch { return edited(event, isFirst: isFirst) }
        return edited(response, event.bytes).map { .replace($0) } ?? .pass
    }

    /// Passes parts of a response that is too long to be read only if it lists numbers of messages, of which there may be any
    /// number. Any other response may contain something that has to be hidden.
    private mutating func passage(ofLong name: Keyword?, isLast: Bool, _ event: MailEvent) -> GatePassage {
        let isNumbers = name.map { Self.numbers.contains($0) } ?? false
        guard isNumbers, withheld == nil, !(policy.hidesMailboxes && IMAPResponse.namesMailbox(name)) else {
            return alarm("a response is longer than any", event)
        }
        isMidResponse = !isLast
        return .pass
    }

    private static let numbers: Set = [
        Keyword("SEARCH"), Keyword("ESEARCH"), Keyword("SORT"), Keyword("THREAD"), Keyword("VANISHED"),
    ]

    /// What becomes of a line that shows more than the policy lets be seen; `nil` for any other.
    private mutating func guarded(_ event: MailEvent, of name: Keyword?, isFirst: Bool, isLast: Bool) -> GatePassage? {
        switch sightGuard?.look(at: event.bytes, of: name, isFirst: isFirst, isLast: isLast) {
        case .pass, nil: nil
        case .replace(let line): .replace(line)
        case .withhold: .withhold
        case .alarm: alarm("the server shows more of a message than it was asked for", event)
        }
    }

    private mutating func withhold(_ event: MailEvent) -> GatePassage {
        withheld?.writeImmutableBuffer(event.bytes)
        guard withheld?.readableBytes ?? 0 <= CommandGatherer.maximumCommand else {
            return alarm("a response about a mailbox is longer than any", event)
        }
        return .withhold
    }

    /// Answers to what the gate asked itself.
    private mutating func withholds(_ response: IMAPResponse, for errand: GateQuery) -> Bool {
        switch (errand, response.data) {
        case (.capability, .capabilities(let names)):
            offers.learn(names.map(\.bytes))
            return true
        case (.separator, .list(let list)):
            flight?.hasOffered = true
            if let separator = list.separator?.bytes, separator.readableBytes == 1 {
                context.separator = separator.byte(at: separator.readerIndex)
            }
            return true
        default: return false
        }
    }

    private func isHidden(_ response: IMAPResponse) -> Bool {
        guard let mailbox = response.mailbox else { return response.kind != .esearch }
        // The empty name is the server itself. A name that cannot be compared may be one that is hidden.
        guard mailbox.string.length > 0 else { return false }
        guard let name = CanonicalMailbox(mailbox, separator: context.separator) else { return true }
        return policy.hides(name, separator: context.separator)
    }

    /// Whether the answer has `\Seen` although nobody asked for flags: with the text of a message, or on a line of its own.
    /// Servers also tell what other clients did in either place.
    private func callsSeen(_ response: IMAPResponse) -> Bool {
        guard response.kind == .fetch || response.kind == .uidFetch, case .fetch(let answer) = response.data else { return false }
        return answer.flags?.system.contains(.seen) == true
    }

    /// The line of a FETCH answer with the names by which the client asked, and marked as the client believes.
    private mutating func edited(_ event: MailEvent, isFirst: Bool) -> GatePassage {
        let renames = flight?.renames ?? []
        guard !renames.isEmpty || !marks.isEmpty else { return .pass }
        if isFirst { editor = FetchEditor(renames) }
        return editor?.edit(event.bytes, marks).map { .replace($0) } ?? .pass
    }

    // MARK: - Tagged

    private mutating func passage(ofCompletion status: IMAPStatus, _ event: MailEvent) -> GatePassage {
        guard let flight else { return alarm("unexpected-tag", event) }
        if let reason = unaskedChange(status) { return alarm(reason, event) }
        if let errand = flight.errand {
            if errand == .separator, !flight.hasOffered {
                return alarm("the server does not say how mailbox names are made up", event)
            }
            finish()
            return .withhold
        }
        if let later = flight.later {
            if status.result == .ok {
                sendLater(later)
                return .withhold
            }
            finish()
            return .replace(status.line(withCode: status.code, tag: later.tag))
        }
        if let stage = flight.message?.stage, stage == .streaming || stage == .closing {
            // Nobody knows whether the server still takes what follows for the message.
            return alarm("the server answered an APPEND before its end", event)
        }
        learnOffers(from: status)
        let wasSelected = context.state == .selected
        context.follow(event.standing)
        follow(status)
        followSelection(status)
        if status.result == .ok, let errand = flight.errandAfter { errands.append(errand) }
        if status.result == .bad, wasSelected, case .select = flight.command.body {
            // Servers differ in whether a mailbox is still selected now.
            return alarm("the server did not understand the SELECT that it was sent", event)
        }
        let passage: GatePassage
        if let answer = flight.answer {
            passage = .replace(answer)
        } else if policy.presentsAsWritable, status.codeName == Keyword("READ-ONLY"),
            case .select(_, false, _) = flight.command.body
        {
            passage = .replace(status.line(withCode: ByteBuffer(string: "READ-WRITE")))
        } else {
            passage = edited(status)
        }
        completeMessage()
        return passage
    }

    /// Drops a message that was not asked for.
    private mutating func completeMessage() {
        switch flight?.message?.stage {
        case .streaming, .closing: break
        case .announced:
            _ = gatherer.refuse()
            finish()
        case .done, nil: finish()
        }
    }

    private mutating func follow(_ status: IMAPStatus) {
        guard let command = flight?.command else { return }
        switch (command.body, status.result) {
        case (.login, .ok), (.authenticate, .ok):
            didLogIn(isOffering: status.codeName == Keyword("CAPABILITY") || flight?.hasOffered == true)
        case (.select(_, let readOnly, _), .ok): isSelectedReadOnly = readOnly || status.codeName == Keyword("READ-ONLY")
        case (.logout, .ok):
            stage = .ended
            gatherer.forget()
        default: break
        }
    }

    mutating func didLogIn(isOffering: Bool) {
        if !isOffering {
            offers.forget()
            errands.append(.capability)
        }
        if policy.needsSeparator { errands.append(.separator) }
    }

    /// A code that tells of messages that were put somewhere, by a command that was not sent (RFC 4315).
    private func unaskedChange(_ status: IMAPStatus) -> String? {
        guard let name = status.codeName, name == Keyword("COPYUID") || name == Keyword("APPENDUID") else { return nil }
        switch flight?.command.body {
        case .copy, .move, .append, .replace: return nil
        default: return "the server tells of a change that nobody asked for"
        }
    }

    // MARK: - Continuations

    private mutating func passage(ofContinuation event: MailEvent) -> GatePassage {
        guard let flight else { return alarm("unexpected-continuation", event) }
        if !flight.segments.isEmpty {
            writeNextSegment()
            return .withhold
        }
        guard let message = flight.message, message.stage == .announced else { return alarm("unexpected-continuation", event) }
        beginMessage()
        return message.isAwaited ? .pass : .withhold
    }

    private mutating func passage(ofChallenge event: MailEvent) -> GatePassage {
        stage = .saslResponse
        guard flight?.initialResponse != nil else { return .pass }
        // An empty `+` asks for the response that the client has sent already; a `+` with a question of the server's own does
        // not.
        if event.bytes.withoutLineEnd.readableBytesView.dropFirst().contains(where: { $0 != .space }) {
            return alarm("a challenge before the initial response", event)
        }
        return .withhold
    }

    // MARK: - Capabilities

    private mutating func learnOffers(from status: IMAPStatus) {
        guard status.codeName == Keyword("CAPABILITY") else { return }
        offers.learn(status.codeArguments.map(\.bytes))
    }

    private mutating func edited(_ status: IMAPStatus) -> GatePassage {
        guard let (line, change) = capabilities.edit(status: status) else { return .pass }
        steps.append(.edited(change))
        return .replace(line)
    }
}

extension Anomaly.Kind {
    /// Whether, after this, nobody can tell which answer belongs to which command.
    var endsGate: Bool {
        switch self {
        case .greetingMissing, .lineTooLong, .literalTooLarge, .malformedResponse, .unexpectedTag, .unexpectedContinuation,
            .unexpectedReply, .otherProtocol:
            true
        default: false
        }
    }
}
