package import NIOCore

/// Reads both directions of a session, and turns what they say into what can be compared with another session.
///
///     S: * OK mail.example.org ready␍␊       greeting     * OK mail.example.org ready
///     C: a1 LOGIN anna sesame␍␊              command      <tag> LOGIN <user> <secret>
///     S: a1 OK done (0.003 secs)␍␊           completion   <tag> OK done (<time>)
///
/// What comes out does not depend on how the network cut the bytes, and takes little room: literals and messages become
/// digests. Secrets are in no ``ComparedEntry/shown``.
package struct NormalFormReading: Sendable {
    let normalisation: Normalisation
    private let limits: WireLimits
    private let session: Int
    private(set) var conversation: Conversation
    private var names = NormalFormNames()
    private var tags = NormalFormTags()
    private var shown: NormalFormShown
    private var sides = (client: NormalFormSide(), server: NormalFormSide())
    private var awaitsTLS = false

    /// Reads the session that has the number `session` in its capture.
    package init(
        _ mailProtocol: MailProtocol, session: Int = 1, _ normalisation: Normalisation = .all, limits: WireLimits = .standard
    ) {
        self.normalisation = normalisation
        self.session = session
        self.limits = limits
        conversation = Conversation(mailProtocol, limits: limits)
        shown = NormalFormShown()
    }

    /// Takes bytes that `side` said, and gives what is whole now.
    package mutating func receive(
        _ bytes: ByteBuffer, from side: Side, at time: WireTime, give: (ComparedEntry) -> Void
    ) {
        for (_, entries) in read(bytes, from: side, at: time) { entries.forEach(give) }
    }

    /// Takes bytes that `side` said, and returns the entries with the events that they are made of.
    mutating func read(
        _ bytes: ByteBuffer, from side: Side, at time: WireTime
    ) -> [(event: MailEvent, entries: [ComparedEntry])] {
        conversation.receive(bytes, from: side, at: time)
        var found: [(event: MailEvent, entries: [ComparedEntry])] = []
        while let event = conversation.next() {
            var entries: [ComparedEntry] = []
            read(event) { entries.append($0) }
            found.append((event, entries))
        }
        conversation.settle()
        return found
    }

    /// The session is over: what is not whole is given as it is.
    package mutating func finish(give: (ComparedEntry) -> Void) {
        for side in Side.allCases {
            if self[side].isOpen { giveBroken(side, give) }
            guard conversation.unread(from: side) > 0 else { continue }
            conversation.inputEnded(of: side)
            while let event = conversation.next() { read(event, give) }
        }
        for side in Side.allCases where self[side].isOpen { giveBroken(side, give) }
    }

    private subscript(side: Side) -> NormalFormSide {
        get { side == .client ? sides.client : sides.server }
        set { if side == .client { sides.client = newValue } else { sides.server = newValue } }
    }

    // MARK: - Events

    private mutating func read(_ event: MailEvent, _ give: (ComparedEntry) -> Void) {
        noteMissingTLS(event)
        shown.append(event)
        let side = event.sender
        if !self[side].isOpen { self[side].begin(at: event) }
        switch event.meaning {
        case .part(let start):
            self[side].announce(event.bytes, start.announcement, normalisation, limits)
            shown.beginLiteral(start.announcement, of: side)
        case .literal: self[side].append(event.bytes)
        case .pop3Body: readMessage(event, give)
        case .opaque: self[side].append(opaque: event.bytes)
        case .longResponse(_, let isLast):
            self[side].append(opaque: event.bytes)
            if isLast { giveBroken(side, give) }
        case .command(let command): readCommand(command, event, give)
        case .pop3Command(let name, let command):
            if case .stls = command { awaitsTLS = true }
            tags.begin(ByteBuffer(), event.exchange)
            give(entry(event, .command, NormalFormPOP3(normalisation).command(name, command, event.bytes), of: tags.count))
        case .idleDone: give(entry(event, .done, Array(buffer: event.bytes.withoutLineEnd)))
        case .saslResponse(let secrets): give(entry(event, .sasl, Array((secrets.isEmpty ? "*" : "<sasl>").utf8)))
        case .saslChallenge: give(entry(event, .sasl, Array("+ <sasl>".utf8)))
        case .unknown: give(entry(event, .unknown, Array(buffer: event.bytes.withoutLineEnd)))
        case .continuation: give(entry(event, .continuation, statusText(event.bytes)))
        case .response(let response): give(entry(event, .response, normal(response, digests: self[side].digests())))
        case .greeting(let status): give(entry(event, .greeting, normal(status, event.bytes, isGreeting: true)))
        case .status(let status): give(entry(event, .status, normal(status, event.bytes)))
        case .completion(let status, let record): readCompletion(status, record, event, give)
        case .pop3Greeting: give(entry(event, .greeting, statusText(event.bytes, isGreeting: true)))
        case .pop3Begin: give(entry(event, .status, statusText(event.bytes)))
        case .pop3Listing:
            let command = conversation.pop3?.outstanding.first?.command
            give(entry(event, .listing, NormalFormPOP3(normalisation).listing(event.bytes, of: command, &names)))
        case .pop3Completion(_, let record):
            if self[side].body != nil { giveMessage(event, give) }
            awaitsTLS = false
            let line =
                NormalFormPOP3(normalisation).completion(event.bytes, of: record?.command, &names) ?? statusText(event.bytes)
            give(entry(event, .completion, line, of: record == nil ? nil : tags.end(event.exchange)))
        }
    }

    /// A STARTTLS that Interpost did itself has no recorded answer.
    private mutating func noteMissingTLS(_ event: MailEvent) {
        guard awaitsTLS, event.sender == .server, conversation.clientWait == .passing else { return }
        conversation.clientTLSIsUp()
        awaitsTLS = false
    }

    private mutating func readCommand(_ command: IMAPCommand, _ event: MailEvent, _ give: (ComparedEntry) -> Void) {
        if case .startTLS = command.body { awaitsTLS = true }
        tags.begin(command.tag, event.exchange)
        let context = NormalFormLine.Context(of: command, mailbox: selectedMailbox(behindAll: true))
        var line = NormalFormLine(command.text, digests: self[.client].digests(), normalisation, context)
        var text: [UInt8] = []
        line.write(&names, to: &text) { [tags, normalisation] tag in
            let isItsOwn = normalisation.contains(.tags) && command.tag.readableBytesView.elementsEqual(tag)
            return isItsOwn ? NormalFormTags.first : tags.shown(tag, normalisation)
        }
        give(entry(event, .command, text, of: tags.count))
    }

    private mutating func readCompletion(
        _ status: IMAPStatus, _ record: CommandRecord?, _ event: MailEvent, _ give: (ComparedEntry) -> Void
    ) {
        if record != nil, record?.command == nil, conversation.imap?.clientText == nil, self[.client].isOpen {
            // Its literal was not wanted.
            tags.begin(status.tag, event.exchange)
            giveBroken(.client, of: tags.count, give)
        }
        awaitsTLS = false
        let text = normal(status, event.bytes, record)
        give(entry(event, .completion, text, of: record == nil ? nil : tags.end(event.exchange)))
    }

    // MARK: - Messages of POP3

    private mutating func readMessage(_ event: MailEvent, _ give: (ComparedEntry) -> Void) {
        self[event.sender].append(body: event.bytes, normalisation)
        if event.sender == .client, conversation.pop3?.clientMode != .message { giveMessage(event, give) }
    }

    private mutating func giveMessage(_ event: MailEvent, _ give: (ComparedEntry) -> Void) {
        guard var body = self[event.sender].body else { return }
        self[event.sender].body = nil
        let text = body.finish()
        give(
            ComparedEntry(
                side: event.sender, kind: .message, text: Array(text.utf8), shown: shown.ofMessage(body), session: session,
                time: event.time, offset: self[event.sender].offset))
        self[event.sender].begin(at: event)
    }

    // MARK: - Entries

    private mutating func entry(
        _ event: MailEvent, _ kind: ComparedEntry.Kind, _ text: [UInt8], of command: Int? = nil
    ) -> ComparedEntry {
        let side = event.sender
        defer { self[side].end() }
        return ComparedEntry(
            side: side, kind: kind, text: text.bounded, shown: shown.take(side), session: session, time: event.time,
            offset: self[side].offset, command: command)
    }

    /// What began and did not end.
    private mutating func giveBroken(_ side: Side, of command: Int? = nil, _ give: (ComparedEntry) -> Void) {
        let open = self[side]
        self[side].end()
        if var body = open.body {
            return give(
                ComparedEntry(
                    side: side, kind: .message, text: Array(body.finish().utf8), shown: shown.ofMessage(body), session: session,
                    time: open.time, offset: open.offset))
        }
        var text = Array("[\(open.opaqueOctets) octets]".utf8)
        if let beginning = open.beginning {
            var context = NormalFormLine.Context()
            context.slots = side == .client ? [.tag] : []
            var line = NormalFormLine(beginning, digests: open.digests(), normalisation, context)
            text = []
            line.write(&names, to: &text) { [tags, normalisation] tag in tags.shown(tag, normalisation) }
        }
        give(
            ComparedEntry(
                side: side, kind: open.beginning == nil ? .opaque : side == .client ? .command : .response, text: text.bounded,
                shown: shown.take(side), session: session, time: open.time, offset: open.offset,
                command: command))
    }

    private func statusText(_ line: ByteBuffer, isGreeting: Bool = false) -> [UInt8] {
        var text: [UInt8] = []
        NormalFormStatusText(Array(buffer: line.withoutLineEnd)[...], isGreeting: isGreeting, normalisation).write(to: &text)
        return text
    }

    private mutating func normal(_ response: IMAPResponse, digests: [String]) -> [UInt8] {
        var context = NormalFormLine.Context(of: response, mailbox: selectedMailbox())
        context.isRunOfUIDs = context.isRunOfUIDs && isSearchForUIDs(response.kind)
        var line = NormalFormLine(response.text, digests: digests, normalisation, context)
        var text: [UInt8] = []
        line.write(&names, to: &text) { [tags, normalisation] tag in tags.shown(tag, normalisation) }
        return text
    }

    /// `tag OK [code] text`
    private mutating func normal(
        _ status: IMAPStatus, _ line: ByteBuffer, _ record: CommandRecord? = nil, isGreeting: Bool = false
    ) -> [UInt8] {
        let isTagged = !status.tag.readableBytesView.elementsEqual([UInt8(ascii: "*")])
        var text = Array(isTagged ? tags.shown(Array(buffer: status.tag)[...], normalisation).utf8 : "*".utf8)
        text.append(contentsOf: " \(status.result.word)".utf8)
        if let code = status.code {
            text.append(contentsOf: " [".utf8)
            let context = NormalFormLine.Context(of: status, record, mailbox: selectedMailbox())
            var code = NormalFormLine(IMAPText(line: code), digests: [], normalisation, context)
            code.write(&names, to: &text) { [tags, normalisation] tag in tags.shown(tag, normalisation) }
            text.append(UInt8(ascii: "]"))
        }
        text.append(.space)
        NormalFormStatusText(Array(buffer: status.text)[...], isGreeting: isGreeting, normalisation).write(to: &text)
        return text
    }

    // MARK: - Where the session stands

    /// The mailbox whose messages are meant now; with `behindAll`, the one that is meant once all commands in progress are
    /// over.
    private func selectedMailbox(behindAll: Bool = false) -> UInt64 {
        guard let imap = conversation.imap else { return 0 }
        if behindAll {
            for record in imap.outstanding.reversed() {
                if case .select(let mailbox, _, _)? = record.command?.body { return mailbox.hash64 }
            }
        } else if case .select(let mailbox, _, _)? = imap.outstanding.first?.command?.body {
            return mailbox.hash64
        }
        if case .selected(let mailbox, _) = imap.state { return mailbox.hash64 }
        return 0
    }

    /// Whether the numbers are UIDs, which depends on the command that they answer.
    private func isSearchForUIDs(_ kind: IMAPResponse.Kind) -> Bool {
        guard kind == .search || kind == .sort || kind == .thread else { return true }
        let name = Keyword(kind == .search ? "SEARCH" : kind == .sort ? "SORT" : "THREAD")
        return conversation.imap?.outstanding.first { $0.name == name }?.command?.usesUIDs ?? false
    }
}

extension MailboxName {
    /// A hash that is the same for all spellings of INBOX.
    var hash64: UInt64 { string.isINBOX ? Hash64("INBOX".utf8).value : Hash64(string.bytes.readableBytesView).value }
}

extension [UInt8] {
    /// The octets that are compared one by one, and a digest of the rest.
    fileprivate var bounded: [UInt8] {
        guard count > ComparedEntry.maximumText else { return self }
        let rest = self[ComparedEntry.maximumText...]
        return Array(self[..<ComparedEntry.maximumText]) + "…{\(rest.count):\(String(Hash64(rest).value, radix: 16))}".utf8
    }
}
