import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostProxy

/// A command that runs beside a replay, with its standard input and outputs.
///
/// Foundation's `Process` ends only with the last process that has inherited its descriptors, and a command may leave some.
struct ChildCommand {
    private let process: pid_t

    /// - Throws: ``UserError`` where it cannot be run.
    init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var process = pid_t()
        let failure = Self.withPointers([program] + arguments) { words in
            Self.withPointers(variables) { unsafe posix_spawnp(&process, program, nil, nil, words, $0) }
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

    /// The exit status, as a shell gives it: 128 and the number of the signal that ended it.
    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            // A thread of its own, because waiting blocks it.
            Thread.detachNewThread {
                var status: Int32 = 0
                while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
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
