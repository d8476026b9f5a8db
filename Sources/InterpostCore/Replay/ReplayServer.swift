public import NIOCore

/// A recorded server that answers a live client. A value: bytes and times in, actions out.
///
/// A ``Tap`` is between the client and the recording, as between a client and a real server: STARTTLS, edited
/// capabilities, COMPRESS, limits and farewells are a relay's. What it reads from the client is looked up in the recording,
/// and what the recording says to that goes back through it, with the live client's tags.
///
///     var server = ReplayServer(session, options: ReplayOptions(.ordered))
///     server.opened(at: now)
///     while let action = server.next() { … }      .send("* OK ready␍␊")
///     server.receive(bytes, at: now)               "x1 LOGIN anna whatever␍␊"
///     while let action = server.next() { … }      .record(…), .send("x1 OK done␍␊")
public struct ReplayServer: Sendable {
    let options: ReplayOptions
    var core: Tap
    var script: ReplayScript
    var queue = UtteranceQueue()
    /// The exchange that the client is in the middle of.
    var active: ReplayDialogue?
    var login: ReplayLogin
    var gatherer: RequestGatherer
    var redactor = LogRedactor()
    var log: ReplayLog
    /// Tags of the live client for those of the recorded one.
    var tags: [ByteBuffer: ByteBuffer] = [:]
    var tally: ReplayReport
    /// The session ends when everything is said.
    var ending: (by: Closer, reason: String)?
    private(set) var now = WireTime(nanoseconds: 0)
    private var announced: WireTime?
    private(set) var inputHasEnded = false
    private var isClosed = false

    /// A server that is about to play one session from its beginning.
    public init(_ session: RecordedSession, options: ReplayOptions = ReplayOptions()) {
        let session = options.auth == .plain ? MechanismEditor(mailProtocol: session.mailProtocol).edit(session) : session
        self.options = options
        core = Tap(
            SessionSettings(
                mailProtocol: session.mailProtocol, listener: options.listener, upstream: .off,
                compression: options.compression, limits: options.limits))
        script = ReplayScript(session, options)
        login = ReplayLogin(options)
        gatherer = RequestGatherer(limits: options.limits)
        log = ReplayLog(session.mailProtocol)
        tally = ReplayReport(options.matching)
        tally.recorded = session.exchanges.count
    }

    // MARK: - In

    /// The connection is there, and so is TLS where it begins with the first byte: the server may greet.
    public mutating func opened(at time: WireTime) {
        now = time
        say(script.session.opening, of: nil, tag: nil)
        if script.session.opening.contains(where: \.isFarewell), script.session.exchanges.isEmpty { endAfterFarewell() }
    }

    /// Bytes of the client, decrypted and inflated.
    public mutating func receive(_ bytes: ByteBuffer, at time: WireTime) {
        now = time
        core.receive(bytes, from: .client, at: time)
    }

    /// The time has come that ``ReplayAction/wait(until:)`` named.
    public mutating func tick(at time: WireTime) { now = max(now, time) }

    /// The client's leg is encrypted now.
    public mutating func tlsIsUp() { core.tlsIsUp(.client) }

    /// The client will say nothing more. What is still to be said is said, and then the session ends.
    public mutating func inputEnded() {
        core.inputEnded(of: .client)
        queue.hurry(at: now)
        inputHasEnded = true
    }

    /// The client closed its connection.
    public mutating func closed() { core.closed(by: .client) }

    /// The session takes longer than allowed: `limit` names the limit, of this many seconds.
    public mutating func timedOut(limit: String, seconds: Int) { core.timedOut(limit: limit, seconds: seconds) }

    /// The operator wants the program to end: the session ends as soon as nothing is in progress.
    public mutating func drain() { core.drain() }

    /// The operator's patience is over.
    public mutating func end(reason: String) { core.end(reason: reason) }

    /// The client's compressed stream is not DEFLATE.
    public mutating func deflateBroke() { core.deflateBroke(on: .client) }

