import Foundation
import InterpostConfiguration
import InterpostProxy

/// A command that runs beside a replay, with its standard input and outputs.
struct ChildCommand {
    private let process = Process()
    private let ended: AsyncStream<Void>

    /// - Throws: ``UserError`` where it cannot be run.
    init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
        guard let path = Self.path(of: program) else { throw UserError("\(program): there is no such program") }
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        self.ended = ended
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.terminationHandler = { _ in continuation.finish() }
        do {
            try process.run()
        } catch {
            throw UserError("\(program) cannot be run: \(error.localizedDescription)")
        }
    }

    /// As a shell finds it.
    private static func path(of program: String) -> String? {
        guard !program.contains("/") else { return FileManager.default.isExecutableFile(atPath: program) ? program : nil }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The exit status, as a shell gives it: 128 and the number of the signal that ended it.
    func wait() async -> Int32 {
        for await _ in ended {}
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// How to reach the first listener, and who to log in as; any password will do where none is set.
    static func environment(_ listeners: [Listener], _ user: String?, _ password: String?) -> [String: String] {
        guard let listener = listeners.first else { return [:] }
        let urls = listeners.map { ("INTERPOST_\($0.url.prefix { $0.isLetter }.uppercased())_URL", $0.url) }
        return [
            "INTERPOST_URL": listener.url, "INTERPOST_HOST": (try? ListenURL(listener.url))?.host ?? "127.0.0.1", "INTERPOST_PORT": "\(listener.port)",
            "INTERPOST_USER": user ?? "user", "INTERPOST_PASSWORD": password ?? "password",
        ].merging(urls) { $1 }
    }
}
