import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostProxy
import Synchronization

/// A command that runs beside a replay, with its standard input and outputs.
///
/// With Foundation's `Process`, a command ends only when the last process ends that has inherited its descriptors; and a
/// command may leave some running.
final class ChildCommand: Sendable {
    private let process: pid_t
    private let hasEnded = Mutex(false)

    /// - Throws: ``UserError`` where it cannot be run.
    init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var process = pid_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // What this program ignores, traps or blocks, the command does not.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { unsafe sigaddset(&signals, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let failure = Self.withPointers([program] + arguments) { words in
            Self.withPointers(variables) { unsafe posix_spawnp(&process, program, nil, &attributes, words, $0) }
        }
        guard failure == 0 else { throw UserError("\(program) cannot be run: \(String(cString: strerror(failure)))") }
        self.process = process
    }

    /// Texts as C takes them: pointers, and a null one at the end.
    private static func withPointers<Value>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value) -> Value {
        let pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { for pointer in unsafe pointers { unsafe free(pointer) } }
        return unsafe body(pointers)
    }

    /// Asks it to end, unless it has.
    func terminate() { hasEnded.withLock { if !$0 { kill(process, SIGTERM) } } }

    /// The exit status, as a shell gives it: 128 and the number of the signal that ended it.
    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            // A thread of its own, because waiting blocks it.
            Thread.detachNewThread { [self] in
                // The process's number is not given to another one until it has been waited for.
                var information = siginfo_t()
                while unsafe waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
                var status: Int32 = 0
                hasEnded.withLock { hasEnded in
                    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
                    hasEnded = true
                }
                let signal = status & 0x7F
                continuation.resume(returning: signal == 0 ? status >> 8 & 0xFF : 128 + signal)
            }
        }
    }

    /// How to reach the listeners, and who to log in as; any password will do where none is set.
    static func environment(_ listeners: [Listener], _ user: String?, _ password: String?) -> [String: String] {
        var variables = ["INTERPOST_USER": user ?? "user", "INTERPOST_PASSWORD": password ?? "password"]
        for listener in listeners.reversed() {
            guard let url = try? ListenURL(listener.url) else { continue }
            variables["INTERPOST_\(url.mailProtocol.rawValue.uppercased())_URL"] = listener.url
            (variables["INTERPOST_URL"], variables["INTERPOST_HOST"]) = (listener.url, url.host)
            variables["INTERPOST_PORT"] = "\(listener.port)"
        }
        return variables
    }
}
