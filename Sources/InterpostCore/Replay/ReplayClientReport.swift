/// What became of a client's half that was played to a live server: how its answers differ from the recorded ones.
package struct ReplayClientReport: Sendable, Equatable {
    /// A command that the live server answers otherwise.
    package struct Difference: Sendable, Equatable {
        /// As people may see it; `nil` for the greeting.
        package var command: String?
        /// Counted from 1 among the commands of the recording; 0 for the greeting.
        package var number: Int
        /// Lines that were recorded and did not come, the first of them.
        package var expected: [String]
        /// Lines that came instead, the first of them.
        package var got: [String]
        /// How many there are of both.
        package var expectedCount: Int
        package var gotCount: Int
    }

    /// Commands that were said.
    package internal(set) var commands = 0
    /// How many of these commands were answered as recorded.
    package internal(set) var same = 0
    /// Commands that are not said again: failed logins, STARTTLS, COMPRESS.
    package internal(set) var leftOut = 0
    /// Commands that could not be said any more.
    package internal(set) var neverSaid = 0
    package internal(set) var differenceCount = 0
    /// The first of the differences.
    package internal(set) var differences: [Difference] = []
    /// Why it could not be played, or not to its end.
    package internal(set) var failure: String?
    /// The recording holds pseudonyms in place of what went over the wire.
    package internal(set) var isRedacted: Bool

    /// How many differences are kept, and how many lines of each.
    static let maximumListed = 20
    static let maximumLines = 5

    init(isRedacted: Bool) { self.isRedacted = isRedacted }

    package var isSame: Bool { differenceCount == 0 && failure == nil && neverSaid == 0 }

    mutating func add(_ difference: Difference) {
        differenceCount += 1
        if differences.count < Self.maximumListed { differences.append(difference) }
    }

    /// The report as people read it.
    package var text: String {
        var text = "\(Self.count(commands, "command")), \(same) answered as recorded"
        if leftOut > 0 { text += ", \(leftOut) left out" }
        text += "\n"
        for difference in differences { text += "\n" + Self.text(difference) }
        if differenceCount > differences.count { text += "\nand \(differenceCount - differences.count) more that differ\n" }
        if neverSaid > 0 { text += "\n\(Self.count(neverSaid, "command")) not said: the session was over\n" }
        if let failure { text += "\nNot played to its end: \(failure)\n" }
        if isRedacted, !isSame { text += "\nThe capture is redacted: names and texts in it are not those of the live account\n" }
        if isSame { text += "\nNo differences\n" }
        return text
    }

    private static func text(_ difference: Difference) -> String {
        var text = difference.command.map { "\(difference.number)  \($0)\n" } ?? "The greeting\n"
        for line in difference.expected { text += "  - \(line)\n" }
        if difference.expectedCount > difference.expected.count {
            text += "  - … and \(difference.expectedCount - difference.expected.count) more\n"
        }
        for line in difference.got { text += "  + \(line)\n" }
        if difference.gotCount > difference.got.count { text += "  + … and \(difference.gotCount - difference.got.count) more\n" }
        return text
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

/// For programs, as one object:
///
///     {"same":false,"commands":9,…,"differences":[{"number":3,"command":"c NOOP","expected":["c OK x"],"got":["c NO x"]}]}
extension ReplayClientReport: Encodable {
    private enum Key: String, CodingKey {
        case same, commands, failure, differences
        case answeredAsRecorded = "answered_as_recorded"
        case leftOut = "left_out"
        case neverSaid = "never_said"
        case differenceCount = "difference_count"
        case isRedacted = "redacted"
    }

    package func encode(to encoder: any Encoder) throws {
        var report = encoder.container(keyedBy: Key.self)
        try report.encode(isSame, forKey: .same)
        try report.encode(commands, forKey: .commands)
        try report.encode(same, forKey: .answeredAsRecorded)
        try report.encode(leftOut, forKey: .leftOut)
        try report.encode(neverSaid, forKey: .neverSaid)
        try report.encode(isRedacted, forKey: .isRedacted)
        try report.encodeIfPresent(failure, forKey: .failure)
        try report.encode(differenceCount, forKey: .differenceCount)
        try report.encode(differences, forKey: .differences)
    }
}

extension ReplayClientReport.Difference: Encodable {
    private enum Key: String, CodingKey {
        case number, command, expected, got
        case expectedCount = "expected_count"
        case gotCount = "got_count"
    }

    package func encode(to encoder: any Encoder) throws {
        var difference = encoder.container(keyedBy: Key.self)
        try difference.encode(number, forKey: .number)
        try difference.encodeIfPresent(command, forKey: .command)
        try difference.encode(expected, forKey: .expected)
        try difference.encode(expectedCount, forKey: .expectedCount)
        try difference.encode(got, forKey: .got)
        try difference.encode(gotCount, forKey: .gotCount)
    }
}
