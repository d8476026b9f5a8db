import Foundation
import NIOCore
import Testing

@testable import InterpostCore

/// A transcript of `Fixtures/Wire/Gate`: what the client says (`C:`), what the server gets in its place (`U:`), what the server
/// says (`S:` when the client hears it as it is, `s:` when not), and what the client hears from the gate (`A:`).
///
///     @ policy read-only
///     C: a SELECT inbox
///     U: a EXAMINE INBOX
///     S: a OK [READ-ONLY] done
///     = policy verdict=rewrite name=SELECT sent_name=EXAMINE
///
/// `= …` is one event of the log, in order; of those that only repeat what was said none is given.
struct GateFixture: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case client(ByteBuffer)
        case upstream(ByteBuffer)
        case server(ByteBuffer, isHeard: Bool)
        case answer(ByteBuffer)
        case expect(String)
    }

    var testDescription: String
    var mailProtocol: MailProtocol
    var policy = Policy(.readOnly)
    /// Interpost lets the client in itself.
    var desk: TestDesk?
    var steps: [(step: Step, line: Int)] = []

    static let all: [GateFixture] = ["Gate", "Broker"].flatMap { (name: String) -> [GateFixture] in
        let folder = WireFixture.folder.appending(path: name)
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.sorted { $0.path < $1.path }.compactMap { file in
            guard let mailProtocol = MailProtocol(rawValue: file.pathExtension),
                let text = try? String(contentsOf: file, encoding: .utf8)
            else { return nil }
            return try? GateFixture(file.lastPathComponent, mailProtocol, text)
        }
    }

    init(_ name: String, _ mailProtocol: MailProtocol, _ text: String) throws {
        testDescription = name
        self.mailProtocol = mailProtocol
        let letters = ["U:": "C:", "A:": "S:", "s:": "S:"]
        var kinds: [Int: String] = [:]
        var plain: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let kind = String(line.prefix(2))
            kinds[index + 1] = kind
            plain.append(letters[kind].map { $0 + line.dropFirst(2) } ?? String(line))
        }
        for line in try Transcript(reading: ByteBuffer(string: plain.joined(separator: "\n"))).lines {
            switch line.step {
            case .say(_, let bytes):
                let step: Step =
                    switch kinds[line.number] {
                    case "U:": .upstream(bytes)
                    case "A:": .answer(bytes)
                    case "s:": .server(bytes, isHeard: false)
                    case "S:": .server(bytes, isHeard: true)
                    default: .client(bytes)
                    }
                steps.append((step, line.number))
            case .expect(let text): steps.append((.expect(text), line.number))
            case .set(let text): set(text)
            }
        }
    }

    /// `policy no-delete present-as-writable deletes-pretend`, `policy read-only header moves=3/h`; `client read-only` narrows it;
    /// `broker auth=plain upstream=required`.
    private mutating func set(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        if words.first == "broker" { return desk = TestDesk(text) }
        guard words.first == "policy" else {
            var other = Policy(.readOnly)
            Self.set(words.dropFirst(), of: &other)
            policy = policy.narrowed(by: [(words.first ?? "", other)])
            return
        }
        Self.set(words.dropFirst(), of: &policy)
    }

    private static func set(_ words: ArraySlice<String>, of policy: inout Policy) {
        for word in words {
            switch word {
            case "present-as-writable": policy.presentsAsWritable = true
            case "deletes-pretend": policy.deletes = .pretend
            case "seen-pretend": policy.seen = .pretend
            default:
                let pair = word.split(separator: "=").map(String.init)
                if let matter = Budget.Matter(rawValue: pair[0]) { policy.budget.allowances[matter] = Budget.Allowance(pair[1]) }
                if let sight = Sight(rawValue: word) { policy.sight = sight }
                if let preset = Policy.Preset(rawValue: word) { policy.preset = preset }
            }
        }
    }
}

