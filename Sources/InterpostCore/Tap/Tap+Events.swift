import NIOCore

// The way of each event through the tap: what goes on as it came, what is edited, and what Interpost says itself.

extension Tap {
    mutating func handleClient(_ event: MailEvent) {
        if let reason = refusal(of: event) { return refuse(event, saying: reason) }
        if let request = event.startTLSRequest { return holdSwitch(event, request) }
        switch event.meaning {
        case .command(let command):
            switch command.body {
            case .compress where ahead > 0: return refuseEarlySwitch(event)
            case .compress where settings.compression == .strip || isCompressed:
                guard command.text.literals.isEmpty else { return leave(misspelt: event) }
                swallow(event)
                return answer("\(String(buffer: command.tag)) NO COMPRESS is not offered here")
            default: break
            }
        default: break
        }
        forward(event)
    }

    mutating func handleServer(_ event: MailEvent) {
        if !clientIsEncrypted { said.note(event) }
        if withheld.readableBytes > 0, !goesOnWithAUTH(event) { releaseWithheld() }
        switch event.meaning {
        case .opaque where isClosedToCommands: return giveUpUnread(event)
        case .response(let response) where response.kind == .capability:
            guard case .capabilities(let names) = response.data else { break }
            if let (line, changes) = editor.edit(untagged: event.bytes, names: names.map(\.bytes)) {
                return replace(event, with: line, changes: changes)
            }
        case .greeting(let status), .status(let status):
            if let (line, changes) = editor.edit(status) {
                return replace(event, with: line, changes: changes)
            }
        case .completion(let status, let record):
            if case .compress? = record?.command?.body, status.result == .ok { return compress(behind: event) }
            if let (line, changes) = editor.edit(status) {
                return replace(event, with: line, changes: changes)
            }
        case .pop3Listing where conversation.listsAUTH:
            // Which mechanisms stay depends on all of them, so the list is held back until it is whole.
            withheld.writeImmutableBuffer(event.bytes)
            return swallow(event)
        case .pop3Listing where conversation.listsCapabilities:
            if let (line, changes) = editor.edit(listing: event.bytes) {
                return replace(event, with: line, changes: changes)
            }
        case .pop3Completion(_, let record?):
            if withheld.readableBytes > 0 {
                defer { withheld = ByteBuffer() }
                var (list, changes) = editor.edit(mechanisms: record.listing)
                if changes.isEmpty { list = withheld }
                list.writeImmutableBuffer(event.bytes)
                return replace(event, with: list, changes: changes)
            }
            if case .capa = record.command, !record.listing.isEmpty,
                let (line, change) = editor.addition(toListing: record.listing)
            {
                var lines = line
                lines.writeImmutableBuffer(event.bytes)
                return replace(event, with: lines, changes: [change])
            }
        default: break
        }
        forward(event)
    }

    /// A login that somebody on the way can read is told, whether or not it is let pass.
    mutating func tellOfClearText(_ event: MailEvent) {
        guard event.beginsLogin else { return }
        hasToldOfClearText = true
        func tell(_ leg: String) { ready.append(.tell(.warning("a login in clear text: \(leg) is not encrypted"))) }
        if !clientIsEncrypted { tell("the client's connection") }
        if settings.isMirror ? !clientIsEncrypted : settings.upstream == .off { tell("the connection to the server") }
    }

    /// Whether the event belongs to the list that waits for its end. It does not when reading is given up, or the list is
    /// too long to be kept.
    private func goesOnWithAUTH(_ event: MailEvent) -> Bool {
        switch event.meaning {
        case .pop3Listing: conversation.listsAUTH
        case .pop3Completion(_, .some): true
        default: false
        }
    }

    /// The list will not be whole: what there is of it goes on as it came.
    mutating func releaseWithheld() {
        guard withheld.readableBytes > 0 else { return }
        ready.append(.say(withheld, to: .client))
        withheld = ByteBuffer()
    }

    private var editor: CapabilityEditor {
        let isBeforeLogin = conversation.phase == .beforeLogin && !conversation.isLoggingIn
        let isOpen = !clientIsEncrypted && (isBeforeLogin || settings.listener == .required)
        return CapabilityEditor(
            offersSTARTTLS: isOpen && !said.hasEffect && (settings.listener == .offered || settings.listener == .required),
            requiresSTARTTLS: isOpen && settings.listener == .required,
            stripsCompression: settings.compression == .strip || isCompressed)
    }

    private mutating func replace(_ event: MailEvent, with line: ByteBuffer, changes: [CapabilityChange]) {
        swallow(event)
        for change in changes { ready.append(.tell(.edited(change))) }
        if line.readableBytes > 0 { ready.append(.say(line, to: event.sender.peer)) }
    }

