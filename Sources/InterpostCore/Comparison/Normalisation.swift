/// What of a session is made alike before it is compared with another one: what differs each time that the same is done.
///
///     --keep tags,dates      Normalisation.all.subtracting([.tags, .dates])
public struct Normalisation: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Tags of commands, wherever they stand.
    public static let tags = Normalisation(rawValue: 1)
    /// How long something took, in texts for people.
    public static let times = Normalisation(rawValue: 2)
    /// INTERNALDATE, SAVEDATE, ENVELOPE, APPEND, searches, date fields in headers.
    public static let dates = Normalisation(rawValue: 4)
    /// UIDs, UIDVALIDITY, UIDNEXT, mod-sequences, and POP3's unique-ids.
    public static let uids = Normalisation(rawValue: 8)
    /// EMAILID, THREADID, MAILBOXID; timestamps, sessions and addresses in greetings.
    public static let ids = Normalisation(rawValue: 16)

    public static let all: Normalisation = [.tags, .times, .dates, .uids, .ids]

    /// By the names that `--keep` takes.
    public static let named: [(name: String, kind: Normalisation)] = [
        ("tags", .tags), ("times", .times), ("dates", .dates), ("uids", .uids), ("ids", .ids),
    ]
}
