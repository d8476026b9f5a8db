import NIOCore

extension PolicyExplanation {
    /// For a person, a line for each thing that would happen.
    ///
    ///     verdict  refuse
    ///     rule     preset read-only
    ///     server   hears nothing
    ///     client   a NO [NOPERM] This mailbox is read-only here
    ///
    /// Where several policies hold together, a line for each says what it makes of the command.
    ///
    ///     policy   allow by no-delete: preset no-delete
    ///
    /// - Parameter policy: The one that was asked.
    public func text(_ policy: Policy) -> String {
        var lines = ["verdict  \(verdict.rawValue)", "rule     \(rule)"]
        lines += parts.map { "policy   \($0.verdict.rawValue) by \($0.rule)" }
        lines += sent.isEmpty ? ["server   hears nothing"] : sent.map { "server   \(Self.shown($0))" }
        lines += answers.map { "client   \(Self.shown($0))" }
        if let seconds { lines.append("client   waits for a person, \(seconds) seconds at most") }
        if closes { lines.append("client   is left: both connections end") }
        if answers.isEmpty, !sent.isEmpty { lines.append("client   hears what the server answers") }
        if policy.isDryRun {
            lines.append("dry run  the policy is only tried out: NOTHING is refused, and the command passes")
        } else if !policy.isEnforcing {
            lines.append("tap      the policy refuses nothing: bytes pass as they came, these too")
        }
        return lines.map { "\($0)\n" }.joined()
    }

    private static func shown(_ line: ByteBuffer) -> String {
        let pieces = String(buffer: line.withoutLineEnd).split(separator: "\r\n", omittingEmptySubsequences: false)
        return TerminalText.shown(pieces.joined(separator: "\\r\\n"))
    }
}
