import NIOCore

// What goes to the server, and the client's lines that continue a command that is already there.

extension IMAPGate {
    /// Writes a command anew and sends it.
    mutating func send(
        _ command: StrictCommand, _ text: IMAPText, _ decision: PolicyDecision, _ rewrites: Set<Rewrite>,
        message: LiteralAnnouncement? = nil, marking: Marking? = nil
    ) {
        var flight = CommandInFlight(command: command, segments: [])
        flight.marking = marking
        var sent = command
        switch command.body {
        case .id(let fields): sent.body = .id(fields.filter { Self.identityFields.contains($0.name) })
        case .enable(let names):
            let kept = names.filter { $0.bytes.equalsIgnoringCase("CONDSTORE") || $0.bytes.equalsIgnoringCase("QRESYNC") }
            guard !kept.isEmpty else { return answerEmptyEnable(command, text, decision) }
            sent.body = .enable(kept)
        case .authenticate(let mechanism, let response):
            guard GateCapabilities.allows(mechanism: mechanism) else {
                let denial = Denial(code: "CANNOT", text: "This way of logging in cannot be used through Interpost")
                return refuse(command.tag, text, PolicyDecision(rule: "mechanisms", verdict: .refuse(denial)), denial)
            }
            if response != nil, !offers.has(.saslIR) {
                flight.initialResponse = response
                sent.body = .authenticate(mechanism: mechanism, initialResponse: nil)
            }
        case .select where !rewrites.contains(.examine): exists = nil
        case .select(let mailbox, _, let parameters) where rewrites.contains(.examine):
            exists = nil
            sent = StrictCommand(
                tag: command.tag, name: Keyword("EXAMINE"), body: .select(mailbox, readOnly: true, parameters: parameters))
        case .close where rewrites.contains(.unselect):
            guard let instead = insteadOfClose(command) else {
                let denial = Denial(text: "The server cannot close a mailbox without removing messages from it")
                return refuse(command.tag, text, decision, denial)
            }
            sent = instead
        case .fetch(let set, let items, let modifiers) where rewrites.contains(.peek):
            let peek = PeekRewrite(items)
            sent.body = .fetch(set, peek.items, modifiers: modifiers)
            flight.renames = peek.renames
            if !peek.later.isEmpty {
                sent.tag = GateQuery.earlier
                flight.later = StrictCommand(
                    tag: command.tag, name: command.name, usesUIDs: command.usesUIDs,
                    body: .fetch(set, peek.later, modifiers: modifiers))
            }
        default: break
        }
        if case .fetch(let set, _, _) = command.body, rewrites.contains(.peek), pretendsSeen {
            flight.errandAfter = .marks(set, usesUIDs: command.usesUIDs)
        }
        sent.body = adapted(sent.body, usesUIDs: sent.usesUIDs)
        if marking == nil, !policy.allPresets({ $0 != .readOnly }), case .fetch(_, let items, _) = sent.body {
            let asksForFlags = items.contains { $0.name == Keyword("FLAGS") || !$0.expansion.isEmpty }
            flight.watchesSeen = !asksForFlags && items.contains(where: \.carriesText)
        }
        // Literals wait for the server's `+`: a server that does not know a verb reads octets that it has not asked for as
        // commands (smuggling LT29). A client that waits for `+` gets the server's own.
        let isAwaited = message.map { !$0.isNonSynchronising } ?? false
        guard let written = CommandWriter(literals: .none).write(sent) else {
            let denial = Denial(text: "\(command.title) cannot be passed on by Interpost")
            return refuse(command.tag, text, decision, denial, message: message)
        }
        flight.segments = written.segments[...]
        if let message {
            flight.message = CommandInFlight.Message(stage: .announced, isAwaited: isAwaited, isBinary: message.isBinary)
        }
        tell(.imap(text), decision, sent: written.segments.first?.withoutLineEnd)
        self.flight = flight
        stage = .inFlight
        writeNextSegment()
    }

    /// Fields of RFC 2971 §3.3. What servers take from proxies (`x-originating-ip`) is none of a client's business.
    private static let identityFields: Set<IMAPString> = [
        "name", "version", "os", "os-version", "vendor", "support-url", "address", "date", "command", "arguments", "environment",
    ].reduce(into: []) { fields, name in
        fields.insert(IMAPString(name))
        fields.insert(IMAPString(name.uppercasedASCII))
    }

    private mutating func answerEmptyEnable(_ command: StrictCommand, _ text: IMAPText, _ decision: PolicyDecision) {
        tell(.imap(text), decision)
        steps.append(.answer(ByteBuffer(string: "* ENABLED\r\n")))
        steps.append(.answer(Self.line(command.tag, "OK", "nothing of that can be enabled through Interpost")))
    }

    /// UNSELECT; CLOSE itself where the mailbox was opened so that it expunges nothing.
    private func insteadOfClose(_ command: StrictCommand) -> StrictCommand? {
        if offers.has(.unselect) { return StrictCommand(tag: command.tag, name: Keyword("UNSELECT"), body: .unselect) }
        return isSelectedReadOnly ? command : nil
    }

    /// The next piece of the command, which ends where the server has to be waited for.
    mutating func writeNextSegment() {
        guard let segment = flight?.segments.popFirst() else { return }
        steps.append(.write(segment))
    }

