import NIOCore

@testable import InterpostCore

/// What holds for a read-only gate, whatever both sides say: the server hears allowed commands and nothing else, the outcome does
/// not depend on how the network cut the bytes, what is told holds no secret, memory and work stay bounded, and behind the end
/// there is silence.
enum GateProperties {
    static func check(_ dialogue: Dialogue) throws(Violation) {
        let first = try GateRun(dialogue, .joined)
        for cutting in dialogue.otherCuttings {
            let again = try GateRun(dialogue, cutting)
            guard !first.hasSwitched, !again.hasSwitched else { continue }
            try requireEqual(
                again.text(of: again.heard.server), first.text(of: first.heard.server), "what the server heard when \(cutting)")
            try requireEqual(
                again.text(of: again.heard.client), first.text(of: first.heard.client), "what the client heard when \(cutting)")
        }
        try OutputProperties.check(first.log, without: first.forbidden)
    }
}

private struct GateRun {
    private let mailProtocol: MailProtocol
    private var core: SessionCore
    private var observer = SessionObserver(detail: .values)
    private(set) var log: [LogEvent] = []
    private var secrets: SecretKeeper
    private(set) var heard = (client: [UInt8](), server: [UInt8]())
    private(set) var hasSwitched = false
    private var isClosed = false
    private var work = 0
    private var said = 0
    private var count = 0

    var forbidden: [[UInt8]] { secrets.forbidden }

    init(_ dialogue: Dialogue, _ cutting: Cutting) throws(Violation) {
        mailProtocol = dialogue.settings.mailProtocol
        var settings = dialogue.settings
        (settings.isMirror, settings.upstream) = (false, .off)
        core = SessionCore(
            settings, policy: Policy(.readOnly),
            context: PolicyContext(mailProtocol, clientIsEncrypted: settings.listener == .implicit), recordsUpstream: true)
        secrets = SecretKeeper(dialogue)
        for step in dialogue.steps(cutting) {
            switch step {
            case .say(let side, let bytes):
                for piece in dialogue.pieces(of: secrets.filledIn(bytes), cutting) { try say(piece, side) }
            case .direct(.login):
                guard let turns = secrets.login(in: core.conversation) else { continue }
                for turn in turns { try say(ByteBuffer(string: turn.text), turn.side) }
                secrets.hasLoggedIn()
            case .direct: continue
            }
        }
        let verbs = try mailProtocol == .imap ? GateOracle.imap(heard.server) : GateOracle.pop3(heard.server)
        try require(!verbs.contains("DELE"), "a deletion")
        try require(work <= 400 * said + 16_000 * count + 80_000, "work of \(work) for \(said) octets in \(count) actions")
    }

    private mutating func say(_ bytes: ByteBuffer, _ side: Side) throws(Violation) {
        guard bytes.readableBytes > 0, !isClosed else { return }
        said += bytes.readableBytes
        let start = Work.done
        core.receive(bytes, from: side, at: WireTime(nanoseconds: 0))
        work += Work.done - start
        while let action = nextAction() {
            count += 1
            try require(!isClosed, "an action behind the end")
            switch action {
            case .record(let event):
                secrets.note(event)
                observer.observe(event) { log.append($0) }
            case .recordUpstream, .hold, .ask, .conceal, .spend, .settle: break
            case .tell(let event):
                if case .anomaly(let anomaly) = event, anomaly.kind != .literalNotAwaited { hasSwitched = true }
                log.append(event)
            case .judged(let decision): observer.observe(decision) { log.append($0) }
            case .alarm(let reason, let last): observer.observe(alarm: reason, last: last) { log.append($0) }
            case .send(let bytes, .client), .say(let bytes, .client): heard.client += bytes.readableBytesView
            case .send(let bytes, .server), .say(let bytes, .server): heard.server += bytes.readableBytesView
            case .startTLS(let side):
                hasSwitched = true
                core.tlsIsUp(side)
            case .startDeflate: hasSwitched = true
            case .close: isClosed = true
            }
        }
    }

    private mutating func nextAction() -> SessionAction? {
        let start = Work.done
        defer { work += Work.done - start }
        return core.next()
    }

    func text(of bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
