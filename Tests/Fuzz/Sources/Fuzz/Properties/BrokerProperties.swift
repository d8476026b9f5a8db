import NIOCore

@testable import InterpostCore

/// What holds for a session in which Interpost itself lets the client in, whatever both sides say and the shell finds out: no octet
/// goes to a server for a client that was not let in, and none of the client's before its account is logged in; the client hears OK
/// only then; it cannot tell why it was refused, and cannot try without end; no secret of either leg is told or recorded; and the
/// outcome does not depend on how the network cut the bytes.
enum BrokerProperties {
    static func check(_ dialogue: Dialogue) throws(Violation) {
        let first = try BrokerRun(dialogue, .joined)
        for cutting in dialogue.otherCuttings {
            let again = try BrokerRun(dialogue, cutting)
            guard !first.dependsOnCut, !again.dependsOnCut else { continue }
            try requireEqual(again.text(of: \.server), first.text(of: \.server), "what the server heard when \(cutting)")
            try requireEqual(again.text(of: \.client), first.text(of: \.client), "what the client heard when \(cutting)")
        }
        if first.hasRefused {
            let again = try BrokerRun(dialogue, .joined, refusals: .revoked)
            try requireEqual(again.text(of: \.client), first.text(of: \.client), "what the client heard when it was revoked")
        }
        try OutputProperties.check(first.log, without: first.forbidden)
    }
}

/// A brokered session that a dialogue was played into, with its shell.
private struct BrokerRun {
    /// What was asked and not answered.
    private enum Question { case keys, verdict, connection, key, secret }

    private let dialogue: Dialogue
    private var mailProtocol: MailProtocol { dialogue.settings.mailProtocol }
    private var core: SessionCore
    private var peers: BrokerPeers
    private let refusals: LoginRefusal?
    private var observer = SessionObserver(detail: .values)
    private(set) var log: [LogEvent] = []
    private var recorder = SessionRecorder(
        session: 1, start: WireTime(nanoseconds: 0), redactor: EventRedactor(.none, key: FuzzPseudonymKey()))
    private(set) var heard = (client: [UInt8](), server: [UInt8]())
    private var asked: Question?
    private var attempts = 0
    private(set) var hasRefused = false
    private var isLetIn = false
    private var isConnected = false
    /// The account is logged in.
    private var isAdmitted = false
    private var negotiating: Set<Side> = []
    private(set) var dependsOnCut = false
    private var isClosed = false
    private var work = 0
    private var said = 0
    private var count = 0

    var forbidden: [[UInt8]] { peers.secrets.forbidden + (isConnected ? peers.forbidden : []) }

    /// - Parameter refusals: Why clients are refused, in the place of what the dialogue says.
    init(_ dialogue: Dialogue, _ cutting: Cutting, refusals: LoginRefusal? = nil) throws(Violation) {
        self.dialogue = dialogue
        self.refusals = refusals
        peers = BrokerPeers(dialogue)
        let settings = dialogue.settings
        core = SessionCore(
            settings, broker: BrokerPeers.settings,
            context: PolicyContext(settings.mailProtocol, clientIsEncrypted: settings.listener == .implicit),
            recordsUpstream: true)
        try act()
        for step in dialogue.steps(cutting) {
            switch step {
            case .say(let side, let bytes):
                for piece in dialogue.pieces(of: peers.filledIn(bytes, knowsAccount: isConnected && side == .server), cutting) {
                    try say(piece, side)
                }
            case .direct(let directive): try obey(directive)
            }
        }
        try checkServer()
        try require(work <= 400 * said + 24_000 * count + 120_000, "work of \(work) for \(said) octets in \(count) actions")
    }

    // MARK: - In

    private mutating func say(_ text: String, _ side: Side) throws(Violation) { try say(ByteBuffer(string: text), side) }

    private mutating func say(_ bytes: ByteBuffer, _ side: Side) throws(Violation) {
        guard bytes.readableBytes > 0, !isClosed, side == .client || isConnected else { return }
        said += bytes.readableBytes
        let start = Work.done
        if negotiating.contains(side) {
            core.clearTextArrived(from: side)
        } else {
            if side == .server { peers.serverSaid.writeImmutableBuffer(bytes) }
            core.receive(bytes, from: side, at: WireTime(nanoseconds: 0))
        }
        work += Work.done - start
        try act()
    }

