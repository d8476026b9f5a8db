// Other programs: those that run once and answer, and those that stay until they are stopped.

import Foundation
import Glibc

/// A program that runs once.
enum Tool {
    /// Runs a program found along PATH to its end. `text` is what it wrote, to standard error too.
    static func output(of program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}

/// A program that stays. What it prints goes to a file, and the end of that into the errors.
final class ChildProcess {
    private static let secondsToStop = 15.0

    private let process = Process()
    private let output: URL

    var identifier: pid_t { process.processIdentifier }

    init(_ executable: URL, _ arguments: [String], output: URL) throws {
        self.output = output
        guard FileManager.default.isExecutableFile(atPath: executable.path) else {
            throw ChildError("there is no program at \(executable.path)")
        }
        try Data().write(to: output)
        let handle = try FileHandle(forWritingTo: output)
        process.executableURL = executable
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle.close()
        Leftovers.shared.add(identifier)
    }

    func checkRunning() throws {
        if !process.isRunning { throw error("ended by itself, with status \(process.terminationStatus)") }
    }

    /// Has it terminate, and waits until it has.
    func stop() throws {
        try checkRunning()
        process.terminate()
        if wait(seconds: Self.secondsToStop) { return Leftovers.shared.remove(identifier) }
        kill()
        throw error("did not stop within \(Int(Self.secondsToStop)) seconds, and was killed")
    }

    /// Ends it at once, if it still runs.
    func kill() {
        if process.isRunning {
            Glibc.kill(identifier, SIGKILL)
            process.waitUntilExit()
        }
        Leftovers.shared.remove(identifier)
    }

    /// Tries `attempt` until it returns something, while the process runs.
    func waitUntilReady<Value>(seconds: Double, _ attempt: () -> Value?) throws -> Value {
        let deadline = Date.now + seconds
        while Date.now < deadline {
            try checkRunning()
            if let value = attempt() { return value }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw error("was not ready within \(Int(seconds)) seconds")
    }

    private func wait(seconds: Double) -> Bool {
        let deadline = Date.now + seconds
        while process.isRunning, Date.now < deadline { Thread.sleep(forTimeInterval: 0.01) }
        return !process.isRunning
    }

    /// The end of what it printed, as the end of an error's description; empty when it printed nothing.
    var lastWords: String {
        let said = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        let end = said.split(separator: "\n").suffix(10).joined(separator: "\n")
        return end.isEmpty ? "" : "; the last it said:\n\(end)"
    }

    private func error(_ problem: String) -> ChildError {
        let name = process.executableURL?.lastPathComponent ?? "a program"
        return ChildError("\(name) \(problem)\(lastWords)")
    }
}

struct ChildError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
