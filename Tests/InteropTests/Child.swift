// Strategy: every process of the suite leads a process group of its own, reads from nothing or from
// one given descriptor and writes into files, so that nothing can block on a full pipe and a hanging
// client is ended, with everything it started, by its process id. A thread per process waits for its end.

import Dispatch
import Foundation
import Synchronization

final class Child: Sendable {
    let pid: pid_t
    private let ended = DispatchGroup()
    private let waitStatus = Mutex<Int32>(0)

    /// Starts `command` (its first word is looked up in `searchPath`).
    init(
        _ command: [String], environment: [String: String],
        input: Int32? = nil, output: String, errors: String
    ) throws {
        guard let name = command.first, let path = Self.path(of: name) else {
            throw InteropFailure("\(command.first ?? "a program") is not installed")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        for (descriptor, file) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        var restored = sigset_t()
        sigemptyset(&restored)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&restored, signal) }
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setsigdefault(&attributes, &restored)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, path, &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw InteropFailure("cannot start \(path): \(String(cString: strerror(code)))") }
        pid = started

        ended.enter()
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            waitStatus.withLock { $0 = status }
            ended.leave()
        }
    }

    static let searchPath = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]

    private static func path(of name: String) -> String? {
        if name.hasPrefix("/") { return name }
        return searchPath.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    var isRunning: Bool { ended.wait(timeout: .now()) == .timedOut }

    /// The exit code, or the negated number of the signal that ended the process.
    var exitCode: Int32 {
        get async {
            await withCheckedContinuation { continuation in
                ended.notify(queue: .global()) { continuation.resume() }
            }
            return waitStatus.withLock { $0 & 0x7F == 0 ? ($0 >> 8) & 0xFF : -($0 & 0x7F) }
        }
    }

    /// The exit code; a process that runs longer than `limit` is killed with its whole group.
    func exitCode(within limit: Duration) async -> Int32 {
        let alarm = Task {
            try await Task.sleep(for: limit)
            killGroup()
        }
        defer { alarm.cancel() }
        return await exitCode
    }

    func interrupt() {
        if isRunning { kill(pid, SIGTERM) }
    }

    func killGroup() {
        kill(-pid, SIGKILL)
    }

    /// For the end of the test process, where nothing can be awaited any more.
    func stopNow(within seconds: Double) {
        interrupt()
        _ = ended.wait(timeout: .now() + seconds)
        killGroup()
    }
}

struct InteropFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
