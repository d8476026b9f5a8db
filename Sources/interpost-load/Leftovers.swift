// What must not outlive this program when it is interrupted: the subjects it started, and its temporary directory.

import Dispatch
import Foundation
import Glibc
import Synchronization

final class Leftovers: Sendable {
    /// One per process, like the signals it answers.
    static let shared = Leftovers()

    private struct Contents {
        var processes: Set<pid_t> = []
        var directories: Set<URL> = []
        var signals: [any DispatchSourceSignal] = []
    }

    private let contents = Mutex(Contents())

    /// From here on SIGINT and SIGTERM clear up before they end the program.
    func clearOnSignals() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            contents.withLock {
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    self.clear()
                    exit(128 + number)
                }
                source.resume()
                $0.signals.append(source)
            }
        }
    }

    func add(_ process: pid_t) {
        contents.withLock { _ = $0.processes.insert(process) }
    }

    func remove(_ process: pid_t) {
        contents.withLock { _ = $0.processes.remove(process) }
    }

    func makeDirectory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appending(path: "interpost-load-\(UUID())")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700]
        )
        contents.withLock { _ = $0.directories.insert(directory) }
        return directory
    }

    func clear() {
        contents.withLock {
            for process in $0.processes { kill(process, SIGKILL) }
            for directory in $0.directories { try? FileManager.default.removeItem(at: directory) }
            $0.processes = []
            $0.directories = []
        }
    }
}
