// Strategy: a server of the test run is tied to the test process by a pair of sockets: a small watcher
// beside it reads from one and ends the server when the other closes, so even a crashed or killed test
// process leaves nothing behind. In the ordinary case `stop`, or the end of the run, ends server and watcher.

import Foundation
import Synchronization

final class Daemon: Sendable {
    let log: String
    private let child: Child
    private let tether: Int32

    /// `$$` stays the process id of the outer shell, which becomes the server.
    private static let tied = """
        exec 3<&0
        ( (cat <&3 >/dev/null; kill -TERM $$ 2>/dev/null) & )
        exec "$@" 3<&- </dev/null
        """

    /// - Parameter errors: A file of its own for what the server complains of; else that is in the log as well.
    init(_ command: [String], environment: [String: String], log: String, errors: String? = nil) throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw InteropFailure("no tether: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[0]) }
        self.log = log
        tether = ends[1]
        do {
            child = try Child(
                ["sh", "-c", Self.tied, "sh"] + command, environment: environment,
                input: ends[0], output: log, errors: errors ?? log)
        } catch {
            close(ends[1])
            throw error
        }
        Self.running.withLock { $0.append(self) }
    }

    private static let running = Mutex<[Daemon]>([])

    /// Ends all servers, and removes all files, when the test process ends.
    static func stopAllAtExit() { _ = promise }

    private static let promise: Void = {
        atexit {
            for daemon in Daemon.running.withLock({ $0 }) { daemon.child.stopNow(within: 5) }
            try? FileManager.default.removeItem(atPath: Room.root)
        }
    }()

    deinit {
        close(tether)
    }

    var pid: pid_t { child.pid }

    var isRunning: Bool { child.isRunning }

    var logText: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Asks the server to end and gives its exit code; a server that does not comply is killed.
    func stop(within limit: Duration = .seconds(15)) async -> Int32 {
        child.interrupt()
        return await exitCode(within: limit)
    }

    /// Waits for a server that was told to end, or ends by itself.
    func exitCode(within limit: Duration) async -> Int32 {
        let code = await child.exitCode(within: limit)
        child.killGroup()
        Self.running.withLock { $0.removeAll { $0 === self } }
        return code
    }

    /// Waits until `isReady` gives a value, the server ends, or the time is over.
    func ready<Value>(within limit: Duration, _ isReady: () throws -> Value?) async throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while clock.now < deadline {
            if let value = try isReady() { return value }
            guard isRunning else { throw InteropFailure("the server ended while starting:\n\(logText)") }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw InteropFailure("the server was not ready within \(limit):\n\(logText)")
    }
}
