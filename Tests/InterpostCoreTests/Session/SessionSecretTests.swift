import NIOCore
import Testing

@testable import InterpostCore

/// No way of saying a password brings it into what is logged or recorded of a whole session: with and without a gate, in a
/// session that is encrypted from its beginning and in one that turns to TLS, in whole lines and octet by octet. COMPRESS makes
/// no difference here: what the core sees is inflated.
@Suite("The secrets of a whole session")
struct SessionSecretTests {
    enum Way: CaseIterable { case tap, gate }

    @Test(arguments: SecretSession.all + SecretSession.forms, Way.allCases)
    func `are in no output`(session: SecretSession, way: Way) throws {
        let said = try Transcript(reading: ByteBuffer(string: session.text)).lines.compactMap { line -> (Side, ByteBuffer)? in
            if case .say(let side, let bytes) = line.step { (side, bytes) } else { nil }
        }
        for turnsToTLS in [false, true] {
            for isCut in [false, true] {
                var player = Player(session.mailProtocol, way, turnsToTLS: turnsToTLS)
                for (side, bytes) in said {
                    let pieces = isCut ? bytes.readableBytesView.map { ByteBuffer(bytes: [$0]) } : [bytes]
                    for piece in pieces { player.say(piece, side) }
                    player.turnToTLS()
                }
                let output = player.output.lowercased()
                for secret in session.forbidden where secret.count > 3 {
                    let lines = output.split(separator: "\n").filter { $0.contains(secret) }
                    #expect(lines.isEmpty, "\(secret), with STARTTLS: \(turnsToTLS), octet by octet: \(isCut)")
                }
            }
        }
    }
}

private struct Player {
    private var core: SessionCore
    private let mailProtocol: MailProtocol
    private var observer = SessionObserver(detail: .values)
    private var recorders: [SessionRecorder]
    private var log: [LogEvent] = []
    private var isClosed = false
    private var mayTurn: Bool

    init(_ mailProtocol: MailProtocol, _ way: SessionSecretTests.Way, turnsToTLS: Bool) {
        self.mailProtocol = mailProtocol
        mayTurn = turnsToTLS
        core = SessionCore(
            SessionSettings(mailProtocol: mailProtocol, listener: turnsToTLS ? .offered : .implicit, upstream: .implicit),
            policy: Policy(way == .gate ? .readOnly : .observe),
            context: PolicyContext(mailProtocol, clientIsEncrypted: !turnsToTLS), recordsUpstream: true)
        recorders = RedactionLevel.allCases.map { level in
            SessionRecorder(
                session: 1, start: WireTime(nanoseconds: 0), redactor: EventRedactor(level, key: TestPseudonymKey()))
        }
    }

    /// Right behind the greeting.
    mutating func turnToTLS() {
        guard mayTurn else { return }
        mayTurn = false
        say(ByteBuffer(string: mailProtocol == .imap ? "t STARTTLS\r\n" : "STLS\r\n"), .client)
    }

    mutating func say(_ bytes: ByteBuffer, _ side: Side) {
        guard !isClosed else { return }
        core.receive(bytes, from: side, at: WireTime(nanoseconds: 0))
        while let action = core.next() {
            switch action {
            case .record(let event):
                for index in recorders.indices { recorders[index].record(event) }
                observer.observe(event) { log.append($0) }
            case .recordUpstream(let event): for index in recorders.indices { recorders[index].record(upstream: event) }
            case .judged(let decision): observer.observe(decision) { log.append($0) }
            case .alarm(let reason, let last): observer.observe(alarm: reason, last: last) { log.append($0) }
            case .tell(let event): observer.observe(told: event) { log.append($0) }
            case .startTLS(let side): core.tlsIsUp(side)
            case .close: isClosed = true
            case .send, .say, .hold, .ask, .conceal, .spend, .settle, .startDeflate: break
            }
        }
    }

    /// All that is written of the session.
    var output: String {
        var json: [UInt8] = []
        for event in log { event.writeJSON(session: 1, at: WireTime(nanoseconds: 0), to: &json) }
        var recorders = recorders
        let recorded = recorders.indices.map { index in
            recorders[index].take().map { String(buffer: $0.bytes) }.joined()
        }
        return String(decoding: json, as: UTF8.self) + log.map(\.summary).joined(separator: "\n") + "\n"
            + recorded.joined(separator: "\n")
    }
}
