// What the client half does to a subject, and what is read off the subject meanwhile.
//
// Sessions are opened before the first reading, unless opening them is the work.

enum Workload: String, CaseIterable {
    case bulk, commands, connections, idle, latency

    /// What to measure. Only time as a client sees it can be measured without a subject.
    var subjects: [SubjectName] {
        self == .latency ? [.direct, .relay, .gate, .haproxy] : [.relay, .gate, .haproxy]
    }

    var metrics: [Metric] {
        switch self {
        case .bulk: [.bulkCPU]
        case .commands: [.commandCPU]
        case .connections: [.connectionCPU]
        case .idle: [.sessionMemory]
        case .latency: [.latencyMedian, .latencyTail, .latencyAdded]
        }
    }

    /// The part of the work that a fresh subject does unmeasured. One idle session is enough: more would leave memory behind
    /// that the measured ones then need not ask for.
    private var warmUp: Double {
        self == .idle ? 0.001 : 0.05
    }

    /// - Parameter scale: multiplies the amount of work.
    func measure(_ target: Target, scale: Double) throws -> [Metric: Double] {
        _ = try run(target, scale: scale * warmUp)
        return try run(target, scale: scale)
    }

    private func run(_ target: Target, scale: Double) throws -> [Metric: Double] {
        switch self {
        case .bulk: try bulk(target, messages: max(1, Int(64 * scale)))
        case .commands: try commands(target, count: max(8, Int(100_000 * scale)))
        case .connections: try connections(target, count: max(4, Int(2_000 * scale)))
        case .idle: try idle(target, sessions: max(1, Int(1_000 * scale)))
        case .latency: try latency(target, commands: max(100, Int(5_000 * scale)))
        }
    }

    private func bulk(_ target: Target, messages: Int) throws -> [Metric: Double] {
        let threads = min(4, messages)
        let share = messages / threads
        let seconds = try target.cpuSeconds(threads: threads) {
            let client = try target.logIn()
            try client.select()
            return client
        } work: { client in
            for number in 1...share { try client.fetch(number, expecting: target.message) }
        }
        return [.bulkCPU: seconds / (Double(threads * share * target.message.size) / 1_073_741_824)]
    }

    private func commands(_ target: Target, count: Int) throws -> [Metric: Double] {
        let threads = 8
        let share = count / threads
        let seconds = try target.cpuSeconds(threads: threads, prepare: target.logIn) { client in
            for _ in 0..<share { try client.noop() }
        }
        return [.commandCPU: seconds * 1e6 / Double(threads * share)]
    }

    private func connections(_ target: Target, count: Int) throws -> [Metric: Double] {
        let threads = 4
        let share = count / threads
        let seconds = try target.cpuSeconds(threads: threads) {
        } work: {
            for _ in 0..<share { try target.logIn().logout() }
        }
        return [.connectionCPU: seconds * 1e6 / Double(threads * share)]
    }

    private func idle(_ target: Target, sessions: Int) throws -> [Metric: Double] {
        let before = try target.residentKiB()
        let clients = try (0..<sessions).map { _ in try target.logIn() }
        let growth = try target.residentKiB() - before
        // All of them must have lived until the reading.
        for client in clients { try client.noop() }
        return [.sessionMemory: growth / Double(sessions)]
    }

    private func latency(_ target: Target, commands: Int) throws -> [Metric: Double] {
        let client = try target.logIn()
        let clock = ContinuousClock()
        let times = try (0..<commands).map { _ in try clock.measure { try client.noop() } / .microseconds(1) }.sorted()
        return [.latencyMedian: times[commands / 2], .latencyTail: times[commands * 99 / 100]]
    }
}

enum Metric: String, Codable, CodingKeyRepresentable {
    case bulkCPU, commandCPU, connectionCPU, sessionMemory, latencyMedian, latencyTail, latencyAdded

    var title: String {
        switch self {
        case .bulkCPU: "CPU per GiB of literals"
        case .commandCPU: "CPU per command"
        case .connectionCPU: "CPU per connection"
        case .sessionMemory: "memory per idle session"
        case .latencyMedian: "round trip, p50"
        case .latencyTail: "round trip, p99"
        case .latencyAdded: "round trip, p50 added"
        }
    }

    var unit: String {
        switch self {
        case .bulkCPU: "s"
        case .sessionMemory: "KiB"
        case .commandCPU, .connectionCPU, .latencyMedian, .latencyTail, .latencyAdded: "µs"
        }
    }
}
