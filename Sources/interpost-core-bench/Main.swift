// Measures the core alone: no socket, no TLS, no disk. The bytes of a session are in memory, in the pieces in which a
// network would bring them, and go through more and more of what the relay does with them. Floors and peers run in the
// same round, so that a figure is a ratio, too.

import ArgumentParser
import Foundation

@main
struct InterpostCoreBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interpost-core-bench",
        abstract: "Measures how fast the core reads IMAP and POP3, without a network.",
        discussion: """
            Times are CPU times of one thread; a figure is the median of the rounds. Build with -c release.

            Workloads:
            \(Scene.allCases.map { "  \($0.rawValue.padded(to: 16)) \($0.title)" }.joined(separator: "\n"))

            Layers, each with all that the ones before it do:
            \(Layer.allCases.map { "  \($0.rawValue.padded(to: 16)) \($0.title)" }.joined(separator: "\n"))
            """
    )

    @Option(help: ArgumentHelp("Only this workload; may be repeated.", valueName: "name"))
    var workload: [Scene] = []

    @Option(help: ArgumentHelp("Only this layer; may be repeated.", valueName: "name"))
    var layer: [Layer] = []

    @Option(help: "How often to measure each layer.")
    var rounds = 5

    @Option(help: "CPU seconds of each measurement, at least.")
    var seconds = 0.2

    @Option(help: "Multiplies the messages and octets; less than 1 to try things out.")
    var scale = 1.0

    @Option(
        help: ArgumentHelp("The Python whose imaplib and poplib are measured beside; - leaves them out.", valueName: "program|-"))
    var python = "python3"

    @Option(help: ArgumentHelp("A file to write the figures to, as JSON.", valueName: "file"))
    var json: String?

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds is a number from 1 to 1000") }
        guard (0.001...60).contains(seconds) else { throw ValidationError("--seconds is a number from 0.001 to 60") }
        guard (0.001...4).contains(scale) else { throw ValidationError("--scale is a number from 0.001 to 4") }
    }

    func run() throws {
        #if DEBUG
            note("this is a debug build: the figures say nothing")
        #endif
        let scenes = workload.isEmpty ? Scene.allCases : workload
        let layers = layer.isEmpty ? Layer.allCases : layer
        let peer = python == "-" || !layer.isEmpty ? nil : PythonPeer(program: python)
        var results: [Result] = []
        for scene in scenes { results.append(try measure(scene, layers, peer)) }
        let report = Report(machine: try Machine(python: peer?.version), rounds: rounds, scale: scale, results: results)
        print(report.markdown)
        if let json { try report.json.write(to: URL(filePath: json)) }
    }

    private func measure(_ scene: Scene, _ layers: [Layer], _ peer: PythonPeer?) throws -> Result {
        let script = scene.script(scale: scale)
        var seconds: [String: [Double]] = [:]
        for round in 1...rounds {
            note("\(scene.rawValue), round \(round) of \(rounds)")
            for layer in layers {
                seconds[layer.rawValue, default: []].append(try measure(layer, script))
            }
            if let peer, let figure = try peer.seconds(for: scene, script) {
                seconds[PythonPeer.name, default: []].append(figure)
            }
        }
        return Result(scene: scene, octets: script.octets, lines: script.lines, seconds: seconds)
    }

    /// CPU seconds for one pass over the script.
    private func measure(_ layer: Layer, _ script: Script) throws -> Double {
        var passes = 0
        let start = CPUClock.now
        var used = 0.0
        repeat {
            let octets = layer.run(script)
            guard octets == script.octets else { throw LostOctets(layer: layer, found: octets, expected: script.octets) }
            passes += 1
            used = CPUClock.now - start
        } while used < seconds
        return used / Double(passes)
    }
}

private struct LostOctets: Error, CustomStringConvertible {
    let layer: Layer
    let found: Int
    let expected: Int
    var description: String { "\(layer.rawValue) saw \(found) octets of \(expected)" }
}

/// Tells the user something that is not a result.
func note(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}

extension Scene: ExpressibleByArgument {}
extension Layer: ExpressibleByArgument {}
