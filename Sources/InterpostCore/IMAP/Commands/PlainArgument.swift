/// One argument of a command that is nothing but values in a fixed order, as its row in `IMAPVerb` says.
///
///     UIDBATCHES 2000 10:20      number(2000), set(10:20)
public enum PlainArgument: Hashable, Sendable {
    /// A word of the protocol, in upper case.
    case word(Keyword)
    case number(UInt64)
    /// Numbers of messages, or UIDs.
    case set(SequenceSet)
    case mailbox(MailboxName)
    /// An `astring`: an atom, in quotes or a literal.
    case text(IMAPString)
    /// A string that is never an atom.
    case quoted(IMAPString)

    /// What a place takes; and, for words, who chose them.
    enum Kind: Sendable {
        case word
        /// A number of at least 1.
        case count
        /// Two numbers with a colon between them.
        case range
        case set
        case mailbox
        /// The name of a user or a group.
        case user
        /// Words that a person wrote.
        case text
        /// A word of the protocol that is always in quotes.
        case quoted
    }
}

extension IMAPReader {
    /// - Parameter optional: How many of the last ones may be missing.
    mutating func plainArguments(_ kinds: [PlainArgument.Kind], optional: Int) -> [PlainArgument]? {
        var arguments: [PlainArgument] = []
        for (index, kind) in kinds.enumerated() {
            if index >= kinds.count - optional, endsHere() { break }
            guard let argument = plainArgument(kind) else { return nil }
            arguments.append(argument)
        }
        return arguments
    }

    private mutating func plainArgument(_ kind: PlainArgument.Kind) -> PlainArgument? {
        switch kind {
        case .word: keyword().map(PlainArgument.word)
        case .count: number().map(PlainArgument.number)
        case .range, .set: sequenceSet().map(PlainArgument.set)
        case .mailbox: mailbox().map(PlainArgument.mailbox)
        case .user, .text: string().map(PlainArgument.text)
        case .quoted: string().map(PlainArgument.quoted)
        }
    }
}

extension [PlainArgument] {
    var firstSet: SequenceSet? {
        for case .set(let set) in self { return set }
        return nil
    }

    var mailboxes: [MailboxName] { compactMap { if case .mailbox(let name) = $0 { name } else { nil } } }
}
