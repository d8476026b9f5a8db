import Foundation
import InterpostCore
import NIOCore
public import Testing

extension Trait where Self == MailServerTrait {
    /// Gives each test a mail server of its own that says what a capture says, and fails the test if its client does otherwise than
    /// the recorded one.
    ///
    ///     @Test(.mailServer("gmail-idle.interpost")) func `my client idles`() async throws {
    ///         let server = try MailServer.current
    ///         …
    ///     }
    ///
    /// On a suite it is for each test in it. Cases of parameterised tests have servers of their own, too, and all of them may run at
    /// the same time.
    ///
    /// A path is looked for in the folder of the test's file and then in each folder above it, up to the one with `Package.swift`:
    /// as it is, and in `Captures`, `Fixtures/Captures` and `Fixtures` there.
    ///
    /// With `record` and `from` the capture is recorded by the test itself, with a real server:
    ///
    ///     @Test(.mailServer("tour.interpost", security: .implicitTLS, record: .once, from: "imaps://imap.example.org"))
    ///
    /// - Parameters:
    ///   - capture: The path of a capture.
    ///   - security: How clients connect, whatever the recorded one did.
    ///   - matching: Which of the recorded exchanges answers a command.
    ///   - times: When the server speaks.
    ///   - session: The only session that is played, counted from 1; all of them, one for each connection, when left out.
    ///   - user: Who logs in; anybody, when left out. For recording, `INTERPOST_USER` of the environment takes its place.
    ///   - password: With which password; any, when left out. For recording, `INTERPOST_PASSWORD` takes its place.
    ///   - record: When a real server is asked. `INTERPOST_RECORD` of the environment says it for all tests with `from`.
    ///   - upstreams: The real server, as `interpost run --upstream` takes it; one for each protocol.
    ///   - trust: PEM files with certificates that are trusted beside the system's.
    ///   - redact: How much of the mail is replaced in what is recorded, beside the secrets of logins.
    public static func mailServer(
        _ capture: String, security: MailServer.Security = .clear, matching: MailServer.Settings.Matching = .ordered,
        times: MailServer.Settings.Times = .none, session: Int? = nil, user: String? = nil, password: String? = nil,
        record: RecordMode = .never, from upstreams: String..., trust: [String] = [], redact: MailServer.Redaction = .none,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) -> Self {
        MailServerTrait(
            capture: capture,
            settings: MailServer.Settings(
                security: security, matching: matching, times: times, session: session, user: user, password: password),
            plan: RecordingPlan(mode: record, upstreams: upstreams, trust: trust, redaction: redact),
            location: SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column), testFile: filePath)
    }
}

/// What ``Testing/Trait/mailServer(_:security:matching:times:session:user:password:record:from:trust:redact:fileID:filePath:line:column:)``
/// makes.
public struct MailServerTrait: TestTrait, SuiteTrait, TestScoping {
    let capture: String
    let settings: MailServer.Settings
    let plan: RecordingPlan
    let location: SourceLocation
    let testFile: String

    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        MailServerScope.current?.cover()
        let places = CapturePlaces(capture, of: testFile)
        let environment = ProcessInfo.processInfo.environment
        let mode = try plan.mode.chosen(canRecord: !plan.upstreams.isEmpty, environment: environment)
        guard mode != .never else {
            guard let path = places.existing else { throw places.failure }
            return try await replay(path, function)
        }
        let path = places.existing ?? places.place
        let turns = RecordingTurns.shared
        await turns.take(path)
        let isThere = mode == .once ? places.existing != nil : await turns.recorded.contains(path)
        guard !isThere else {
            await turns.end(path, isRecorded: false)
            return try await replay(path, function)
        }
        do {
            let credentials = try RecordingCredentials(settings, environment)
            let isRecorded = try await record(path, credentials, for: test, testCase, function)
            await turns.end(path, isRecorded: isRecorded)
        } catch {
            await turns.end(path, isRecorded: false)
            throw error
        }
    }

    private func replay(_ path: String, _ function: @Sendable () async throws -> Void) async throws {
        let server = try await MailServer(capture: path, settings)
        let scope = MailServerScope(server)
        var failure: (any Error)?
        do {
            try await MailServerScope.$current.withValue(scope, operation: function)
        } catch {
            failure = error
        }
        let report = try await server.stop()
        if !scope.isCovered { report.record(of: capture, at: location) }
        if let failure { throw failure }
    }

    /// - Returns: Whether the capture was replaced: the test passed.
    private func record(
        _ path: String, _ credentials: RecordingCredentials, for test: Test, _ testCase: Test.Case?,
        _ function: @Sendable () async throws -> Void
    ) async throws -> Bool {
        let recorder = try await Recorder(plan, to: path, security: settings.security)
        defer { recorder.discard() }
        let server = MailServer(recording: recorder, user: credentials.user, password: credentials.password)
        let scope = MailServerScope(server)
        let watch: IssueHandlingTrait = .compactMapIssues { issue in
            if issue.isFailure { scope.fail() }
            return issue
        }
        var failure: (any Error)?
        do {
            try await watch.provideScope(for: test, testCase: testCase) {
                try await MailServerScope.$current.withValue(scope, operation: function)
            }
        } catch {
            failure = error
        }
        try await server.stop()
        if let problem = recorder.problem {
            Issue.record("\(capture): \(problem)", sourceLocation: location)
            scope.fail()
        }
        if let failure { throw failure }
        guard !scope.hasFailed else { return false }
        try recorder.keep()
        return true
    }
}

extension MailServerReport {
    /// Connections whose differences are shown.
    private static let maximumShown = 5

    /// Fails the test if there was any difference.
    func record(of capture: String, at location: SourceLocation) {
        for problem in problems.prefix(Self.maximumShown) {
            Issue.record("\(capture): the client did otherwise than the recorded one\n\(problem)", sourceLocation: location)
        }
    }
}