/// A gate between two scripted peers: what is said in, and what each of them hears.
struct GatePlayer {
    static let start = WireTime(nanoseconds: 0)
    private var core: SessionCore
    private var observer = SessionObserver(detail: .commands)
    private(set) var heard: (client: [UInt8], server: [UInt8]) = ([], [])
    private(set) var log: [LogEvent] = []
    private(set) var records: [CaptureRecord] = []
    private var recorder = SessionRecorder(
        session: 1, start: WireTime(nanoseconds: 0),
        redactor: EventRedactor(credentials: nil, content: nil))
    private(set) var isClosed = false
    private(set) var hold: Int?
    /// What the client has done, in this session and in others.
    var book = BudgetBook()

    private let desk: TestDesk?

    /// The two peers of a fixture, which is to be played.
    init(_ fixture: GateFixture) {
        guard let desk = fixture.desk else {
            self.init(fixture.mailProtocol, fixture.policy)
            return
        }
        self.init(desk, fixture.mailProtocol, fixture.policy)
    }

    /// A client that Interpost lets in itself.
    private init(_ desk: TestDesk, _ mailProtocol: MailProtocol, _ policy: Policy) {
        var desk = desk
        desk.policy = policy
        self.desk = desk
        core = SessionCore(
            SessionSettings(mailProtocol: mailProtocol, listener: desk.listener, upstream: .implicit), broker: desk.settings,
            context: PolicyContext(mailProtocol, clientIsEncrypted: desk.listener == .implicit), recordsUpstream: true)
        pump()
    }

    init(_ mailProtocol: MailProtocol, _ policy: Policy, context: PolicyContext? = nil) {
        desk = nil
        core = SessionCore(
            SessionSettings(mailProtocol: mailProtocol, listener: .implicit, upstream: .implicit), policy: policy,
            context: context ?? PolicyContext(mailProtocol), recordsUpstream: true)
    }

    mutating func client(_ bytes: ByteBuffer) { say(bytes, .client) }
    mutating func server(_ bytes: ByteBuffer) { say(bytes, .server) }

    mutating func resolveHold(_ verdict: HoldVerdict) {
        hold = nil
        core.resolveHold(verdict, at: WireTime(nanoseconds: 0))
        pump()
    }

    private mutating func say(_ bytes: ByteBuffer, _ side: Side) {
        guard !isClosed, bytes.readableBytes > 0 else { return }
        core.receive(bytes, from: side, at: WireTime(nanoseconds: 0))
        pump()
    }

    private mutating func pump() {
        while let action = core.next() {
            switch action {
            case .record(let event):
                recorder.record(event)
                observer.observe(event) { _ in }
            case .recordUpstream(let event): recorder.record(upstream: event)
            case .judged(let decision): observer.observe(decision) { log.append($0) }
            case .alarm(let reason, let last): observer.observe(alarm: reason, last: last) { log.append($0) }
            case .tell(let event):
                observer.observe(told: event) {
                    log.append($0)
                    recorder.tell($0, at: WireTime(nanoseconds: 0))
                }
            case .conceal(let secret):
                observer.conceal(secret)
                recorder.conceal(secret)
            case .ask(let question):
                if let answer = desk?.answer(question.request) { core.receive(answer, at: WireTime(nanoseconds: 0)) }
            case .send(let bytes, .client): heard.client += bytes.readableBytesView
            case .say(let bytes, .client):
                recorder.say(bytes, to: .client, at: WireTime(nanoseconds: 0))
                heard.client += bytes.readableBytesView
            case .send(let bytes, .server): heard.server += bytes.readableBytesView
            case .say(let bytes, .server):
                recorder.say(bytes, to: .server, at: WireTime(nanoseconds: 0))
                heard.server += bytes.readableBytesView
            case .hold(_, let seconds): hold = seconds
            case .spend(let request):
                core.resolveBudget(book.spend(request, of: "client", at: Self.start), at: Self.start)
            case .settle(let settlement): book.settle(settlement, of: "client", at: Self.start)
            case .close: isClosed = true
            case .startTLS(let side): if desk != nil { core.tlsIsUp(side) }
            case .startDeflate: break
            }
        }
        records += recorder.take()
    }

    /// What the records say that a leg carried.
    func recorded(onLegTo leg: Side, by side: Side) -> [UInt8] {
        records.filter { $0.kind.side == side && $0.kind.isCarried(onLegTo: leg) }.flatMap { Array($0.bytes.readableBytesView) }
    }
}
