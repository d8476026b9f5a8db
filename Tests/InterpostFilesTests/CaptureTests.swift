import Foundation
import InterpostCore
import InterpostFiles
import TestSupport
import Testing

@Suite struct `A capture that is opened` {
    private static func path(_ name: String) -> String {
        EventSchema.repository.appending(path: "Fixtures/Captures/\(name)").path
    }

    @Test func `has sessions with events`() throws {
        let capture = try Capture(Self.path("demo.interpost"))
        #expect(!capture.sessions.isEmpty)
        for session in capture.sessions {
            #expect(capture.session(numbered: session.number)?.records.count == session.records.count)
            #expect(session.events.contains { $0.sender == .client } && session.events.contains { $0.sender == .server })
            let logins = session.log(detail: .acts).filter { if case .act(.login) = $0 { true } else { false } }
            #expect(!logins.isEmpty)
        }
    }

    @Test func `may be one session of a file`() throws {
        let all = try Capture(Self.path("demo.interpost"))
        let last = try #require(all.sessions.last)
        let one = try Capture(Self.path("demo.interpost") + "#\(last.number)")
        #expect(one.sessions.map(\.number) == [last.number])
    }

    @Test func `has to be there, and to be one`() {
        #expect(throws: CaptureReader.Failure.self) { try Capture("/no/such.interpost") }
        #expect(throws: (any Error).self) { try Capture(Self.path("../Wire/logout.imap")) }
    }
}
