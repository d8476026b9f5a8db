/// What is made alike in a session before it is compared with another one, because it differs each time that the same is
/// done.
///
///     --keep tags,dates      Normalisation.all.subtracting([.tags, .dates])
package struct Normalisation: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Tags of commands, wherever they are.
    package static let tags = Normalisation(rawValue: 1)
    /// How long something took, in texts for people.
    package static let times = Normalisation(rawValue: 2)
    /// INTERNALDATE, SAVEDATE, ENVELOPE, APPEND, searches, date fields in headers.
    package static let dates = Normalisation(rawValue: 4)
    /// UIDs, UIDVALIDITY, UIDNEXT, mod-sequences, and POP3's unique-ids.
    package static let uids = Normalisation(rawValue: 8)
    /// EMAILID, THREADID, MAILBOXID; timestamps, sessions and addresses in greetings.
    package static let ids = Normalisation(rawValue: 16)

    package static let all: Normalisation = [.tags, .times, .dates, .uids, .ids]

    /// By the names that `--keep` takes.
    package static let named: [(name: String, kind: Normalisation)] = [
        ("tags", .tags), ("times", .times), ("dates", .dates), ("uids", .uids), ("ids", .ids),
    ]
}
