import NIOCore

/// What came back between each command of IMAP and its completion, as the log counts it.
///
///     C: a FETCH 1:2 BODY[]␍␊
///     S: * 1 FETCH (BODY[] {3}␍␊abc)␍␊     untagged 1, octets, read: message 1
///     S: * 7 EXISTS␍␊                       untagged 2, exists 7
///     S: a OK done␍␊
struct ExchangeLedger: Sendable {
    struct Entry: Sendable {
        fileprivate var exchange: Int
        /// The command is a FETCH, and the texts of messages are among what it asks for, as far as that can be read.
        fileprivate var isFetch = false
        fileprivate var asksForText = false
        /// What it asks for marks messages as read.
        fileprivate var setsSeen = false
        /// Not all that was asked for could be read.
        fileprivate var maySetSeen = false
        /// Untagged responses, and their octets.
        var untagged = 0
        var octets = 0
        /// The last EXISTS.
        var exists: UInt64?
        /// The server has told flags.
        var hasToldFlags = false
        /// Messages whose text came back, by sequence number and by UID.
        var readNumbers = NumberRuns()
        var readUIDs = NumberRuns()
        /// Messages that this marked as read, as far as is known.
        var seenNumbers = NumberRuns()
        var seenUIDs = NumberRuns()
        /// How many were read. Answers may leave out either number: UIDFETCH has only the UID (RFC 9586).
        var readCount: Int { max(readNumbers.count, readUIDs.count) }

        init(exchange: Int) { self.exchange = exchange }
    }

    private static let maximumEntries = 1000

    /// In the order in which the commands began.
    private var entries: [Entry] = []

    mutating func begin(_ command: IMAPCommand, _ exchange: Int?) {
        guard let exchange else { return }
        if entries.count >= Self.maximumEntries { entries.removeFirst() }
        var entry = Entry(exchange: exchange)
        if case .fetch(_, let items, _) = command.body {
            (entry.isFetch, entry.asksForText) = (true, items.contains(where: \.carriesText))
            entry.setsSeen = items.contains(where: \.setsSeen)
            entry.maySetSeen = command.quirks.contains(.argumentsLeftOver)
        }
        entries.append(entry)
    }

    /// Counts what the server said before a completion; `isUntagged` for the end of an untagged response.
    mutating func note(_ event: MailEvent, isUntagged: Bool = false, exists: UInt64? = nil) {
        guard event.sender == .server, let index = index(of: event.exchange) else { return }
        entries[index].octets += event.bytes.readableBytes
        if isUntagged { entries[index].untagged += 1 }
        if let exists { entries[index].exists = exists }
    }

    /// A FETCH answer told flags before a completion.
    mutating func noteFlags(_ exchange: Int?) {
        if let index = index(of: exchange) { entries[index].hasToldFlags = true }
    }

    /// A FETCH is in progress.
    var isReading: Bool { entries.indices.contains { entries[$0].isFetch } }

    /// A FETCH answer with the text of a message counts as read by a command that asks for texts, or by any other FETCH: what
    /// a server gives may be more than what could be read of the command.
    /// - Parameter wasSeen: Whether the message was known to be `\Seen` before.
    mutating func note(_ answer: FetchAnswer, in response: IMAPResponse, wasSeen: Bool) {
        if !wasSeen { noteSeen(answer, in: response) }
        guard
            let index = entries.indices.first(where: { entries[$0].asksForText })
                ?? entries.indices.first(where: { entries[$0].isFetch }),
            answer.contents.contains(where: { $0.item.carriesText && $0.value != nil })
        else { return }
        if response.kind == .fetch, let number = response.number { entries[index].readNumbers.append(number) }
        if let uid = answer.uid { entries[index].readUIDs.append(uid) }
    }

    /// RFC 9051 §6.4.5: `\Seen` is set whether or not the server says so. But it is not set where the server tells the flags
    /// and `\Seen` is not among them. Where the command could not be read, only what the server says counts.
    private mutating func noteSeen(_ answer: FetchAnswer, in response: IMAPResponse) {
        let isTold = answer.flags.map { $0.system.contains(.seen) }
        guard isTold != false, answer.contents.contains(where: { $0.value != nil }),
            let index = entries.indices.first(where: { entries[$0].setsSeen || entries[$0].maySetSeen && isTold == true })
        else { return }
        if response.kind == .fetch, let number = response.number { entries[index].seenNumbers.append(number) }
        if let uid = answer.uid { entries[index].seenUIDs.append(uid) }
    }

    /// The command is over.
    mutating func end(_ exchange: Int?) -> Entry {
        guard let index = index(of: exchange) else { return Entry(exchange: exchange ?? 0) }
        return entries.remove(at: index)
    }

    private func index(of exchange: Int?) -> Int? {
        guard let exchange else { return nil }
        return entries.indices.first { entries[$0].exchange == exchange }
    }
}
