/// Two sessions side by side: where their clients differ, and where their servers do.
///
///       C: a1 SELECT INBOX
///     - C: a2 UID FETCH 1:* (FLAGS)
///     + C: a2 UID FETCH 1:* (UID FLAGS)
package struct SessionComparison: Sendable {
    let left: [ComparedEntry]
    let right: [ComparedEntry]
    let client: SideComparison
    let server: SideComparison

    package init(_ left: [ComparedEntry], _ right: [ComparedEntry]) {
        self.left = left
        self.right = right
        var keys: [ComparedKey: Int] = [:]
        client = SideComparison(left, right, .client, &keys)
        server = SideComparison(left, right, .server, &keys)
    }

    subscript(side: Side) -> SideComparison { side == .client ? client : server }

    /// Whether these sides do the same in both sessions.
    package func isSame(_ sides: [Side] = Side.allCases) -> Bool { sides.allSatisfy { self[$0].script.hunks.isEmpty } }
}

/// What entries are compared by.
struct ComparedKey: Hashable {
    var kind: ComparedEntry.Kind
    var text: [UInt8]
}

/// What one side said in both sessions.
struct SideComparison: Sendable {
    let side: Side
    /// The places of this side's entries among all entries.
    let left: [Int]
    let right: [Int]
    let script: EditScript

    init(
        _ left: [ComparedEntry], _ right: [ComparedEntry], _ side: Side, _ keys: inout [ComparedKey: Int]
    ) {
        self.side = side
        self.left = left.indices.filter { left[$0].side == side }
        self.right = right.indices.filter { right[$0].side == side }
        func number(_ entry: ComparedEntry) -> Int {
            let key = ComparedKey(kind: entry.kind, text: entry.text)
            if let known = keys[key] { return known }
            keys[key] = keys.count
            return keys.count - 1
        }
        script = EditScript(from: self.left.map { number(left[$0]) }, to: self.right.map { number(right[$0]) })
    }

    /// Whether the left entry of this side at this place is in no hunk.
    func isCommon(_ place: Int) -> Bool { !script.hunks.contains { $0.left.contains(place) } }
}
