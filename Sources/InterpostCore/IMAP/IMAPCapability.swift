public import NIOCore

/// One word of a capability list (RFC 9051 §7.2.2), read leniently: names are compared without regard to case.
///
///     AUTH=PLAIN           .known(.auth, .word(PLAIN))
///     APPENDLIMIT=35651584 .known(.appendLimit, .number(35651584))
///     IDLE                 .known(.idle, nil)
///     X-FOO=bar            .other(X-FOO=bar)
public enum IMAPCapability: Hashable, Sendable {
    /// The argument is what follows the `=`.
    case known(Name, Argument?)
    case other(ByteBuffer)

    /// What follows the `=` of a capability, in the form in which the capability takes it.
    public enum Argument: Hashable, Sendable {
        case number(UInt64)
        /// A name, in upper case.
        case word(Keyword)
        /// A URL, a mailbox, letters of rights: anything that is not a name, as it came.
        case text(ByteBuffer)
    }

    /// What kind of argument a capability takes, if any.
    enum ArgumentKind { case none, number, word, text }

    /// Reads one word of a capability list. A word that is not known is ``other(_:)``, with its octets as they came.
    public init(reading word: ByteBuffer) {
        let bytes = word.readableBytesView
        if let whole = Keyword(bytes), let name = Name.named(whole) {
            self = .known(name, nil)
            return
        }
        if word.hasPrefixIgnoringCase("XAOL") {
            self = .known(.xAOL, .text(ByteBuffer(bytes: bytes.dropFirst(4))))
            return
        }
        guard let sign = bytes.firstIndex(of: UInt8(ascii: "=")), let prefix = Keyword(bytes[..<sign]),
            let name = Name.named(prefix), name.argumentKind != .none
        else {
            self = .other(word)
            return
        }
        let value = ByteBuffer(bytes: bytes[(sign + 1)...])
        switch name.argumentKind {
        case .number: self = .known(name, Self.number(value).map { .number($0) } ?? .text(value))
        case .word: self = .known(name, Keyword(value.readableBytesView).map { .word($0) } ?? .text(value))
        case .none, .text: self = .known(name, .text(value))
        }
    }

    private static func number(_ text: ByteBuffer) -> UInt64? {
        var reader = IMAPReader(IMAPText(line: text))
        guard let number = reader.number(), reader.isAtEnd else { return nil }
        return number
    }

    /// `nil` for a capability that is not known.
    public var name: Name? { if case .known(let name, _) = self { name } else { nil } }
    /// `nil` for a capability without an argument, and for one that is not known.
    public var argument: Argument? { if case .known(_, let argument) = self { argument } else { nil } }

    /// The SASL mechanism of an `AUTH=`.
    public var mechanism: Keyword? {
        if case .known(.auth, .word(let mechanism)) = self { mechanism } else { nil }
    }

    /// Whether the mechanism is bound to the TLS connection in which it is used (RFC 5801 §5): it does not work across
    /// two of them.
    public var bindsChannel: Bool { mechanism?.description.hasSuffix("-PLUS") == true }

    /// Capabilities that a server with this one has as well, without listing them.
    public var implied: [IMAPCapability] {
        switch self {
        case .known(.imap4rev2, _): Self.impliedByIMAP4rev2
        // RFC 7162 §3.2.3: a server that knows QRESYNC knows CONDSTORE and ENABLE.
        case .known(.qresync, _): [.known(.condstore, nil), .known(.enable, nil)]
        // RFC 6855 §6.
        case .known(.utf8, .word(Keyword("ONLY"))): [.known(.utf8, .word(Keyword("ACCEPT")))]
        default: []
        }
    }

    /// What RFC 9051 took in (appendix E). It took in all of LIST-EXTENDED except several patterns at once (appendix C),
    /// and only the FETCH part of BINARY, so BINARY is not among them (appendix B).
    public static let impliedByIMAP4rev2: [IMAPCapability] =
        [
            .namespace, .unselect, .uidPlus, .esearch, .searchRes, .enable, .idle, .saslIR, .listExtended, .listStatus, .move,
            .literalMinus,
        ].map { .known($0, nil) } + [.known(.status, .word(Keyword("SIZE")))]
}

extension Collection where Element == IMAPCapability {
    /// Whether the list has it, or something that implies it.
    public func offers(_ capability: IMAPCapability) -> Bool {
        contains { $0 == capability || $0.implied.contains(capability) }
    }
}
