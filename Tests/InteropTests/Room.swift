// Strategy: whatever a run writes lives below one temporary directory, removed when the test process
// ends. A room is a subdirectory for one client's visit: its HOME, its configuration, its output. Nothing
// of the caller's environment reaches a client.

import Foundation
import Synchronization

struct Room: Sendable {
    let path: String

    /// The directory of this test run; mail readers of another account must be able to pass through it.
    static let root: String = {
        let parent = URL(fileURLWithPath: NSTemporaryDirectory()).path
        var template = Array("\(parent)/interpost-interop-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary directory: \(String(cString: strerror(errno)))") }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(path, 0o755)
        return path
    }()

    private static let counter = Atomic<Int>(0)

    init(_ purpose: String) throws {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        path = "\(Self.root)/\(purpose)-\(number)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// A path in the room, of a file or directory that need not exist yet.
    func path(_ name: String) -> String { "\(path)/\(name)" }

    func directory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        return path(name)
    }

    /// Writes a file only its owner may read, as clients demand of files with passwords.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        chmod(path(name), 0o600)
        return path(name)
    }

    var environment: [String: String] {
        [
            "HOME": path, "TMPDIR": path, "PATH": Child.searchPath.joined(separator: ":"),
            "LANG": "C.UTF-8", "TERM": "xterm", "PYTHONDONTWRITEBYTECODE": "1",
        ]
    }

    /// Runs a client to its end; a failure carries all it said.
    @discardableResult
    func run(_ command: String..., limit: Duration = .seconds(60)) async throws -> String {
        try await run(command, limit: limit)
    }

    @discardableResult
    func run(_ command: [String], limit: Duration = .seconds(60)) async throws -> String {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        let output = path("run-\(number).out")
        let errors = path("run-\(number).err")
        let child = try Child(command, environment: environment, output: output, errors: errors)
        let code = await child.exitCode(within: limit)
        child.killGroup()
        let said = try String(decoding: Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
        guard code == 0 else {
            let complaint = try String(decoding: Data(contentsOf: URL(fileURLWithPath: errors)), as: UTF8.self)
            let end = code == -SIGKILL ? "was killed (time limit \(limit))" : "ended with \(code)"
            throw InteropFailure("\(command.joined(separator: " ")) \(end)\n\(said.suffix(4_000))\n\(complaint.suffix(8_000))")
        }
        return said
    }
}
