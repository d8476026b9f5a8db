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
