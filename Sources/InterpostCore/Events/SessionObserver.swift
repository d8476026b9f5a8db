import NIOCore

/// Turns the wire events of one session into the events of its log. A value without a clock or a file: what happened
/// goes in, what is worth telling comes out.
public struct SessionObserver: Sendable {
    private let detail: LogEvent.Detail
    private(set) var redactor = LogRedactor()
    private var user: String?
    /// The session's state after the last event.
    private var standing = Standing.initial
    private var ledger = ExchangeLedger()
    /// LOGIN or AUTHENTICATE is in progress, so capabilities that nobody asked for are those after login.
    private var isLoggingIn = false
    private var capabilityCommands = 0
    private var idleSince: WireTime?
    /// UTF8=ACCEPT or IMAP4rev2 is enabled.
    private var namesAreUTF8 = false
    /// How often each rule was broken.
    private var anomalies: [Anomaly.Kind: Int] = [:]
    private static let maximumAnomalies = 100
    private static let maximumQuirks = 3
    /// How often each side needed which leniency.
    public private(set) var quirks = QuirkCounts()
    /// What has passed so far, per sender.
    public private(set) var traffic = Traffic()

    private var clientTime = ClientTime()
    /// The tags of commands that a gate has replaced with what changes less.
    var rewritten: Set<ByteBuffer> = []
    /// The tags of commands that a gate did only for show.
    var pretended: Set<ByteBuffer> = []
    /// Whom Interpost itself has let in, and for which account.
    var letIn: (client: String?, account: String?)
    /// The client's apparent deletions did not delete anything.
    var pretendsDeletions = false
    /// The POP3 command whose listing passes.
    private var listed: POP3Command?
    /// Octets of a response that is too long to be read, so far.
    private var longOctets = 0
    private var follower: MailboxFollower
    private var maildrop: MaildropFollower

    /// An observer of a session that begins. `detail` says how much is told: less costs less.
    public init(detail: LogEvent.Detail, following: FollowingSettings = .standard) {
        self.detail = detail
        follower = MailboxFollower(following)
        maildrop = MaildropFollower(following)
    }

    /// A secret that is not the client's: it is shown nowhere from now on.
    public mutating func conceal(_ secret: Secret) { redactor.learn(secret) }

