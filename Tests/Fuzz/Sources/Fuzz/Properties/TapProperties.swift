import NIOCore

@testable import InterpostCore

/// What holds for a relayed session, whatever both sides say and however its two legs fare: what goes on is what came, in
/// order, and nothing else but what Interpost says itself; nothing goes to a leg that turns to TLS; where STARTTLS is required
/// nothing passes before it; a closed session is silent; and what is told holds no secret.
enum TapProperties {
    static func check(_ dialogue: Dialogue) throws(Violation) {
        let first = try TapRun(dialogue, .joined)
        for cutting in dialogue.otherCuttings {
            let again = try TapRun(dialogue, cutting)
            // Where a leg changes its nature it matters what was sent in one piece: what stands behind STARTTLS is refused. And
            // an operator's wish to end is heard between two pieces.
            guard !first.hasSwitched, !again.hasSwitched, !first.isDrained else { continue }
            try ConversationProperties.compare(again.told, first.told, "log when \(cutting)")
            try requireEqual(again.output.client, first.output.client, "what went to the client when \(cutting)")
            try requireEqual(again.output.server, first.output.server, "what went to the server when \(cutting)")
        }
        try first.checkLog()
    }
}

/// A relay that a dialogue was played into, with what it did. It plays the shell's part too: TLS comes up, DEFLATE is none.
private struct TapRun {
    private let dialogue: Dialogue
    private var core: Tap
    private var observer = SessionObserver(detail: .values)
    private var log: [LogEvent] = []
    private var secrets: SecretKeeper
    private(set) var output = (client: ByteBuffer(), server: ByteBuffer())
    private var input = (client: ByteBuffer(), server: ByteBuffer())
    private var inEvents = (client: 0, server: 0)
    /// Legs on which TLS is being negotiated.
    private var negotiating: Set<Side> = []
    /// Sides that say nothing more.
    private var ended: Set<Side> = []
    private var isClosed = false
    private(set) var isDrained = false
    /// TLS or DEFLATE began, or would have.
    private(set) var hasSwitched = false
    private var clientIsEncrypted: Bool
    /// Something else went to the client than what the server said.
    private var hasEdited = false
    private var work = 0
    private var count = 0

    init(_ dialogue: Dialogue, _ cutting: Cutting) throws(Violation) {
        self.dialogue = dialogue
        core = Tap(dialogue.settings)
        secrets = SecretKeeper(dialogue)
        clientIsEncrypted = dialogue.settings.listener == .implicit
        hasEdited = opensByItself
        var speaker = Side.server
        for step in dialogue.steps(cutting) {
            switch step {
            case .say(let side, let bytes):
                speaker = side
                try say(secrets.filledIn(bytes), side, cutting)
            case .direct(.login):
                guard let turns = secrets.login(in: core.conversation) else { continue }
                for turn in turns { try say(ByteBuffer(string: turn.text), turn.side, cutting) }
                secrets.hasLoggedIn()
            case .direct(let directive): try obey(directive, speaker)
            }
            if !dialogue.negotiatesByHand { try finishNegotiations() }
        }
        try checkOutput()
        let said = input.client.readableBytes + input.server.readableBytes
        try require(work <= 200 * said + 8000 * count + 40_000, "work of \(work) for \(said) octets in \(count) actions")
    }

    private var opensByItself: Bool { dialogue.settings.upstream == .required && !dialogue.settings.isMirror }

    // MARK: - In

    private mutating func say(_ bytes: ByteBuffer, _ side: Side, _ cutting: Cutting) throws(Violation) {
        guard !ended.contains(side) else { return }
        for piece in dialogue.pieces(of: bytes, cutting) {
            if negotiating.contains(side) {
                core.clearTextArrived(from: side)
            } else {
                if side == .client { input.client.writeImmutableBuffer(piece) } else { input.server.writeImmutableBuffer(piece) }
                let start = Work.done
                core.receive(piece, from: side, at: WireTime(nanoseconds: 0))
                work += Work.done - start
            }
            try act()
        }
    }

    private mutating func obey(_ directive: Dialogue.Directive, _ speaker: Side) throws(Violation) {
        switch directive {
        case .tlsIsUp(let side):
            guard negotiating.contains(side) else { return }
            return try tlsIsUp(side)
        case .clearText(let side):
            guard negotiating.contains(side) else { return }
            core.clearTextArrived(from: side)
        case .inputEnded(let side):
            ended.insert(side)
            core.inputEnded(of: side)
        case .closed(let side): core.closed(by: side)
        case .deflateBroke(let side): core.deflateBroke(on: side)
        case .drain:
            isDrained = true
            core.drain()
        case .end: core.end(reason: "the fuzzer ends")
        case .timeOut: core.timedOut(limit: "timeouts.idle", seconds: 7)
        case .turnAway: core.turnAway(by: .limit, reason: "too many")
        case .upstreamFailed: core.upstreamFailed(reason: "refused\r\n* OK \u{7}")
        default: return
        }
        try act()
    }

    private mutating func finishNegotiations() throws(Violation) {
        while let side = Side.allCases.first(where: negotiating.contains) { try tlsIsUp(side) }
    }

    private mutating func tlsIsUp(_ side: Side) throws(Violation) {
        negotiating.remove(side)
        if side == .client { clientIsEncrypted = true }
        core.tlsIsUp(side)
        try act()
    }

    // MARK: - Out

