import NIOCore

/// Makes the records of a capture from a session that somebody else wrote down, without its secrets.
///
///     S: * OK ready␍␊C: a LOGIN anna sesame␍␊ …      E session.opened, S * OK …, C a LOGIN user-mzqvakdr "xxxxxxxx" …
///
/// Only what is read is recorded, because secrets are known by their place: where a session becomes TLS or DEFLATE, or cannot
/// be read for another reason, its capture ends. Octets that are left at the end, of a line that is not whole or waiting for
/// an answer that never came, are each recorded as `x`.
package struct SessionImport: Sendable {
    /// Where the session was written down.
    package enum Source: Sendable, Equatable {
        /// Inside TLS and DEFLATE.
        case transcript
        /// By a server, which may have begun with the login.
        case rawlog
        /// On the wire; `isWhole` from the connection's beginning.
        case packets(isWhole: Bool)
    }

    /// Turns that have no time are a millisecond apart.
    private static let step: Int64 = 1_000_000

    private let facts: SessionFacts
    private let source: Source
    private let keepsAll: Bool
    private let unreadLimit: Int
    private var conversation: Conversation
    private var recorder: SessionRecorder
    private var observer = SessionObserver(detail: .acts)
    private var opened: WireTime?
    private var now: WireTime
    private var mayBeTLS = false
    /// Why the rest of the session is not recorded.
    package private(set) var problem: String?

    /// Imports a session into a capture that began at `start`; pseudonyms are made with `key`.
    package init(
        _ facts: SessionFacts, session: Int, from source: Source, start: WireTime, level: RedactionLevel = .none,
        keepsSecrets: Bool = false, key: any PseudonymKey, limits: WireLimits = .standard
    ) {
        self.facts = facts
        self.source = source
        keepsAll = keepsSecrets && level == .none
        unreadLimit = max(limits.unreadOctets, limits.lineLength)
        now = start
        conversation = Conversation(facts.mailProtocol, limits: limits)
        recorder = SessionRecorder(
            session: session, start: start, redactor: EventRedactor(level, key: key, keepsSecrets: keepsSecrets))
    }

    /// Takes what was said next.
    package mutating func receive(_ turn: SessionTurn) {
        now = WireTime(nanoseconds: max(now.nanoseconds, turn.time.nanoseconds > 0 ? turn.time.nanoseconds : nextStep))
        if opened == nil { open(with: turn) }
        guard problem == nil else { return }
        conversation.receive(turn.bytes, from: turn.side, at: now)
        read()
        if conversation.clientWait != .none, conversation.unread(from: .client) > unreadLimit {
            problem = "the client said more than \(unreadLimit) octets ahead of an answer"
        }
        conversation.settle()
    }

    /// The session is over.
    /// - Parameter reason: Why it ends where it does.
    package mutating func finish(reason: String = "the recording ends") {
        if opened == nil { open(with: nil) }
        if problem == nil {
            read()
            let waiting = conversation.clientWait == .none ? 0 : conversation.unread(from: .client)
            // No answer comes any more, so that what waited for one is left over, too.
            conversation.becomeOpaque()
            while let event = conversation.next() { recorder.record(leftOver(event)) }
            if waiting > 0 { problem = "\(waiting) octets of the client waited for an answer that never came" }
        }
        if let problem { recorder.tell(.warning("not imported to its end: \(problem)"), at: now) }
        let end = SessionEnd(
            by: .interpost, reason: problem ?? reason, microseconds: now.microseconds(since: opened ?? now),
            traffic: observer.traffic)
        recorder.tell(.sessionClosed(end), at: now)
    }

    /// The records since the last time.
    package mutating func take() -> [CaptureRecord] { recorder.take() }

    private var nextStep: Int64 { opened == nil ? now.nanoseconds : now.nanoseconds &+ Self.step }

    private mutating func open(with turn: SessionTurn?) {
        opened = now
        recorder.tell(.sessionOpened(facts), at: now)
        if source == .transcript || source == .packets(isWhole: false), turn?.side == .client {
            conversation.beginBehindGreeting()
        }
        if source == .rawlog, facts.mailProtocol == .imap, let turn, turn.side == .server, !turn.bytes.isGreeting {
            conversation.beginBehindLogin()
        }
    }

    private mutating func read() {
        while problem == nil {
            if mayBeTLS, Side.allCases.contains(where: { TLSHello.isVersionedRecord(conversation.unreadBytes(from: $0)) }) {
                problem = "what follows STARTTLS is encrypted"
                return
            }
            guard let event = conversation.next() else { return }
            if case .opaque = event.meaning {
                let cause = event.anomalies.first.map { ": \($0.kind.rawValue)" } ?? ""
                problem = "what follows cannot be read\(cause)"
                return
            }
            observer.observe(event) { _ in }
            recorder.record(event)
            mayBeTLS = event.beginsTLS || mayBeTLS && event.sender == .server
            if source != .transcript, event.beginsCompression { problem = "what follows is compressed" }
        }
    }

    /// Nobody reads what is left, so nobody knows which part of it is a secret.
    private func leftOver(_ event: MailEvent) -> MailEvent {
        guard !keepsAll else { return event }
        var event = event
        event.bytes = Placeholder.blank(event.bytes)
        return event
    }
}

extension MailEvent {
    fileprivate var beginsTLS: Bool {
        switch meaning {
        case .completion(let status, let record):
            if case .startTLS? = record?.command?.body { status.result == .ok } else { false }
        case .pop3Completion(let reply, let record):
            if case .stls? = record?.command { reply.result == .ok } else { false }
        default: false
        }
    }
}
