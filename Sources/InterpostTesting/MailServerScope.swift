import InterpostCore
import NIOCore
import Synchronization

/// The server of the running test, and what is known about the test.
final class MailServerScope: Sendable {
    @TaskLocal static var current: MailServerScope?

    let server: MailServer
    private let state = Mutex((isCovered: false, hasFailed: false))

    init(_ server: MailServer) { self.server = server }

    /// Notes that the test has another server in place of this one.
    func cover() { state.withLock { $0.isCovered = true } }

    func fail() { state.withLock { $0.hasFailed = true } }

    /// Whether another server took the place of this one, so that nobody was to connect.
    var isCovered: Bool { state.withLock { $0.isCovered } }

    var hasFailed: Bool { state.withLock { $0.hasFailed } }
}

extension MailServer {
    /// The server of the running test: that of its own trait, or else that of its suite's.
    ///
    /// Throws in a test that has none, and in a detached task, which is not part of a test.
    public static var current: MailServer {
        get throws {
            guard let scope = MailServerScope.current else {
                throw MailServerError("this test has no mail server: give it the trait .mailServer(\"NAME.interpost\")")
            }
            return scope.server
        }
    }
}

/// The user and password that a test logs in with while it is recorded.
struct RecordingCredentials: Sendable {
    static let userVariable = "INTERPOST_USER"
    static let passwordVariable = "INTERPOST_PASSWORD"

    let user: String
    let password: Secret

    init(_ settings: MailServer.Settings, _ environment: [String: String]) throws {
        guard let user = settings.user ?? environment[Self.userVariable],
            let password = settings.secret ?? environment[Self.passwordVariable].map({ Secret(ByteBuffer(string: $0)) })
        else {
            throw MailServerError(
                "to record, a user and a password are needed: set \(Self.userVariable) and \(Self.passwordVariable), or give the "
                    + "trait user: and password:")
        }
        self.user = user
        self.password = password
    }
}