    private mutating func obey(_ directive: Dialogue.Directive) throws(Violation) {
        guard !isClosed else { return }
        switch directive {
        case .login:
            guard let turns = peers.secrets.login(in: core.conversation) else { return }
            for turn in turns where turn.side == .client { try say(turn.text, .client) }
            return peers.secrets.hasLoggedIn()
        case .scram: return try logInBySCRAM()
        case .sign:
            guard let line = peers.signature(after: heard.server) else { return }
            return try say(line, .server)
        case .give(let answer): give(answer)
        case .tlsIsUp(let side):
            guard negotiating.remove(side) != nil else { return }
            core.tlsIsUp(side)
        case .inputEnded(let side): core.inputEnded(of: side)
        case .closed(let side): core.closed(by: side)
        case .drain: core.drain()
        case .end: core.end(reason: "the fuzzer ends")
        case .timeOut: core.timedOut(limit: "timeouts.login", seconds: 7)
        case .turnAway: core.turnAway(by: .operator, reason: "revoked")
        case .upstreamFailed: core.upstreamFailed(reason: "refused\r\n* OK \u{7}")
        default: return
        }
        // These come between two pieces of what is said.
        if case .give = directive {} else { dependsOnCut = true }
        try act()
    }

    private mutating func logInBySCRAM() throws(Violation) {
        guard var client = peers.scramClient(), core.conversation.isResting else { return }
        let command = mailProtocol == .imap ? "s AUTHENTICATE" : "AUTH"
        try say("\(command) SCRAM-SHA-256\r\n", .client)
        for _ in 0..<3 {
            guard let line = heard.client.dropLast(2).split(separator: 10, omittingEmptySubsequences: false).last,
                line.starts(with: "+ ".utf8),
                let challenge = Base64.decode(ByteBuffer(bytes: line.dropFirst(2)).readableBytesView)
            else { return }
            var step = client.answer(challenge: challenge)
            if case .derive = step { step = client.derived(BrokerPeers.saltedPassword) }
            guard case .respond(let response) = step else { return }
            try say(response.withExposedBytes { String(buffer: Base64.encode($0.readableBytesView)) } + "\r\n", .client)
        }
    }

    private mutating func give(_ answer: Dialogue.DeskAnswer) {
        switch answer {
        case .keys: self.answer(.keys(BrokerPeers.keys), to: .keys)
        case .accepted:
            if asked == .verdict { isLetIn = true }
            self.answer(.verdict(.accepted(ClientGrant(client: "anna", login: "anna", account: "anna"))), to: .verdict)
        case .refused(let refusal):
            hasRefused = true
            self.answer(.verdict(.refused(refusals ?? refusal)), to: .verdict)
        case .connected:
            if asked == .connection { isConnected = true }
            self.answer(.connected(peers.account), to: .connection)
        case .derived: self.answer(.derived(BrokerPeers.saltedPassword), to: .key)
        case .secret: self.answer(.secret(Secret(ByteBuffer(string: peers.accountSecret.plain + "2"))), to: .secret)
        case .failed(let kind): self.answer(.failed(UpstreamFailure(kind, "as the fuzzer has it")), to: asked)
        }
    }

    private mutating func answer(_ answer: BrokerAnswer, to question: Question?) {
        // An answer of the other kind ends the exchange in which a client is.
        if asked == question || asked == .keys && question == .verdict || asked == .verdict && question == .keys { asked = nil }
        core.receive(answer, at: WireTime(nanoseconds: 0))
    }

    // MARK: - Out

