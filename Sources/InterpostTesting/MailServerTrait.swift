import Foundation
import InterpostCore
import NIOCore
public import Testing

extension Trait where Self == MailServerTrait {
    /// Gives each test a mail server of its own that answers from a capture, and fails the test if its client behaves differently
    /// from the recorded one.
    ///
    ///     @Test(.mailServer("gmail-idle.interpost")) func `my client idles`() async throws {
    ///         let server = try MailServer.current
    ///         …
    ///     }
    ///
    /// On a suite the trait applies to each test in it. Each case of a parameterised test has a server of its own, too, and all of
    /// them may run at the same time.
    ///
    /// A path is looked for in the folder of the test's file and then in each folder above it, up to the one with `Package.swift`:
    /// in each of them the path itself, and then the path in `Captures`, `Fixtures/Captures` and `Fixtures`.
    ///
    /// With `record` and `from` the test itself makes the capture, with a real server:
    ///
    ///     @Test(.mailServer("tour.interpost", security: .implicitTLS, record: .once, from: "imaps://imap.example.org"))
    ///
    /// - Parameters:
    ///   - capture: The path of a capture.
    ///   - security: How clients connect, whatever the recorded one did.
    ///   - matching: Which recorded exchange answers a command.
    ///   - times: When the server speaks.
    ///   - session: The only session that is played, counted from 1; if left out, all of them, one for each connection.
    ///   - user: Who logs in; if left out, anybody, and while the test is recorded, `INTERPOST_USER` of the environment.
    ///   - password: The password to log in with; if left out, any, and while the test is recorded, `INTERPOST_PASSWORD`.
    ///   - record: When a real server is asked. `INTERPOST_RECORD` of the environment overrides it for all tests with `from`.
    ///   - upstreams: The real server, as `interpost run --upstream` takes it; one for each protocol.
    ///   - trust: PEM files with certificates that are trusted in addition to the system's.
    ///   - redact: How much of the mail is replaced in what is recorded. The secrets of logins are always replaced.
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

    /// Each test of a suite gets a server of its own.
    public var isRecursive: Bool { true }

    /// Runs a test while its server runs, and records an issue where the client did otherwise than recorded.
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

    /// - Returns: Whether the capture was replaced, which means that the test passed.
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
    /// For how many connections the differences are shown.
    private static let maximumShown = 5

    /// Fails the test if there was any difference.
    func record(of capture: String, at location: SourceLocation) {
        for problem in problems.prefix(Self.maximumShown) {
            Issue.record("\(capture): the client did otherwise than the recorded one\n\(problem)", sourceLocation: location)
        }
    }
}
