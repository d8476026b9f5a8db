import NIOCore

/// What a word of a command or response is, where it is something that is made alike.
enum NormalFormSlot: Sendable, Equatable {
    /// Stays as it is.
    case kept
    case uids, modSequence, validity, id, date, tag
    /// A name of a user, and what proves it.
    case user, secret

    var normalisation: Normalisation {
        switch self {
        case .kept: []
        case .uids, .modSequence, .validity: .uids
        case .id: .ids
        case .date: .dates
        case .tag: .tags
        case .user, .secret: []
        }
    }

    /// What follows a word, wherever the word is.
    static func behind(_ word: Keyword) -> [NormalFormSlot] { table[word] ?? [] }

    private static let table = KeywordTable<[NormalFormSlot]>([
        ("UID", [.uids]), ("UIDNEXT", [.uids]), ("UIDVALIDITY", [.validity]),
        ("MODSEQ", [.modSequence]), ("HIGHESTMODSEQ", [.modSequence]), ("CHANGEDSINCE", [.modSequence]),
        ("UNCHANGEDSINCE", [.modSequence]), ("QRESYNC", [.validity, .modSequence, .uids, .kept, .uids]),
        ("INTERNALDATE", [.date]), ("SAVEDATE", [.date]), ("ENVELOPE", [.date]),
        ("BEFORE", [.date]), ("ON", [.date]), ("SINCE", [.date]), ("SENTBEFORE", [.date]), ("SENTON", [.date]),
        ("SENTSINCE", [.date]), ("SAVEDBEFORE", [.date]), ("SAVEDON", [.date]), ("SAVEDSINCE", [.date]),
        ("EMAILID", [.id]), ("THREADID", [.id]), ("MAILBOXID", [.id]), ("X-GM-MSGID", [.id]), ("X-GM-THRID", [.id]),
        ("TAG", [.tag]), ("NOUPDATE", [.tag]), ("INPROGRESS", [.tag]),
        ("APPENDUID", [.validity, .uids]),
    ])

    /// What follows a word in the answer to a search for UIDs (RFC 4731).
    static func behindFound(_ word: Keyword) -> [NormalFormSlot] { found[word] ?? behind(word) }

    private static let found = KeywordTable<[NormalFormSlot]>([
        ("ALL", [.uids]), ("MIN", [.uids]), ("MAX", [.uids]), ("PARTIAL", [.kept, .uids]),
    ])

    /// Whether a word can be this; otherwise it stays.
    func fits(_ word: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .kept: false
        case .uids: NormalFormNames.isSet(word)
        case .modSequence, .validity: NormalFormNames.number(word) != nil
        case .id: !ByteBuffer(bytes: word).equalsIgnoringCase("NIL")
        case .date: word.contains { $0.isDigit } && !word.contains(UInt8(ascii: "("))
        case .tag, .user, .secret: true
        }
    }
}
