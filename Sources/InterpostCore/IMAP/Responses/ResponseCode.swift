public import NIOCore

/// The code in brackets in a status response (RFC 9051 §7.1).
///
///     * OK [COPYUID 38505 304,319:320 3956:3958] done      .copyUID(38505, from: 304,319:320, to: 3956:3958)
public enum ResponseCode: Hashable, Sendable {
    // RFC 3501 and RFC 9051 §7.1, RFC 5530.
    case alert, alreadyExists, authenticationFailed, authorizationFailed, cannot, clientBug, closed, contactAdmin
    case corruption, expired, expungeIssued, hasChildren, inUse, limit, nonExistent, noPermission, overQuota, parse
    case privacyRequired, readOnly, readWrite, serverBug, tryCreate, unavailable
    case badCharset([IMAPString])
    case capability([IMAPString])
    case permanentFlags(FlagList)
    case uidNext(UInt64)
    case uidValidity(UInt64)
    case unseen(UInt64)

    // RFC 4315, 5182, 7162, 9586, 9738.
    case notSaved, uidNotSticky, uidRequired, noModSequence
    case appendUID(validity: UInt64, SequenceSet)
    case copyUID(validity: UInt64, from: SequenceSet, to: SequenceSet)
    case highestModSequence(UInt64)
    case modified(SequenceSet)
    /// Only this many messages were dealt with; the last of them has this UID.
    case messageLimit(UInt64, lastUID: UInt64?)

    // RFC 3516, 4469, 4978, 5255, 5259, 5465, 5466, 6154, 8474, 9585.
    case badComparator, compressionActive, notificationOverflow, temporaryFailure, tooBig, unknownCTE, useAttribute
    case badEvent([IMAPString])
    case inProgress(tag: IMAPString?, done: UInt64?, goal: UInt64?)
    case mailboxID(IMAPString)
    case maxConvertMessages(UInt64)
    case maxConvertParts(UInt64)
    case noUpdate(tag: IMAPString)
    case undefinedFilter(IMAPString)

    // RFC 5257, 5464.
    case annotate(AnnotateTrouble)
    case annotations(AnnotationSupport)
    case metadata(MetadataTrouble)

    // RFC 2193, 2221, 4467: URLs may hold names, passwords and tokens.
    case badURL(Secret)
    case referral([Secret])
    case urlMechanisms([IMAPString])

    // Servers' own, and RFC 2060's.
    case myRights(IMAPString)
    case newName(old: IMAPString, new: IMAPString)
    case throttled
    case webAlert(Secret)

    /// A code that is not known, or whose arguments are not those that it takes.
    case other(Keyword, arguments: ByteBuffer)

    /// Why an annotation was not stored (RFC 5257): its value is too big, or the message has too many.
    public enum AnnotateTrouble: Hashable, Sendable { case tooBig, tooMany }

    /// Which annotations a mailbox takes (RFC 5257 §3.1).
    public enum AnnotationSupport: Hashable, Sendable {
        case none, readOnly
        /// Octets of the largest value.
        case largest(UInt64, noPrivate: Bool)
    }

    /// RFC 5464 §4.2.1, §4.3.
    public enum MetadataTrouble: Hashable, Sendable {
        case noPrivate, tooMany
        /// Octets of the longest entry that was left out.
        case longEntries(UInt64)
        case maxSize(UInt64)
    }
}

// MARK: - Reading

extension ResponseCode {
    /// - Parameter code: The octets between the brackets.
    static func read(_ code: ByteBuffer) -> (code: ResponseCode, quirks: Quirks)? {
        var reader = IMAPReader(IMAPText(line: code))
        guard let name = reader.keyword() else { return nil }
        let behindName = reader
        var found: ResponseCode?
        if let plain = plain[name] {
            found = plain
        } else if let read = readers[name] {
            found = read(&reader)
        } else {
            reader.skipSpaces()
            return (.other(name, arguments: reader.rest), Quirks())
        }
        let isWhole = reader.endsHere()
        var quirks = reader.quirks
        if quirks.contains(.trailingSpace) {
            // The code ends here, not the line.
            quirks.remove(.trailingSpace)
            quirks.insert(.extraSpace)
        }
        if let found, isWhole { return (found, quirks) }
        // Exchange has sent `COPYUID 701  ` and the like.
        quirks.insert(.codeArguments)
        var rest = behindName
        rest.skipSpaces()
        return (found ?? .other(name, arguments: rest.rest), quirks)
    }

