import NIOCore

// Arguments of the commands of RFC 9051 §6.2 and §6.3: what concerns the session and whole mailboxes.

/// One field of ID (RFC 2971 §3.3): `"name" "Interpost"`, or `"os" NIL`.
public struct IDField: Hashable, Sendable {
    /// The field's name as the client wrote it; RFC 2971 compares it without regard to case.
    public var name: IMAPString
    /// `nil` for NIL, and where the list ends before the value.
    public var value: IMAPString?
}

/// A word with what belongs to it, as lists of parameters, modifiers and options hold it (RFC 4466 §2):
///
///     (CONDSTORE QRESYNC (67890007 20050715194045000))      CONDSTORE; QRESYNC with a list of two
public struct IMAPOption: Hashable, Sendable {
    /// The option's word, in upper case.
    public var name: Keyword
    /// `nil` for a word alone.
    public var argument: IMAPValue?
}

/// LIST, LSUB, XLIST, RLIST, RLSUB (RFC 9051 §6.3.9, RFC 5258).
public struct ListRequest: Hashable, Sendable {
    /// `(SUBSCRIBED RECURSIVEMATCH)` before the reference.
    public var selection: [IMAPOption] = []
    /// What the patterns are relative to; mostly empty.
    public var reference: IMAPString
    /// Names with `*` and `%`. More than one only in parentheses (RFC 5258).
    public var patterns: [IMAPString]
    /// `RETURN (CHILDREN STATUS (MESSAGES))` after the patterns.
    public var returns: [IMAPOption] = []
}

/// One message of APPEND, MULTIAPPEND or REPLACE (RFC 9051 §6.3.12, RFC 3502, 4469, 6855, 8508).
public struct AppendedMessage: Hashable, Sendable {
    /// Where the message's text comes from.
    public enum Part: Hashable, Sendable {
        /// A literal of this many octets.
        case text(octets: Int)
        /// A literal8, which may hold NUL.
        case binary(octets: Int)
        /// `UTF8 (~{n})`
        case utf8(octets: Int)
        /// `CATENATE (URL "…")`: part of another message. The URL may carry a token.
        case url(Secret)
    }

    /// The flags that the new message gets; empty where the client names none.
    public var flags: [IMAPString] = []
    /// `nil` where the client left it out.
    public var internalDate: IMAPString?
    /// ANNOTATION and other data after the date, as they were sent.
    public var extensions: [IMAPOption] = []
    /// What the message is made of, in order: one literal, or the parts of CATENATE (RFC 4469).
    public var parts: [Part] = []

    /// Octets that the client sends for it.
    public var octets: Int {
        parts.reduce(0) { sum, part in
            switch part {
            case .text(let octets), .binary(let octets), .utf8(let octets): sum &+ octets
            case .url: sum
            }
        }
    }
}

extension IMAPReader {
    /// Whether nothing but spaces is left.
    mutating func endsHere() -> Bool {
        skipSpaces()
        return isAtEnd
    }

    /// Passes over the atom NIL, if it is next.
    mutating func skipNIL() -> Bool {
        guard peekBehindSpaces.uppercased == UInt8(ascii: "N") else { return false }
        let place = place
        if keyword() == Keyword("NIL") { return true }
        goBack(to: place)
        return false
    }

    var isAtList: Bool { peekBehindSpaces == UInt8(ascii: "(") }

    mutating func mailbox() -> MailboxName? {
        guard let name = string() else { return nil }
        if name.form == .atom, name.bytes.readableBytesView.contains(where: \.isSpecialInAtom) { note(.specialInAtom) }
        return MailboxName(name)
    }

    /// A string, or several in parentheses.
    mutating func stringOrList() -> [IMAPString]? { isAtList ? list() : string().map { [$0] } }

    mutating func keywords() -> [Keyword] {
        var keywords: [Keyword] = []
        while let keyword = keyword() { keywords.append(keyword) }
        return keywords
    }

    /// `(A B C)` as names; anything that is not a name is left out.
    mutating func keywordList() -> [Keyword]? { list()?.compactMap { Keyword($0.bytes.readableBytesView) } }

    /// All values up to the end.
    mutating func remainingValues() -> [IMAPValue] {
        var values: [IMAPValue] = []
        while !endsHere() {
            if let value = value() { values.append(value) } else { advance() }
        }
        return values
    }

    /// Options whose argument is not a list.
    private static let optionsWithArgument: Set<Keyword> = [
        Keyword("CHANGEDSINCE"), Keyword("UNCHANGEDSINCE"), Keyword("PARTIAL"), Keyword("MAXSIZE"), Keyword("DEPTH"),
        Keyword("PARTITION"),
    ]

    /// `(A B (x y) PARTIAL 1:10)`; empty where there is no list.
    mutating func options() -> [IMAPOption] {
        guard isAtList else { return [] }
        skipSpaces()
        advance()
        var options: [IMAPOption] = []
        while !endsHere(), !skip(")") {
            guard let name = keyword() else {
                if value() == nil { advance() }
                continue
            }
            let hasArgument = isAtList || Self.optionsWithArgument.contains(name)
            options.append(IMAPOption(name: name, argument: hasArgument ? value() : nil))
        }
        return options
    }

