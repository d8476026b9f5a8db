import InterpostCore

extension CaptureVerification {
    /// For a person: the problems, one on each line, or that there are none and what was verified.
    ///
    ///     mail.interpost is good: 3 sessions, 120 records, 4096 octets; redacted: none; none of 2 secrets
    package var text: String {
        if isGood {
            let looked = secrets == 0 ? "no secrets were looked for" : "none of \(Count.of(secrets, "secret"))"
            return
                "\(place) is good: \(Count.of(sessions, "session")), \(Count.of(records, "record")), \(Count.of(octets, "octet")); "
                + "redacted: \(redaction.rawValue); \(looked)\n"
        }
        return problems.map { "\($0)\n" }.joined() + (hasMoreProblems ? "\(place): and more\n" : "")
    }
}
