import NIOCore

/// FETCH items that set `\Seen`, asked for in a way that does not (readonly-enforcement: the two rewrites).
///
///     BODY[1]<0.10> → BODY.PEEK[1]<0.10>       the answer has the same name
///     RFC822        → BODY.PEEK[]              BODY[] of the answer is called RFC822 for the client
struct PeekRewrite: Sendable {
    var items: [FetchItem]
    /// The names that answers have for the client, by the names that they have upstream.
    var renames: [Rename] = []

    struct Rename: Sendable {
        /// In upper case: `BODY[]`.
        var upstream: StaticString
        var client: StaticString
    }

    /// `nil` where one answer would have to be two: the client asks for the same octets by both names.
    init?(_ asked: [FetchItem]) {
        items = []
        for item in asked {
            switch item.name {
            case Keyword("RFC822"):
                items.append(FetchItem(name: Keyword("BODY.PEEK"), section: FetchSection()))
                renames.append(Rename(upstream: "BODY[]", client: "RFC822"))
            case Keyword("RFC822.TEXT"):
                items.append(FetchItem(name: Keyword("BODY.PEEK"), section: FetchSection(content: .text)))
                renames.append(Rename(upstream: "BODY[TEXT]", client: "RFC822.TEXT"))
            case Keyword("BODY") where item.section != nil: items.append(item.named(Keyword("BODY.PEEK")))
            case Keyword("BINARY") where item.section != nil: items.append(item.named(Keyword("BINARY.PEEK")))
            default: items.append(item)
            }
        }
        for rename in renames {
            let same = items.filter { $0.answerIs(rename.upstream) }
            if same.count > 1 { return nil }
        }
    }
}

extension FetchItem {
    fileprivate func named(_ name: Keyword) -> FetchItem {
        var item = self
        item.name = name
        return item
    }

    /// Whether the answer to it has this name.
    fileprivate func answerIs(_ name: StaticString) -> Bool {
        guard let section, section.part.isEmpty, partial == nil, self.name == Keyword("BODY.PEEK") else { return false }
        switch section.content {
        case .whole: return ByteBuffer(staticString: name).equalsIgnoringCase("BODY[]")
        case .text: return ByteBuffer(staticString: name).equalsIgnoringCase("BODY[TEXT]")
        default: return false
        }
    }
}

/// Renames the items of one FETCH answer, which comes in several lines where it holds literals.
///
///     * 1 FETCH (UID 5 BODY[] {120}␍␊      → * 1 FETCH (UID 5 RFC822 {120}␍␊
struct FetchRenamer: Sendable {
    private let renames: [PeekRewrite.Rename]
    /// Parentheses that are open at the end of the last line.
    private var depth = 0
    private var isQuoted = false

    init(_ renames: [PeekRewrite.Rename]) { self.renames = renames }

    /// The line with other names in it; `nil` where it stays as it is.
    mutating func rename(_ line: ByteBuffer) -> ByteBuffer? {
        let bytes = line.readableBytesView
        var edited: ByteBuffer?
        var copied = bytes.startIndex
        var index = bytes.startIndex
        var mayBegin = true
        while index < bytes.endIndex {
            let byte = bytes[index]
            if isQuoted {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isQuoted = false }
                mayBegin = false
            } else if depth == 1, mayBegin, let rename = renames.first(where: { line.hasItem($0.upstream, at: index) }) {
                var text = edited ?? ByteBuffer()
                text.writeBytes(bytes[copied..<index])
                text.writeStaticString(rename.client)
                index += rename.upstream.utf8CodeUnitCount
                copied = index
                edited = text
                mayBegin = false
                continue
            } else {
                switch byte {
                case UInt8(ascii: "\""): isQuoted = true
                case UInt8(ascii: "("): depth += 1
                case UInt8(ascii: ")"): depth -= 1
                default: break
                }
                mayBegin = byte == .space || byte == UInt8(ascii: "(")
            }
            index += 1
        }
        // A quoted string does not go on in the next line, whatever the server thinks.
        isQuoted = false
        edited?.writeBytes(bytes[min(copied, bytes.endIndex)...])
        return edited
    }
}

extension ByteBuffer {
    /// Whether an item of that name, and not of a longer one, is at `index`.
    fileprivate func hasItem(_ name: StaticString, at index: Int) -> Bool {
        guard var word = getSlice(at: index, length: writerIndex - index), word.hasPrefixIgnoringCase(name) else { return false }
        word.moveReaderIndex(forwardBy: name.utf8CodeUnitCount)
        return word.readableBytes == 0 || word.byte(at: word.readerIndex) == .space
    }
}
