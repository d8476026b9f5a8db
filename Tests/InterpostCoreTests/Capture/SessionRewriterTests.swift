import NIOCore
import Testing

@testable import InterpostCore

/// What is redacted afterwards must be what would have been recorded at once.
@Suite struct `Redacting a recorded session` {
    /// Through a relay that offers STARTTLS, so that some of it is edited, some withheld, and some Interpost's own.
    private static func record(
        _ said: [(side: Side, bytes: ByteBuffer)], _ mailProtocol: MailProtocol, _ redactor: EventRedactor
    ) -> [CaptureRecord] {
        var core = Tap(SessionSettings(mailProtocol: mailProtocol, listener: .offered, upstream: .off))
        var recorder = SessionRecorder(session: 1, start: WireTime(nanoseconds: 0), redactor: redactor)
        for (step, (side, bytes)) in said.enumerated() {
            let now = WireTime(nanoseconds: Int64(step) * 1000)
            core.receive(bytes, from: side, at: now)
            while let action = core.next() {
                switch action {
                case .record(let event): recorder.record(event)
                case .say(let bytes, let side): recorder.say(bytes, to: side, at: now)
                case .startTLS(let side): core.tlsIsUp(side)
                case .startDeflate(let side, let unread): core.receive(unread, from: side, at: now)
                case .tell, .send, .close: break
                }
            }
        }
        return recorder.take()
    }

    private static func rewrite(
        _ records: [CaptureRecord], _ mailProtocol: MailProtocol, _ level: RedactionLevel, octets: Int = .max
    ) -> [CaptureRecord] {
        var rewriter = SessionRewriter(mailProtocol, redactor: EventRedactor(level, key: TestPseudonymKey()))
        let cut = records.flatMap { record in
            stride(from: 0, to: record.bytes.readableBytes, by: min(octets, max(1, record.bytes.readableBytes))).map { start in
                var piece = record
                piece.bytes =
                    record.bytes.getSlice(
                        at: start, length: min(octets, record.bytes.readableBytes - start)) ?? ByteBuffer()
                return piece
            }
        }
        return cut.flatMap { rewriter.rewrite($0) } + rewriter.finish()
    }

    /// What was said in each way, joined.
    private static func octets(_ records: [CaptureRecord]) -> [CaptureRecord.Kind: ByteBuffer] {
        records.reduce(into: [:]) { $0[$1.kind, default: ByteBuffer()].writeImmutableBuffer($1.bytes) }
    }

    @Test(arguments: WireFixture.all, [RedactionLevel.none, .all])
    func `gives what would have been recorded`(fixture: WireFixture, level: RedactionLevel) {
        let kept = Self.record(
            fixture.said, fixture.mailProtocol, EventRedactor(.none, key: TestPseudonymKey(), keepsSecrets: true))
        let live = Self.record(fixture.said, fixture.mailProtocol, EventRedactor(level, key: TestPseudonymKey()))
        let rewritten = Self.rewrite(kept, fixture.mailProtocol, level)
        let (expected, got) = (Self.octets(live), Self.octets(rewritten))
        // What Interpost says itself is recorded as it says it.
        for kind in CaptureRecord.Kind.allCases where kind != .serverAdded {
            #expect(got[kind] == expected[kind], "\(kind)")
        }
        #expect(Self.octets(Self.rewrite(kept, fixture.mailProtocol, level, octets: 1)) == got)
    }

    @Test(arguments: SecretSession.all) func `leaves no secret of a login`(session: SecretSession) throws {
        let turns = try Transcript(reading: ByteBuffer(string: session.text)).lines.compactMap(SessionTurn.init)
        let kept = RecordedSession.records(turns)
        let text = Self.rewrite(kept, session.mailProtocol, .none).map { String(buffer: $0.bytes) }.joined().lowercased()
        for secret in session.forbidden where secret.count > 3 { #expect(!text.contains(secret), "\(secret) in \(text)") }
    }

    @Test func `a login that breaks off in the middle of its line leaves nothing of it`() {
        let records = [
            CaptureRecord(.server, session: 1, nanoseconds: 0, bytes: ByteBuffer(string: "* OK ready\r\n")),
            CaptureRecord(.client, session: 1, nanoseconds: 1, bytes: ByteBuffer(string: "a LOGIN anna sesa")),
            CaptureRecord(
                .event, session: 1, nanoseconds: 2, bytes: ByteBuffer(string: #"{"v":1,"session":1,"event":"session.closed"}"#)),
        ]
        let rewritten = Self.rewrite(records, .imap, .none)
        #expect(rewritten.map(\.kind) == [.server, .client, .event])
        #expect(String(buffer: rewritten[1].bytes) == "xxxxxxxxxxxxxxxxx")
    }
}