    /// The octets of a message may come.
    mutating func beginMessage() {
        guard flight?.message?.stage == .announced else { return }
        gatherer.stream()
        flight?.message?.stage = .streaming
    }

    /// Asks for what could not be asked for together with the rest.
    mutating func sendLater(_ command: StrictCommand) {
        guard case .fetch(let set, let items, let modifiers) = command.body else { return }
        let peek = PeekRewrite(items)
        var sent = command
        sent.body = .fetch(set, peek.items, modifiers: modifiers)
        guard let written = CommandWriter(literals: .none).write(sent) else { return end(reason: "a FETCH cannot be written") }
        var next = CommandInFlight(command: command, segments: written.segments[...])
        (next.renames, next.errandAfter, next.payment) = (peek.renames, flight?.errandAfter, flight?.payment)
        flight = next
        writeNextSegment()
    }

    mutating func run(_ errand: GateQuery) {
        guard let written = CommandWriter(literals: .none).write(errand.command) else { return }
        flight = CommandInFlight(command: errand.command, segments: written.segments[...], errand: errand)
        if case .marks(let set, let usesUIDs) = errand {
            flight?.marking = Marking(set, usesUIDs: usesUIDs, isSeen: true, isSilent: true)
        }
        stage = .inFlight
        writeNextSegment()
    }

    // MARK: - A message

    /// Passes on what has come of a message.
    mutating func streamMessage() -> Bool {
        switch flight?.message?.stage {
        case .streaming:
            // An empty message has no octets to wait for.
            if gatherer.isAtLine {
                flight?.message?.stage = .closing
                return true
            }
            guard case .streamed(var chunk, let remaining)? = gatherer.next() else { return false }
            if flight?.message?.isBinary != true, let place = chunk.readableBytesView.firstIndex(of: 0) {
                if let head = chunk.getSlice(at: chunk.readerIndex, length: place - chunk.readerIndex), head.readableBytes > 0 {
                    steps.append(.write(head))
                }
                end(reason: "a NUL stands in a message")
                return true
            }
            if remaining == 0 {
                flight?.message?.last = chunk.getSlice(at: chunk.writerIndex - 1, length: 1)
                chunk.moveWriterIndex(to: chunk.writerIndex - 1)
                flight?.message?.stage = .closing
            }
            if chunk.readableBytes > 0 { steps.append(.write(chunk)) }
            return true
        case .closing:
            guard let isEnd = gatherer.takeEnd() else { return false }
            guard isEnd else {
                // Courier stores a message once all its octets have come, whatever follows them. So the last octet has been
                // held back.
                end(reason: "APPEND goes on after its message")
                return true
            }
            flight?.message?.stage = .done
            var end = flight?.message?.last ?? ByteBuffer()
            end.writeStaticString("\r\n")
            steps.append(.write(end))
            return true
        case .announced, .done, nil: return false
        }
    }

    /// The command is over; the next one may come.
    mutating func finish() {
        // A client may have sent DONE before it heard that IDLE is over, or that it never was.
        if case .idle? = flight?.command.body, !isDoneWritten { isDoneDue = true }
        settle(flight?.payment)
        (flight, isDoneWritten) = (nil, false)
        editor = nil
        if case .ended = stage { return }
        stage = .ready
    }

    // MARK: - SASL

    /// Takes one line, and only because the server has asked for it.
    mutating func takeSASLResponse() -> Bool {
        if let response = flight?.initialResponse {
            flight?.initialResponse = nil
            stage = .inFlight
            // After the command `=` stands for an empty response; on a line of its own, an empty line does.
            let line = response.withExposedBytes { $0.equalsIgnoringCase("=") ? ByteBuffer() : $0 }
            steps.append(.write(line.withLineEnd))
            return true
        }
        guard let line = gatherer.takePlainLine() else { return false }
        guard case .line(let text) = line, text.isSASLResponse else {
            close(saying: "What is said in a login is base64")
            return true
        }
        stage = .inFlight
        steps.append(.write(text.withLineEnd))
        return true
    }

    // MARK: - IDLE

    /// DONE ends IDLE; so does any other line, which goes nowhere.
    mutating func takeDone() -> Bool {
        guard let line = gatherer.takePlainLine() else { return false }
        stage = .inFlight
        isDoneWritten = true
        steps.append(.write(ByteBuffer(string: "DONE\r\n")))
        if case .line(let text) = line, text.equalsIgnoringCase("DONE") { return true }
        guard let tag = flight?.command.tag else { return true }
        let refusal = StrictRefusal(.malformed, tag: tag, reason: "IDLE ends with DONE and nothing else")
        flight?.answer = Self.line(tag, "BAD", refusal.reason)
        steps.append(.warn("IDLE was ended by a line that is not DONE; it went nowhere"))
        return true
    }
}

extension ByteBuffer {
    fileprivate var withLineEnd: ByteBuffer {
        var line = self
        line.writeStaticString("\r\n")
        return line
    }

    /// `*`, nothing, or base64 in fours.
    fileprivate var isSASLResponse: Bool {
        if readableBytes == 0 || equalsIgnoringCase("*") { return true }
        return Base64.decode(readableBytesView) != nil
    }
}

extension String {
    fileprivate var uppercasedASCII: String { String(decoding: utf8.map(\.uppercased), as: UTF8.self) }
}
