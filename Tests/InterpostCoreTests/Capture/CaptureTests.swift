import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A capture` {
    private static func record(_ fixture: WireFixture, credentials: CredentialRedactor? = nil) -> [CaptureRecord] {
        var recorder = SessionRecorder(
            session: 1, start: WireTime(nanoseconds: 0), redactor: EventRedactor(credentials: credentials))
        var reading = Reading(fixture.mailProtocol)
        for (side, bytes) in fixture.said { reading.receive(bytes, from: side) }
        for event in reading.events { recorder.record(event) }
        return recorder.take()
    }

    private static func text(_ records: [CaptureRecord]) -> ByteBuffer {
        var text = ByteBuffer(string: CaptureFormat.firstLine)
        for record in records { record.write(to: &text) }
        return text
    }

    private static func read(_ pieces: [ByteBuffer]) throws -> [CaptureRecord] {
        var decoder = CaptureDecoder()
        var records: [CaptureRecord] = []
        for piece in pieces {
            decoder.receive(piece)
            while let record = try decoder.next() { records.append(record) }
        }
        try decoder.finish()
        return records
    }

    @Test func `is text that people can read`() {
        var text = ByteBuffer()
        CaptureRecord(.client, session: 1, nanoseconds: 12_500_000, bytes: ByteBuffer(string: "a NOOP\r\n")).write(to: &text)
        CaptureRecord(.serverAdded, session: 2, nanoseconds: 0, bytes: ByteBuffer()).write(to: &text)
        #expect(String(buffer: text) == "C 1 12500000 8\na NOOP\r\n\nS+ 2 0 0\n\n")
    }

    @Test(arguments: WireFixture.all) func `holds exactly what was said`(fixture: WireFixture) throws {
        let records = Self.record(fixture)
        #expect(try Self.read([Self.text(records)]) == records)
        for side in Side.allCases {
            var reading = Reading(fixture.mailProtocol)
            for (speaker, bytes) in fixture.said { reading.receive(bytes, from: speaker) }
            let recorded = records.filter { $0.kind.side == side }.flatMap { Array($0.bytes.readableBytesView) }
            #expect(recorded == reading.bytes(of: side))
        }
    }

    @Test func `is read the same wherever it is cut`() throws {
        let records = CaptureRecord.Kind.allCases.enumerated().map { index, kind in
            CaptureRecord(
                kind, session: index, nanoseconds: Int64(index) * 1000, bytes: ByteBuffer(string: "C 1 0 2\n\r\n\(index)"))
        }
        let text = Self.text(records)
        for cut in 0...text.readableBytes {
            var rest = text
            let start = rest.readSlice(length: cut) ?? ByteBuffer()
            #expect(try Self.read([start, rest]) == records, "cut at \(cut)")
        }
    }

    @Test func `that was cut off is read up to there`() throws {
        let records = (1...3).map { CaptureRecord(.client, session: $0, nanoseconds: 0, bytes: ByteBuffer(string: "NOOP\r\n")) }
        let text = Self.text(records)
        let lengths = records.indices.map { Self.text(Array(records[...$0])).readableBytes }
        for cut in 0..<text.readableBytes where cut > 0 && !lengths.contains(cut) && cut != CaptureFormat.firstLine.utf8.count {
            var decoder = CaptureDecoder()
            decoder.receive(text.getSlice(at: 0, length: cut) ?? ByteBuffer())
            var count = 0
            while try decoder.next() != nil { count += 1 }
            #expect(count == lengths.filter { $0 <= cut }.count)
            #expect(throws: CaptureError.self) { try decoder.finish() }
        }
    }

    @Test(arguments: [
        ("", CaptureError.notACapture), ("interpost-log 1\n", .notACapture), ("+OK\r\n", .notACapture),
        ("interpost-capture 2\n", .unknownVersion("2")), ("interpost-capture 1\nC 1 0\n", .bad(20)),
        ("interpost-capture 1\nC 1 0 -1\n", .bad(20)), ("interpost-capture 1\nC  1 0 1\n", .bad(20)),
        ("interpost-capture 1\nX 1 0 1\n", .bad(20)), ("interpost-capture 1\nC 1 0 2\nabc\n", .bad(20)),
        ("interpost-capture 1\nC 1 0 1048577\n", .bad(20)), ("interpost-capture 1\nC 1 0 99999999999999999999\n", .bad(20)),
        ("interpost-capture 1\n" + String(repeating: "C", count: 100), .bad(20)),
        ("interpost-capture 1\nC 1 0 8\na NOOP\r", .truncated(at: 20)),
    ])
    func `that is none, or damaged, is refused with the place`(text: String, error: CaptureError) {
        let found = #expect(throws: CaptureError.self) { try Self.read([ByteBuffer(string: text)]) }
        if case .malformedRecord(at: let place, _)? = found {
            #expect(error == .bad(place))
        } else {
            #expect(found == error)
        }
    }

    @Test func `takes a record of the largest size, and none that is larger`() throws {
        for (size, isTaken) in [(CaptureFormat.maximumRecord, true), (CaptureFormat.maximumRecord + 1, false)] {
            let record = CaptureRecord(.server, session: 1, nanoseconds: 0, bytes: ByteBuffer(repeating: 120, count: size))
            #expect((try? Self.read([Self.text([record])])) == (isTaken ? [record] : nil))
        }
        var recorder = SessionRecorder(session: 1, start: WireTime(nanoseconds: 0), redactor: EventRedactor(credentials: nil))
        recorder.say(
            ByteBuffer(repeating: 120, count: CaptureFormat.maximumRecord + 1), to: .client, at: WireTime(nanoseconds: 5))
        #expect(recorder.take().map(\.bytes.readableBytes) == [CaptureFormat.maximumRecord, 1])
    }

    @Test func `has members that say what is in them`() throws {
        let member = CaptureMember(
            size: 4711, textSize: 65_536, sessions: 7...9000, beginningSessions: 2, nanoseconds: 1_000_000_000_001)
        #expect(member.header.readableBytes == CaptureMember.headerSize)
        #expect(try CaptureMember(header: member.header, at: 0) == member)
        for length in 0..<CaptureMember.headerSize {
            let start = member.header.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(throws: CaptureError.truncatedMember(at: 5)) { _ = try CaptureMember(header: start, at: 5) }
        }
        var foreign = member.header
        foreign.setInteger(8, at: 3, as: UInt8.self)
        #expect(try CaptureMember(header: foreign, at: 0) == nil)
        for (place, byte) in [(0, 0x1E), (1, 0), (2, 7), (19, 0xFF), (27, 0xFF)] {
            var damaged = member.header
            damaged.setInteger(UInt8(byte), at: place)
            #expect(throws: CaptureError.self, "octet \(place)") { _ = try CaptureMember(header: damaged, at: 0) }
        }
    }

    // MARK: - Secrets

    @Test(arguments: SecretSession.all + SecretSession.forms) func `holds no secret of a login`(session: SecretSession) throws {
        let transcript = try Transcript(reading: ByteBuffer(string: session.text))
        var recorder = SessionRecorder(
            session: 1, start: WireTime(nanoseconds: 0),
            redactor: EventRedactor(credentials: CredentialRedactor(key: TestPseudonymKey())))
        var reading = Reading(session.mailProtocol)
        for case .say(let side, let bytes) in transcript.lines.map(\.step) { reading.receive(bytes, from: side) }
        for event in reading.events { recorder.record(event) }
        let recorded = String(buffer: Self.text(recorder.take())).lowercased()
        for secret in session.forbidden where secret.count > 3 { #expect(!recorded.contains(secret), "\(secret) in \(recorded)") }
    }

    /// Played to its own client, and to one that it knows nothing of.
    @Test(arguments: SecretSession.all + SecretSession.forms) func `is reported on without the secrets that it holds`(
        session: SecretSession
    ) throws {
        let transcript = try Transcript(reading: ByteBuffer(string: session.text))
        var recorder = SessionRecorder(session: 1, start: WireTime(nanoseconds: 0), redactor: EventRedactor(credentials: nil))
        var reading = Reading(session.mailProtocol)
        for case .say(let side, let bytes) in transcript.lines.map(\.step) { reading.receive(bytes, from: side) }
        for event in reading.events { recorder.record(event) }
        let records = recorder.take()
        var reports = RecordedSession(session.mailProtocol, records: records).exchanges.map(\.shown)
        for recorded in [records, []] {
            var server = ReplayServer(RecordedSession(session.mailProtocol, records: recorded))
            server.opened(at: WireTime(nanoseconds: 0))
            while server.next() != nil {}
            for record in records where record.kind == .client {
                server.receive(record.bytes, at: WireTime(nanoseconds: 0))
                while server.next() != nil {}
            }
            reports.append(server.report.text)
        }
        for report in reports.map({ $0.lowercased() }) {
            for secret in session.forbidden { #expect(!report.contains(secret), "\(secret) in \(report)") }
        }
    }

    @Test(arguments: WireFixture.all) func `without its secrets is the same conversation`(fixture: WireFixture) throws {
        let records = Self.record(fixture, credentials: CredentialRedactor(key: TestPseudonymKey()))
        var (before, after) = (Reading(fixture.mailProtocol), Reading(fixture.mailProtocol))
        for (side, bytes) in fixture.said { before.receive(bytes, from: side) }
        for record in records { if let side = record.kind.side { after.receive(record.bytes, from: side) } }
        func kinds(_ reading: Reading) -> [String] {
            reading.log.compactMap { event in
                switch event {
                case .command, .completion, .act, .sasl, .greeting: "\(event.name)"
                default: nil
                }
            }
        }
        #expect(kinds(after) == kinds(before))
        #expect(after.state == before.state)
    }
}

extension CaptureError {
    /// Whatever the problem is.
    fileprivate static func bad(_ place: Int) -> CaptureError { .malformedRecord(at: place, problem: "") }
}