    /// What came after STARTTLS is not a TLS handshake.
    public mutating func clearTextArrived() { core.clearTextArrived(from: .client) }

    /// Whether more bytes of the client are of use now: not while the leg turns to TLS, nor while more commands wait for their
    /// answer than the limits allow. The answer is as of the last ``next()``.
    public var wantsInput: Bool { core.wants.client && queue.count <= options.limits.pendingCommands }

    /// The phase of the session, for time-outs.
    public var phase: SessionPhase { core.conversation.phase }

    // MARK: - Out

    /// The next thing to do, or `nil` until something comes in.
    public mutating func next() -> ReplayAction? {
        while true {
            if let action = core.next() {
                if let action = carryOut(action) { return action }
                continue
            }
            // While the leg turns to TLS nothing may be said.
            guard !isClosed, core.wants.server else { return nil }
            guard let due = queue.due(options) else {
                guard let ending = ending ?? (inputHasEnded ? (.client, "the client closed its connection") : nil) else {
                    return nil
                }
                core.close(by: ending.by, reason: ending.reason, farewell: nil)
                continue
            }
            if due > now {
                guard announced != due else { return nil }
                announced = due
                return .wait(until: due)
            }
            core.receive(queue.take(at: now, options, tags: tags), from: .server, at: now)
        }
    }

    private mutating func carryOut(_ action: TapAction) -> ReplayAction? {
        switch action {
        case .record(let event):
            log.append(event)
            if event.sender == .client, !event.isWithheld, ending == nil { handle(event) }
            return .record(event)
        case .tell(let event): return .tell(event)
        case .send(let bytes, .client), .say(let bytes, .client): return .send(bytes)
        case .startTLS(.client): return .startTLS
        case .startDeflate(.client, let unread): return .startDeflate(unread: unread)
        case .startDeflate(.server, let unread):
            // Nothing of the recording is compressed.
            if unread.readableBytes > 0 { core.receive(unread, from: .server, at: now) }
            return nil
        case .send(_, .server), .say(_, .server), .startTLS(.server): return nil
        case .close(let closer, let reason):
            isClosed = true
            return .close(by: closer, reason: reason)
        }
    }

    // MARK: - Speaking

    /// Says the server's words of this exchange; `nil` for words that belong to no exchange.
    mutating func say(_ said: [Utterance], of exchange: Int?, tag: ByteBuffer?) {
        queue.append(said, tag: tag, insteadOf: exchange.flatMap { script.session.exchanges[$0].tag }, at: now)
    }

    /// A line of Interpost's own in the server's place.
    mutating func say(_ line: String, tag: ByteBuffer?) {
        var bytes = ByteBuffer()
        if let tag {
            bytes.writeImmutableBuffer(tag)
            bytes.writeStaticString(" ")
        }
        bytes.writeString(line + "\r\n")
        say([Utterance([.bytes(bytes)], .completion)], of: nil, tag: nil)
    }

    mutating func endAfterFarewell() { ending = (.server, "the recorded server closes the connection here") }

    // MARK: - The report

    /// What became of it so far.
    public var report: ReplayReport {
        var report = tally
        let neverAsked = script.neverAsked
        report.neverAskedCount = neverAsked.count
        report.neverAsked = neverAsked.prefix(ReplayReport.maximumListed).map { script.session.exchanges[$0].shown }
        if report.firstDifference == nil, options.matching != .state, let first = neverAsked.first {
            report.firstDifference = .init(
                command: tally.commands + 1, expected: script.session.exchanges[first].shown, got: nil)
            report.recordedAround = script.commands(around: first)
        }
        if !report.isClean, report.conversation.isEmpty { report.conversation = log.lines }
        return report
    }

    /// The client does something other than what was recorded.
    mutating func note(_ got: String?) {
        guard tally.firstDifference == nil else { return }
        let expected = script.expected.map { script.session.exchanges[$0].shown }
        tally.firstDifference = .init(command: tally.commands, expected: expected, got: got)
        tally.conversation = log.lines
        tally.recordedAround = script.commands(around: script.expected)
    }
}
