/// How two answers to one command differ.
///
/// The order of what a server says counts, with three exceptions: the order of LIST, LSUB, XLIST and STATUS among each other,
/// the order of capabilities, and which of the commands in progress was given first. These are not compared: `+` lines and
/// SASL messages, which depend on the way to log in and to send literals; capabilities that are a leg's own: STARTTLS, STLS,
/// LOGINDISABLED, COMPRESS; and capabilities that a greeting or the answer to a login has unasked, which depend on the leg
/// and on the way to log in.
struct AnswerComparison {
    private let expected: [Line]
    private let got: [Line]

    private struct Line: Equatable {
        var text: [UInt8]
        var shown: String

        static func == (left: Line, right: Line) -> Bool { left.text == right.text }
    }

    /// - Parameter comparesOffers: Whether capabilities were asked for.
    init(_ expected: [ComparedEntry], _ got: [ComparedEntry], comparesOffers: Bool = true) {
        self.expected = Self.lines(expected, comparesOffers)
        self.got = Self.lines(got, comparesOffers)
    }

    /// `nil` where they are the same.
    func difference(_ command: String?, number: Int) -> ReplayClientReport.Difference? {
        let hunks = EditScript(from: expected, to: got).hunks
        guard !hunks.isEmpty else { return nil }
        let missing = hunks.flatMap { expected[$0.left] }.map(\.shown)
        let added = hunks.flatMap { got[$0.right] }.map(\.shown)
        let maximum = ReplayClientReport.maximumLines
        return ReplayClientReport.Difference(
            command: command, number: number, expected: Array(missing.prefix(maximum)), got: Array(added.prefix(maximum)),
            expectedCount: missing.count, gotCount: added.count)
    }

    private static func lines(_ entries: [ComparedEntry], _ comparesOffers: Bool) -> [Line] {
        var lines: [Line] = []
        var unordered: [Line] = []
        func settle() {
            lines += unordered.sorted { $0.text.lexicographicallyPrecedes($1.text) }
            unordered = []
        }
        for entry in entries where entry.kind != .continuation && entry.kind != .sasl {
            let line = Line(text: withoutOrder(withOneTag(entry.text), comparesOffers), shown: entry.shown)
            if line.text.isEmpty { continue }
            if isUnordered(entry) {
                unordered.append(line)
            } else {
                settle()
                lines.append(line)
            }
        }
        settle()
        return lines
    }

    /// `<tag+2>` and `<tag?>` as `<tag>`: an answer is compared with that of the same command.
    private static func withOneTag(_ text: [UInt8]) -> [UInt8] {
        let beginning = "<tag".utf8
        var result: [UInt8] = []
        var rest = text[...]
        while let place = rest.firstRange(of: beginning), let end = rest[place.upperBound...].firstIndex(of: UInt8(ascii: ">")) {
            result += rest[..<place.upperBound]
            rest = rest[end...]
        }
        return result + rest
    }

    private static func isUnordered(_ entry: ComparedEntry) -> Bool {
        if entry.kind == .listing { return !(entry.text.first?.isDigit ?? false) }
        guard entry.kind == .response else { return false }
        return ["* LIST ", "* LSUB ", "* XLIST ", "* STATUS "].contains { entry.text.starts(with: $0.utf8) }
    }

    /// A list of capabilities in the order of their names, or nothing at all.
    private static func withoutOrder(_ text: [UInt8], _ comparesOffers: Bool) -> [UInt8] {
        let words = text.split(separator: .space)
        if words.count == 1, isLegs(words[0]) { return [] }
        guard let name = words.firstIndex(where: { $0.elementsEqual("CAPABILITY".utf8) || $0.elementsEqual("[CAPABILITY".utf8) })
        else { return text }
        let end = words[name...].firstIndex { $0.last == UInt8(ascii: "]") }
        if !comparesOffers { return end.map { Array((words[..<name] + words[($0 + 1)...]).joined(separator: [.space])) } ?? [] }
        let list = words[(name + 1)..<(end.map { $0 + 1 } ?? words.count)].map {
            Array($0.last == UInt8(ascii: "]") ? $0.dropLast() : $0)
        }
        let sorted = list.filter { !isLegs($0[...]) }.sorted { $0.lexicographicallyPrecedes($1) }
        let rest = end.map { words[($0 + 1)...] } ?? []
        return Array((words[...name] + sorted.map { $0[...] } + rest).joined(separator: [.space]))
    }

    /// Whether a capability describes a leg and not the server itself.
    private static func isLegs(_ word: ArraySlice<UInt8>) -> Bool {
        ["STARTTLS", "STLS", "LOGINDISABLED", "COMPRESS=DEFLATE"].contains { $0.utf8.elementsEqual(word) }
    }
}