    /// Calls `tell` with each log event that `event` gives rise to.
    public mutating func observe(_ event: MailEvent, tell: (LogEvent) -> Void) {
        if !event.isOurs {
            if event.sender == .client {
                traffic.clientOctets += event.bytes.readableBytes
            } else {
                traffic.serverOctets += event.bytes.readableBytes
            }
        }
        defer { standing.follow(event.standing) }
        clientTime.observe(event)
        for anomaly in event.anomalies { observe(anomaly, tell: tell) }
        if !event.quirks.isEmpty { observe(event.quirks, of: event, tell: tell) }
        switch event.meaning {
        case .unknown:
            if event.sender == .client { redactor.learn(wordsOf: event.bytes) }
            if event.sender == .server, detail >= .responses {
                tell(.response(name: "unknown", number: nil, text: LogRedactor.octets(event.bytes)))
            }
        case .opaque: break
        case .literal: ledger.note(event)
        case .pop3Body: if event.sender == .server { maildrop.observe(body: event.bytes) }
        case .part(let start):
            ledger.note(event)
            observePart(start, of: event, tell: tell)
        case .greeting(let status):
            ledger.note(event)
            traffic.responses += 1
            if detail >= .commands {
                tell(.greeting(result: status.result.rawValue, text: redactor.clean(status.text), hasAPOP: false))
            }
            observeCode(of: status, phase: .greeting, tell: tell)
        case .command(let command):
            traffic.commands += 1
            learn(from: command)
            ledger.begin(command, event.exchange)
            follower.observe(command, event.exchange)
            if detail >= .responses { observe(command.deepQuirks(utf8: namesAreUTF8), of: event, tell: tell) }
            if detail >= .commands { tell(.command(redactor.facts(of: command)).with(values(of: command))) }
        case .response(let response):
            ledger.note(event, isUntagged: true, exists: response.kind == .exists ? response.number : nil)
            traffic.responses += 1
            observe(response, of: event, tell: tell)
        case .longResponse(let name, let isLast):
            ledger.note(event, isUntagged: isLast)
            longOctets += event.bytes.readableBytes
            guard isLast else { break }
            traffic.responses += 1
            if detail >= .responses {
                tell(
                    .response(
                        name: name?.description ?? "unknown", number: nil, text: ByteBuffer(string: "[\(longOctets) octets]")))
            }
            longOctets = 0
        case .status(let status):
            ledger.note(event, isUntagged: true)
            traffic.responses += 1
            observeCode(of: status, phase: phase(event), tell: tell)
            observeDeepQuirks(of: status, in: event, tell: tell)
            follower.observe(status)
            if detail >= .responses {
                // An untagged BAD is about a line that was not a command (RFC 9051 §7.1.3), and may repeat it.
                let line = event.bytes.withoutLineEnd
                let isShown = status.result != .bad && status.hasHarmlessCode
                let text = isShown ? redactor.cleanOfParts(line) : LogRedactor.octets(line)
                let told = LogEvent.response(name: status.result.word, number: nil, text: text)
                tell(told.with(isShown && !redactor.finds(in: line) ? values(of: status) : nil))
            }
        case .completion(let status, let record):
            observeDeepQuirks(of: status, in: event, tell: tell)
            observe(status, of: record, event, tell: tell)
        case .continuation(.idle):
            idleSince = event.time
            if detail >= .commands { tell(.idleBegan) }
        case .continuation, .saslChallenge: break
        case .idleDone:
            if !event.anomalies.isEmpty { redactor.learn(wordsOf: event.bytes) }
            if detail >= .commands { tell(.idleEnded(microseconds: event.time.microseconds(since: idleSince ?? event.time))) }
            idleSince = nil
        case .saslResponse(let secrets):
            for secret in secrets { redactor.learn(secret) }
        case .pop3Greeting(let reply):
            traffic.responses += 1
            if detail >= .commands {
                tell(
                    .greeting(
                        result: reply.result.rawValue, text: redactor.clean(reply.text), hasAPOP: reply.hasAPOPTimestamp))
            }
        case .pop3Command(let name, let command):
            traffic.commands += 1
            redactor.learn(from: command, name: name, line: event.bytes)
            if case .user(let name) = command {
                user = name.isOneWord ? String(buffer: redactor.clean(name)) : nil
            }
            if detail >= .commands {
                let facts = redactor.facts(of: command, name: name, line: event.bytes)
                tell(.command(facts).with(values(of: command, line: event.bytes)))
            }
        case .pop3Begin(_, let command):
            maildrop.begin(command)
            if detail >= .values { listed = command }
        case .pop3Listing:
            maildrop.observe(listing: event.bytes)
            if detail >= .responses {
                let line = event.bytes
                let told = LogEvent.response(name: "listing", number: nil, text: redactor.clean(line.withoutLineEnd))
                tell(told.with(values(ofListing: line)))
            }
        case .pop3Completion(let reply, let record):
            listed = nil
            traffic.responses += 1
            observe(reply, of: record, event, tell: tell)
        }
    }

    /// A peer that breaks a rule with every octet does not fill the log.
    private mutating func observe(_ anomaly: Anomaly, tell: (LogEvent) -> Void) {
        let count = anomalies[anomaly.kind, default: 0] + 1
        anomalies[anomaly.kind] = count
        if count <= Self.maximumAnomalies { tell(.anomaly(anomaly)) }
        if count == Self.maximumAnomalies {
            tell(.limit(name: "anomalies of the kind \(anomaly.kind.rawValue)", value: count, side: anomaly.side))
        }
    }

    /// Every quirk is counted; the first ones of a kind are told.
    private mutating func observe(_ found: Quirks, of event: MailEvent, tell: (LogEvent) -> Void) {
        for quirk in found {
            let count = quirks.add(quirk, by: event.sender)
            if count <= Self.maximumQuirks, detail >= .commands {
                tell(.quirk(quirk, side: event.sender, offset: event.offset))
            }
        }
    }

    private mutating func observeDeepQuirks(of status: IMAPStatus, in event: MailEvent, tell: (LogEvent) -> Void) {
        guard detail >= .responses, let code = status.responseCode else { return }
        observe(code.deepQuirks, of: event, tell: tell)
    }

    private func phase(_ event: MailEvent) -> CapabilityPhase {
        event.standing.isLoggedIn || (isLoggingIn && capabilityCommands == 0) ? .afterLogin : .beforeLogin
    }

    // MARK: - IMAP

    private mutating func learn(from command: IMAPCommand) {
        redactor.learn(from: command)
        switch command.body {
        case .login, .authenticate: isLoggingIn = true
        case .capability: capabilityCommands += 1
        default: break
        }
    }

