import NIOCore

// Arguments of the commands of RFC 9051 §6.4 that name messages, except for searching.

/// What STORE does to the messages it names (RFC 9051 §6.4.6, RFC 5257, RFC 7162, X-GM-EXT-1).
public struct StoreRequest: Hashable, Sendable {
    /// `+FLAGS`, `-FLAGS`, or `FLAGS`, which replaces all that was there (RFC 9051 §6.4.6).
    public enum Operation: String, Sendable, CaseIterable { case add, remove, replace }

    /// What is stored: flags in the sense of IMAP, Gmail's labels, annotations.
    public enum Item: Hashable, Sendable {
        case flags([IMAPString])
        case labels([IMAPString])
        case annotations([IMAPValue])
        /// `name values` of an extension that is not known.
        case other(Keyword, [IMAPValue])
    }

    /// Whether the values are added, removed, or put in the place of the old ones.
    public var operation: Operation
    /// What is stored, with its values.
    public var item: Item
    /// `.SILENT`: no FETCH answers are wanted.
    public var isSilent: Bool
    /// `(UNCHANGEDSINCE 12)`
    public var modifiers: [IMAPOption] = []
}

/// Which Sieve script FILTER runs over messages (FILTER=SIEVE of Pigeonhole).
public enum SieveScript: Hashable, Sendable {
    case delivery
    case personal(IMAPString?)
    case global(IMAPString)
    /// The script itself, of this many octets.
    case given(octets: Int)
}

extension IMAPReader {
    mutating func sequenceSet() -> SequenceSet? {
        skipSpaces()
        return atom().map(SequenceSet.init)
    }

    mutating func fetch() -> IMAPCommand.Body? {
        guard let set = sequenceSet() else { return nil }
        let items = FetchItem.readList(&self)
        return items.isEmpty ? nil : .fetch(set, items, modifiers: options())
    }

    mutating func store() -> IMAPCommand.Body? {
        guard let set = sequenceSet() else { return nil }
        let modifiers = options()
        skipSpaces()
        let operation: StoreRequest.Operation = skip("+") ? .add : skip("-") ? .remove : .replace
        guard let (item, isSilent) = storedItem() else { return nil }
        return .store(set, StoreRequest(operation: operation, item: item, isSilent: isSilent, modifiers: modifiers))
    }

    private mutating func storedItem() -> (StoreRequest.Item, isSilent: Bool)? {
        // Dovecot takes the item's name in quotes too (smuggling LT54, LT55).
        guard let word = string(), let name = Keyword(word.bytes.readableBytesView) else { return nil }
        switch name {
        case Keyword("FLAGS"), Keyword("FLAGS.SILENT"):
            return (.flags(isAtList ? list() ?? [] : strings()), name == Keyword("FLAGS.SILENT"))
        case Keyword("X-GM-LABELS"), Keyword("X-GM-LABELS.SILENT"):
            return (.labels(isAtList ? list() ?? [] : strings()), name == Keyword("X-GM-LABELS.SILENT"))
        case Keyword("ANNOTATION"):
            return (.annotations(value()?.list ?? []), false)
        default:
            return (.other(name, remainingValues()), false)
        }
    }

    mutating func move() -> IMAPCommand.Body? {
        guard let set = sequenceSet(), let mailbox = mailbox() else { return nil }
        return .move(set, to: mailbox)
    }

    /// `1 ("text/plain" ("charset" "utf-8")) (BINARY[1])`
    mutating func convert() -> IMAPCommand.Body? {
        guard let set = sequenceSet(), let target = value() else { return nil }
        let items = FetchItem.readList(&self)
        return items.isEmpty ? nil : .convert(set, to: target, items)
    }

    /// `5 RFC822.TEXT 0 1024` (RFC 1730 §6.4.6)
    mutating func partial() -> IMAPCommand.Body? {
        guard let message = number() else { return nil }
        skipSpaces()
        guard let item = FetchItem.read(&self), let start = number(), let count = number() else { return nil }
        return .partial(message: message, item, start: start, count: count)
    }

    mutating func filter() -> IMAPCommand.Body? {
        guard keyword() == Keyword("SIEVE"), let kind = keyword() else { return nil }
        let script: SieveScript
        switch kind {
        case Keyword("DELIVERY"): script = .delivery
        case Keyword("PERSONAL"):
            // The name may be left out; a search program begins with an atom.
            skipSpaces()
            script = .personal(peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "{") ? string() : nil)
        case Keyword("GLOBAL"):
            guard let name = string() else { return nil }
            script = .global(name)
        case Keyword("SCRIPT"):
            guard let text = string() else { return nil }
            script = .given(octets: text.length)
        default: return nil
        }
        return searchRequest(hasCharset: false).map { .filter(script: script, $0) }
    }
}
