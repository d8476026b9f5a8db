package import NIOCore

/// Turns what happens in one session into the records of a capture, without its secrets.
///
/// It is told, in the order of ``Tap/next()``: what was read and what became of it, what Interpost said itself, and what
/// cannot be read from bytes. Lines that one side said one after another, in one piece, are one record.
package struct SessionRecorder: Sendable {
    /// A larger piece becomes a record of its own, so that it is not copied.
    private static let largePiece = 4096

    package let session: Int
    /// When the capture began.
    private let start: WireTime
    private var redactor: EventRedactor
    /// The redactor for the leg to the server, where a gate makes it a different leg.
    private var upstreamRedactor: EventRedactor
    private var ready: [CaptureRecord] = []
    /// The time of the last record, which no later record precedes: what is said in answer to octets is recorded after them.
    private var latest: Int64 = 0
    /// What became of the client's last octets: those of a literal that broke off are recorded at the session's end.
    private var clientKind = CaptureRecord.Kind.client

    package init(session: Int, start: WireTime, redactor: EventRedactor) {
        self.session = session
        self.start = start
        self.redactor = redactor
        upstreamRedactor = redactor
    }

    /// A secret that is not the client's: it is recorded nowhere from now on.
    package mutating func conceal(_ secret: Secret) {
        redactor.conceal(secret)
        upstreamRedactor.conceal(secret)
    }

    /// What a side said, or Interpost in its place; the latter is recorded when it is sent.
    package mutating func record(_ event: MailEvent) {
        let bytes = redactor.redact(event)
        guard !event.isOurs else { return }
        if event.isRewritten {
            // What is edited once more is recorded when it is sent.
            if !event.isWithheld { add(.init(addedFor: event.sender), bytes, at: event.time) }
            return
        }
        let kind: CaptureRecord.Kind = event.isWithheld ? .init(withheldFrom: event.sender) : .init(event.sender)
        if event.sender == .client { clientKind = kind }
        add(kind, bytes, at: event.time)
    }

    /// What happened on the leg between a gate and the server: what the gate wrote, and what the server said that did not pass.
    package mutating func record(upstream event: MailEvent) {
        upstreamRedactor.takeSecrets(of: redactor)
        switch (event.sender, event.isWithheld) {
        case (.client, _): add(.clientAdded, upstreamRedactor.redact(event), at: event.time)
        case (.server, true): add(.serverWithheld, upstreamRedactor.redact(event), at: event.time)
        // It is recorded with the client's leg.
        case (.server, false): upstreamRedactor.learn(event)
        }
    }

    /// What Interpost says to `side` in the other one's name.
    package mutating func say(_ bytes: ByteBuffer, to side: Side, at time: WireTime) {
        add(.init(addedFor: side.peer), bytes, at: time)
    }

    /// A line of the event log that cannot be read from the bytes of the session.
    package mutating func tell(_ event: LogEvent, at time: WireTime) {
        if case .sessionClosed = event {
            if let rest = redactor.finish() { add(clientKind, rest, at: time) }
            if let rest = upstreamRedactor.finish() { add(.clientAdded, rest, at: time) }
        }
        guard event.isKeptInCaptures else { return }
        var line: [UInt8] = []
        event.withoutArguments.writeJSON(session: session, at: time, to: &line)
        add(.event, redactor.redact(eventLine: ByteBuffer(bytes: line.dropLast())), at: time)
    }

    /// The records since the last time.
    package mutating func take() -> [CaptureRecord] {
        defer { ready.removeAll(keepingCapacity: ready.count < 64) }
        return ready
    }

    private mutating func add(_ kind: CaptureRecord.Kind, _ bytes: ByteBuffer, at time: WireTime) {
        latest = max(latest, time.nanoseconds - start.nanoseconds)
        let nanoseconds = latest
        if kind != .event, let last = ready.last, last.kind == kind, last.nanoseconds == nanoseconds,
            bytes.readableBytes < Self.largePiece, last.bytes.readableBytes < Self.largePiece
        {
            ready[ready.count - 1].bytes.writeImmutableBuffer(bytes)
            return
        }
        ready += CaptureRecord(kind, session: session, nanoseconds: nanoseconds, bytes: bytes).split
    }
}

extension LogEvent {
    /// The event without a command's arguments, and without names of users: they are in the bytes, which are redacted as the capture
    /// wants it.
    fileprivate var withoutArguments: LogEvent {
        switch self {
        case .policy(var facts):
            facts.command.arguments = ByteBuffer()
            facts.sent?.arguments = ByteBuffer()
            return .policy(facts)
        case .clientLogin(var facts):
            facts.login = nil
            return .clientLogin(facts)
        case .accountLogin(var facts):
            (facts.user, facts.actingAs) = (nil, nil)
            return .accountLogin(facts)
        case .alarm(let reason, _): return .alarm(reason: reason, last: ByteBuffer())
        default: return self
        }
    }

    /// Sessions, connections, TLS, edits and decisions. Everything else can be told from the bytes when they are read again.
    fileprivate var isKeptInCaptures: Bool {
        switch self {
        case .sessionOpened, .sessionClosed, .upstreamConnected, .tlsUp, .tlsFailed, .edited, .limit, .warning, .policy, .alarm,
            .clientLogin, .accountLogin:
            true
        default: false
        }
    }
}