    private mutating func learn(enabled names: [IMAPString]) {
        namesAreUTF8 =
            namesAreUTF8
            || names.contains { $0.bytes.equalsIgnoringCase("UTF8=ACCEPT") || $0.bytes.equalsIgnoringCase("IMAP4REV2") }
    }

    private func observePart(_ start: MailEvent.LiteralStart, of event: MailEvent, tell: (LogEvent) -> Void) {
        guard detail >= .responses || (detail >= .commands && event.sender == .client) else { return }
        let isKnown = event.sender == .server || start.name.map { ShowableNames.contains($0, in: .imap) } == true
        tell(
            .literal(
                LiteralFacts(
                    side: event.sender, octets: start.announcement.length,
                    isSynchronising: !start.announcement.isNonSynchronising,
                    tag: isKnown ? start.tag.map(redactor.clean) : nil, name: isKnown ? start.name?.description : nil)))
    }

    private func observeCode(of status: IMAPStatus, phase: CapabilityPhase, tell: (LogEvent) -> Void) {
        guard detail >= .commands, status.codeName == Keyword("CAPABILITY") else { return }
        tell(.capabilities(phase, status.codeArguments.map { redactor.clean($0.bytes) }))
    }

    private mutating func observe(_ response: IMAPResponse, of event: MailEvent, tell: (LogEvent) -> Void) {
        guard detail >= .responses || response.kind.isFollowed || (detail == .commands && response.kind == .capability)
        else { return }
        var (data, found) = response.read()
        if case .fetch(let answer) = data, answer.flags != nil { ledger.noteFlags(event.exchange) }
        if ledger.isReading, case .fetch(let answer) = data {
            ledger.note(answer, in: response, wasSeen: follower.knowsAsSeen(response, answer))
        }
        follower.observe(response, data)
        if response.kind == .enabled, case .enabled(let names) = data { learn(enabled: names) }
        if detail >= .responses { found.formUnion(data.deepQuirks(utf8: namesAreUTF8)) }
        if !found.isEmpty { observe(found, of: event, tell: tell) }
        if response.kind == .capability, detail >= .commands, case .capabilities(let names) = data {
            tell(.capabilities(phase(event), names.map { redactor.clean($0.bytes) }))
        }
        guard detail >= .responses else { return }
        // Text of messages, URLs with tokens, annotations, push topics, and what is not read.
        var isHarmless = response.kind.isHarmless
        if case .fetch(let answer) = data { isHarmless = answer.isHarmless }
        let told = LogEvent.response(
            name: response.kind == .unknown
                ? redactor.clean(response.name?.description ?? "unknown") : response.name?.description ?? "unknown",
            number: response.number,
            text: isHarmless ? redactor.clean(response.text.oneLine) : LogRedactor.octets(response.text.bytes))
        guard detail >= .values else { return tell(told) }
        tell(told.with(values(of: response, data, isStrict: found.isEmpty)))
    }

    private mutating func observe(
        _ status: IMAPStatus, of record: CommandRecord?, _ event: MailEvent, tell: (LogEvent) -> Void
    ) {
        traffic.responses += 1
        let entry = ledger.end(record?.exchange)
        let taken = clientTime.take(record?.exchange)
        if detail >= .commands {
            tell(.completion(completion(status, of: record, entry, at: event.time, clientTime: taken)).with(values(of: status)))
        }
        guard let record else { return }
        if let sasl = record.sasl {
            let result = sasl.isCancelled ? "cancelled" : status.result.rawValue
            let user = sasl.user.map { redactor.clean($0) }
            tell(
                .sasl(
                    mechanism: ShowableNames.title(ofMechanism: sasl.mechanism), user: user, result: result,
                    responses: sasl.responses))
        }
        var messages = follower.complete(record, status, entry)
        if rewritten.remove(record.tag) != nil { messages.seen = nil }
        let isPretended = pretended.remove(record.tag) != nil
        let acts = ActReader.acts(of: record, status: status, entry, selection: standing.selection, messages: messages)
        for act in acts where !isPretended { tell(.act(redactor.clean(act).letIn(letIn))) }
        guard let body = record.command?.body else { return }
        switch body {
        case .login, .authenticate: isLoggingIn = false
        case .capability: capabilityCommands = max(0, capabilityCommands - 1)
        default: break
        }
        if case .compress = body, status.result == .ok { tell(.compressed) }
        observeCode(of: status, phase: phase(event), tell: tell)
    }