    mutating func idFields() -> [IDField]? {
        if skipNIL() { return [] }
        guard isAtList, let words = list() else { return nil }
        return stride(from: 0, to: words.count, by: 2).map { index in
            let value = index + 1 < words.count ? words[index + 1] : nil
            return IDField(name: words[index], value: value.flatMap { $0.isNIL ? nil : $0 })
        }
    }

    mutating func login() -> IMAPCommand.Body? {
        guard let user = string(), let password = string(), endsHere() else { return nil }
        return .login(user: user, password: Secret(password.bytes))
    }

    mutating func authenticate() -> IMAPCommand.Body? {
        guard let mechanism = keyword() else { return nil }
        let response = string().map { Secret($0.bytes) }
        return endsHere() ? .authenticate(mechanism: mechanism, initialResponse: response) : nil
    }

    mutating func select(readOnly: Bool) -> IMAPCommand.Body? {
        mailbox().map { .select($0, readOnly: readOnly, parameters: options()) }
    }

    /// `mailbox [(USE (\Sent))]`; Cyrus takes a partition instead of the list.
    mutating func create() -> IMAPCommand.Body? {
        guard let mailbox = mailbox() else { return nil }
        return .create(mailbox, parameters: partitionOrOptions())
    }

    mutating func rename() -> IMAPCommand.Body? {
        guard let old = mailbox(), let new = mailbox() else { return nil }
        return .rename(old, to: new, parameters: partitionOrOptions())
    }

    private mutating func partitionOrOptions() -> [IMAPOption] {
        if isAtList { return options() }
        return string().map { [IMAPOption(name: Keyword("PARTITION"), argument: .string($0))] } ?? []
    }

    /// `mailbox`; IMAP2bis wrote `MAILBOX` or `BBOARD` before it.
    mutating func subscribedMailbox() -> MailboxName? {
        guard let name = mailbox() else { return nil }
        guard let second = mailbox() else { return name }
        return second
    }

    mutating func listRequest() -> ListRequest? {
        let selection = options()
        guard let reference = string(), let patterns = stringOrList() else { return nil }
        var request = ListRequest(selection: selection, reference: reference, patterns: patterns)
        var ahead = self
        if ahead.keyword() == Keyword("RETURN") {
            self = ahead
            request.returns = options()
        }
        return request
    }

    mutating func status() -> IMAPCommand.Body? {
        guard let mailbox = mailbox(), let items = keywordList() else { return nil }
        return .status(mailbox, items)
    }

    mutating func append() -> IMAPCommand.Body? {
        guard let mailbox = mailbox() else { return nil }
        var messages: [AppendedMessage] = []
        while !endsHere() {
            guard let message = appendedMessage() else { break }
            messages.append(message)
        }
        return .append(mailbox, messages)
    }

    mutating func replace() -> IMAPCommand.Body? {
        guard let set = sequenceSet(), let mailbox = mailbox(), let message = appendedMessage() else { return nil }
        return .replace(set, mailbox, message)
    }

    /// `[(flags)] ["date"] [ANNOTATION (…)] {n}`, or `CATENATE (…)` or `UTF8 (~{n})` in the literal's place.
    private mutating func appendedMessage() -> AppendedMessage? {
        var message = AppendedMessage()
        if isAtList { message.flags = list() ?? [] }
        while let word = string() {
            switch word.form {
            case .quoted: message.internalDate = word
            case .literal:
                message.parts = [.text(octets: word.length)]
                return message
            case .literal8:
                message.parts = [.binary(octets: word.length)]
                return message
            case .atom:
                guard let name = Keyword(word.bytes.readableBytesView) else { return nil }
                if name == Keyword("CATENATE") || name == Keyword("UTF8") {
                    message.parts = catenatedParts(isUTF8: name == Keyword("UTF8"))
                    return message
                }
                guard isAtList else { return nil }
                message.extensions.append(IMAPOption(name: name, argument: value()))
            }
        }
        return nil
    }

    /// `(URL "…" TEXT {n})`, `(~{n})`
    private mutating func catenatedParts(isUTF8: Bool) -> [AppendedMessage.Part] {
        guard isAtList else { return [] }
        skipSpaces()
        advance()
        var parts: [AppendedMessage.Part] = []
        var isURL = false
        while !endsHere(), !skip(")") {
            guard let word = string() else {
                advance()
                continue
            }
            switch word.form {
            case .atom where word.bytes.equalsIgnoringCase("URL"): isURL = true
            case .atom where word.bytes.equalsIgnoringCase("TEXT"): isURL = false
            case .literal where !isURL, .literal8 where !isURL:
                parts.append(
                    isUTF8
                        ? .utf8(octets: word.length)
                        : word.form == .literal8 ? .binary(octets: word.length) : .text(octets: word.length))
            default: parts.append(.url(Secret(word.bytes)))
            }
        }
        return parts
    }
}

extension IMAPString {
    var isNIL: Bool { form == .atom && bytes.equalsIgnoringCase("NIL") }
}

extension UInt8 {
    /// Octets that an astring without quotes may not hold, apart from those at which the reader stops anyway (RFC 9051 §9
    /// ASTRING-CHAR).
    var isSpecialInAtom: Bool {
        self == UInt8(ascii: "{") || self == UInt8(ascii: "%") || self == UInt8(ascii: "*") || self == UInt8(ascii: "\\")
            || self < 0x20 || self >= 0x7F
    }
}
