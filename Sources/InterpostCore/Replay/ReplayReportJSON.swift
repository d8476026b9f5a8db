/// The report for programs, as one object:
///
///     {"v":1,"clean":false,"matching":"ordered","commands":3,…,"difference":{"command":2,"expected":"SELECT INBOX",…}}
extension ReplayReport: Encodable {
    private enum Key: String, CodingKey {
        case v, clean, failed, matching, commands, answered, repeated, recorded, unmatched, substituted, substitutes, difference,
            conversation
        case refusedLogins = "refused_logins"
        case believedLogins = "believed_logins"
        case notInCapture = "not_in_capture"
        case neverAsked = "never_asked"
        case neverAskedCount = "never_asked_count"
        case recordedAround = "recorded_around"
    }

    private enum CommandKey: String, CodingKey { case number, command, expected }

    private enum DifferenceKey: String, CodingKey { case command, expected, got }

    public func encode(to encoder: any Encoder) throws {
        var report = encoder.container(keyedBy: Key.self)
        try report.encode(1, forKey: .v)
        try report.encode(isClean, forKey: .clean)
        try report.encode(hasFailed, forKey: .failed)
        try report.encode(matching.rawValue, forKey: .matching)
        try report.encode(commands, forKey: .commands)
        try report.encode(answered, forKey: .answered)
        try report.encode(repeated, forKey: .repeated)
        try report.encode(recorded, forKey: .recorded)
        try report.encode(unmatched, forKey: .unmatched)
        try report.encode(substituted, forKey: .substituted)
        try report.encode(substitutes, forKey: .substitutes)
        try report.encode(refusedLogins, forKey: .refusedLogins)
        try report.encode(believedLogins, forKey: .believedLogins)
        try report.encode(notInCapture, forKey: .notInCapture)
        try report.encode(neverAskedCount, forKey: .neverAskedCount)
        try report.encode(neverAsked, forKey: .neverAsked)
        try report.encode(conversation, forKey: .conversation)
        var around = report.nestedUnkeyedContainer(forKey: .recordedAround)
        for recorded in recordedAround {
            var command = around.nestedContainer(keyedBy: CommandKey.self)
            try command.encode(recorded.number, forKey: .number)
            try command.encode(recorded.shown, forKey: .command)
            try command.encode(recorded.isExpected, forKey: .expected)
        }
        guard let firstDifference else { return }
        var difference = report.nestedContainer(keyedBy: DifferenceKey.self, forKey: .difference)
        try difference.encode(firstDifference.command, forKey: .command)
        try difference.encodeIfPresent(firstDifference.expected, forKey: .expected)
        try difference.encodeIfPresent(firstDifference.got, forKey: .got)
    }
}
