// Where a workload connects, and the readings it takes of the subject there.

import Dispatch
import Foundation
import Synchronization

struct Target: Sendable {
    let port: UInt16
    /// nil: there is no subject between the halves.
    let usage: ProcessUsage?
    let context: TLSContext
    let message: Message

    /// How long a subject gets to finish what it does behind its clients' backs.
    private static let secondsToSettle = 0.2

    func connect() throws -> LoadClient {
        try LoadClient(toPort: port, context)
    }

    /// A new session, logged in.
    func logIn() throws -> LoadClient {
        let client = try connect()
        try client.login()
        return client
    }

    /// The subject's CPU time for `work`, done on several threads at once. What they `prepare` before is not counted.
    func cpuSeconds<Prepared>(
        threads: Int,
        prepare: @escaping @Sendable () throws -> Prepared,
        work: @escaping @Sendable (Prepared) throws -> Void
    ) throws -> Double {
        let usage = try subjectUsage
        let crew = Crew(threads, prepare: prepare, work: work)
        crew.waitUntilPrepared()
        Thread.sleep(forTimeInterval: Self.secondsToSettle)
        let before = try usage.cpuSeconds()
        try crew.run()
        Thread.sleep(forTimeInterval: Self.secondsToSettle)
        return try usage.cpuSeconds() - before
    }

    /// The subject's memory, once it has settled.
    func residentKiB() throws -> Double {
        Thread.sleep(forTimeInterval: Self.secondsToSettle)
        return try subjectUsage.residentKiB()
    }

    private var subjectUsage: ProcessUsage {
        get throws {
            guard let usage else { throw ChildError("there is no subject to read the usage of") }
            return usage
        }
    }
}

/// Threads that prepare on their own and then start together.
private final class Crew: Sendable {
    private let count: Int
    private let prepared = DispatchGroup()
    private let start = DispatchSemaphore(value: 0)
    private let done = DispatchGroup()
    private let failure = Mutex<(any Error)?>(nil)

    init<Prepared>(
        _ count: Int,
        prepare: @escaping @Sendable () throws -> Prepared,
        work: @escaping @Sendable (Prepared) throws -> Void
    ) {
        self.count = count
        for _ in 0..<count {
            prepared.enter()
            done.enter()
            Thread.detachNewThread {
                let result = Result { try prepare() }
                self.prepared.leave()
                self.start.wait()
                do {
                    try work(result.get())
                } catch {
                    self.failure.withLock { $0 = $0 ?? error }
                }
                self.done.leave()
            }
        }
    }

    func waitUntilPrepared() {
        prepared.wait()
    }

    /// Lets all of them work, and throws the first failure once all have ended.
    func run() throws {
        for _ in 0..<count { start.signal() }
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
