/// A comparison for programs:
///
///     {"same":false,"client":{"differences":2,"rough":false,"first":{"a":[…],"b":[…]}},"server":{"differences":0,…}}
extension SessionComparison: Encodable {
    private enum Key: String, CodingKey { case same, client, server }

    package func encode(to encoder: any Encoder) throws {
        var report = encoder.container(keyedBy: Key.self)
        try report.encode(isSame(), forKey: .same)
        try report.encode(Half(comparison: self, side: client), forKey: .client)
        try report.encode(Half(comparison: self, side: server), forKey: .server)
    }

    private struct Half: Encodable {
        let comparison: SessionComparison
        let side: SideComparison

        private enum Key: String, CodingKey { case differences, rough, first }

        func encode(to encoder: any Encoder) throws {
            var half = encoder.container(keyedBy: Key.self)
            try half.encode(side.script.hunks.count, forKey: .differences)
            try half.encode(side.script.isRough, forKey: .rough)
            guard let hunk = side.script.hunks.first else { return }
            let maximum = Style.maximumLines
            let left = hunk.left.prefix(maximum).map { comparison.left[side.left[$0]] }
            let right = hunk.right.prefix(maximum).map { comparison.right[side.right[$0]] }
            try half.encode(
                [
                    "a": left.map { ComparedEntryJSON($0, since: comparison.left) },
                    "b": right.map { ComparedEntryJSON($0, since: comparison.right) },
                ], forKey: .first)
        }
    }
}

/// `{"side":"client","kind":"command","seconds":0.12,"octet":345,"shown":"a2 NOOP"}`
struct ComparedEntryJSON: Encodable {
    private let entry: ComparedEntry
    private let seconds: Double

    init(_ entry: ComparedEntry, since all: [ComparedEntry]) {
        self.entry = entry
        seconds = Double(all.first.map { entry.time.microseconds(since: $0.time) } ?? 0) / 1_000_000
    }

    private enum Key: String, CodingKey { case side, kind, seconds, octet, shown }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(entry.side.rawValue, forKey: .side)
        try object.encode(entry.kind.rawValue, forKey: .kind)
        try object.encode(seconds, forKey: .seconds)
        try object.encode(entry.offset, forKey: .octet)
        try object.encode(entry.shown, forKey: .shown)
    }
}