    private mutating func act() throws(Violation) {
        while let action = nextAction() {
            count += 1
            try require(!isClosed, "an action behind the end")
            switch action {
            case .record(let event): try record(event)
            case .tell(let event):
                if case .anomaly(let anomaly) = event, anomaly.kind.isAboutSwitching { hasSwitched = true }
                if case .edited = event { hasEdited = true }
                log.append(event)
            case .send(let bytes, let side), .say(let bytes, let side):
                try require(bytes.readableBytes > 0, "nothing to send")
                try require(!negotiating.contains(side), "octets for the \(side) while TLS is negotiated")
                if side == .client {
                    output.client.writeImmutableBuffer(bytes)
                } else {
                    try checkPassing(bytes)
                    output.server.writeImmutableBuffer(bytes)
                }
            case .startTLS(let side):
                hasSwitched = true
                try require(negotiating.insert(side).inserted, "TLS twice to the \(side)")
            case .startDeflate(let side, let unread):
                hasSwitched = true
                core.receive(unread, from: side, at: WireTime(nanoseconds: 0))
            case .close: isClosed = true
            }
        }
        try checkBounds()
    }

    private mutating func nextAction() -> TapAction? {
        let start = Work.done
        defer { work += Work.done - start }
        return core.next()
    }

    private mutating func record(_ event: MailEvent) throws(Violation) {
        secrets.note(event)
        observer.observe(event) { log.append($0) }
        if event.isOurs {
            hasEdited = true
            return
        }
        let offset = event.sender == .client ? inEvents.client : inEvents.server
        try requireEqual(event.offset, offset, "the offset of an event of the \(event.sender)")
        if event.sender == .client {
            inEvents.client += event.bytes.readableBytes
        } else {
            inEvents.server += event.bytes.readableBytes
        }
    }

    /// Where STARTTLS is required, nothing reaches the server before it but commands that do nothing.
    private func checkPassing(_ bytes: ByteBuffer) throws(Violation) {
        guard dialogue.settings.listener == .required, !clientIsEncrypted, !dialogue.settings.isMirror, !opensByItself
        else { return }
        for line in bytes.readableBytesView.split(separator: UInt8.lineFeed) {
            let words = String(decoding: line, as: UTF8.self).uppercased().split {
                $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n"
            }
            let verb = dialogue.settings.mailProtocol == .imap ? words.dropFirst().first : words.first
            let harmless: Set<Substring> =
                dialogue.settings.mailProtocol == .imap ? ["CAPABILITY", "NOOP", "LOGOUT", "ID"] : ["CAPA", "QUIT"]
            try require(verb.map(harmless.contains) == true, "passed before STARTTLS: \(String(decoding: line, as: UTF8.self))")
        }
    }

    private func checkBounds() throws(Violation) {
        guard !isClosed else { return try require(!core.wants.client && !core.wants.server, "a closed session wants octets") }
        let limits = dialogue.limits
        let unread = core.conversation.unread(from: .client)
        if core.wants.client, negotiating.isEmpty {
            try require(
                unread <= max(2, limits.lineLength, limits.unreadOctets), "\(unread) octets of the client unread")
        }
        if core.wants.server, negotiating.isEmpty {
            let unread = core.conversation.unread(from: .server)
            // The end of a response that is too long waits for its line end: it may announce a literal (`IMAPFramer`).
            try require(unread <= max(64, limits.lineLength), "\(unread) octets of the server unread")
        }
    }

    private func checkOutput() throws(Violation) {
        var toServer = output.server
        // Interpost's own STARTTLS comes first.
        if opensByItself, let feed = toServer.firstIndex(of: .lineFeed, from: toServer.readerIndex) {
            toServer.moveReaderIndex(to: feed + 1)
        }
        if dialogue.settings.isMirror {
            try Self.checkStart(toServer, of: input.client, "the server")
        } else {
            try Self.checkPart(toServer, of: input.client)
        }
        var toClient = output.client
        // Its farewell comes last.
        for farewell in ["* BYE Interpost ", "-ERR [SYS/TEMP] Interpost "] where isClosed {
            let view = ByteBuffer(string: farewell).readableBytesView
            if let last = toClient.firstOccurrence(of: view, from: toClient.readerIndex) { toClient.moveWriterIndex(to: last) }
        }
        if dialogue.settings.isMirror || !hasEdited { try Self.checkStart(toClient, of: input.server, "the client") }
        guard !isClosed, negotiating.isEmpty, dialogue.settings.isMirror else { return }
        // What is not sent yet is what waits to be read, and may not go on before it is.
        let held = input.client.readableBytes - output.server.readableBytes
        try require(held <= core.conversation.unread(from: .client), "\(held) octets of the client lost")
        let withheld = input.server.readableBytes - output.client.readableBytes
        try requireEqual(withheld, core.conversation.unread(from: .server), "octets of the server not sent")
    }

    /// What went out is what came in, as far as it went.
    private static func checkStart(_ output: ByteBuffer, of input: ByteBuffer, _ receiver: String) throws(Violation) {
        let count = zip(output.readableBytesView, input.readableBytesView).prefix { $0 == $1 }.count
        let rest = output.readableBytesView.dropFirst(count)
        try require(rest.isEmpty, "to \(receiver), at octet \(count): \(String(decoding: rest, as: UTF8.self))")
    }

    /// What went out is what came in, less some of it.
    private static func checkPart(_ output: ByteBuffer, of input: ByteBuffer) throws(Violation) {
        var rest = output.readableBytesView
        for byte in input.readableBytesView where rest.first == byte { rest = rest.dropFirst() }
        try require(rest.isEmpty, "to the server, but not from the client: \(String(decoding: rest, as: UTF8.self))")
    }

    var told: [String] { log.map(\.summary) }

    func checkLog() throws(Violation) { try OutputProperties.check(log, without: secrets.forbidden) }
}

extension Anomaly.Kind {
    fileprivate var isAboutSwitching: Bool { self == .clearTextBehindSTARTTLS || self == .switchBehindUnreadOctets }
}