    private func completion(
        _ status: IMAPStatus, of record: CommandRecord?, _ entry: ExchangeLedger.Entry, at time: WireTime, clientTime: Int64
    ) -> CompletionFacts {
        let facts: CommandFacts?
        let isHarmless: Bool
        if let command = record?.command {
            facts = redactor.facts(of: command)
            switch command.body {
            case .unknown, .malformed: isHarmless = false
            default: isHarmless = command.hasHarmlessArguments
            }
        } else if let record, ShowableNames.contains(record.name, in: .imap) {
            facts = CommandFacts(
                tag: redactor.clean(record.tag), name: CommandName(keyword: record.name), arguments: ByteBuffer())
            isHarmless = false
        } else {
            facts = nil
            isHarmless = false
        }
        return CompletionFacts(
            command: facts, result: status.result.word, code: redactor.code(of: status),
            text: isHarmless ? redactor.cleanOfParts(status.text) : LogRedactor.octets(status.text),
            microseconds: max(0, (record.map { time.microseconds(since: $0.startedAt) } ?? 0) - clientTime),
            clientMicroseconds: clientTime,
            untagged: entry.untagged, octets: entry.octets)
    }

    // MARK: - POP3

    private mutating func observe(
        _ reply: POP3Reply, of record: POP3CommandRecord?, _ event: MailEvent, tell: (LogEvent) -> Void
    ) {
        let taken = clientTime.take(record?.exchange)
        if detail >= .commands {
            let isHarmless = record?.command.isHarmless == true
            let facts = CompletionFacts(
                command: record.map { redactor.facts(of: $0.command, name: $0.name, line: nil) },
                result: reply.result == .ok ? "+OK" : reply.result == .err ? "-ERR" : "+",
                code: reply.code.map(redactor.cleanOfParts),
                text: isHarmless ? redactor.cleanOfParts(reply.text) : LogRedactor.octets(reply.text),
                microseconds: max(0, (record.map { event.time.microseconds(since: $0.startedAt) } ?? 0) - taken),
                clientMicroseconds: taken,
                untagged: record?.lines ?? 0, octets: record?.octets ?? 0)
            tell(.completion(facts).with(values(of: reply, answering: record?.command)))
        }
        guard let record else { return }
        if let sasl = record.sasl {
            let result = sasl.isCancelled ? "cancelled" : reply.result.rawValue
            let user = sasl.user.map { redactor.clean($0) }
            tell(
                .sasl(
                    mechanism: ShowableNames.title(ofMechanism: sasl.mechanism), user: user, result: result,
                    responses: sasl.responses))
        }
        maildrop.complete(record, reply)
        for act in ActReader.acts(of: record, reply: reply, user: user, maildrop: maildrop) {
            if pretendsDeletions, act.isDeletion { continue }
            tell(.act(redactor.clean(act).letIn(letIn)))
        }
        guard reply.result == .ok else { return }
        switch record.command {
        case .compress: tell(.compressed)
        case .capa: if detail >= .commands { tell(.capabilities(phase(event), record.listing.map(redactor.clean))) }
        default: break
        }
    }

    // MARK: - Values

    private func values(of command: IMAPCommand) -> EventValues? {
        detail < .values ? nil : EventValues(command, without: redactor, namesAreUTF8: namesAreUTF8)
    }

    private func values(of response: IMAPResponse, _ data: IMAPResponse.Data, isStrict: Bool) -> EventValues? {
        guard detail >= .values else { return nil }
        return EventValues(response, data, isStrict: isStrict, without: redactor, namesAreUTF8: namesAreUTF8)
    }

    private func values(of status: IMAPStatus) -> EventValues? {
        detail < .values ? nil : EventValues(status, without: redactor, namesAreUTF8: namesAreUTF8)
    }

    private func values(of command: POP3Command, line: ByteBuffer) -> EventValues? {
        detail < .values ? nil : EventValues(command, line: line, without: redactor)
    }

    private func values(ofListing line: ByteBuffer) -> EventValues? {
        guard detail >= .values, let listed else { return nil }
        return EventValues(listing: line, answering: listed, without: redactor)
    }

    private func values(of reply: POP3Reply, answering command: POP3Command?) -> EventValues? {
        detail < .values ? nil : EventValues(reply, answering: command, without: redactor)
    }
}
