import NIOCore

/// Watches that the server shows a client no more of messages than a policy lets be seen, also where nobody has asked for it.
///
///     S: * 1 FETCH (UID 5 FLAGS (\Seen))␍␊      sight count:    → * 1 FETCH (UID 5)
///     S: * 1 FETCH (UID 5 BODY[] {120}␍␊        sight header:   alarm, before an octet of the message is passed on
///     S: * SNIPPET …␍␊                          not passed on: it may show anything
///
/// Servers tell of flags that others have changed whenever they like, so flags are left out where they may not be seen. No
/// server sends more of a message than that without being asked.
struct SightGuard: Sendable {
    /// What becomes of a line of a response.
    enum Finding: Equatable, Sendable {
        case pass
        case replace(ByteBuffer)
        case withhold
        /// The item that shows too much.
        case alarm(String)
    }

    private let sight: Sight
    private var words = FetchItemWords()
    private var isFetch = false
    /// Nothing more of the response is passed on.
    private(set) var isWithholding = false

    init(_ sight: Sight) { self.sight = sight }

    /// Looks at a line of a response that has this name, the first one or one that follows a literal.
    mutating func look(at line: ByteBuffer, of name: Keyword?, isFirst: Bool, isLast: Bool) -> Finding {
        if isFirst { begin(name) }
        defer { if isLast { isWithholding = false } }
        guard !isWithholding else { return .withhold }
        guard isFetch else { return .pass }
        let finding = lookAtItems(in: line)
        if finding == .withhold { isWithholding = true }
        return finding
    }

    private mutating func begin(_ name: Keyword?) {
        words = FetchItemWords()
        isFetch = name.map(Self.fetches.contains) == true
        isWithholding = !isFetch && name.map(Self.harmless.contains) != true
    }

    private static let fetches: Set = [Keyword("FETCH"), Keyword("UIDFETCH"), Keyword("STORE")]

    /// Responses that say nothing of a message beyond its number, or what a search has found.
    private static let harmless: Set = [
        Keyword("CAPABILITY"), Keyword("ENABLED"), Keyword("NAMESPACE"), Keyword("LIST"), Keyword("LSUB"), Keyword("XLIST"),
        Keyword("STATUS"), Keyword("SEARCH"), Keyword("ESEARCH"), Keyword("FLAGS"), Keyword("EXISTS"), Keyword("RECENT"),
        Keyword("EXPUNGE"), Keyword("ID"), Keyword("LANGUAGE"), Keyword("COMPARATOR"), Keyword("SORT"), Keyword("THREAD"),
        Keyword("VANISHED"), Keyword("UIDBATCHES"), Keyword("CONVERSION"), Keyword("ACL"), Keyword("LISTRIGHTS"),
        Keyword("MYRIGHTS"), Keyword("QUOTA"), Keyword("QUOTAROOT"), Keyword("METADATA"), Keyword("ANNOTATION"),
    ]

    private mutating func lookAtItems(in line: ByteBuffer) -> Finding {
        var removed: [Range<Int>] = []
        var isAnythingLeft = false
        for (place, item) in words.next(in: line) {
            guard let item else { return .alarm(String(buffer: line.word(place))) }
            if item.sights.allSatisfy({ $0 <= sight }) {
                isAnythingLeft = true
            } else if Self.volunteered.contains(item.name), let list = line.list(after: place.upperBound) {
                removed.append(place.lowerBound..<list.upperBound)
            } else {
                return .alarm("\(item.name)")
            }
        }
        guard !removed.isEmpty else { return .pass }
        return isAnythingLeft ? .replace(line.removing(removed)) : .withhold
    }

    private static let volunteered: Set = [Keyword("FLAGS"), Keyword("MODSEQ")]
}

extension ByteBuffer {
    /// The line without items, whose places ascend, and without the spaces that would be left.
    fileprivate func removing(_ places: [Range<Int>]) -> ByteBuffer {
        var left = ByteBuffer()
        var copied = readerIndex
        for place in places where place.lowerBound >= copied {
            left.writeImmutableBuffer(word(copied..<place.lowerBound))
            copied = place.upperBound
            if left.byte(at: left.writerIndex - 1) == .space {
                left.moveWriterIndex(to: left.writerIndex - 1)
            } else if byte(at: copied) == .space {
                copied += 1
            }
        }
        left.writeImmutableBuffer(word(copied..<writerIndex))
        return left
    }
}