    /// Reads the code at this place, and stops after it.
    fileprivate static func read(known reader: inout IMAPReader) -> ResponseCode? {
        reader.keyword().flatMap { plain[$0] ?? readers[$0]?(&reader) }
    }

    static func isKnown(_ name: Keyword) -> Bool { plain[name] != nil || readers[name] != nil }

    /// Codes with URLs, which may hold a name, a password or a token, and codes with what tokens are made of.
    static func carriesSecret(_ name: Keyword) -> Bool { secretCodes.contains(name) }

    private static let secretCodes: Set = [
        Keyword("BADURL"), Keyword("REFERRAL"), Keyword("WEBALERT"), Keyword("URLMECH"),
    ]

    private static let plain = KeywordTable<ResponseCode>([
        ("ALERT", .alert), ("ALREADYEXISTS", .alreadyExists),
        ("AUTHENTICATIONFAILED", .authenticationFailed), ("AUTHORIZATIONFAILED", .authorizationFailed),
        ("BADCOMPARATOR", .badComparator), ("CANNOT", .cannot), ("CLIENTBUG", .clientBug),
        ("CLOSED", .closed), ("COMPRESSIONACTIVE", .compressionActive), ("CONTACTADMIN", .contactAdmin),
        ("CORRUPTION", .corruption), ("EXPIRED", .expired), ("EXPUNGEISSUED", .expungeIssued),
        ("HASCHILDREN", .hasChildren), ("INUSE", .inUse), ("LIMIT", .limit),
        ("NOMODSEQ", .noModSequence), ("NONEXISTENT", .nonExistent), ("NOPERM", .noPermission),
        ("NOPRIVATE", .metadata(.noPrivate)), ("NOTIFICATIONOVERFLOW", .notificationOverflow),
        ("NOTSAVED", .notSaved), ("OVERQUOTA", .overQuota), ("PARSE", .parse),
        ("PRIVACYREQUIRED", .privacyRequired), ("READ-ONLY", .readOnly), ("READ-WRITE", .readWrite),
        ("SERVERBUG", .serverBug), ("TEMPFAIL", .temporaryFailure), ("THROTTLED", .throttled),
        ("TOOBIG", .tooBig), ("TRYCREATE", .tryCreate), ("UIDNOTSTICKY", .uidNotSticky),
        ("UIDREQUIRED", .uidRequired), ("UNAVAILABLE", .unavailable), ("UNKNOWN-CTE", .unknownCTE),
        ("USEATTR", .useAttribute),
    ])

    private typealias Read = @Sendable (inout IMAPReader) -> ResponseCode?

    private static let readers = KeywordTable<Read>(argumentReaders)

