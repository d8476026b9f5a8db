import NIOCore

/// A place where a peer's bytes are not what the grammar says, and are understood all the same.
///
///     * FLAGS (\Seen OIB-Seen-[Gmail]/Trash)␍␊      read, with the quirk `flag-not-atom`
///
/// A quirk is about spelling, and harms nobody; an ``Anomaly`` is a broken rule that somebody should hear about. Each
/// has a fixture in `Fixtures/Wire` named after it: `quirk-flag-not-atom.imap`.
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
    // POP3.
    case leadingSpace = "leading-space"
    case emptyLine = "empty-line"
    case leadingZero = "leading-zero"
    case messageNumberZero = "message-number-zero"
    case messageNumberMissing = "message-number-missing"
    case linesMissing = "lines-missing"
    case spaceBeginsArgument = "space-begins-argument"
    case unstuffedDot = "unstuffed-dot"
    case listingCutShort = "listing-cut-short"
    case listingBehindReply = "listing-behind-reply"
    case textBehindListing = "text-behind-listing"
    case oddUniqueID = "odd-unique-id"
    case oddCapabilityArgument = "odd-capability-argument"
    case okForChallenge = "ok-for-challenge"
    case challengeNotBase64 = "challenge-not-base64"
    case oddStatusIndicator = "odd-status-indicator"
    case listTooLong = "list-too-long"
    case quoteInQuoted = "quote-in-quoted"
    case nilForString = "nil-for-string"
    case listForString = "list-for-string"
    case nilForNumber = "nil-for-number"
    case negativeNumber = "negative-number"
    case numberZero = "number-zero"
    case numberTooLarge = "number-too-large"
    case extraField = "extra-field"
    // Responses.
    case dataMissing = "data-missing"
    case dataLeftOver = "data-left-over"
    case statusMissing = "status-missing"
    case taggedBYE = "tagged-bye"
    case textMissing = "text-missing"
    case codeNotClosed = "code-not-closed"
    case codeArguments = "code-arguments"
    case literalMarkerInText = "literal-marker-in-text"
    case flagNotAtom = "flag-not-atom"
    case nameNotQuoted = "name-not-quoted"
    case emptySeparator = "empty-separator"
    case valueMissing = "value-missing"
    case itemTwice = "item-twice"
    case itemInList = "item-in-list"
    case nilForMessage = "nil-for-message"
    case listForNumber = "list-for-number"
    case numberSpelling = "number-spelling"
    // ENVELOPE.
    case envelopeFieldMissing = "envelope-field-missing"
    case addressFieldCount = "address-field-count"
    case spaceBetweenAddresses = "space-between-addresses"
    case incompleteAddress = "incomplete-address"
    case bracketInAddress = "bracket-in-address"
    case groupNotClosed = "group-not-closed"
    // BODY and BODYSTRUCTURE.
    case spaceBetweenParts = "space-between-parts"
    case multipartWithoutParts = "multipart-without-parts"
    case emptyPart = "empty-part"
    case missingSubtype = "missing-subtype"
    case bodyFieldMissing = "body-field-missing"
    case unexpectedLines = "unexpected-lines"
    case parameterWithoutValue = "parameter-without-value"
    case misplacedDisposition = "misplaced-disposition"
    // Names of mailboxes.
    case eightBitInMailboxName = "eight-bit-in-mailbox-name"
    case controlInMailboxName = "control-in-mailbox-name"
    case invalidUTF8 = "invalid-utf8"
    case shiftNotClosed = "shift-not-closed"
    case shiftNotBase64 = "shift-not-base64"
    case asciiInShift = "ascii-in-shift"
    case superfluousShift = "superfluous-shift"
    case surrogateUnpaired = "surrogate-unpaired"
    // Sequence sets and dates.
    case sequenceSetSyntax = "sequence-set-syntax"
    case dayNotPadded = "day-not-padded"
    case dateForm = "date-form"
    case zoneMissing = "zone-missing"
    case dateOutOfRange = "date-out-of-range"

    /// What the grammar says, and where.
    public var rule: String {
        switch self {
        case .bareLineFeed: "a line ends in CR LF (RFC 9051 §2.2, RFC 1939 §3)"
        case .carriageReturnTwice: "one CR stands before the LF (RFC 9051 §9 CRLF)"
        case .extraSpace: "one space separates words (RFC 9051 §9, RFC 2449 §3)"
        case .tabForSpace: "words are separated by a space, not by a tab (RFC 9051 §9, RFC 2449 §3)"
        case .missingSpace: "a space separates words, lists and strings (RFC 9051 §9, RFC 2449 §3)"
        case .trailingSpace: "nothing stands between the last word and the line end (RFC 9051 §9, RFC 2449 §3)"
        case .lowerCaseKeyword:
            "names of commands are customarily in upper case (RFC 9051 §9, first rules); +OK and -ERR must be (RFC 1939 §3)"
        case .serverLiteralNonSynchronising: "only clients send {n+} (RFC 7888 §3)"
        case .continuationWithoutSpace: "a space follows the + (RFC 9051 §7.6, RFC 5034 §4)"
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
        case .argumentsLeftOver: "the command takes fewer arguments (RFC 9051 §6, RFC 1939 §5)"
        case .literalNotTaken: "the command takes no literal here; some servers read its octets as commands"
        case .dataMissing: "a response has the data that its name says (RFC 9051 §7)"
        case .dataLeftOver: "nothing follows the data that a response has (RFC 9051 §7)"
        case .taggedBYE: "BYE is untagged; LOGOUT is completed by OK (RFC 9051 §6.1.3, §7.1.5)"
        case .statusMissing: "a response code stands behind OK, NO, BAD, BYE or PREAUTH (RFC 9051 §7.1)"
        case .textMissing: "a status is followed by a space and a text for people (RFC 3501 §9 resp-text)"
        case .codeNotClosed: "a response code ends in a ] (RFC 9051 §7.1)"
        case .codeArguments: "a response code has the arguments that its definition says (RFC 9051 §7.1)"
        case .literalMarkerInText: "text for people that ends in {n} announces nothing, and looks as if it did"
        case .flagNotAtom: "a flag is an atom: no brackets, quotes, spaces or octets above 127 (RFC 9051 §9 flag-keyword)"
        case .nameNotQuoted: "a mailbox name with a space or a parenthesis is quoted (RFC 9051 §9 mailbox)"
        case .emptySeparator: "a mailbox without a hierarchy has NIL for a separator (RFC 9051 §9 mailbox-list)"
        case .valueMissing: "a name is followed by its value (RFC 9051 §7)"
        case .itemTwice: "an item stands once in a FETCH response (RFC 9051 §7.5.2)"
        case .itemInList: "an item of FETCH stands in no parentheses of its own (RFC 9051 §9 msg-att)"
        case .nilForMessage: "a message has a text, if a server has the message (RFC 9051 §7.5.2)"
        case .listForNumber: "a number is due here, without parentheses (RFC 9051 §4.2)"
        case .numberSpelling: "a number is written in digits only (RFC 9051 §4.2)"
        case .leadingSpace: "a line begins with its first word (RFC 2449 §3)"
        case .emptyLine: "a reply begins with +OK or -ERR, not with an empty line (RFC 1939 §3)"
        case .leadingZero: "numbers are written without zeros before them (RFC 1939 §5)"
        case .messageNumberZero: "messages are numbered from 1 (RFC 1939 §5)"
        case .messageNumberMissing: "a unique-id listing begins with the message's number, behind +OK too (RFC 1939 §7)"
        case .linesMissing: "TOP takes a number of lines (RFC 1939 §7)"
        case .spaceBeginsArgument: "one space separates; servers do not agree whose the next ones are (RFC 1939 §3)"
        case .unstuffedDot: "a dot that begins a line has another put before it (RFC 1939 §3)"
        case .listingCutShort: "a listing has a number and octets, or a number and a unique-id (RFC 1939 §5, §7)"
        case .listingBehindReply: "LIST and UIDL with a number are answered in one line (RFC 1939 §5, §7)"
        case .textBehindListing: "nothing stands behind the numbers of a listing (RFC 1939 §5)"
        case .oddUniqueID: "a unique-id is 1 to 70 octets from ! to ~ (RFC 1939 §7)"
        case .oddCapabilityArgument: "the capability takes other arguments (RFC 2449 §6, RFC 5034 §3, RFC 6856 §2)"
        case .okForChallenge: "a challenge begins with +; +OK ends the exchange (RFC 5034 §4)"
        case .oddStatusIndicator: "a reply begins with +OK or -ERR (RFC 1939 §3)"
        case .challengeNotBase64: "a challenge is base64, or empty (RFC 5034 §4)"
        case .nestedTooDeep: "lists that are nested deeper than Interpost reads"
        case .listTooLong: "lists that are longer than Interpost reads"
        case .quoteInQuoted: "a quote inside a quoted string has a backslash before it (RFC 9051 §9 quoted-specials)"
        case .nilForString: "a string is due here, not NIL (RFC 9051 §4.3)"
        case .listForString: "a string or a number is due here, not a list (RFC 9051 §4.3)"
        case .nilForNumber: "a number is due here, not NIL (RFC 9051 §4.2)"
        case .negativeNumber: "a number is not negative (RFC 9051 §4.2)"
        case .numberZero: "sequence numbers and UIDs begin at 1 (RFC 9051 §9 nz-number)"
        case .numberTooLarge: "a number has 32 bits, or 63 (RFC 9051 §9 number, number64)"
        case .extraField: "a list holds more fields than it has (RFC 9051 §9)"
        case .envelopeFieldMissing: "an ENVELOPE has ten fields (RFC 9051 §9 envelope)"
        case .addressFieldCount: "an address has four fields (RFC 9051 §9 address)"
        case .spaceBetweenAddresses: "no space stands between addresses (RFC 9051 §9 env-to)"
        case .incompleteAddress: "an address has a mailbox name and a host name (RFC 9051 §7.5.2 ENVELOPE)"
        case .bracketInAddress: "the < and > around an address are no part of it (RFC 9051 §7.5.2 ENVELOPE)"
        case .groupNotClosed: "a group of addresses has a start and an end, and holds no other (RFC 5322 §3.4)"
        case .spaceBetweenParts: "no space stands between the parts of a multipart (RFC 9051 §9 body-type-mpart)"
        case .multipartWithoutParts: "a multipart has at least one part (RFC 9051 §9 body-type-mpart)"
        case .emptyPart: "a part has at least a type and a size (RFC 9051 §9 body)"
        case .missingSubtype: "a part has a type and a subtype (RFC 9051 §9 media-basic)"
        case .bodyFieldMissing: "a part has all its fields, a text its lines, a message its envelope (RFC 9051 §9 body)"
        case .unexpectedLines: "only texts and messages have a number of lines (RFC 9051 §9 body-type-basic)"
        case .parameterWithoutValue: "parameters are pairs of a name and a value (RFC 9051 §9 body-fld-param)"
        case .misplacedDisposition: "the disposition comes before the language (RFC 9051 §9 body-ext-1part)"
        case .eightBitInMailboxName: "octets above 127 in a mailbox name need UTF8=ACCEPT or IMAP4rev2 (RFC 3501 §5.1)"
        case .controlInMailboxName: "control characters in a mailbox name are encoded (RFC 3501 §5.1.3, RFC 9051 §5.1)"
        case .invalidUTF8: "text in UTF-8 is well-formed (RFC 3629 §3)"
        case .shiftNotClosed: "what & begins in a mailbox name, - ends (RFC 3501 §5.1.3)"
        case .shiftNotBase64: "between & and - stand whole characters in modified base64 (RFC 3501 §5.1.3)"
        case .asciiInShift: "printable US-ASCII is not encoded in modified base64 (RFC 3501 §5.1.3)"
        case .superfluousShift: "one encoded run in a mailbox name does not follow another (RFC 3501 §5.1.3)"
        case .surrogateUnpaired: "a surrogate has its other half behind it (RFC 2781 §2)"
        case .sequenceSetSyntax: "a sequence set is numbers and ranges with commas between them (RFC 9051 §9 sequence-set)"
        case .dayNotPadded: "a day of one digit has a space before it in a date with a time (RFC 9051 §9 date-day-fixed)"
        case .dateForm: "a date is written 01-Feb-1994 or 01-Feb-1994 10:20:30 +0100 (RFC 9051 §9 date-time)"
        case .zoneMissing: "a date with a time has a zone (RFC 9051 §9 date-time)"
        case .dateOutOfRange: "this day or time does not exist (RFC 9051 §9 date-time)"
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

    /// No quirks.
    public init() {}

    /// One quirk.
    public init(_ quirk: Quirk) { insert(quirk) }

    /// Whether there are no quirks.
    public var isEmpty: Bool { bits == 0 }

    /// Whether `quirk` is one of them.
    public func contains(_ quirk: Quirk) -> Bool { bits & Self.bit(quirk) != 0 }

    /// Adds a quirk.
    public mutating func insert(_ quirk: Quirk) { bits |= Self.bit(quirk) }

    /// Adds the quirks of `others`.
    public mutating func formUnion(_ others: Quirks) { bits |= others.bits }

    /// Removes a quirk.
    public mutating func remove(_ quirk: Quirk) { bits &= ~Self.bit(quirk) }

    /// In the order in which ``Quirk`` declares them.
    public func makeIterator() -> Iterator { Iterator(bits: bits) }

    /// The quirks of a set, in the order in which ``Quirk`` declares them.
    public struct Iterator: IteratorProtocol {
        fileprivate var bits: UInt128

        public mutating func next() -> Quirk? {
            guard bits != 0 else { return nil }
            let index = bits.trailingZeroBitCount
            bits &= bits - 1
            return Quirks.all[index]
        }
    }

    private static func bit(_ quirk: Quirk) -> UInt128 { 1 << UInt128(quirk.ordinal) }
}

extension Quirk {
    /// Its place among the cases. An enum of fewer than 257 cases without values is one octet, which numbers the cases in the
    /// order of their declaration; a test checks this for each of them. A table of the names would have to be searched for
    /// every line.
    var ordinal: Int { unsafe Int(unsafeBitCast(self, to: UInt8.self)) }

    public func hash(into hasher: inout Hasher) { hasher.combine(ordinal) }
}
