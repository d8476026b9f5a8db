// Strategy: the executable, run to its end with some arguments, as somebody at a terminal would.

import Foundation

enum Program {
    struct Outcome: Sendable {
        let code: Int32
        let output: Data
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    static func run(_ arguments: String...) async throws -> Outcome {
        try await run(all: arguments)
    }

    static func run(all arguments: [String], environment: [String: String]? = nil) async throws -> Outcome {
        Daemon.stopAllAtExit()
        let room = try Room("program")
        let (output, errors) = (room.path("output"), room.path("errors"))
        let child = try Child(
            [try Relay.executable()] + arguments, environment: environment ?? room.environment, output: output, errors: errors)
        let code = await child.exitCode(within: .seconds(30))
        return Outcome(
            code: code, output: try Data(contentsOf: URL(fileURLWithPath: output)),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    static func mode(of path: String) throws -> Int {
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        guard let mode else { throw InteropFailure("\(path) has no mode") }
        return mode
    }
}