    private static let argumentReaders: [(StaticString, Read)] = [
        ("ANNOTATE", { $0.annotateTrouble() }),
        ("ANNOTATIONS", { $0.annotationSupport() }),
        ("APPENDUID", { $0.appendUID() }),
        ("BADCHARSET", { .badCharset($0.stringsOrList()) }),
        ("BADEVENT", { .badEvent($0.stringsOrList()) }),
        ("BADURL", { $0.string().map { .badURL(Secret($0.bytes)) } }),
        ("CAPABILITY", { .capability($0.strings()) }),
        ("COPYUID", { $0.copyUID() }),
        ("HIGHESTMODSEQ", { $0.dueNumber(.nonZero64).map(ResponseCode.highestModSequence) }),
        ("INPROGRESS", { $0.progress() }),
        ("MAILBOXID", { $0.objectID().map(ResponseCode.mailboxID) }),
        ("MAXCONVERTMESSAGES", { $0.dueNumber().map(ResponseCode.maxConvertMessages) }),
        ("MAXCONVERTPARTS", { $0.dueNumber().map(ResponseCode.maxConvertParts) }),
        ("MESSAGELIMIT", { $0.messageLimit() }),
        ("METADATA", { $0.metadataTrouble() }),
        ("MODIFIED", { $0.sequenceSet().map(ResponseCode.modified) }),
        ("MYRIGHTS", { $0.string().map(ResponseCode.myRights) }),
        ("NEWNAME", { $0.newName() }),
        ("NOUPDATE", { $0.string().map { .noUpdate(tag: $0) } }),
        ("PERMANENTFLAGS", { $0.endsHere() ? nil : .permanentFlags($0.flagList()) }),
        ("REFERRAL", { .referral($0.strings().map { Secret($0.bytes) }) }),
        ("UIDNEXT", { $0.dueNumber(.nonZero).map(ResponseCode.uidNext) }),
        ("UIDVALIDITY", { $0.dueNumber(.nonZero).map(ResponseCode.uidValidity) }),
        ("UNDEFINED-FILTER", { $0.string().map(ResponseCode.undefinedFilter) }),
        ("UNSEEN", { $0.dueNumber(.nonZero).map(ResponseCode.unseen) }),
        ("URLMECH", { .urlMechanisms($0.strings()) }),
        ("WEBALERT", { $0.string().map { .webAlert(Secret($0.bytes)) } }),
    ]
}

extension IMAPReader {
    /// Passes over a code whose name is known, and over as many words as it has.
    mutating func skipResponseCode() { _ = ResponseCode.read(known: &self) }

    /// `(UTF-8 KOI8-R)`; old servers leave the parentheses out.
    fileprivate mutating func stringsOrList() -> [IMAPString] { isAtList ? list() ?? [] : strings() }

    fileprivate mutating func appendUID() -> ResponseCode? {
        guard let validity = dueNumber(.nonZero), let uids = sequenceSet() else { return nil }
        return .appendUID(validity: validity, uids)
    }

    fileprivate mutating func copyUID() -> ResponseCode? {
        guard let validity = dueNumber(.nonZero), let source = sequenceSet(), let target = sequenceSet() else {
            return nil
        }
        return .copyUID(validity: validity, from: source, to: target)
    }

    fileprivate mutating func messageLimit() -> ResponseCode? {
        guard let limit = dueNumber() else { return nil }
        return .messageLimit(limit, lastUID: endsHere() ? nil : dueNumber())
    }

    fileprivate mutating func newName() -> ResponseCode? {
        guard let old = string(), let new = string() else { return nil }
        return .newName(old: old, new: new)
    }

    fileprivate mutating func annotateTrouble() -> ResponseCode? {
        switch keyword() {
        case Keyword("TOOBIG"): .annotate(.tooBig)
        case Keyword("TOOMANY"): .annotate(.tooMany)
        default: nil
        }
    }

    /// `NONE`, `READ-ONLY`, `20480 NOPRIVATE`
    fileprivate mutating func annotationSupport() -> ResponseCode? {
        if skipWord("NONE") { return .annotations(.none) }
        if skipWord("READ-ONLY") { return .annotations(.readOnly) }
        return number().map { .annotations(.largest($0, noPrivate: skipWord("NOPRIVATE"))) }
    }

    fileprivate mutating func metadataTrouble() -> ResponseCode? {
        switch keyword() {
        case Keyword("LONGENTRIES"): number().map { .metadata(.longEntries($0)) }
        case Keyword("MAXSIZE"): number().map { .metadata(.maxSize($0)) }
        case Keyword("TOOMANY"): .metadata(.tooMany)
        case Keyword("NOPRIVATE"): .metadata(.noPrivate)
        default: nil
        }
    }

    /// `("A001" 454 1000)`, with NIL for what the server does not know; or nothing.
    fileprivate mutating func progress() -> ResponseCode? {
        guard isAtList, let words = value()?.list else { return .inProgress(tag: nil, done: nil, goal: nil) }
        func number(_ index: Int) -> UInt64? {
            guard index < words.count, let string = words[index].string else { return nil }
            var reader = IMAPReader(IMAPText(line: string.bytes))
            return reader.number()
        }
        return .inProgress(tag: words.first?.string, done: number(1), goal: number(2))
    }
}
