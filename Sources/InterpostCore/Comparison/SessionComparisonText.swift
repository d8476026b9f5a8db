// A comparison as people read it: common lines, `- ` what only the first session has, `+ ` what only the second has.

extension SessionComparison {
    package struct Style: Sendable {
        /// Lines around a difference.
        package var context = 3
        /// Every difference is shown, not only the first one.
        package var showsAll = false
        package var hasColour = false
        package var sides: [Side] = Side.allCases

        /// Lines of one difference that are shown where not all are.
        static let maximumLines = 8

        package init() {}
    }

    /// The comparison as text; empty where the sessions are the same.
    package func text(_ style: Style = Style()) -> String {
        style.sides.map { side in
            let comparison = self[side]
            guard let first = comparison.script.hunks.first else { return "" }
            return style.showsAll ? whole(comparison, style) : beginning(comparison, first, style)
        }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    // MARK: - The first difference

    private func beginning(_ side: SideComparison, _ first: EditScript.Hunk, _ style: Style) -> String {
        var text = "The \(side.side.rawValue)s part ways \(place(of: first, side))\n"
        for index in context(before: first, side, style) { text += line(" ", left[index], since: left, style) }
        text += changes(first, side, style)
        for place in following(first, side, style) { text += line(" ", left[side.left[place]], since: left, style) }
        let rest = side.script.hunks.count - 1
        if side.script.isRough {
            text += "Further on they are too different to be compared; --all shows both\n"
        } else if rest > 0 {
            text +=
                "\(rest) further difference\(rest == 1 ? "" : "s") of the \(side.side.rawValue)s; --all shows \(rest == 1 ? "it" : "them")\n"
        }
        return text
    }

    private func place(of hunk: EditScript.Hunk, _ side: SideComparison) -> String {
        let first = hunk.left.lowerBound < side.left.count ? left[side.left[hunk.left.lowerBound]] : nil
        let second = hunk.right.lowerBound < side.right.count ? right[side.right[hunk.right.lowerBound]] : nil
        let places = [(first, left), (second, right)].map { entry, all in
            entry.map { "\(Self.seconds($0, since: all)) (octet \($0.offset))" } ?? "its end"
        }
        return places[0] == places[1] ? "at \(places[0])" : "at \(places[0]), and at \(places[1])"
    }

    /// What both sessions have before it, of both sides.
    private func context(before hunk: EditScript.Hunk, _ side: SideComparison, _ style: Style) -> [Int] {
        let end = hunk.left.lowerBound < side.left.count ? side.left[hunk.left.lowerBound] : left.count
        var found: [Int] = []
        var index = end - 1
        let peer = self[side.side.peer]
        while index >= 0, found.count < style.context {
            if left[index].side == side.side {
                found.append(index)
            } else if let place = peer.left.place(of: index), peer.isCommon(place) {
                found.append(index)
            }
            index -= 1
        }
        return found.reversed()
    }

    private func following(_ hunk: EditScript.Hunk, _ side: SideComparison, _ style: Style) -> Range<Int> {
        guard !side.script.isRough else { return 0..<0 }
        let next = side.script.hunks.count > 1 ? side.script.hunks[1].left.lowerBound : side.left.count
        return hunk.left.upperBound..<max(hunk.left.upperBound, min(next, hunk.left.upperBound + style.context))
    }

    private func changes(_ hunk: EditScript.Hunk, _ side: SideComparison, _ style: Style) -> String {
        let maximum = style.showsAll ? Int.max : max(Style.maximumLines, style.context)
        var text = ""
        for place in hunk.left.prefix(maximum) { text += line("-", left[side.left[place]], since: left, style) }
        if hunk.left.count > maximum { text += "- … and \(hunk.left.count - maximum) more\n" }
        for place in hunk.right.prefix(maximum) { text += line("+", right[side.right[place]], since: right, style) }
        if hunk.right.count > maximum { text += "+ … and \(hunk.right.count - maximum) more\n" }
        if let first = hunk.left.first, let second = hunk.right.first,
            left[side.left[first]].shown == right[side.right[second]].shown
        {
            text += "  (they differ in what is not shown here: a long text, a message, a secret)\n"
        }
        return text
    }

    // MARK: - All of them

    private func whole(_ side: SideComparison, _ style: Style) -> String {
        var text = "The \(side.side.rawValue)s\n"
        if side.script.isRough { text += "(they are too different to be compared line by line)\n" }
        var shownTo = 0
        for (index, hunk) in side.script.hunks.enumerated() {
            let start = max(shownTo, hunk.left.lowerBound - style.context)
            if start > shownTo || index == 0 {
                let before = hunk.left.lowerBound - start
                text += "@@ -\(start + 1) +\(hunk.right.lowerBound - before + 1) @@\n"
            }
            for place in start..<hunk.left.lowerBound { text += line(" ", left[side.left[place]], since: left, style) }
            text += changes(hunk, side, style)
            let next = index + 1 < side.script.hunks.count ? side.script.hunks[index + 1].left.lowerBound : side.left.count
            shownTo = min(next, hunk.left.upperBound + style.context)
            for place in hunk.left.upperBound..<max(hunk.left.upperBound, shownTo) {
                text += line(" ", left[side.left[place]], since: left, style)
            }
        }
        return text
    }

    // MARK: - Lines

    /// `- 0.120 C: a2 NOOP`
    private func line(_ mark: String, _ entry: ComparedEntry, since all: [ComparedEntry], _ style: Style) -> String {
        let speaker = entry.side == .client ? "C" : "S"
        let text = "\(mark) \(Self.seconds(entry, since: all)) \(speaker): \(entry.shown)"
        guard style.hasColour, mark != " " else { return text + "\n" }
        return "\u{1B}[\(mark == "-" ? 31 : 32)m\(text)\u{1B}[0m\n"
    }

    /// The time since the first thing that was said, in seconds with three digits.
    static func seconds(_ entry: ComparedEntry, since all: [ComparedEntry]) -> String {
        let microseconds = all.first.map { entry.time.microseconds(since: $0.time) } ?? 0
        let thousandths = "\(microseconds / 1000 % 1000)"
        return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
    }
}

extension [Int] {
    /// Where a number is among ascending ones.
    fileprivate func place(of number: Int) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == number ? low : nil
    }
}