    /// Says a line to the client in the server's place: now, or as soon as it would not be in the middle of a response,
    /// overtake a POP3 reply, or be answered inside TLS by mistake.
    private mutating func answer(_ text: String, ifTLS grant: String? = nil) {
        pendingAnswers.append(PendingAnswer(text: text, behind: conversation.pendingCommands - 1, grant: grant))
        answerPending(after: nil)
        guard pendingAnswers.count > settings.limits.pendingCommands else { return }
        close(
            by: .limit, reason: "the client did not wait for more than limits.pending-commands answers",
            farewell: "Interpost has too many commands to answer")
    }

    mutating func answerPending(after event: MailEvent?) {
        if case .pop3Completion? = event?.meaning {
            for index in pendingAnswers.indices { pendingAnswers[index].behind -= 1 }
        }
        while let next = pendingAnswers.first, mayGive(next) {
            pendingAnswers.removeFirst()
            // The greeting that was waited for may have been PREAUTH.
            let grant = editor.offersSTARTTLS ? next.grant : nil
            // What the client sent after STARTTLS is looked at before it hears that TLS may begin.
            if grant != nil, conversation.unread(from: .client) > 0 { return refuseClearText(from: .client) }
            let line = ByteBuffer(string: (grant ?? next.text) + "\r\n")
            if let event = conversation.answer(line) { ready.append(.record(event)) }
            flushRun(of: .server)
            ready.append(.say(line, to: .client))
            if settings.mailProtocol == .pop3 {
                for index in pendingAnswers.indices { pendingAnswers[index].behind -= 1 }
            }
            if grant != nil { return beginClientTLS() }
        }
    }

    private func mayGive(_ answer: PendingAnswer) -> Bool {
        guard conversation.hasGreeted, conversation.isBetweenResponses else { return false }
        return settings.mailProtocol == .imap || answer.behind <= 0
    }

    // MARK: STARTTLS

    private mutating func holdSwitch(_ event: MailEvent, _ request: STARTTLSRequest) {
        guard ahead == 0 else { return refuseEarlySwitch(event) }
        if case .command(let command) = event.meaning, !command.text.literals.isEmpty { return leave(misspelt: event) }
        swallow(event)
        var (granting, refusing, verb) = settings.mailProtocol == .imap ? ("* OK", "* BAD", "STARTTLS") : ("+OK", "-ERR", "STLS")
        if case .command(let command) = event.meaning {
            let tag = String(buffer: command.tag)
            (granting, refusing) = ("\(tag) OK", "\(tag) BAD")
        }
        let isOffered = editor.offersSTARTTLS
        if request == .misspelt {
            answer("\(refusing) \(verb) is a line of its own")
        } else if !clientIsEncrypted, settings.listener != .off, isTooLateForTLS {
            tellTooLate(event)
            answer("\(refusing) \(verb) is not possible any more")
        } else {
            answer("\(refusing) \(verb) is not available here", ifTLS: isOffered ? "\(granting) begin TLS now" : nil)
        }
    }

    /// STARTTLS must come before anything that could have an effect after it, and while nothing is in progress.
    private var isTooLateForTLS: Bool { said.hasEffect || conversation.pendingCommands > 1 }

    private mutating func tellTooLate(_ event: MailEvent) {
        ready.append(.tell(.anomaly(Anomaly(.startTLSTooLate, side: .client, offset: event.offset))))
    }

    private mutating func refuseEarlySwitch(_ event: MailEvent) {
        var event = event
        event.isWithheld = true
        ready.append(.record(event))
        ready.append(.tell(.anomaly(Anomaly(.switchBehindUnreadOctets, side: .client, offset: event.offset))))
        close(by: .interpost, reason: "a switch after octets that were sent too early", farewell: nil)
    }

    /// The client's leg turns to TLS after an answer that was just given.
    private mutating func beginClientTLS() {
        ready.append(.startTLS(.client))
        flush()
        stage = .switching([.client], greeting: nil)
    }

    mutating func forwardMirrored(_ event: MailEvent) {
        if ahead > 0, conversation.clientWait == .passing { return refuseEarlySwitch(event) }
        if !clientIsEncrypted, event.sender == .server { said.note(event) }
        if !clientIsEncrypted, let request = event.startTLSRequest, request == .misspelt || isTooLateForTLS {
            return leave(misspelt: event)
        }
        let switches =
            switch event.meaning {
            case .completion(let status, let record): record?.command.map { $0.isSTARTTLS && status.result == .ok } ?? false
            case .pop3Completion(let reply, let record): record.map { $0.isSTLS && reply.result == .ok } ?? false
            default: false
            }
        if case .completion(let status, let record) = event.meaning, case .compress? = record?.command?.body,
            status.result == .ok
        {
            return compress(behind: event)
        }
        forward(event)
        guard switches else { return }
        for side in Side.allCases where conversation.unread(from: side) > 0 { return refuseClearText(from: side) }
        flush()
        ready.append(.startTLS(.server))
        ready.append(.startTLS(.client))
        stage = .switching([.client, .server], greeting: nil)
    }

