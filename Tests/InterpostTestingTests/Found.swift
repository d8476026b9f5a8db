import Synchronization
import Testing

@testable import InterpostTesting

/// What a test within a test did: its issues, each with its file and line, and the error that it threw.
final class Found: Sendable {
    private let found = Mutex<[String]>([])

    var texts: [String] { found.withLock { $0 } }

    func add(_ text: String) { found.withLock { $0.append(text) } }

    /// Runs `body` as a test with the trait. Its issues are none of the test that calls this.
    static func issues(of trait: MailServerTrait, _ body: @Sendable () async throws -> Void) async throws -> [String] {
        let test = try #require(Test.current)
        let found = Found()
        let catching: IssueHandlingTrait = .compactMapIssues { issue in
            let place = issue.sourceLocation.map { "\($0.fileName):\($0.line) " } ?? ""
            found.add(place + issue.comments.map(\.rawValue).joined(separator: "\n"))
            return nil
        }
        try await catching.provideScope(for: test, testCase: nil) {
            do {
                try await trait.provideScope(for: test, testCase: nil, performing: body)
            } catch {
                found.add("\(error)")
            }
        }
        return found.texts
    }
}
