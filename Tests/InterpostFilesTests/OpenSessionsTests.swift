import InterpostCore
import NIOCore
import Testing

@testable import InterpostFiles

@Suite struct `Sessions that go on` {
    private static func record(_ session: Int, _ kind: CaptureRecord.Kind = .client, _ text: String = "a NOOP\r\n")
        -> CaptureRecord
    {
        CaptureRecord(kind, session: session, nanoseconds: 0, bytes: ByteBuffer(string: text))
    }

    @Test func `are over where another run begins`() {
        var open = OpenSessions()
        let header = CaptureHeader(started: WireTime(nanoseconds: 0), keepsSecrets: false, redaction: .none).record
        #expect(open.over(before: header) == [])
        for session in [2, 1, 3] { #expect(open.over(before: Self.record(session)) == []) }
        _ = open.over(before: Self.record(1, .event, #"{"event":"session.closed"}"#))
        #expect(open.over(before: header) == [2, 3])
        #expect(open.over(before: header) == [])
        #expect(open.complaint == nil)
    }

    @Test func `are over when they are silent and there are too many`() {
        var open = OpenSessions()
        for session in 1...OpenSessions.maximum { #expect(open.over(before: Self.record(session)) == []) }
        _ = open.over(before: Self.record(1))
        let over = open.over(before: Self.record(OpenSessions.maximum + 1))
        #expect(over == Array(2...OpenSessions.maximum / 2 + 1))
        #expect(open.complaint?.contains("\(OpenSessions.maximum / 2) were taken for over") == true)
    }
}