    private mutating func act() throws(Violation) {
        while let action = nextAction() {
            count += 1
            try require(!isClosed, "an action after the end")
            switch action {
            case .record(let event):
                peers.secrets.note(event)
                recorder.record(event)
                observer.observe(event) { log.append($0) }
            case .recordUpstream(let event): recorder.record(upstream: event)
            case .tell(let event):
                if case .accountLogin(let facts) = event, facts.failure == nil { try admit(by: facts.mechanism) }
                if case .anomaly(let anomaly) = event, anomaly.kind != .literalNotAwaited { dependsOnCut = true }
                recorder.tell(event, at: WireTime(nanoseconds: 0))
                observer.observe(told: event) { log.append($0) }
            case .conceal(let secret):
                recorder.conceal(secret)
                observer.conceal(secret)
            case .judged(let decision): observer.observe(decision) { log.append($0) }
            case .alarm(let reason, let last): observer.observe(alarm: reason, last: last) { log.append($0) }
            case .send(let bytes, let side), .say(let bytes, let side): try hear(bytes, side, isOurs: action.isOurs)
            case .startTLS(let side):
                dependsOnCut = true
                try require(side == .client || isConnected, "TLS to a server that is not there")
                if dialogue.negotiatesByHand { negotiating.insert(side) } else { core.tlsIsUp(side) }
            case .ask(let question): try ask(question.request)
            case .hold, .spend, .settle, .startDeflate: break
            case .close: isClosed = true
            }
        }
        try require(isAdmitted || !core.conversation.standing.isLoggedIn, "a client believes that it is logged in")
    }

    private mutating func nextAction() -> SessionAction? {
        let start = Work.done
        defer { work += Work.done - start }
        return core.next()
    }

    private mutating func hear(_ bytes: ByteBuffer, _ side: Side, isOurs: Bool) throws(Violation) {
        if isOurs { recorder.say(bytes, to: side, at: WireTime(nanoseconds: 0)) }
        try require(!negotiating.contains(side), "octets for the \(side) while TLS is negotiated")
        guard side == .server else { return heard.client += bytes.readableBytesView }
        try require(isLetIn && isConnected, "octets for a server that no client was let in for")
        heard.server += bytes.readableBytesView
    }

    private mutating func ask(_ request: BrokerRequest) throws(Violation) {
        let answer: Dialogue.DeskAnswer
        switch request {
        case .keys: (asked, answer) = (.keys, .keys)
        case .judge(let attempt):
            attempts += 1
            try require(attempts <= BrokerPeers.settings.maximumFailures, "attempt number \(attempts)")
            (asked, answer) = (.verdict, peers.isRight(attempt) ? .accepted : .refused(.wrongSecret))
        case .connect:
            try require(isLetIn, "a connection for a client that was not let in")
            (asked, answer) = (.connection, .connected)
        case .derive: (asked, answer) = (.key, .derived)
        case .renewSecret: (asked, answer) = (.secret, .secret)
        }
        // A server that goes on meanwhile speaks out of turn, or not, as the network has it.
        if asked == .key || asked == .secret { dependsOnCut = true }
        if !dialogue.answersByHand { give(answer) }
    }

    // MARK: - What must hold

    /// The account is logged in: what was said and told until now has no secret.
    private mutating func admit(by mechanism: String?) throws(Violation) {
        try require(isLetIn && isConnected && !isAdmitted, "an account for a client that was not let in")
        try require(peers.hasServerAdmitted(mailProtocol), "the server has let nobody in")
        try require(mechanism != "SCRAM-SHA-256" || peers.hasSigned, "a server that does not know the password")
        try checkServer()
        isAdmitted = true
        peers.admittedAt = heard.server.count
        let recorded = recorder.take().flatMap { Array($0.bytes.readableBytesView) }
        try require(!OutputProperties.contains(recorded, forbidden), "a secret in \(text(of: recorded))")
        try require(!OutputProperties.contains(heard.client, peers.forbidden), "the client hears \(text(of: heard.client))")
        try require(!OutputProperties.contains(heard.server, peers.secrets.forbidden), "the server hears the client's secret")
    }

    private func checkServer() throws(Violation) {
        let beginsClear = dialogue.account.security == .required
        let login = Array(heard.server.prefix(peers.admittedAt ?? .max))
        let rest = Array(heard.server.dropFirst(login.count))
        switch mailProtocol {
        case .imap:
            try BrokerOracle.imap(login, beginsClear: beginsClear)
            _ = try GateOracle.imap(rest)
        case .pop3:
            try BrokerOracle.pop3(login, beginsClear: beginsClear)
            let verbs = try GateOracle.pop3(rest)
            try require(!verbs.contains("DELE"), "a deletion")
        }
    }

    private func text(of bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    func text(of side: KeyPath<(client: [UInt8], server: [UInt8]), [UInt8]>) -> String { text(of: heard[keyPath: side]) }
}

extension SessionAction {
    fileprivate var isOurs: Bool { if case .say = self { true } else { false } }
}
