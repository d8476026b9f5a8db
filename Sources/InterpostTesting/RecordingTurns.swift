/// Captures are recorded one at a time, each once in a process: tests that share one find it recorded by the first of them.
actor RecordingTurns {
    static let shared = RecordingTurns()

    private var taken: Set<String> = []
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    private(set) var recorded: Set<String> = []

    /// Waits until nobody else records this capture.
    func take(_ path: String) async {
        while !taken.insert(path).inserted {
            await withCheckedContinuation { waiting[path, default: []].append($0) }
        }
    }

    func end(_ path: String, isRecorded: Bool) {
        taken.remove(path)
        if isRecorded { recorded.insert(path) }
        for continuation in waiting.removeValue(forKey: path) ?? [] { continuation.resume() }
    }
}
