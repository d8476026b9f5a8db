import Foundation
import InterpostCore
import InterpostFiles
import InterpostProxy
import NIOCore
import Testing

@testable import InterpostTesting

@Suite struct `Recording a test` {
    private static let password = "correct horse"

    /// A trait before a server that is a replay itself, and that wants the password.
    private static func trait(
        _ path: String, _ mode: RecordMode, from upstream: MailServer, security: MailServer.Security = .clear
    ) throws -> MailServerTrait {
        let scheme = upstream.security == .implicitTLS ? "imaps" : "imap"
        let option = upstream.security == .clear ? "?starttls=off" : ""
        return .mailServer(
            path, security: security, user: "anna", password: Self.password, record: mode,
            from: "\(scheme)://localhost:\(upstream.port)\(option)", trust: [try upstream.certificateAuthority])
    }

    private static func files(beside path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: URL(filePath: path).deletingLastPathComponent().path)
    }

    private static func upstream(_ security: MailServer.Security = .clear) async throws -> MailServer {
        try await MailServer(
            capture: Scratch.capture(Scratch.tour),
            MailServer.Settings(security: security, matching: .state, user: "anna", password: password))
    }

    /// Runs a tour as a test with the trait, and tells whether it was recorded.
    private static func tour(_ trait: MailServerTrait) async throws -> Bool {
        let test = try #require(Test.current)
        let flag = Found()
        try await trait.provideScope(for: test, testCase: nil) {
            let server = try MailServer.current
            if server.isRecording { flag.add("recording") }
            #expect(server.password == Self.password)
            try await server.playTour()
        }
        return flag.texts == ["recording"]
    }

    @Test(arguments: MailServer.Security.allCases, MailServer.Security.allCases)
    func `once is when there is no capture, whatever the legs are`(
        leg: MailServer.Security, upstream: MailServer.Security
    ) async throws {
        let path = "\(try Scratch.folder())/new/tour.interpost"
        let server = try await Self.upstream(upstream)
        let trait = try Self.trait(path, .once, from: server, security: leg)
        #expect(try await Self.tour(trait))
        try await server.stop()
        #expect(try Self.files(beside: path) == ["tour.interpost"])
        // There is no server any more.
        #expect(try await !Self.tour(trait))
        #expect(server.report.connections.count == 1)
    }

    @Test func `has no secret in the capture, and is for its owner alone`() async throws {
        let path = "\(try Scratch.folder())/tour.interpost"
        let server = try await Self.upstream()
        #expect(try await Self.tour(Self.trait(path, .once, from: server)))
        let reader = try CaptureReader(path)
        var text = ""
        while let record = try reader.next() { text += String(buffer: record.bytes) }
        #expect(text.contains("LOGIN user-"))
        #expect(!text.contains(Self.password) && !text.contains("anna"))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try await server.stop()
    }

    @Test func `always replaces the capture when the test passes, and leaves it when it fails`() async throws {
        let path = try Scratch.capture(Scratch.maildrop)
        let old = try Data(contentsOf: URL(filePath: path))
        let server = try await Self.upstream()
        let trait = try Self.trait(path, .always, from: server)
        let issues = try await Found.issues(of: trait) {
            try await MailServer.current.playTour()
            Issue.record("not as it should be")
        }
        #expect(issues.count == 1)
        #expect(try Data(contentsOf: URL(filePath: path)) == old)
        #expect(try await Found.issues(of: trait) { throw MailServerError("too early") }.last == "too early")
        #expect(try Data(contentsOf: URL(filePath: path)) == old)
        #expect(try Self.files(beside: path) == ["test.interpost"])
        #expect(try await Self.tour(trait))
        let sessions = try RecordedSessions([path]).sessions
        #expect(sessions.map(\.exchanges.count) == [4])
        // Once in a process: other tests with the same capture replay what this one recorded.
        #expect(try await !Self.tour(trait))
        try await server.stop()
    }

    @Test func `is done by the first of the tests that share a capture`() async throws {
        let path = "\(try Scratch.folder())/tour.interpost"
        let server = try await Self.upstream()
        let trait = try Self.trait(path, .once, from: server)
        let recordings = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 1...6 { group.addTask { try await Self.tour(trait) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(recordings == 1)
        try await server.stop()
        #expect(server.report.connections.count == 1)
    }

    @Test func `needs no password once there is a capture`() async throws {
        let path = try Scratch.capture(Scratch.tour)
        let trait: MailServerTrait = .mailServer(path, record: .once, from: "imaps://imap.example.org")
        #expect(try await Found.issues(of: trait) { try await MailServer.current.playTour() } == [])
    }

    @Test func `keeps nothing if no command came, and says why`() async throws {
        let path = "\(try Scratch.folder())/tour.interpost"
        let server = try await Self.upstream()
        let trait = try Self.trait(path, .once, from: server)
        let issues = try await Found.issues(of: trait) {}
        #expect(issues.count == 1)
        #expect(issues.first?.contains("no command was recorded before imap://localhost:") == true)
        #expect(issues.first?.hasSuffix("?starttls=off: no client connected") == true)
        try await server.stop()
        // Where nobody listens, and where no test's server ever does.
        let nobody: MailServerTrait = .mailServer(
            path, user: "a", password: "b", record: .once, from: "imap://127.0.0.1:1?starttls=off")
        let refused = try await Found.issues(of: nobody) { try await MailServer.current.playTour() }
        #expect(refused.count == 2)
        #expect(refused.first?.hasSuffix("Connection refused") == true, "\(refused)")
        let distrusted: MailServerTrait = .mailServer(
            path, user: "a", password: "b", record: .once, from: "imaps://localhost", trust: ["\(path).pem"])
        #expect(try await Found.issues(of: distrusted) {}.count == 1)
        #expect(try Self.files(beside: path) == [])
    }

    // MARK: - What is chosen

    @Test(arguments: [
        (RecordMode.never, nil, RecordMode.never), (.once, nil, .once), (.once, "never", .never), (.never, "ALWAYS", .always),
        (.always, "", .always),
    ])
    func `is done as the environment says`(said: RecordMode, variable: String?, chosen: RecordMode) throws {
        let environment = variable.map { [RecordMode.variable: $0] } ?? [:]
        #expect(try said.chosen(canRecord: true, environment: environment) == chosen)
        // A test that names no server has only its capture.
        #expect(try RecordMode.never.chosen(canRecord: false, environment: environment) == .never)
    }

    @Test func `is refused in words`() async throws {
        let unknown = #expect(throws: MailServerError.self) {
            try RecordMode.once.chosen(canRecord: true, environment: [RecordMode.variable: "alwasy"])
        }
        #expect(unknown?.description == "INTERPOST_RECORD=alwasy is not one of once, never, always; did you mean 'always'?")
        let serverless = #expect(throws: MailServerError.self) {
            try RecordMode.always.chosen(canRecord: false, environment: [:])
        }
        #expect(serverless?.description.hasPrefix("record: .always needs a server") == true)
        let nobody = #expect(throws: MailServerError.self) {
            try RecordingCredentials(MailServer.Settings(user: "anna"), ["INTERPOST_USER": "bob"])
        }
        #expect(nobody?.description.hasPrefix("to record, a user and a password are needed: set INTERPOST_USER") == true)
        let given = try RecordingCredentials(MailServer.Settings(user: "anna"), ["INTERPOST_PASSWORD": "x"])
        #expect(given.user == "anna")
        let path = "\(try Scratch.folder())/x.interpost"
        let trait: MailServerTrait = .mailServer(
            path, user: "a", password: "b", record: .once, from: "imaps://localhost", "imap://localhost")
        let twice = try await Found.issues(of: trait) {}
        #expect(twice.first?.hasPrefix("of each protocol one server can be recorded") == true)
    }
}
