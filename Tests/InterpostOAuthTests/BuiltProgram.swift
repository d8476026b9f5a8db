// Strategy: a program beside the test bundle, run to its end. A thread of its own reads what it writes, and then waits for it.

import Foundation

@testable import InterpostOAuth

enum BuiltProgram {
    struct Outcome: Sendable {
        var output: String
        var code: Int32
        /// A signal ended it.
        var isKilled: Bool
    }

    static func url(_ name: String) throws -> URL {
        for start in [CommandLine.arguments[0], Bundle.main.bundlePath] + Bundle.allBundles.map(\.bundlePath) {
            var folder = URL(filePath: start).resolvingSymlinksInPath()
            while folder.path != "/" {
                let candidate = folder.appending(path: name)
                if ["debug", "release"].contains(folder.lastPathComponent),
                    FileManager.default.isExecutableFile(atPath: candidate.path)
                {
                    return candidate
                }
                folder.deleteLastPathComponent()
            }
        }
        throw GrantStoreError("there is no \(name) beside the test bundle")
    }

    /// - Parameter answer: Gets what was written so far, until it returns what is typed.
    static func run(
        _ name: String, _ arguments: [String], answer: @Sendable (String) async -> String? = { _ in nil }
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = try url(name)
        process.arguments = arguments
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, output)
        try process.run()
        let running = Running(process: process, output: output.fileHandleForReading)
        let pieces = AsyncStream<String>.makeStream()
        let ended = AsyncStream<Void>.makeStream()
        Thread.detachNewThread {
            while case let data = running.output.availableData, !data.isEmpty {
                pieces.continuation.yield(String(decoding: data, as: UTF8.self))
            }
            pieces.continuation.finish()
            running.process.waitUntilExit()
            ended.continuation.finish()
        }
        var text = ""
        var isAnswered = false
        for await piece in pieces.stream {
            text += piece
            guard !isAnswered, let typed = await answer(text) else { continue }
            isAnswered = true
            if !typed.isEmpty { try input.fileHandleForWriting.write(contentsOf: Data(typed.utf8)) }
            try input.fileHandleForWriting.close()
        }
        for await _ in ended.stream {}
        return Outcome(
            output: text, code: process.terminationStatus, isKilled: process.terminationReason == .uncaughtSignal)
    }

    /// One thread has it at a time: first the one that reads, then the one that waited for that.
    private struct Running: @unchecked Sendable {
        let process: Process
        let output: FileHandle
    }
}