    /// A command cannot be refused when the server already has its first line. In a mirror it is the server that answers, and
    /// it cannot be told what the client's TLS makes void.
    private mutating func leave(misspelt event: MailEvent) {
        swallow(event)
        if event.startTLSRequest != nil { tellTooLate(event) }
        close(
            by: .interpost, reason: "a switch that is misspelt, or comes too late",
            farewell: "Interpost ends this session: STARTTLS comes first, and alone")
    }

    mutating func carryOut(_ step: UpstreamOpening.Step) {
        switch step {
        case .send(let line): ready.append(.say(line, to: .server))
        case .secure(let greeting):
            var greeting = greeting
            if settings.mailProtocol == .imap, let (line, change) = CapabilityEditor.withoutCapabilities(greeting: greeting) {
                greeting = line
                ready.append(.tell(.edited(change)))
            }
            ready.append(.startTLS(.server))
            stage = .switching([.server], greeting: greeting)
        case .refused(let greeting):
            ready.append(.tell(.greeting(result: "refused", text: greeting.withoutLineEnd, hasAPOP: false)))
            ready.append(.say(greeting, to: .client))
            stage = .closed
            ready.append(.close(by: .server, reason: "the server refuses the connection"))
        case .failed(let reason, let anomaly):
            if let anomaly { ready.append(.tell(.anomaly(anomaly))) }
            upstreamFailed(reason: reason)
        }
    }

    // MARK: COMPRESS

    private mutating func compress(behind event: MailEvent) {
        forward(event)
        flush()
        isCompressed = true
        for side in Side.allCases {
            ready.append(.startDeflate(side, unread: conversation.takeUnread(from: side)))
        }
    }

    // MARK: A listener that requires STARTTLS

    /// The listener requires STARTTLS, and the client has not done it.
    var isClosedToCommands: Bool { settings.listener == .required && !clientIsEncrypted && !settings.isMirror }

    /// Why a client event must not pass yet; `nil` when it may.
    private func refusal(of event: MailEvent) -> String? {
        guard isClosedToCommands else { return nil }
        let reason = "STARTTLS is required first"
        if event.startTLSRequest != nil { return nil }
        guard SaidInClear.isInnocuous(event) else { return reason }
        return switch event.meaning {
        case .pop3Command(_, .noop), .pop3Command(_, .auth): reason
        default: nil
        }
    }

    private mutating func refuse(_ event: MailEvent, saying reason: String) {
        if case .opaque = event.meaning { return giveUpUnread(event) }
        swallow(event)
        switch event.meaning {
        case .command(let command): answer("\(String(buffer: command.tag)) NO [PRIVACYREQUIRED] \(reason)")
        case .part(let start):
            guard !start.announcement.isNonSynchronising, let tag = start.tag else { return }
            answer("\(String(buffer: tag)) NO [PRIVACYREQUIRED] \(reason)")
        case .literal, .pop3Body: break
        default: answer(settings.mailProtocol == .imap ? "* BAD \(reason)" : "-ERR [SYS/PERM] \(reason)")
        }
    }

    /// Nothing that cannot be read passes here, and from now on nothing can be read.
    private mutating func giveUpUnread(_ event: MailEvent) {
        swallow(event)
        close(
            by: .limit, reason: "STARTTLS is required first, and the session cannot be read any more",
            farewell: "Interpost needs STARTTLS first")
    }
}

/// A line that Interpost owes the client.
struct PendingAnswer {
    var text: String
    /// How many commands the server has to answer first. Counted down in POP3, where replies have an order.
    var behind: Int
    /// What is said instead, before the leg turns to TLS, if STARTTLS is offered when the line is due.
    var grant: String?
}

extension IMAPCommand {
    fileprivate var isSTARTTLS: Bool { if case .startTLS = body { true } else { false } }
}

extension POP3CommandRecord {
    fileprivate var isSTLS: Bool { if case .stls = command { true } else { false } }
}

extension MailEvent {
    /// The client begins to say who it is, and proves it or is about to.
    fileprivate var beginsLogin: Bool {
        switch meaning {
        case .command(let command):
            switch command.body {
            case .login, .authenticate: true
            default: Self.logins.contains(command.name)
            }
        case .part(let start): start.name.map { Self.logins.contains($0) } ?? false
        case .pop3Command(let name?, _): Self.logins.contains(name)
        default: false
        }
    }

    private static let logins: Set = [
        Keyword("LOGIN"), Keyword("AUTHENTICATE"), Keyword("PASS"), Keyword("APOP"), Keyword("AUTH"), Keyword("RPOP"),
    ]
}
