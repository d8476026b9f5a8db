/// What has to be taken out of one list, and put into it, to get another: the shortest way (Myers 1986), if it is not too long
/// to find.
///
///     a b c d  →  a x c d e      hunks (1..<2, 1..<2), (4..<4, 4..<5)
struct EditScript: Sendable, Equatable {
    /// Places in both lists that are not the same.
    struct Hunk: Sendable, Equatable {
        var left: Range<Int>
        var right: Range<Int>
    }

    /// The most steps of the way. Time and room grow with their square.
    static let maximumEdits = 1000

    private(set) var hunks: [Hunk] = []
    /// The lists are too different: the only hunk is all that is between their common beginning and their common end.
    private(set) var isRough = false

    init<Element: Equatable>(from left: [Element], to right: [Element], maximumEdits: Int = maximumEdits) {
        var start = 0
        while start < min(left.count, right.count), left[start] == right[start] { start += 1 }
        var end = 0
        while end < min(left.count, right.count) - start, left[left.count - 1 - end] == right[right.count - 1 - end] { end += 1 }
        let whole = Hunk(left: start..<left.count - end, right: start..<right.count - end)
        guard !whole.left.isEmpty || !whole.right.isEmpty else { return }
        guard !whole.left.isEmpty, !whole.right.isEmpty else {
            hunks = [whole]
            return
        }
        guard let edits = Self.edits(left[whole.left], right[whole.right], maximumEdits) else {
            (hunks, isRough) = ([whole], true)
            return
        }
        for (x, y, isAddition) in edits {
            let (x, y) = (x + start, y + start)
            if let last = hunks.last, last.left.upperBound == x, last.right.upperBound == y {
                let index = hunks.count - 1
                if isAddition {
                    hunks[index].right = last.right.lowerBound..<y + 1
                } else {
                    hunks[index].left = last.left.lowerBound..<x + 1
                }
            } else {
                hunks.append(isAddition ? Hunk(left: x..<x, right: y..<y + 1) : Hunk(left: x..<x + 1, right: y..<y))
            }
        }
    }

    private typealias Edit = (x: Int, y: Int, isAddition: Bool)

    private static func edits<Element: Equatable>(
        _ left: ArraySlice<Element>, _ right: ArraySlice<Element>, _ maximumEdits: Int
    ) -> [Edit]? {
        let bound = min(maximumEdits, left.count + right.count)
        let origin = bound + 1
        // How far down the left list each diagonal comes, and how far it came before each step.
        var furthest = Array(repeating: 0, count: 2 * bound + 3)
        var trace: [[Int]] = []
        for step in 0...bound {
            trace.append(Array(furthest[origin - step - 1...origin + step + 1]))
            for diagonal in stride(from: -step, through: step, by: 2) {
                let (below, above) = (furthest[origin + diagonal - 1], furthest[origin + diagonal + 1])
                var x = diagonal == -step || (diagonal != step && below < above) ? above : below + 1
                while x < left.count, x - diagonal < right.count,
                    left[left.startIndex + x] == right[right.startIndex + x - diagonal]
                {
                    x += 1
                }
                furthest[origin + diagonal] = x
                if x >= left.count, x - diagonal >= right.count { return way(back: trace, from: (left.count, right.count)) }
            }
        }
        return nil
    }

    private static func way(back trace: [[Int]], from end: (x: Int, y: Int)) -> [Edit] {
        var edits: [Edit] = []
        var (x, y) = end
        for step in stride(from: trace.count - 1, to: 0, by: -1) {
            let diagonal = x - y
            let (below, above) = (trace[step][diagonal + step], trace[step][diagonal + step + 2])
            let isAddition = diagonal == -step || (diagonal != step && below < above)
            x = isAddition ? above : below
            y = x - diagonal + (isAddition ? -1 : 1)
            edits.append((x, y, isAddition))
        }
        return edits.reversed()
    }
}
