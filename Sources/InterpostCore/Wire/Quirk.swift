import NIOCore

/// A place where a peer's bytes are not what the grammar says, and are understood all the same.
///
///     * FLAGS (\Seen OIB-Seen-[Gmail]/Trash)␍␊      read, with the quirk `flag-not-atom`
///
/// A quirk is about spelling, and harms nobody; an ``Anomaly`` is a broken rule that somebody should hear of. Each has
/// a fixture in `Fixtures/Wire` named after it: `quirk-flag-not-atom.imap`.
public enum Quirk: String, Sendable, CaseIterable {
    // Lines and spaces.
    case bareLineFeed = "bare-line-feed"
    case carriageReturnTwice = "carriage-return-twice"
    case extraSpace = "extra-space"
    case tabForSpace = "tab-for-space"
    case missingSpace = "missing-space"
    case trailingSpace = "trailing-space"
    case lowerCaseKeyword = "lower-case-keyword"
    case serverLiteralNonSynchronising = "server-literal-non-synchronising"
    case continuationWithoutSpace = "continuation-without-space"
    case capabilityUnasked = "capability-unasked"
    // Strings and lists.
    case eightBitInQuoted = "eight-bit-in-quoted"
    case oddEscapeInQuoted = "odd-escape-in-quoted"
    case quoteNotClosed = "quote-not-closed"
    case parenthesisNotClosed = "parenthesis-not-closed"
    case nilForList = "nil-for-list"
    case listForNIL = "list-for-nil"
    case atomForString = "atom-for-string"
    case stringForNumber = "string-for-number"
    case wordForList = "word-for-list"
    case nestedTooDeep = "nested-too-deep"
    // Commands.
    case specialInAtom = "special-in-atom"
    case argumentsLeftOver = "arguments-left-over"
    case literalNotTaken = "literal-not-taken"

    /// What the grammar says, and where.
    public var rule: String {
        switch self {
        case .bareLineFeed: "a line ends in CR LF (RFC 9051 §2.2, RFC 1939 §3)"
        case .carriageReturnTwice: "one CR stands before the LF (RFC 9051 §9 CRLF)"
        case .extraSpace: "one space separates words (RFC 9051 §9)"
        case .tabForSpace: "words are separated by a space, not by a tab (RFC 9051 §9)"
        case .missingSpace: "a space separates words, lists and strings (RFC 9051 §9)"
        case .trailingSpace: "nothing stands between the last word and the line end (RFC 9051 §9)"
        case .lowerCaseKeyword: "names of commands and responses are customarily in upper case (RFC 9051 §9, first rules)"
        case .serverLiteralNonSynchronising: "only clients send {n+} (RFC 7888 §3)"
        case .continuationWithoutSpace: "a space follows the + (RFC 9051 §7.6)"
        case .capabilityUnasked:
            "a server lists its capabilities when it is asked, and around greeting, STARTTLS and login (RFC 9051 §7.2.2)"
        case .eightBitInQuoted: "octets above 127 in a quoted string need UTF8=ACCEPT or IMAP4rev2 (RFC 3501 §9, RFC 9755 §3)"
        case .oddEscapeInQuoted: "a backslash escapes only \" and \\ (RFC 9051 §9 quoted-specials)"
        case .quoteNotClosed: "a quoted string ends in a quote on the same line (RFC 9051 §9 quoted)"
        case .parenthesisNotClosed: "every ( has its ) (RFC 9051 §4.4)"
        case .nilForList: "a list is due here; an empty one is written () (RFC 9051 §4.4)"
        case .listForNIL: "NIL is due here, not () (RFC 9051 §9)"
        case .atomForString: "a string is due here: quoted or a literal (RFC 9051 §4.3)"
        case .stringForNumber: "a number is due here, without quotes (RFC 9051 §4.2)"
        case .wordForList: "a list in parentheses is due here (RFC 9051 §4.4)"
        case .specialInAtom:
            "a name with %, *, {, \\, control characters or octets above 127 is quoted (RFC 9051 §9 ASTRING-CHAR)"
        case .argumentsLeftOver: "the command takes fewer arguments (RFC 9051 §6)"
        case .literalNotTaken: "the command takes no literal here; some servers read its octets as commands"
        case .nestedTooDeep: "lists that are nested deeper than Interpost reads"
        }
    }
}

extension Quirks {
    /// How a line ends.
    init(lineEndOf line: ByteBuffer) {
        self.init()
        let end = line.writerIndex
        guard line.readableBytes >= 1, line.byte(at: end - 1) == .lineFeed else { return }
        guard line.readableBytes >= 2, line.byte(at: end - 2) == .carriageReturn else {
            insert(.bareLineFeed)
            return
        }
        if line.readableBytes >= 3, line.byte(at: end - 3) == .carriageReturn { insert(.carriageReturnTwice) }
    }
}

/// Which quirks there were: a set that takes no memory of its own.
public struct Quirks: Sendable, Hashable, Sequence {
    private var bits: UInt128 = 0

    private static let all = Quirk.allCases
    private static let indices = Dictionary(uniqueKeysWithValues: zip(all, 0...))

    public init() {}

    public init(_ quirk: Quirk) { insert(quirk) }

    public var isEmpty: Bool { bits == 0 }

    public func contains(_ quirk: Quirk) -> Bool { bits & Self.bit(quirk) != 0 }

    public mutating func insert(_ quirk: Quirk) { bits |= Self.bit(quirk) }

    public mutating func formUnion(_ others: Quirks) { bits |= others.bits }

    public mutating func remove(_ quirk: Quirk) { bits &= ~Self.bit(quirk) }

    /// In the order in which ``Quirk`` declares them.
    public func makeIterator() -> some IteratorProtocol<Quirk> { Self.all.lazy.filter(contains).makeIterator() }

    private static func bit(_ quirk: Quirk) -> UInt128 { 1 << UInt128(indices[quirk] ?? 0) }
}
