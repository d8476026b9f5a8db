/// Captures are recorded one at a time, and each only once in a process: of tests that share one, the first records it and the
/// others find it recorded.
actor RecordingTurns {
    static let shared = RecordingTurns()

    private var taken: Set<String> = []
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    private(set) var recorded: Set<String> = []

    /// Waits until no other test records this capture.
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
